"""Where the guarded dialects read a text otherwise than sqlglot does, so that the text written anew means the same."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import TokenType, exp

WRITTEN = "written"  # the mark of brackets that stand in the text; sqlglot adds some of its own
_UNITS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})


class Plus(exp.Unary):
    """`+x`, which sqlglot leaves out: on SQLite a column after it has neither affinity nor collation."""


def plus_sql(generator: Any, node: Plus) -> str:
    return f"+{generator.sql(node, 'this')}"


def parse_plus(parser: Any) -> exp.Expr:
    return parser.expression(Plus(this=parser._parse_unary()))


def parse_hexadecimal(parser: Any, token: Any) -> exp.Expr:
    """`0x1F` is a number, `x'1F'` is bytes."""
    number = parser.sql[token.start : token.start + 2].lower() == "0x"
    return parser.expression(exp.HexString(this=token.text, is_integer=number or None), token)


def parse_not(parser: Any) -> exp.Expr:
    """Of PostgreSQL, where `!!` is another operator."""
    if parser._prev.text == "!":
        parser.raise_error("Write NOT for !")
    return parser.expression(exp.Not(this=parser._parse_equality()))


class WrittenBrackets:
    """A parser that marks the brackets of the text."""

    def _parse_paren(self) -> Any:
        parser: Any = super()
        node = parser._parse_paren()
        if isinstance(node, exp.Paren):
            node.meta[WRITTEN] = True
        return node


class PostgresIntervals:
    """A parser for `INTERVAL '1 day ago'`, whose text stays whole. A unit may follow a whole number."""

    def _parse_interval(self: Any, require_interval: bool = True, parse_function_unit: bool = True) -> Any:
        if self._curr.token_type != TokenType.INTERVAL or self._next.token_type != TokenType.STRING:
            parser: Any = super()
            return parser._parse_interval(require_interval, parse_function_unit)
        self._advance()
        text = self._parse_primary()
        if self._curr.text.upper() not in _UNITS:
            return self.expression(exp.Cast(this=text, to=exp.DataType.build("interval")))
        if not re.fullmatch(r"-?[0-9]+", text.name):
            self.raise_error("Write the units of an interval in its text, as in INTERVAL '1 day 2 hours'")
        return self.expression(exp.Interval(this=text, unit=self._parse_var(any_token=True, upper=True)))


class MySQLIntervals:
    """A parser for `INTERVAL 1.5 DAY`, whose number stays one, and `INTERVAL 1 DAY + '2024-01-01'`, which is a day."""

    def _parse_interval(self: Any, require_interval: bool = True, parse_function_unit: bool = True) -> Any:
        if not self._match(TokenType.INTERVAL):
            return None
        length = self._parse_term()
        return self.expression(exp.Interval(this=length, unit=self._parse_var(any_token=True, upper=True)))
