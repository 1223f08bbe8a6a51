"""The conditions in a question about a table: values, dates and comparisons of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from models.builtin.lexicon import ADJECTIVES, COMPARED, EARLY, HIGH, LATE, LOW, MEANS, NEUTRAL_EVENT
from models.builtin.marks import Marks
from models.builtin.mentions import Mention, Value
from models.builtin.query import Filter, Query, literal
from models.builtin.schema import Column, Table
from models.builtin.when import Span
from models.builtin.words import listed, stem

_OPERATORS = {
    "more than or equal to": ">=",
    "greater than or equal to": ">=",
    "less than or equal to": "<=",
    "no less than": ">=",
    "not less than": ">=",
    "no more than": "<=",
    "not more than": "<=",
    "at least": ">=",
    "at most": "<=",
    "up to": "<=",
    "more than": ">",
    "greater than": ">",
    "higher than": ">",
    "larger than": ">",
    "bigger than": ">",
    "less than": "<",
    "fewer than": "<",
    "lower than": "<",
    "smaller than": "<",
    "equal to": "=",
    "exceeding": ">",
    "exceeds": ">",
    "exactly": "=",
    "over": ">",
    "above": ">",
    "under": "<",
    "below": "<",
    ">=": ">=",
    "≥": ">=",
    "<=": "<=",
    "≤": "<=",
    ">": ">",
    "<": "<",
    "=": "=",
}
_JOINS = frozenset(listed("is are was were of the a an and with ha have hav than to who which that whose where"))


def add_values(
    query: Query, marks: Marks, values: Sequence[Value], mentions: Sequence[Mention], unknown: list[str]
) -> None:
    """`paid`, `in Berlin`, `in Berlin and Paris`; a yes/no column is its own value (`active users`)."""
    chosen: dict[Column, list[str]] = {}
    for value in values:
        near = [m for m in mentions if abs(m.start - value.end) <= 3 or abs(value.start - m.end) <= 3]
        columns = [c for c in value.columns if any(c in m.columns for m in near)] or list(value.columns)
        if len(columns) != 1:
            unknown.append(value.phrase)
            continue
        for mention in near:
            if columns[0] in mention.columns and mention.end <= value.start and not mention.used:
                mention.used = True
                break
        chosen.setdefault(columns[0], []).extend(map(literal, value.columns[columns[0]]))
    for column, texts in chosen.items():
        texts = list(dict.fromkeys(texts))
        query.filters.append(Filter(column, "IN" if len(texts) > 1 else "=", tuple(texts)))
    if marks.find("or") is not None and len(chosen) == 1 and any(len(texts) > 1 for texts in chosen.values()):
        marks.eat("or")
    _add_flags(query, mentions)


def _add_flags(query: Query, mentions: Sequence[Mention]) -> None:
    for mention in mentions:
        flags = [column for column in mention.columns if column.kind == "boolean"]
        if len(flags) == 1 and len(mention.columns) == 1 and not mention.used:
            mention.used = True
            truth = "TRUE" if query.table.dialect.lower().startswith("postgres") else "1"
            query.filters.append(Filter(flags[0], "=", (truth,)))


def date_column(table: Table, mentions: Sequence[Mention], marks: Marks, at_table: Sequence[int]) -> Column | None:
    """The one date a question without more words speaks of; None when that is not sure."""
    dates = [column for column in table.columns if column.kind == "date"]
    named = [m for m in mentions if not m.used and any(c in dates for c in m.columns)]
    if len(named) == 1:
        columns = [column for column in named[0].columns if column in dates]
        named[0].used = len(columns) == 1
        return columns[0] if len(columns) == 1 else None
    meant = {w for t in marks.tokens if not t.done for one in t.stems for w in MEANS.get(one, ())}
    choices = [
        dates,
        [column for column in dates if meant & set(column.words)],
        [column for column in dates if set(table.words) & set(column.words)],
        [column for column in dates if set(column.words) & {stem("created"), stem("placed"), stem("ordered")}],
        [column for column in dates if column.words in ([stem("date")], ["日期"])],
    ]
    return next((columns[0] for columns in choices if len(columns) == 1), None)


def add_dates(
    query: Query,
    marks: Marks,
    span: Span | None,
    mentions: Sequence[Mention],
    at_table: Sequence[int],
    unknown: list[str],
) -> None:
    if span is None:
        return
    said = marks.text[span.at[0] : span.at[1]]
    column = date_column(query.table, mentions, marks, at_table)
    if column is not None:
        while marks.eat_any(NEUTRAL_EVENT) is not None:
            pass
        cut = 7 if column.samples and all(len(sample) == 7 for sample in column.samples) else 10
        query.filters += [
            Filter(column, sign, (literal(day.isoformat()[:cut]),))
            for sign, day in ((">=", span.start), ("<", span.end))
            if day is not None
        ]
        return
    years = [c for c in query.table.columns if c.kind == "number" and stem("year") in c.words]
    if span.year and len(years) == 1 and not any(c.kind == "date" for c in query.table.columns):
        query.filters += _years(years[0], span.start, span.end)
        _use(mentions, years[0])
        return
    unknown.append(said)


def _years(column: Column, start: date | None, end: date | None) -> list[Filter]:
    if start and end and end.year == start.year + 1:
        return [Filter(column, "=", (str(start.year),))]
    bounds = ((">=", start), ("<", end))
    return [Filter(column, sign, (str(day.year),)) for sign, day in bounds if day is not None]


def _use(mentions: Sequence[Mention], column: Column) -> None:
    for mention in mentions:
        mention.used = mention.used or mention.columns == [column]


def add_comparisons(query: Query, marks: Marks, mentions: Sequence[Mention], unknown: list[str]) -> None:
    """`over 100`, `at least 3 units`, `between 10 and 20`, `cheaper than 5`, `rating 5`."""
    for i, token in enumerate(marks.tokens):
        if token.kind == "number" and not token.done and not _ranks(marks, i):
            _compare(query, marks, mentions, i, unknown)


def _ranks(marks: Marks, i: int) -> bool:
    """A number that tells how many rows are wanted: `top 3`, `three most expensive`, `the 3 films that are longest`."""
    near = HIGH | LOW | LATE | EARLY | frozenset(ADJECTIVES)
    behind = marks.has(i + 1, near) and not marks.has(i - 1, frozenset(["than", "at"]))
    before = marks.has(i - 1, near) and not marks.has(i - 2, "at")
    later = any(marks.has(n, near) for n in range(i + 2, len(marks.tokens)))
    return behind or before or (later and _counts_rows(marks, i) and _operator(marks, i)[0] is None)


def _compare(query: Query, marks: Marks, mentions: Sequence[Mention], i: int, unknown: list[str]) -> None:
    second = _second(marks, i)
    adjective, start = _adjective(query, marks, i)
    operator, start = ("between", i - 1) if second else (adjective[1], start) if adjective else _operator(marks, i)
    column = adjective[0] if adjective else _column(marks, mentions, start, second or i, bool(operator))
    if column is None or _counts_rows(marks, second or i):
        unknown.append(marks.words(range(max(start, 0), (second or i) + 1)))
    elif second:
        values = [marks.tokens[n].text for n in (i, second)]
        query.filters += [Filter(column, sign, (value,)) for sign, value in zip((">=", "<="), values, strict=True)]
    else:
        query.filters.append(Filter(column, operator or "=", (marks.tokens[i].text,)))
    marks.tick(range(max(start, 0), (second or i) + 1), "filter")


def _counts_rows(marks: Marks, i: int) -> bool:
    """`at least ten flights` speaks of rows, not of a column; `积分超过50的客户` does not."""
    following = marks.tokens[i + 1] if i + 1 < len(marks.tokens) else None
    if following is None or following.done != "table":
        return False
    return "的" not in marks.text[marks.tokens[i].start : following.start]


def _second(marks: Marks, i: int) -> int | None:
    if not (marks.has(i - 1, "between") or marks.has(i - 1, "from")):
        return None
    for n in (i + 2, i + 3):
        if n < len(marks.tokens) and marks.tokens[n].kind == "number" and not marks.tokens[n].done:
            return n
    return None


def _operator(marks: Marks, i: int) -> tuple[str | None, int]:
    for phrase in sorted(_OPERATORS, key=len, reverse=True):
        words = [stem(word) for word in phrase.split()]
        start = i - len(words)
        if start >= 0 and all(marks.has(start + n, word) for n, word in enumerate(words)):
            return _OPERATORS[phrase], start
    return None, i


def _adjective(query: Query, marks: Marks, i: int) -> tuple[tuple[Column, str] | None, int]:
    if not (marks.has(i - 1, "than") and marks.has(i - 2, frozenset(COMPARED))):
        return None, i
    wanted, more = next(COMPARED[word] for word in marks.tokens[i - 2].stems if word in COMPARED)
    columns = [c for c in query.table.columns if wanted & set(c.words) and c.kind == "number" and not c.is_key]
    return ((columns[0], ">" if more else "<") if len(columns) == 1 else None), i - 2


def _column(marks: Marks, mentions: Sequence[Mention], start: int, end: int, compared: bool) -> Column | None:
    """The number named right before the comparison, else right behind it; a bare number wants it before."""
    before = [m for m in mentions if m.end <= start and all(_joins(marks, n) for n in range(m.end, start))]
    after = [m for m in mentions if m.start == end + 1] if compared else []
    for mention in [*reversed(before), *after]:
        numbers = [c for c in mention.columns if c.kind == "number" and not (compared and c.is_key)]
        if len(numbers) == 1 and not mention.foreign:
            mention.used = True
            return numbers[0]
    return None


def _joins(marks: Marks, i: int) -> bool:
    token = marks.tokens[i]
    return bool(set(token.stems) & _JOINS)
