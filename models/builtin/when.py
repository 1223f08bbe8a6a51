"""Dates in questions, as half-open spans of days: `in May 2024`, `2025年3月`, `after 2024-05-01`, `Q2 2024`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from models.builtin.words import listed

_MONTHS = listed("january february march april may june july august september october november december")
_MONTH = "|".join(f"{name}|{name[:3]}\\.?" for name in _MONTHS) + r"|sept\.?"
_YEAR = r"(?P<year>1[5-9]\d\d|2[01]\d\d)"
_POINTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}-(?P<month>\d\d?)-(?P<day>\d\d?)(?!\d)",
        rf"\b(?P<day>\d\d?)\.(?P<month>\d\d?)\.{_YEAR}\b",
        rf"{_YEAR}/(?P<month>\d\d?)/(?P<day>\d\d?)(?!\d)",
        rf"{_YEAR}\s*年\s*(?P<month>\d\d?)\s*月\s*(?P<day>\d\d?)\s*[日号]",
        rf"(?P<name>{_MONTH})\s+(?P<day>\d\d?)(?:st|nd|rd|th)?,?\s+{_YEAR}\b",
        rf"(?P<day>\d\d?)(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<name>{_MONTH}),?\s+{_YEAR}\b",
        rf"\bQ(?P<quarter>[1-4])(?:\s+of|\s+in)?\s*{_YEAR}\b",
        rf"{_YEAR}\s*年?\s*(?:Q|第)(?P<quarter>[1-4一二三四])(?:季度)?",
        rf"{_YEAR}\s*年\s*(?P<month>\d\d?)\s*月份?",
        rf"{_YEAR}-(?P<month>\d\d)(?![\d-])",
        rf"\b(?P<name>{_MONTH}),?\s+(?:of\s+)?{_YEAR}\b",
        rf"{_YEAR}\s*年度?",
        rf"(?:the\s+year\s+)?(?<![\d.,$€£¥-]){_YEAR}(?![\d%]|[.,]\d|-\d)",
    )
]
_BEFORE = re.compile(
    r"(?P<between>between|from)\s*$|(?P<after>\bafter|later than)\s*$|(?P<since>\bsince|starting(?: in| from)?|"
    r"from)\s*$|"
    r"(?P<until>\buntil|\btill|\bthrough|\bup to|\bby the end of)\s*$|(?P<before>\bbefore|earlier than|prior to)\s*$|"
    r"(?P<during>\bduring|\bin|\bon|\bof|\bfor|\bthroughout|\bfrom|在|于)\s*$",
    re.IGNORECASE,
)
_AFTER_ZH = re.compile(r"\s*(?:(?P<after>之后|以后)|(?P<before>之前|以前)|(?P<since>以来|起)|(?P<until>为止|底前))")
_NUMBER_BEFORE = re.compile(r"(?<![\d.-])(\d+)\s*(?:and|to|到|至|和)$")
_LINK = re.compile(r"\s*(?:and|to|until|till|through|-|–|到|至|和)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Span:
    """From `start` (inclusive, None: ever) to `end` (exclusive, None: ever), said at `at` of the text.

    `year` is set when nothing but whole years was said: a column of years can then be compared too.
    """

    at: tuple[int, int]
    start: date | None
    end: date | None
    year: bool


def find_span(text: str) -> Span | None:
    """The first date, month, quarter or year a question names, with its preposition. Only years with four digits."""
    point = _point(text, 0)
    if point is None:
        return None
    at, start, end, year = point
    if _looks_like_amount(text, at, year):
        return None
    before = _BEFORE.search(text[: at[0]])
    link = _LINK.match(text, at[1])
    second = _point(text, link.end()) if link else None
    if link and second and second[0][0] == link.end():
        return Span((before.start() if before else at[0], second[0][1]), start, second[2], year and second[3])
    return _bounded(text, at, start, end, year, before)


def _bounded(text: str, at: tuple[int, int], start: date, end: date, year: bool, before: re.Match[str] | None) -> Span:
    behind = _AFTER_ZH.match(text, at[1])
    match = behind or before
    how = match.lastgroup if match else "during"
    place = (before.start() if before else at[0], behind.end() if behind else at[1])
    if how == "after":
        return Span(place, end, None, year)
    if how == "since":
        return Span(place, start, None, year)
    if how == "before":
        return Span(place, None, start, year)
    if how == "until":
        return Span(place, None, end, year)
    return Span(place, start, end, year)


def _looks_like_amount(text: str, at: tuple[int, int], year: bool) -> bool:
    """`more than 2000` is an amount, also when it could be a year."""
    before = text[: at[0]].casefold().rstrip()
    if year and (other := _NUMBER_BEFORE.search(before)) and not re.fullmatch(_YEAR, other[1]):
        return True
    return year and before.endswith(
        (
            "than",
            "over",
            "above",
            "under",
            "below",
            "least",
            "most",
            "exceeding",
            "超过",
            "大于",
            "小于",
            "高于",
            "低于",
            ">",
            "<",
            "=",
        )
    )


def _point(text: str, start: int) -> tuple[tuple[int, int], date, date, bool] | None:
    found = [(match.start(), n, match) for n, p in enumerate(_POINTS) if (match := p.search(text, start))]
    for _, _, match in sorted(found, key=lambda item: item[:2]):
        if days := _days(match.groupdict()):
            return match.span(), *days, not set(match.groupdict()) - {"year"}
    return None


def _days(parts: dict[str, str | None]) -> tuple[date, date] | None:
    year = int(parts["year"] or 0)
    name = (parts.get("name") or "").casefold().rstrip(".")
    month = next((n for n, full in enumerate(_MONTHS, 1) if name and full.startswith(name[:3])), 0)
    month = month or int(parts.get("month") or 0)
    try:
        if parts.get("day"):
            day = date(year, month, int(parts["day"] or 0))
            return day, day + timedelta(days=1)
        if quarter := parts.get("quarter"):
            month = 3 * ("1234".find(quarter) if quarter.isascii() else "一二三四".find(quarter)) + 1
            return date(year, month, 1), _month_after(year, month + 2)
        if month:
            return date(year, month, 1), _month_after(year, month)
        return date(year, 1, 1), date(year + 1, 1, 1)
    except ValueError:
        return None


def _month_after(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)


def find_days(text: str) -> list[date]:
    """Every full date in a text, in order; `01/02/2025` is left out, since nobody can tell which month it is in."""
    days: list[date] = []
    position = 0
    while (point := _point(text, position)) is not None:
        (_, position), start, end, _ = point
        if end - start == timedelta(days=1):
            days.append(start)
    return days
