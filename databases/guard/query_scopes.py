"""What one SELECT can see: the tables, WITH clauses and subqueries in its FROM, and the queries around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlglot import exp

from cairn.databases.guard.guard_rules import Rules

READ = "read"  # the mark of a node that was resolved


@dataclass(frozen=True, slots=True)
class Source:
    """A table, view, CTE or subquery in FROM; `identifier` is how it is referred to, `pseudo` its unlisted columns,
    `foreign` those of its columns that refer to another table."""

    name: str
    columns: tuple[str, ...]
    identifier: exp.Identifier | None = None
    pseudo: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()

    def find(self, column: str) -> str | None:
        """The column as it is stored: spelled so, else in other letter case."""
        if column in self.columns:
            return column
        low = column.lower()
        return next((name for name in self.columns if name.lower() == low), column if low in self.pseudo else None)

    def renamed(self, columns: tuple[str, ...]) -> Source:
        """With its first columns named as in `AS t(a, b)`."""
        return replace(self, columns=(*columns, *self.columns[len(columns) :])) if columns else self


@dataclass(slots=True)
class Scope:
    """`sources` by lower-case alias; `aliases` of the projections; `parent` is the query around it."""

    ctes: Mapping[str, Source]
    parent: Scope | None = None
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    aliases: set[str] = field(default_factory=set[str])

    def add(self, name: str, source: Source) -> None:
        self.sources[name.lower() or f"({len(self.sources)})"] = source

    def chain(self) -> Iterator[Scope]:
        """This and the ones around it, inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    def find(self, column: str) -> str | None:
        """The column of one of the sources, as it is stored."""
        return next((found for source in self.sources.values() if (found := source.find(column))), None)

    def columns(self) -> list[str]:
        """All that can be named here."""
        return list(dict.fromkeys(n for level in self.chain() for s in level.sources.values() for n in s.columns))


def declared(node: exp.Expr) -> tuple[str, ...]:
    """The columns of `AS t(a, b)`."""
    alias = node.args.get("alias")
    return tuple(column.name for column in alias.columns) if isinstance(alias, exp.TableAlias) else ()


def identifier(name: str, rules: Rules) -> exp.Identifier:
    """In quotes where it isn't a plain word in small letters, or is a word of the dialect."""
    plain = re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name.upper() not in rules.dialect.Tokenizer.KEYWORDS
    return exp.to_identifier(name, quoted=not plain)


def leftmost(query: exp.Expr) -> exp.Expr:
    """The first SELECT of a set operation."""
    while isinstance(query, exp.SetOperation):
        query = query.this
    return query


def joins(node: exp.Expr) -> list[exp.Expr]:
    """The JOINs that hang on a SELECT, a table or brackets."""
    return list(node.args.get("joins") or ())


def is_star(projection: exp.Expr) -> bool:
    """`*` or `t.*`."""
    return isinstance(projection, exp.Star) or (
        isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
    )


def narrow(node: exp.Table, columns: list[exp.Identifier], alias: exp.Identifier | None) -> None:
    """The table becomes `(SELECT these columns FROM it) AS alias`; its alias and joins move to the subquery."""
    joins, outer = node.args.get("joins"), node.args.get("alias")
    subquery = exp.Subquery(alias=outer or exp.TableAlias(this=alias.copy() if alias else None), joins=joins)
    node.replace(subquery)
    node.set("joins", None)
    node.set("alias", None)
    visible = [exp.Column(this=column) for column in columns]
    for column in visible:
        column.meta[READ] = True
    select = exp.Select(expressions=visible)
    select.set("from_", exp.From(this=node))
    subquery.set("this", select)
