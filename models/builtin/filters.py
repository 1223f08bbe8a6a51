"""The conditions in a question about a table: values and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from models.builtin.absence import HAVING, denied
from models.builtin.lexicon import (
    AFTERWARDS,
    DESTINATION,
    MEANS,
    NEUTRAL_EVENT,
    ORIGIN,
)
from models.builtin.marks import Marks
from models.builtin.mentions import Mention, Value, speaks_of
from models.builtin.query import Filter, Query, literal
from models.builtin.schema import Column, Table
from models.builtin.when import Span
from models.builtin.words import root, stem

_ARTICLES = frozenset(["a", "an"])


def add_values(
    query: Query,
    marks: Marks,
    values: Sequence[Value],
    mentions: Sequence[Mention],
    dated: bool,
    unknown: list[str],
) -> None:
    """`paid`, `in Berlin`, `in Berlin and Paris`, `not in Berlin`; a yes/no column is its own value."""
    chosen: dict[Column, list[str]] = {}
    against: dict[Column, bool] = {}
    end = -1
    for value in sorted(values, key=lambda one: one.start):
        column = _value_column(marks, value, mentions)
        if _is_event(query.table, value) and (dated or denied(marks, value.start)):
            unknown += [] if dated else [value.phrase]
            marks.tick(range(value.start, value.end), "" if dated else "value")
            continue
        if column is None:
            unknown.append(value.phrase)
            continue
        linked = column in against and all(_links(marks, n) for n in range(end, value.start))
        no = denied(marks, value.start) or (linked and against[column])
        if against.setdefault(column, no) != no:
            unknown.append(value.phrase)
        chosen.setdefault(column, []).extend(map(literal, value.columns[column]))
        end = value.end
    for column, texts in chosen.items():
        texts = list(dict.fromkeys(texts))
        several, no = len(texts) > 1, against[column]
        operator = ("NOT IN" if no else "IN") if several else ("<>" if no else "=")
        query.filters.append(Filter(column, operator, tuple(texts)))
    if marks.find("or") is not None and len(chosen) == 1 and any(len(texts) > 1 for texts in chosen.values()):
        marks.eat("or")
    _add_flags(query, marks, mentions)


def _is_event(table: Table, value: Value) -> bool:
    """`delivered` may be a state or say that there is a date of delivery: with a date it is the latter."""
    return any(column.kind == "date" and stem(value.phrase) in column.words for column in table.columns)


def _value_column(marks: Marks, value: Value, mentions: Sequence[Mention]) -> Column | None:
    """The one column it is meant in: the only one, one that is named beside it, or that `from` or `to` speaks of."""
    near = [m for m in mentions if abs(m.start - value.end) <= 3 or abs(value.start - m.end) <= 3]
    said = marks.tokens[value.start - 1].text.casefold() if value.start else ""
    way = {"from": ORIGIN, "to": DESTINATION}.get(said, frozenset[str]())
    columns = [c for c in value.columns if len(value.columns) > 1 and way & set(c.words)]
    columns = columns or [c for c in value.columns if any(c in m.columns for m in near)] or list(value.columns)
    if len(columns) != 1:
        return None
    for mention in near:
        behind = mention.start == value.end or (mention.start == value.end + 1 and marks.has(value.end, "as"))
        if columns[0] in mention.columns and (mention.end <= value.start or behind) and not mention.used:
            mention.used = True
            return columns[0]
    return None if _had(marks, value.start) else columns[0]


def _had(marks: Marks, at: int) -> bool:
    """Who has a manager is none."""
    before = at - 2 if marks.has(at - 1, _ARTICLES) else at - 1
    return before < at - 1 and marks.has(before, HAVING)


def _links(marks: Marks, i: int) -> bool:
    return marks.has(i, frozenset(["or", "and", "nor", "in", "from"]))


def add_implied(query: Query, marks: Marks) -> None:
    """A verb that says no more than the column of a condition: `written by`, `specialising in`."""
    columns = [one.column for one in query.filters] + ([query.group] if query.group else [])
    for i, token in enumerate(marks.tokens):
        if token.kind == "word" and not token.done and any(speaks_of(token, column) for column in columns):
            marks.tick([i], "cue")


def _add_flags(query: Query, marks: Marks, mentions: Sequence[Mention]) -> None:
    for mention in mentions:
        flags = [column for column in mention.columns if column.kind == "boolean"]
        if len(flags) == 1 and len(mention.columns) == 1 and not mention.used:
            mention.used = True
            no = denied(marks, mention.start)
            truths = ("FALSE", "TRUE") if query.table.dialect.lower().startswith("postgres") else ("0", "1")
            query.filters.append(Filter(flags[0], "=", (truths[not no],)))


def date_column(table: Table, mentions: Sequence[Mention], marks: Marks, at_table: Sequence[int]) -> Column | None:
    """The one date a question without more words speaks of; None when that is not sure."""
    dates = [column for column in table.columns if column.kind == "date"]
    named = [m for m in mentions if not m.used and any(c in dates for c in m.columns)]
    if len(named) == 1:
        columns = [column for column in named[0].columns if column in dates]
        named[0].used = len(columns) == 1
        return columns[0] if len(columns) == 1 else None
    said = [t for t in marks.tokens if not t.done]
    meant = {w for t in said for one in t.stems for w in MEANS.get(one, ())}
    events = [c for c in dates if {one for t in said for one in t.stems} & set(c.words) - {"on", "at", "dat", "tim"}]
    if len(events) == 1:
        for token in said:
            token.done = "cue" if set(token.stems) & set(events[0].words) else ""
        return events[0]
    dates = [c for c in dates if not AFTERWARDS & set(c.words)]
    choices = [
        dates,
        [column for column in dates if meant & set(column.words)],
        [column for column in dates if set(map(root, table.words)) & set(map(root, column.words))],
        [column for column in dates if {w for one in table.words for w in MEANS.get(one, ())} & set(column.words)],
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
        marks.eat("took place")
        while marks.eat_any(NEUTRAL_EVENT) is not None:
            pass
        cut = 7 if column.samples and all(len(sample) == 7 for sample in column.samples) else 10
        query.filters += [
            Filter(column, sign, (literal(day.isoformat()[:cut]),))
            for sign, day in ((">=", span.start), ("<", span.end))
            if day is not None
        ]
        return
    years = [c for c in query.table.columns if holds_years(c)]
    named = any(set(years) & set(m.columns) and not m.used for m in mentions)
    dated = any(c.kind == "date" and not AFTERWARDS & set(c.words) for c in query.table.columns)
    if span.year and len(years) == 1 and (named or not dated):
        query.filters += _years(years[0], span.start, span.end)
        _use(mentions, years[0])
        return
    unknown.append(said)


def holds_years(column: Column) -> bool:
    """By its name (`year`, `bought_in`) and what is seen in it."""
    if column.kind != "number" or column.is_key:
        return False
    seen = bool(column.samples) and all(re.fullmatch(r"1[5-9]\d\d|20\d\d", sample) for sample in column.samples)
    return stem("year") in column.words or "年份" in column.name or (seen and column.words[-1] in ("in", "since"))


def _years(column: Column, start: date | None, end: date | None) -> list[Filter]:
    if start and end and end.year == start.year + 1:
        return [Filter(column, "=", (str(start.year),))]
    bounds = ((">=", start), ("<", end))
    return [Filter(column, sign, (str(day.year),)) for sign, day in bounds if day is not None]


def _use(mentions: Sequence[Mention], column: Column) -> None:
    for mention in mentions:
        mention.used = mention.used or column in mention.columns
