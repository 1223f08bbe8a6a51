"""Nearest-name repair, without a model: names that are not in the schema become the one real name they must mean.

Only names of tables and columns are ever changed, each where it stands in the text, and only where exactly one real
name can be meant:

    a table       the same words (`student` is `Students`), or a slip of the pen (`studnets`)
    a column      the same, or the same without its table's words (`id` of `students` is `student_id`)
    a qualifier   `T1.age` where only `T2` of the same FROM has `age`; `singer.age` where singer is called `T1`

As soon as one wrong name stays, or a comparison would become one of a thing with itself, nothing is repaired.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from sqlglot import exp
from sqlglot.errors import OptimizeError, SqlglotError
from sqlglot.optimizer.scope import Scope, traverse_scope

from cairn.databases.guard.guard_rules import Rules, rules_of
from cairn.databases.linking.schema_text import Schema
from cairn.databases.repair.name_matching import only_meant
from cairn.databases.repair.query_sources import Source, compared_with, made_equal, meant, selected_from

_T = TypeVar("_T")

# It would print what it can't read, which is the user's, on standard error.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Repair:
    """The query with real names, and what was changed: `("course is read as Courses", …)`."""

    sql: str
    changes: tuple[str, ...]


class _Unclear(Exception):
    """A name for which there is no one real name."""


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str
    change: str


def repair(sql: str, schema: Schema) -> Repair | None:
    """`sql` with every unknown name replaced, or None when there is none or one is unclear.

    The guard still has to check what comes back.
    """
    rules = rules_of(schema.dialect)
    tree = _read(sql, rules)
    try:
        edits = list(_Repairer(schema, rules, sql).edits(tree)) if tree is not None else []
    except (_Unclear, OptimizeError, RecursionError):
        return None
    if not edits:
        return None
    for edit in sorted(set(edits), key=lambda edit: edit.start, reverse=True):
        sql = sql[: edit.start] + edit.text + sql[edit.end :]
    changes = dict.fromkeys(edit.change for edit in sorted(edits, key=lambda edit: edit.start))
    return Repair(sql, tuple(changes))


def _read(sql: str, rules: Rules) -> exp.Query | None:
    """The one query in the text; None for anything else, over which sqlglot may stumble."""
    dialect = rules.dialect()
    try:
        trees = dialect.parser().parse(dialect.tokenize(sql), sql)
    except (SqlglotError, RecursionError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
    trees = [tree for tree in trees if tree is not None and not isinstance(tree, exp.Semicolon)]
    return trees[0] if len(trees) == 1 and isinstance(trees[0], exp.Query) else None


class _Repairer:
    def __init__(self, schema: Schema, rules: Rules, text: str) -> None:
        self._schema = schema
        self._rules = rules
        self._text = text
        self._sources: dict[int, list[Source]] = {}
        self._ctes: set[str] = set()

    def edits(self, tree: exp.Query) -> Iterator[_Edit]:
        self._ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
        for scope in traverse_scope(tree):  # inner ones first
            yield from self._tables(scope)
            self._sources[id(scope)] = [self._source(*pair) for pair in selected_from(scope).items()]
            if isinstance(scope.expression, exp.Select):
                yield from self._columns(scope)

    def _tables(self, scope: Scope) -> Iterator[_Edit]:
        names = {table.name: table.name for table in self._schema.tables}
        for source in selected_from(scope).values():
            if isinstance(source, exp.Table) and source.name.lower() not in self._schema.by_name:
                if source.name.lower() in self._ctes or source.db or not isinstance(source.this, exp.Identifier):
                    raise _Unclear  # a query that names itself, another database, a function
                real = _sure(only_meant(source.name, names))
                yield self._edit(source.this, self._written(real), f"table {source.name} is read as {real}")
                source.set("this", exp.to_identifier(real))

    def _source(self, alias: str, source: exp.Table | Scope) -> Source:
        if isinstance(source, Scope):
            columns = {name.lower(): name for name in self._outputs(source)}
            return Source(alias, alias, frozenset({alias.lower()}), columns)
        table = self._schema.by_name[source.name.lower()]
        columns = {column.name.lower(): column.name for column in table.columns}
        pseudo = {name: name for name in self._rules.pseudo_columns} if table.rowid else {}
        foreign = frozenset(column.name for column in table.columns if column.references)
        known_as = frozenset({alias.lower(), table.name.lower()})
        return Source(source.alias or table.name, table.name, known_as, pseudo | columns, foreign)

    def _outputs(self, scope: Scope) -> list[str]:
        """What a query in FROM gives: its columns, those behind `*` too."""
        select = scope
        while select.set_operation_scopes:
            select = select.set_operation_scopes[0]
        if not isinstance(select.expression, exp.Select):
            raise _Unclear
        around = scope.expression.parent
        if isinstance(around, exp.CTE | exp.Subquery) and around.alias_column_names:
            return list(around.alias_column_names)
        found: list[str] = []
        for projection in select.expression.selects:
            if projection.is_star:
                table = projection.args.get("table")
                for source in self._sources.get(id(select), []):
                    if table is None or source.alias.lower() == table.name.lower():
                        found.extend(source.columns.values())
            else:
                found.append(projection.alias_or_name)
        return found

    def _columns(self, scope: Scope) -> Iterator[_Edit]:
        own = self._sources[id(scope)]
        selected: list[exp.Expr] = scope.expression.expressions
        aliases = {node.alias.lower() for node in selected if isinstance(node, exp.Alias)}
        for column in [node for node in scope.walk() if isinstance(node, exp.Column)]:
            if isinstance(column.this, exp.Star):
                continue
            if column.table:
                yield from self._qualified(column, own, scope)
            elif column.name.lower() in aliases:
                continue
            elif not self._seen(column.name, scope):
                yield from self._bare(column, own)
            else:
                yield from self._ambiguous(column, own, scope)
        for comparison in [node for node in scope.walk() if isinstance(node, exp.EQ | exp.NEQ)]:
            if comparison.this == comparison.expression and isinstance(comparison.this, exp.Column):
                raise _Unclear

    def _seen(self, name: str, scope: Scope | None) -> bool:
        """Whether the query or one around it has the name; those around are not resolved yet, so by their tables."""
        while scope is not None:
            for source in selected_from(scope).values():
                if isinstance(source, exp.Table):
                    table = self._schema.by_name.get(source.name.lower())
                    known = [*table.by_name, *self._rules.pseudo_columns] if table else []
                else:
                    known = [output.lower() for output in self._outputs(source)]
                if name.lower() in known:
                    return True
            scope = scope.parent
        return False

    def _bare(self, column: exp.Column, own: list[Source]) -> Iterator[_Edit]:
        if self._is_text(column):
            return
        owner, real = _sure(_one(meant(column.name, own)))
        written = self._written(real)
        prefix = f"{self._written(owner.alias)}." if len(own) > 1 else ""
        yield self._edit(column.this, prefix + written, f"column {column.name} is read as {prefix}{real}")
        column.set("this", exp.to_identifier(real))
        if prefix:
            column.set("table", exp.to_identifier(owner.alias))

    def _ambiguous(self, column: exp.Column, own: list[Source], scope: Scope) -> Iterator[_Edit]:
        """A column of several tables that are joined by it: any of them will do."""
        name = column.name.lower()
        holders = [source for source in own if name in source.columns]
        joins: list[exp.Join] = list(scope.expression.args.get("joins") or ())
        merged = any(join.args.get("using") or join.args.get("method") for join in joins)
        if len(holders) < 2 or merged or column.find_ancestor(exp.Order) is not None:
            return
        if not made_equal(joins, name).issuperset(source.alias.lower() for source in holders):
            raise _Unclear
        prefix = f"{self._written(holders[0].alias)}."
        change = f"column {column.name} is read as {prefix}{column.name}"
        yield self._edit(column.this, prefix + column.this.sql(dialect=self._rules.dialect), change)
        column.set("table", exp.to_identifier(holders[0].alias))

    def _qualified(self, column: exp.Column, own: list[Source], scope: Scope) -> Iterator[_Edit]:
        name, called = column.name.lower(), column.table.lower()
        source = _one([s for s in own if s.alias.lower() == called])
        if source is None and self._outside(called, scope):
            return  # it belongs to a query around this one
        source = source or _one([s for s in own if called in s.known_as])
        holders = [s for s in own if name in s.columns]
        if source is not None and name in source.columns:
            yield from self._renamed(column, source, column.name)
        elif holders:
            owner = _sure(_one(holders))
            if compared_with(column, owner):
                raise _Unclear  # what joined two tables would compare one with itself
            yield from self._renamed(column, owner, column.name)
        else:
            yield from self._renamed(column, *_sure(_one(meant(column.name, [source] if source else own))))

    def _renamed(self, column: exp.Column, owner: Source, real: str) -> Iterator[_Edit]:
        change = f"column {column.table}.{column.name} is read as {owner.alias}.{real}"
        if owner.alias.lower() != column.table.lower():
            yield self._edit(column.args["table"], self._written(owner.alias), change)
            column.set("table", exp.to_identifier(owner.alias))
        if real.lower() != column.name.lower():
            yield self._edit(column.this, self._written(real), change)
            column.set("this", exp.to_identifier(real))

    def _outside(self, alias: str, scope: Scope) -> bool:
        around = scope.parent
        while around is not None:
            if alias in (name.lower() for name in selected_from(around)):
                return True
            around = around.parent
        return False

    def _is_text(self, column: exp.Column) -> bool:
        """A name in double quotes that is none is a text to some databases: a value, and never touched."""
        return self._rules.strings_in_double_quotes and bool(column.this.args.get("quoted"))

    def _written(self, name: str) -> str:
        """A name as the dialect writes it, in quotes where it needs them."""
        dialect = self._rules.dialect()
        tokens = dialect.tokenize(name)
        bare = len(tokens) == 1 and tokens[0].token_type.name == "VAR" and tokens[0].text == name
        folds = self._schema.dialect.startswith("postgres") and name != name.lower()
        return exp.to_identifier(name, quoted=not bare or folds).sql(dialect=self._rules.dialect)

    def _edit(self, identifier: exp.Expr, text: str, change: str) -> _Edit:
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        if start is None or end is None:
            raise _Unclear
        return _Edit(start, end + 1, text, change)


def _one(found: list[_T]) -> _T | None:
    return found[0] if len(found) == 1 else None


def _sure(found: _T | None) -> _T:
    if found is None:
        raise _Unclear
    return found
