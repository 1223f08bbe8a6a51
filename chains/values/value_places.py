"""Where a value that was taken out of a text stands in it: word for word, as a number, or as a day."""

from __future__ import annotations

import re
from typing import Any

from cairn.chains.values.amounts import amounts_in
from cairn.chains.values.dates import dates_in

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def place_of_value(value: Any, text: str) -> tuple[int, int] | None:
    """The first place; None where it stands nowhere, as of a truth value. White space and case count nothing."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return next(((start, end) for amount, start, end in amounts_in(text) if abs(amount) == abs(value)), None)
    words = str(value).split()
    if not words:
        return None
    if _ISO.fullmatch(words[0]) and len(words) == 1:
        return next(((start, end) for day, start, end in dates_in(text) if day == words[0]), None)
    found = re.search(r"\s+".join(map(re.escape, words)), text, re.IGNORECASE)
    return found.span() if found else None


def line_around(text: str, start: int, end: int, most: int = 300) -> str:
    """The line that a place stands in, of a long one what is around it."""
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    first, last = max(first, start - most // 2), min(len(text) if last < 0 else last, end + most // 2)
    return " ".join(text[first:last].split())
