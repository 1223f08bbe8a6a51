"""Days as people write them: `2024-05-03`, `3 May 2024`, `May 3rd, 2024`, `3-May-2024`, `03.05.2024`, `2024年5月3日`.

`14/08/2024` and `08-14-2024` can be read in one way only; `03/05/2024` is none, of May or of March, unless it is known
which comes first.
"""

from __future__ import annotations

import re
from datetime import date

from cairn.language.words import listed

_MONTHS = listed("january february march april may june july august september october november december")
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if month[3:] else month for month in _MONTHS)
_DAY = re.compile(
    r"(?P<year>\d{4})\s?[-/年.]\s?(?P<month>\d{1,2})\s?[-/月.]\s?(?P<day>\d{1,2})(?!\d)(?:\s?日)?"
    rf"|\b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+(?:of\s+)?(?P<name>{_MONTH})\.?,?[\s-]+(?P<year2>\d{{4}})\b"
    rf"|\b(?P<name3>{_MONTH})\.?\s+(?P<day3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year3>\d{{4}})\b"
    r"|\b(?P<day4>\d{1,2})\.\s?(?P<month4>\d{1,2})\.\s?(?P<year4>\d{4})\b"
    r"|\b(?:(?P<day5>1[3-9]|2\d|3[01])[/-](?P<month5>\d{1,2})|(?P<month6>\d{1,2})[/-](?P<day6>1[3-9]|2\d|3[01]))"
    r"[/-](?P<year5>\d{4})\b",
    re.IGNORECASE,
)


_EITHER = re.compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b")


def dates_in(text: str) -> list[tuple[str, int, int]]:
    """Each day that there is, as ISO writes it, with where it stands in the text."""
    found = [(_iso(match), match.start(), match.end()) for match in _DAY.finditer(text)]
    known = {start for _, start, _ in found}
    either = ((day, match.start(), match.end()) for match, day in _in_one_order(text))
    both = [*found, *(one for one in either if one[1] not in known)]
    return sorted((one for one in both if _is_day(one[0])), key=lambda one: one[1])


def _is_day(told: str) -> bool:
    try:
        date.fromisoformat(told)
    except ValueError:
        return False
    return True


def in_one_order(text: str) -> str:
    """The text with `03/05/2024` as ISO writes it, where others of its dates show whether its days come first."""
    for match, day in reversed(_in_one_order(text)):
        text = text[: match.start()] + day + text[match.end() :]
    return text


def _in_one_order(text: str) -> list[tuple[re.Match[str], str]]:
    dates = [(match, int(match[1]), int(match[2])) for match in _EITHER.finditer(text)]
    days_first, months_first = any(one > 12 for _, one, _ in dates), any(two > 12 for _, _, two in dates)
    if days_first == months_first:
        return []
    return [
        (match, f"{match[3]}-{two if days_first else one:02}-{one if days_first else two:02}")
        for match, one, two in dates
    ]


def _iso(match: re.Match[str]) -> str:
    year, month, day, name = (_group(match, part) for part in ("year", "month", "day", "name"))
    month = _number_of(name) if name else int(month)
    return f"{year}-{month:02}-{int(day):02}"


def _group(match: re.Match[str], part: str) -> str:
    return next((value for group, value in match.groupdict().items() if value and group.startswith(part)), "")


def _number_of(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name[:3].lower()))
