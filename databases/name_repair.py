"""Nearest-name repair, without a model: names that are not in the schema become the one real name they must mean.

Only names of tables and columns are ever changed, each where it stands in the text, and only where exactly one real
name can be meant:

    a table       the same words (`student` is `Students`), or a slip of the pen (`studnets`)
    a column      the same, or the same without its table's words (`id` of `students` is `student_id`)
    a qualifier   `T1.age` where only `T2` of the same FROM has `age`; `singer.age` where singer is called `T1`

As soon as one wrong name stays, or a comparison would become one of a thing with itself, nothing is repaired. What is
a wrong name is the guard's word: its resolver does the reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlglot import exp
from sqlglot.errors import SqlglotError

from cairn.core.errors import SqlRefused
from cairn.core.name_matching import only_meant
from cairn.databases.guard.guard_rules import Rules, rules_of
from cairn.databases.guard.name_resolution import Names
from cairn.databases.guard.query_scopes import Scope, Source
from cairn.databases.guard.sql_guard import read
from cairn.databases.linking.schema_text import Schema
from cairn.databases.sql_text import quoted

_T = TypeVar("_T")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


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
    try:
        edits = _edits(read(sql, rules), schema, rules, sql)
    except (_Unclear, SqlRefused, SqlglotError, RecursionError):
        return None
    if not edits:
        return None
    for edit in sorted(set(edits), key=lambda edit: edit.start, reverse=True):
        sql = sql[: edit.start] + edit.text + sql[edit.end :]
    changes = dict.fromkeys(edit.change for edit in sorted(edits, key=lambda edit: edit.start))
    return Repair(sql, tuple(changes))


def _edits(tree: exp.Expr, schema: Schema, rules: Rules, text: str) -> list[_Edit]:
    repairer = _Repairer(schema, rules, text, {cte.alias.lower() for cte in tree.find_all(exp.CTE)})
    tree = repairer.resolve(tree)
    for comparison in tree.find_all(exp.EQ, exp.NEQ):
        if comparison.this == comparison.expression and isinstance(comparison.this, exp.Column):
            raise _Unclear
    return repairer.edits


class _Repairer(Names):
    """The guard's resolver, to which each name is given after it was mended."""

    def __init__(self, schema: Schema, rules: Rules, text: str, ctes: set[str]) -> None:
        super().__init__(schema, rules, text)
        self.edits: list[_Edit] = []
        self._ctes = ctes

    def _table(self, node: exp.Table, scope: Scope, alias: exp.Identifier | None) -> Source:
        name = node.name.lower()
        if name not in scope.ctes and name not in self._schema.by_name:
            if name in self._ctes:
                raise _Unclear  # a WITH query that can't be seen from here
            wrong = self._spelled(node.this)
            real = _sure(only_meant(wrong, [table.name for table in self._schema.tables]))
            self._replace(node.this, self._written(real), f"table {wrong} is read as {real}")
            node.set("this", exp.to_identifier(real))
        return super()._table(node, scope, alias)

    def _column(self, node: exp.Column, scope: Scope) -> None:
        if not node.table and not isinstance(node.this, exp.Star) and not self._is_text(node, scope):
            self._mend_bare(node, scope)
        super()._column(node, scope)

    def _qualified(self, node: exp.Column, scope: Scope) -> None:
        called = node.table.lower()
        if called in scope.sources or not any(called in level.sources for level in scope.chain()):
            self._mend_qualified(node, scope)
        super()._qualified(node, scope)

    def _mend_bare(self, column: exp.Column, scope: Scope) -> None:
        name, around = column.name.lower(), column.find_ancestor(exp.Select, exp.SetOperation)
        if name in {node.alias.lower() for node in around.expressions if isinstance(node, exp.Alias)} if around else ():
            return
        if any(level.find(name) or name in level.aliases for level in scope.chain()):
            self._mend_ambiguous(column, scope, list(around.args.get("joins") or ()) if around else [])
            return
        wrong = self._spelled(column.this)
        owner, real = _sure(_one(_meant(wrong, scope.sources.values())))
        prefix = f"{self._written(_alias(owner))}." if len(scope.sources) > 1 else ""
        change = f"column {wrong} is read as {prefix}{real}"
        self._replace(column.this, prefix + self._written(real), change)
        column.set("this", exp.to_identifier(real))
        if prefix:
            column.set("table", exp.to_identifier(_alias(owner)))

    def _mend_ambiguous(self, column: exp.Column, scope: Scope, joins: Sequence[exp.Join]) -> None:
        """A column of several tables that are joined by it: any of them will do."""
        name = column.name.lower()
        holders = [source for source in scope.sources.values() if source.find(name)]
        merged = any(join.args.get("using") or join.args.get("method") for join in joins)
        if len(holders) < 2 or merged or column.find_ancestor(exp.Order) is not None:
            return
        if not _made_equal(joins, name).issuperset(_alias(source).lower() for source in holders):
            raise _Unclear
        prefix, written = f"{self._written(_alias(holders[0]))}.", self._spelled(column.this)
        change = f"column {written} is read as {prefix}{written}"
        self._replace(column.this, prefix + column.this.sql(dialect=self._rules.dialect), change)
        column.set("table", exp.to_identifier(_alias(holders[0])))

    def _mend_qualified(self, column: exp.Column, scope: Scope) -> None:
        own, called = list(scope.sources.values()), column.table.lower()
        source = scope.sources.get(called) or _one([s for s in own if s.name.lower() == called])
        holders = [s for s in own if s.find(column.name)]
        if isinstance(column.this, exp.Star):
            self._rename(column, _sure(source), "*")
        elif source is not None and source.find(column.name):
            self._rename(column, source, self._spelled(column.this))
        elif holders:
            owner = _sure(_one(holders))
            if _compared_with(column, owner):
                raise _Unclear  # what joined two tables would compare one with itself
            self._rename(column, owner, self._spelled(column.this))
        else:
            self._rename(column, *_sure(_one(_meant(self._spelled(column.this), [source] if source else own))))

    def _rename(self, column: exp.Column, owner: Source, real: str) -> None:
        wrong = f"{self._spelled(column.args['table'])}.{self._spelled(column.this)}"
        change = f"column {wrong} is read as {self._spelled(_sure(owner.identifier))}.{real}"
        if _alias(owner).lower() != column.table.lower():
            self._replace(column.args["table"], self._written(_alias(owner)), change)
            column.set("table", exp.to_identifier(_alias(owner)))
        if real.lower() != column.name.lower():
            self._replace(column.this, self._written(real), change)
            column.set("this", exp.to_identifier(real))

    def _is_text(self, column: exp.Column, scope: Scope) -> bool:
        """A name in double quotes that is none is a text to some databases: a value, and never touched."""
        text = self._rules.strings_in_double_quotes and bool(column.this.args.get("quoted"))
        return text and not any(level.find(column.name) for level in scope.chain())

    def _spelled(self, identifier: exp.Expr) -> str:
        """A name with the capital letters that it has in the text, which PostgreSQL's resolver has folded."""
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        text = self._text[start : end + 1] if start is not None and end is not None else ""
        return text if text.lower() == identifier.name.lower() else identifier.name

    def _written(self, name: str) -> str:
        """A name in quotes where it needs them, on PostgreSQL also where it has capital letters."""
        folds = self._schema.dialect == "postgres" and name != name.lower()
        return f'"{name}"' if folds else quoted(name, self._schema.dialect)

    def _replace(self, identifier: exp.Expr, text: str, change: str) -> None:
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        if start is None or end is None:
            raise _Unclear
        self.edits.append(_Edit(start, end + 1, text, change))


