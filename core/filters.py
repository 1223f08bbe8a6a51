"""What narrows a search: the document's place, tags, dates, author and language; and how a question says so."""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from cairn.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Filters:
    """All must hold; of several tags each. `source` is a part of the path or address, `title` and `author` parts too
    (case is ignored); `after` and `before` are ISO dates, inclusive; `language` a code such as `en`.

    >>> from cairn import Filters
    >>> str(Filters(tags=("hr",), after="2025-01-01"))
    'tag:hr after:2025-01-01'
    """

    source: str | None = None
    tags: tuple[str, ...] = ()
    title: str | None = None
    author: str | None = None
    language: str | None = None
    after: str | None = None
    before: str | None = None

    def __str__(self) -> str:
        """As they are written in a question: `tag:hr after:2025-01-01`."""
        named = [(name, getattr(self, field)) for name, field in _NAMED.items() if field != "tags"]
        return " ".join(f"{name}:{value}" for name, value in [*(("tag", tag) for tag in self.tags), *named] if value)


_NAMED = {
    "source": "source",
    "tag": "tags",
    "title": "title",
    "author": "author",
    "lang": "language",
    "after": "after",
    "before": "before",
}
_FILTER = re.compile(
    rf"(?<!\S)(?P<name>{'|'.join(_NAMED)})[:：]"
    r"(?:\"(?P<quoted>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”|(?P<bare>[^\s\"“”，。；！？]+))",
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z]{2,4})?")
_TAKES = {
    "after": "It takes a year, month or day: 2025, 2025-03, 2025-03-01.",
    "before": "It takes a year, month or day: 2025, 2025-03, 2025-03-01.",
    "lang": "It takes a language's code, such as en or zh.",
}
_BLANKS = re.compile(r"\s+")


def parse_filters(question: str) -> tuple[str, Filters]:
    """The question without its filters, and these.

    `source:`, `title:`, `author:`, `tag:`, `lang:` take a word or a quoted phrase; `after:` and `before:` a year, month
    or day, each counted in. Names may be in any case, the colon full-width. What only looks like a filter, such as
    `after:lunch`, or `title:` before a blank, stays in the question. Of one that is there twice the last counts;
    tags add up.
    """
    filters = Filters()

    def take(match: re.Match[str]) -> str:
        nonlocal filters
        value = (match["quoted"] or match["curly"] or match["bare"]).strip()
        narrowed = _with(filters, match["name"].lower(), value)
        filters = narrowed or filters
        return match[0] if narrowed is None else " "

    rest = _FILTER.sub(take, question)
    return (_BLANKS.sub(" ", rest).strip() if filters != Filters() else question), filters


def make_filters(tags: Sequence[str] = (), **named: str | None) -> Filters:
    """Filters from values that are not written in a question: `make_filters(["hr"], after="2025")`.

    Args:
        tags: Each has to be there.
        named: `source`, `title`, `author`, `lang`, `after` and `before`, as `parse_filters` takes them.

    Returns:
        The filters.

    Raises:
        UsageError: for a date that is none, a language that is no code, or a blank value.
    """
    filters = Filters()
    for name, value in [*(("tag", tag) for tag in tags), *named.items()]:
        if value is None:
            continue
        if (narrowed := _with(filters, name, value.strip())) is None:
            raise UsageError(f"{value!r} can't be the filter `{name}`.", _TAKES.get(name, "Give it a text."))
        filters = narrowed
    return filters


def _with(filters: Filters, name: str, value: str) -> Filters | None:
    """None for a value that can't be one of this filter."""
    match name:
        case "tag":
            return replace(filters, tags=tuple(dict.fromkeys([*filters.tags, value]))) if value else None
        case "after" | "before":
            day = _day(value, last=name == "before")
            return replace(filters, **{name: day}) if day else None
        case "lang":
            code = _LANGUAGE.fullmatch(value)
            return replace(filters, language=code[1].lower()) if code else None
        case _:
            return replace(filters, **{name: value}) if value else None


def _day(value: str, *, last: bool) -> str | None:
    """The first or last day of a year, month or day, in ISO form; None if there is no such one."""
    if (match := _DATE.fullmatch(value)) is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    try:
        number = int(month) if month else (12 if last else 1)
        longest = calendar.monthrange(year, number)[1]
        return date(year, number, int(day) if day else (longest if last else 1)).isoformat()
    except ValueError:
        return None
