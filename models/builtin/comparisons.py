"""Comparisons of numbers: `over 100`, `at least 3 kg`, `between 10 and 20`, `cheaper than 5 euros`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.builtin.lexicon import ADJECTIVES, COMPARED, EARLY, HIGH, LATE, LOW, UNITS, Unit
from models.builtin.marks import Marks
from models.builtin.mentions import Mention
from models.builtin.query import Filter, Query
from models.builtin.schema import Column, Table
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
_BEING = frozenset([stem("are"), "is", "who", stem("aged")])
_FROM = frozenset(["between", "from"])
_JOINS = frozenset(listed("is are was were of the a an and with ha have hav than to who which that whose where"))


def add_comparisons(
    query: Query, marks: Marks, mentions: Sequence[Mention], units: Mapping[int, Unit], unknown: list[str]
) -> None:
    """`over 100`, `at least 3 units`, `between 10 and 20`, `cheaper than 5`, `rating 5`."""
    for i, token in enumerate(marks.tokens):
        if token.kind == "number" and not token.done and not _ranks(marks, i):
            _compare(query, marks, mentions, i, units, unknown)


def _ranks(marks: Marks, i: int) -> bool:
    """A number that tells how many rows are wanted: `top 3`, `three most expensive`, `the 3 films that are longest`."""
    near = HIGH | LOW | LATE | EARLY | frozenset(ADJECTIVES)
    behind = marks.has(i + 1, near) and not marks.has(i - 1, frozenset(["than", "at"]))
    before = marks.has(i - 1, near) and not marks.has(i - 2, "at")
    later = any(marks.has(n, near) for n in range(i + 2, len(marks.tokens)))
    return behind or before or (later and _counts_rows(marks, i) and _operator(marks, i)[0] is None)


def _compare(
    query: Query,
    marks: Marks,
    mentions: Sequence[Mention],
    i: int,
    units: Mapping[int, Unit],
    unknown: list[str],
) -> None:
    second = _second(marks, i)
    adjective, start = _adjective(query, marks, i)
    operator, start = (
        ("between", i - (0 if marks.has(i + 1, "to") and not marks.has(i - 1, _FROM) else 1))
        if second
        else (adjective[1], start)
        if adjective
        else _operator(marks, i)
    )
    column = adjective[0] if adjective else _column(marks, mentions, start, second or i, bool(operator))
    if unit := units.get(second or i) or units.get(i):
        column = _in_unit(query.table, column, unit)
    elif column is None and not second and _aged(marks, start, operator):
        column = next(
            (c for c in query.table.columns if c.kind == "number" and {stem("age"), "年龄"} & set(c.words)), None
        )
    if column is None or _counts_rows(marks, second or i):
        unknown.append(marks.words(range(max(start, 0), (second or i) + 1)))
    elif second:
        values = [marks.tokens[n].text for n in (i, second)]
        query.filters += [Filter(column, sign, (value,)) for sign, value in zip((">=", "<="), values, strict=True)]
    else:
        query.filters.append(Filter(column, operator or "=", (marks.tokens[i].text,)))
    marks.tick(range(max(start, 0), (second or i) + 1), "filter")


def _aged(marks: Marks, start: int, operator: str | None) -> bool:
    """`who are under 30`"""
    said = marks.tokens[start].text.casefold() if operator else ""
    return said in ("under", "over", "below", "above") and marks.has(start - 1, _BEING)


def _in_unit(table: Table, column: Column | None, unit: Unit) -> Column | None:
    """The column, if it can be given in that unit; where none was named, the only one that can."""

    def fits(one: Column) -> bool:
        words = set(one.words)
        own = any(word in UNITS for word in words)
        return bool(words & unit.names) or (not own and bool(words & unit.measures))

    choices = [one for one in table.columns if one.kind == "number" and not one.is_key and fits(one)]
    if column is not None:
        return column if column in choices else None
    return choices[0] if len(choices) == 1 else None


def _counts_rows(marks: Marks, i: int) -> bool:
    """`at least ten flights` speaks of rows, not of a column; `积分超过50的客户` does not."""
    following = marks.tokens[i + 1] if i + 1 < len(marks.tokens) else None
    if following is None or following.done != "table":
        return False
    return "的" not in marks.text[marks.tokens[i].start : following.start]


def _second(marks: Marks, i: int) -> int | None:
    chinese = marks.has(i + 1, "to") and marks.has(i + 3, stem("during"))
    if not (marks.has(i - 1, "between") or marks.has(i - 1, "from") or chinese):
        return None
    if chinese:
        marks.tick([i + 3], "cue")
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
    after = [m for m in mentions if m.start == end + 1 and not m.implied] if compared else []
    for mention in [*reversed(before), *after]:
        numbers = [c for c in mention.columns if c.kind == "number" and not (compared and c.is_key)]
        if len(numbers) == 1 and not mention.foreign:
            mention.used = True
            return numbers[0]
    return None


def _joins(marks: Marks, i: int) -> bool:
    token = marks.tokens[i]
    return bool(set(token.stems) & _JOINS)
