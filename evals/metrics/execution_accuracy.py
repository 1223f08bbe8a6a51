"""Execution accuracy: whether a query gives the gold query's result, in three ways of comparing results.

`meant`, as people mean it: both queries run as they were written, columns may stand in any order, numbers are equal to
1e-6, and a result with further columns is right, which its kind says. `spider`, as Spider's official evaluator defines
it (Zhong, Yu and Klein, arXiv 2010.02840, with its defaults): DISTINCT is left out of both queries, results are bags of
rows in any order of columns, floating-point values are equal to the last digit. `strict` wants columns in the gold's
order and values of its types. In all, rows have to be in order where the gold query has ORDER BY.

Both queries run under the engine's read-only and resource layers, but are not held against the guard's allow-list,
except where tables or columns are hidden.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cairn.core.errors import CairnError, DatabaseError, SqlRefused
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.database_registry import Opened
from cairn.databases.result_comparison import aligned, identical, includes, same

if TYPE_CHECKING:
    from sqlglot.tokenizer_core import Token as _Token

Way = Literal["meant", "spider", "strict"]
FURTHER = "further columns"
Verdict = Literal["right", "wrong", "failed", "unanswered", "error", "gold_failed", "unjudged"]
APART: tuple[Verdict, ...] = ("gold_failed", "unjudged")
LIMITS = Limits(rows=100_000, bytes=50_000_000, cell=100_000, seconds=60)
_KEPT_ROWS = 1_000

_KINDS = (
    ("unknown column", r"no such column|unknown column|column .*(does not|doesn't) exist|has no column"),
    ("unknown table", r"no such table|unknown table|(table|relation) .*(does not|doesn't) exist|is no table"),
    ("ambiguous column", r"ambiguous"),
    ("misused aggregate", r"misuse of (aggregate|window)|group function|must appear in the group by|aggregate"),
    ("unknown function", r"no such function|function .*(does not|doesn't) exist|wrong number of arguments"),
    ("limit", r"was stopped|too (big|large|long|much)"),
    ("may not be read", r"may not|not allowed|permission denied"),
    ("syntax", r"syntax|unrecognized token|incomplete input|unterminated|one statement"),
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comparing two queries gave. `kind` sorts what is not right: an unknown column, a result with other columns;
    of a right result it says that there are further columns. `error`: in words."""

    verdict: Verdict
    kind: str | None = None
    error: str | None = None
    gold: Rows | None = None
    predicted: Rows | None = None


class Execution:
    """`opened` opens a database by its name. One object can be used from several threads, and keeps small results."""

    def __init__(self, opened: Callable[[str], Opened], way: Way = "meant", limits: Limits = LIMITS) -> None:
        self._opened = opened
        self._way: Way = way
        self._limits = limits
        self._known: dict[tuple[str, str], Rows | CairnError] = {}

    def judge(self, database: str, gold: str, predicted: str | None) -> Judgement:
        """Runs both, and never raises for what a query or the database does."""
        try:
            dialect = self._opened(database).dialect
            expected, found = self._run_pair(database, dialect, gold, predicted)
        except DatabaseError as error:
            return Judgement("unjudged", "database", str(error))
        if isinstance(expected, CairnError):
            return Judgement("gold_failed", kind_of(str(expected)), str(expected))
        if expected.truncated:
            return Judgement("unjudged", "limit", f"The gold result has more than {len(expected.rows)} rows.")
        if predicted is None or found is None:
            return Judgement("unanswered", gold=expected)
        if isinstance(found, CairnError):
            return Judgement("failed", kind_of(str(found)), str(found), gold=expected)
        kind = self._difference(expected, found, is_ordered(gold, dialect))
        return Judgement("wrong" if kind not in (None, FURTHER) else "right", kind, None, expected, found)

    def _run_pair(
        self, database: str, dialect: str, gold: str, predicted: str | None
    ) -> tuple[Rows | CairnError, Rows | CairnError | None]:
        """As written where one of them does not run without DISTINCT: `count(DISTINCT a, b)` needs it."""
        if self._way == "spider":
            plain = plain_query(predicted, dialect) if predicted else None
            expected = self._run(database, plain_query(gold, dialect))
            found = self._run(database, plain) if plain else None
            if not isinstance(expected, CairnError) and not isinstance(found, CairnError):
                return expected, found
        return self._run(database, gold), self._run(database, predicted) if predicted else None

    def _run(self, database: str, sql: str) -> Rows | CairnError:
        """The rows, or why there are none. Raises DatabaseError."""
        key = (database, sql.strip().rstrip(";").rstrip())
        if key not in self._known:
            opened = self._opened(database)
            try:
                result = _rows(opened, key[1], self._limits)
            except DatabaseError:
                raise
            except CairnError as error:
                result = error
            if isinstance(result, Rows) and len(result.rows) > _KEPT_ROWS:
                return result
            self._known[key] = result
        return self._known[key]

    def _difference(self, expected: Rows, found: Rows, ordered: bool) -> str | None:
        a, b = expected.rows, found.rows
        if self._way == "strict":
            alike = len(expected.columns) == len(found.columns) and identical(a, b, ordered=ordered)
        else:
            a, b = aligned(a, b) if self._way == "meant" else (a, b)
            alike = same(a, b, ordered=ordered)
        if self._way == "meant" and not alike and not found.truncated and includes(a, b, ordered=ordered):
            return FURTHER
        return None if alike and not found.truncated else _difference(expected, found, ordered)


