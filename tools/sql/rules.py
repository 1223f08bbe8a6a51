"""What a query may be made of, per dialect. Everything not named here is refused.

Functions keep the name they were written with: the guarded dialects parse every call as a plain name and arguments, so
that the list of names is the list of what can be called, and the regenerated text calls exactly that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlglot import TokenType, exp
from sqlglot.dialects.sqlite import SQLite

from tools.sql.worker import FUNCTIONS as SQLITE_FUNCTIONS


class GuardedSQLite(SQLite):
    """SQLite whose calls stay as they were written."""

    class Parser(SQLite.Parser):
        FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012 (sqlglot's own idiom)
        FUNCTION_PARSERS = {"CAST": SQLite.Parser.FUNCTION_PARSERS["CAST"]}  # noqa: RUF012
        NO_PAREN_FUNCTIONS = {  # noqa: RUF012
            kind: SQLite.Parser.NO_PAREN_FUNCTIONS[kind]
            for kind in (TokenType.CURRENT_DATE, TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP)
        }

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        """The path of `->` and `->>` as it was written: `'a.b'` is one key."""
        return path

    class Generator(SQLite.Generator):
        TYPE_MAPPING = SQLite.Generator.TYPE_MAPPING | dict.fromkeys((exp.DType.DECIMAL, exp.DType.BOOLEAN), "NUMERIC")

        def join_sql(self, expression: exp.Join, join_op: str | None = None) -> str:
            """`FROM a, b` was parsed as CROSS JOIN, which would forbid SQLite to choose the order."""
            if expression.kind == "CROSS" and not expression.side and not expression.method:
                expression.set("kind", None)
            return super().join_sql(expression, join_op)


@dataclass(frozen=True, slots=True)
class Rules:
    """`strings_in_double_quotes`: an unknown name in double quotes is a text there, as SQLite reads it."""

    dialect: type[Any]
    title: str
    functions: frozenset[str]
    types: frozenset[exp.DType]
    collations: frozenset[str] = frozenset()
    default_schema: str | None = None
    strings_in_double_quotes: bool = False
    pseudo_columns: frozenset[str] = frozenset()


_TYPE = exp.DType
_NUMBERS = {
    *(_TYPE.INT, _TYPE.BIGINT, _TYPE.SMALLINT, _TYPE.TINYINT, _TYPE.MEDIUMINT),
    *(_TYPE.FLOAT, _TYPE.DOUBLE, _TYPE.DECIMAL, _TYPE.BOOLEAN),
}
_TEXTS = {_TYPE.TEXT, _TYPE.VARCHAR, _TYPE.CHAR, _TYPE.NVARCHAR, _TYPE.NCHAR}

RULES: dict[str, Rules] = {
    "sqlite": Rules(
        dialect=GuardedSQLite,
        title="SQLite",
        functions=SQLITE_FUNCTIONS,
        # CAST(x AS DATE) would silently give the year as a number
        types=frozenset({*_NUMBERS, *_TEXTS}),
        collations=frozenset({"binary", "nocase", "rtrim"}),
        default_schema="main",
        strings_in_double_quotes=True,
        pseudo_columns=frozenset({"rowid", "_rowid_", "oid"}),
    )
}

ROOTS = (exp.Select, exp.SetOperation)

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.Values, exp.Tuple),
        *(exp.From, exp.Join, exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star),
        *(exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.Distinct),
        *(exp.Window, exp.WindowSpec, exp.Filter, exp.Anonymous, exp.Case, exp.If, exp.Cast, exp.DataType),
        *(exp.DataTypeParam, exp.Collate, exp.Var, exp.Literal, exp.HexString, exp.Null, exp.Boolean, exp.Paren),
        *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Exists, exp.Like, exp.Glob, exp.Escape),
        *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ),
        *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg, exp.DPipe),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift),
        *(exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp),
        *(exp.JSONExtract, exp.JSONExtractScalar),
    }
)

COMPARISONS = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.In, exp.Between, exp.Like, exp.Glob, exp.Escape, exp.Not),
)

# For nodes that can carry much else, the parts that may be there.
_PARTS: dict[type[exp.Expr], str] = {
    exp.Select: "with_ expressions distinct from_ joins where group having order limit offset windows",
    exp.Subquery: "this alias with_ order limit offset",
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
    **dict.fromkeys((exp.Union, exp.Intersect, exp.Except), "with_ this expression distinct order limit offset"),
}
PARTS = {kind: frozenset(parts.split()) for kind, parts in _PARTS.items()}