def _alias(source: Source) -> str:
    """What its columns have to be qualified with."""
    return _sure(source.identifier).name


def _meant(name: str, sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """In each source the one column that can be meant."""
    found = [(s, only_meant(name, [*s.pseudo, *s.columns], s.name, s.foreign)) for s in sources]
    return [(source, real) for source, real in found if real]


def _compared_with(column: exp.Column, owner: Source) -> bool:
    """Whether the other side of a comparison is a column of `owner`."""
    around = column.parent
    sides = (around.this, around.expression) if isinstance(around, _COMPARISONS) else ()
    names = {_alias(owner).lower(), owner.name.lower()}
    return any(isinstance(side, exp.Column) and side.table.lower() in names for side in sides)


def _made_equal(joins: Sequence[exp.Join], name: str) -> set[str]:
    """Tables, by alias, whose columns called `name` inner joins make equal, over whatever others."""
    pairs = [pair for join in joins if not join.side for pair in _equal(join.args.get("on"), name)]
    group = set(pairs[0]) if pairs else set[str]()
    for _ in pairs:
        group.update(*(pair for pair in pairs if pair & group))
    return group


def _equal(condition: exp.Expr | None, name: str) -> list[set[str]]:
    """The pairs of tables whose columns called `name` a join's condition makes equal."""
    if isinstance(condition, exp.And):
        return _equal(condition.this, name) + _equal(condition.expression, name)
    sides = [condition.this, condition.expression] if isinstance(condition, exp.EQ) else []
    named = {side.table.lower() for side in sides if isinstance(side, exp.Column) and side.name.lower() == name}
    return [named] if len(named) == 2 else []


def _one(found: list[_T]) -> _T | None:
    return found[0] if len(found) == 1 else None


def _sure(found: _T | None) -> _T:
    if found is None:
        raise _Unclear
    return found
