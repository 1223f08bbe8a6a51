"""The guard's allow-list for SQLite."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import TokenType, exp
from sqlglot.dialects.sqlite import SQLite

from cairn.databases.connections.sqlite_worker import FUNCTIONS
from cairn.databases.guard.guard_dialects import Plus, WrittenBrackets, parse_plus, plus_sql
from cairn.databases.guard.guard_rules import NODES, NUMBERS, TEXTS, Rules, parts

_JSON_COLUMNS = ("key", "value", "type", "atom", "id", "parent", "fullkey", "path")


class GuardedSQLite(SQLite):
    """SQLite whose calls stay as they were written."""

    class Parser(WrittenBrackets, SQLite.Parser):
        UNARY_PARSERS = SQLite.Parser.UNARY_PARSERS | {TokenType.PLUS: parse_plus}
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
        TRANSFORMS = SQLite.Generator.TRANSFORMS | {Plus: plus_sql}
        TYPE_MAPPING = SQLite.Generator.TYPE_MAPPING | dict.fromkeys(
            (exp.DType.DECIMAL, exp.DType.BOOLEAN, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.DATETIME), "NUMERIC"
        )

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            """A cast stays one: sqlglot would call date(), which gives something else."""
            return f"CAST({self.sql(expression, 'this')} AS {self.sql(expression, 'to')})"

        def join_sql(self, expression: exp.Join, join_op: str | None = None) -> str:
            """`FROM a, b` was parsed as CROSS JOIN, which would forbid SQLite to choose the order."""
            if expression.kind == "CROSS" and not expression.side and not expression.method:
                expression.set("kind", None)
            return super().join_sql(expression, join_op)


_DAYS = (exp.DType.DATE, exp.DType.DATETIME, exp.DType.TIMESTAMP)


def _remarks(tree: exp.Expr) -> list[str]:
    if any(cast.to.this in _DAYS for cast in tree.find_all(exp.Cast)):
        return ["CAST to DATE gives a number in SQLite (the year); date(x) gives the day."]
    return []


RULES = Rules(
    dialect=GuardedSQLite,
    title="SQLite",
    functions=FUNCTIONS,
    types=frozenset({*NUMBERS, *TEXTS, exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.DATETIME}),
    nodes=NODES | {exp.DPipe, exp.Glob, exp.JSONExtract, exp.JSONExtractScalar},
    parts=parts(),
    hint="Cast to INTEGER, REAL or TEXT; for days use date().",
    words=frozenset({"binary", "nocase", "rtrim"}),
    table_functions={"json_each": _JSON_COLUMNS, "json_tree": _JSON_COLUMNS},
    format=re.compile(r"(?:[^%]|%[-+ 0,#!]*\d{0,3}(?:\.\d{1,3})?[a-zA-Z%])*"),
    pseudo_columns=frozenset({"rowid", "_rowid_", "oid"}),
    strings_in_double_quotes=True,
    implicit_recursion=True,
    remarks=_remarks,
)
