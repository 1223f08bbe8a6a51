"""Amounts as forms write them: `1,234.50`, `1.234,50`, `1 234.5`, `1’234.50`, `12,5`; no percentages.

`1,234` is more than a thousand and `1.234` a little more than one, as in English and Chinese.
"""

from __future__ import annotations

import re

_AMOUNT = re.compile(
    r"(?<![\d.,])(?P<sign>[-−])?(?:(?P<whole>\d{1,3}(?:[ ,'’]\d{3})+|\d+)(?:\.(?P<part>\d+))?"
    r"|(?P<whole2>\d{1,3}(?:\.\d{3})+|\d+),(?P<part2>\d{1,2})|(?P<whole3>\d{1,3}(?:\.\d{3}){2,}))(?![.,]?\d)(?!\s?%)"
)


def amounts_in(text: str) -> list[tuple[float, int, int]]:
    """Each with where it stands in the text."""
    return [(_value(match), match.start(), match.end()) for match in _AMOUNT.finditer(text)]


def _value(match: re.Match[str]) -> float:
    whole = re.sub(r"\D", "", match["whole"] or match["whole2"] or match["whole3"])
    return float(f"{'-' if match['sign'] else ''}{whole}.{match['part'] or match['part2'] or 0}")
