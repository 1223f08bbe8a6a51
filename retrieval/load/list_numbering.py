"""The number of a list's item, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_ROMAN = dict(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"),
        strict=True,
    )
)


def item_number(item: LexborNode, numbers: dict[int, int]) -> str:
    """What stands before an item: its number, or a dash. `numbers` remembers the last of each list."""
    parent = item.parent
    if parent is None or parent.tag != "ol":
        return "- "
    attributes = parent.attributes
    step = -1 if "reversed" in attributes else 1
    first = _whole(attributes.get("start"), len([*parent.iter()]) if step < 0 else 1)
    number = _whole(item.attributes.get("value"), numbers.get(parent.mem_id, first - step) + step)
    numbers[parent.mem_id] = number
    return f"{shown_number(number, attributes.get('type') or '1')}. "


def shown_number(number: int, kind: str) -> str:
    """In the digits of a kind: `1`, `a`, `A`, `i` or `I`."""
    if kind not in ("a", "A", "i", "I") or not 0 < number < 4000:
        return str(number)
    shown = _letters(number) if kind in "aA" else _roman(number)
    return shown.upper() if kind.isupper() else shown


def _letters(number: int) -> str:
    """a, b … z, aa, ab …"""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("a") + rest) + letters
    return letters


def _roman(number: int) -> str:
    shown = ""
    for value, letters in _ROMAN.items():
        count, number = divmod(number, value)
        shown += letters * count
    return shown


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return int(text) if text else otherwise
    except ValueError:
        return otherwise