def _rows(opened: Opened, sql: str, limits: Limits) -> Rows:
    """Through the guard where something is hidden, so that `*` means what may be seen. What the guard refuses is run as
    it is on SQLite, whose process denies what is hidden; a server may not.
    """
    if opened.hidden:
        try:
            return opened.query(sql, limits).rows
        except SqlRefused:
            if opened.dialect != "sqlite":
                raise
    return opened.engine.run(sql, opened.schema(), limits)


def kind_of(error: str) -> str:
    """Which kind of failure a database's message tells of."""
    return next((kind for kind, pattern in _KINDS if re.search(pattern, error, re.IGNORECASE)), "other")


def _difference(expected: Rows, found: Rows, ordered: bool) -> str:
    if expected.rows and not found.rows:
        return "empty"
    if len(expected.columns) != len(found.columns):
        return "other columns"
    if len(expected.rows) != len(found.rows):
        return "more rows" if len(found.rows) > len(expected.rows) else "fewer rows"
    if ordered and same(expected.rows, found.rows, ordered=False):
        return "row order"
    if same(expected.rows, found.rows, ordered=ordered):
        return "column order or types"
    return "other values"


def plain_query(sql: str, dialect: str) -> str:
    """`sql` as the official evaluator runs it: without DISTINCT, and with `> =` joined to `>=`.

    `IS DISTINCT FROM` and `DISTINCT ON`, which it does not know, stay.
    """
    sql = sql.replace("> =", ">=").replace("< =", "<=").replace("! =", "!=")
    tokens = _tokens(sql, dialect)
    pieces, end = list[str](), 0
    for number, token in enumerate(tokens):
        before = tokens[number - 1].text.upper() if number else ""
        after = tokens[number + 1].text.upper() if number + 1 < len(tokens) else ""
        if token.token_type.name == "DISTINCT" and before not in ("IS", "NOT") and after != "ON":
            pieces.append(sql[end : token.start])
            end = token.end + 1
    return "".join([*pieces, sql[end:]])


def is_ordered(sql: str, dialect: str) -> bool:
    """Whether a query, or one in it, has ORDER BY; that of a window or an aggregate says nothing about the rows."""
    tokens = _tokens(sql, dialect)
    if not tokens:
        return "order by" in sql.lower()
    queries = [True]
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        match token.token_type.name:
            case "L_PAREN":
                queries.append(after is not None and after.token_type.name in ("SELECT", "WITH", "VALUES", "L_PAREN"))
            case "R_PAREN" if len(queries) > 1:
                queries.pop()
            case "ORDER_BY" if queries[-1]:
                return True
            case _:
                pass
    return False


def _tokens(sql: str, dialect: str) -> list[_Token]:
    """Of a text that can't be split, none."""
    from sqlglot import Dialect
    from sqlglot.errors import SqlglotError

    try:
        return list(Dialect.get_or_raise(dialect).tokenize(sql))
    except SqlglotError:
        return []
