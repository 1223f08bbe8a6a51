"""What a query selects from, as the repair of names needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from cairn.databases.repair.name_matching import only_meant

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)


@dataclass(frozen=True, slots=True)
class Source:
    """A table or query in FROM: its real columns by lower-case name, and the names of the foreign keys.

    `alias` is what its columns have to be qualified with, `known_as` what the query may call it instead.
    """

    alias: str
    name: str
    known_as: frozenset[str]
    columns: dict[str, str]
    foreign: frozenset[str] = frozenset()


def selected_from(scope: Scope) -> dict[str, exp.Table | Scope]:
    """What the query really selects from, by alias."""
    return {alias: source for alias, (_, source) in scope.selected_sources.items()}


def meant(name: str, sources: Iterable[Source]) -> list[tuple[Source, str]]:
    """In each source the one column that can be meant."""
    found: list[tuple[Source, str]] = []
    for source in sources:
        if real := only_meant(name, source.columns.values(), source.name, source.foreign):
            found.append((source, real))
    return found


def compared_with(column: exp.Column, owner: Source) -> bool:
    """Whether the other side of a comparison is a column of `owner`."""
    around = column.parent
    sides = (around.this, around.expression) if isinstance(around, _COMPARISONS) else ()

    return any(isinstance(side, exp.Column) and side.table.lower() in owner.known_as for side in sides)


def _equal(condition: exp.Expr | None, name: str) -> list[set[str]]:
    """The pairs of tables whose columns called `name` a join's condition makes equal."""
    if isinstance(condition, exp.And):
        return _equal(condition.this, name) + _equal(condition.expression, name)
    sides = [condition.this, condition.expression] if isinstance(condition, exp.EQ) else []
    named = {side.table.lower() for side in sides if isinstance(side, exp.Column) and side.name.lower() == name}
    return [named] if len(named) == 2 else []


def made_equal(joins: Sequence[exp.Join], name: str) -> set[str]:
    """Tables, by alias, whose columns called `name` inner joins make equal, over whatever others."""
    pairs = [pair for join in joins if not join.side for pair in _equal(join.args.get("on"), name)]
    group = set(pairs[0]) if pairs else set[str]()
    for _ in pairs:
        group.update(*(pair for pair in pairs if pair & group))
    return group
