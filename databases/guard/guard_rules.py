"""What a query may be made of: the parts that every dialect shares; `rules_<dialect>.py` adds its own.

Everything not named is refused. Functions keep the name they were written with: the guarded dialects parse every call
as a plain name and arguments, so that the list of names is the list of what can be called, and the regenerated text
calls exactly that. The few calls with words inside their brackets (`EXTRACT(YEAR FROM x)`) have nodes of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from sqlglot import exp

from cairn.databases.guard.guard_dialects import Plus

Parts = Mapping[type[exp.Expr], frozenset[str]]


def nothing(_tree: exp.Expr) -> None:
    """A dialect without anything to prepare."""


def no_remarks(_tree: exp.Expr) -> list[str]:
    """A dialect that reads everything as people do."""
    return []


@dataclass(frozen=True, slots=True)
class Rules:
    """One dialect's allow-list.

    `words`: what may stand bare in it, such as date parts and collations. `table_functions`: what may stand in FROM,
    with the names of its columns (none: its own name). `sized`: functions whose argument at this position is a
    length, which has to be a plain number. `gathering`: aggregates that keep all they are given; lengths are small
    beside them. `prepare` changes a freshly parsed tree; `remarks` are notices on what the
    database reads otherwise than people do. `pseudo_columns`: those that a table with a rowid also has.
    `strings_in_double_quotes`: an unknown name in double quotes is a text, as SQLite reads it. `stored_names`: names
    are rewritten as they are stored, since the database tells `Name` from `name`. `implicit_recursion`: a WITH query
    may name itself without RECURSIVE.
    """

    dialect: type[Any]
    title: str
    functions: frozenset[str]
    types: frozenset[exp.DType]
    nodes: frozenset[type[exp.Expr]]
    parts: Parts
    hint: str
    words: frozenset[str] = frozenset()
    table_functions: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    sized: Mapping[str, int] = field(default_factory=dict[str, int])
    gathering: frozenset[str] = frozenset()
    format: re.Pattern[str] | None = None
    prepare: Callable[[exp.Expr], None] = nothing
    pseudo_columns: frozenset[str] = frozenset()
    strings_in_double_quotes: bool = False
    remarks: Callable[[exp.Expr], list[str]] = no_remarks
    stored_names: bool = False
    implicit_recursion: bool = False


def rules_of(dialect: str) -> Rules:
    """The rules by sqlglot's name of the dialect: sqlite, postgres or mysql."""
    return import_module(f"cairn.databases.guard.guard_rules_{dialect}").RULES


_TYPE = exp.DType
NUMBERS = frozenset(
    {
        *(_TYPE.INT, _TYPE.BIGINT, _TYPE.SMALLINT, _TYPE.TINYINT, _TYPE.MEDIUMINT),
        *(_TYPE.FLOAT, _TYPE.DOUBLE, _TYPE.DECIMAL, _TYPE.BOOLEAN),
    }
)
TEXTS = frozenset({_TYPE.TEXT, _TYPE.VARCHAR, _TYPE.CHAR, _TYPE.NVARCHAR, _TYPE.NCHAR})

ROOTS = (exp.Select, exp.SetOperation, exp.Values)

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.Values, exp.Tuple),
        *(exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star),
        *(exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct),
        *(exp.Window, exp.WindowSpec, exp.Filter, exp.Anonymous, exp.Case, exp.If, exp.Cast, exp.DataType),
        *(exp.DataTypeParam, exp.Collate, exp.Var, exp.Literal, exp.HexString, exp.Null, exp.Boolean, exp.Paren),
        *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Exists, exp.Like, exp.Escape),
        *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, Plus),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift),
        *(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp),
    }
)

COMPARISONS = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.In, exp.Between, exp.Like, exp.ILike, exp.Glob, exp.SimilarTo, exp.RegexpLike, exp.RegexpILike),
    *(exp.Escape, exp.Not),
)


def parts(*dialects_own: Mapping[type[exp.Expr], str]) -> Parts:
    """For nodes that can carry much else, the parts that may be there."""
    merged = dict(_PARTS)
    for own in dialects_own:
        merged.update(own)
    return {kind: frozenset(names.split()) for kind, names in merged.items()}


_PARTS: dict[type[exp.Expr], str] = {
    exp.Select: "with_ expressions distinct from_ joins where group having order limit offset windows",
    exp.Subquery: "this alias with_ joins order limit offset",
    exp.Join: "this on side kind using method",
    exp.Table: "this alias db joins",
    exp.Column: "this table db",
    exp.Limit: "expression",
    exp.With: "expressions recursive",
    exp.CTE: "this alias materialized",
    exp.Group: "expressions",
    exp.Distinct: "expressions",
    exp.Cast: "this to",
    exp.Star: "",
    exp.Anonymous: "this expressions",
    exp.Values: "expressions alias order limit offset",
    exp.TableAlias: "this columns",
    exp.DataType: "this expressions nested",
    **dict.fromkeys((exp.Union, exp.Intersect, exp.Except), "with_ this expression distinct order limit offset"),
}
