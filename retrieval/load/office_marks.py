"""Text that means something else without its mark: 10 with a raised 6 is 10^6, not 106; what is struck out is gone."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from cairn.retrieval.load.math_notation import subscript, superscript

Mark = Literal["", "raised", "lowered"]

STRUCK = "struck-out text is left out"
HIDDEN = "hidden text is left out"
DELETED = "text whose deletion is tracked is left out"


def marked(parts: Iterable[tuple[str, Mark]]) -> str:
    """Pieces of text, each with how it stands, as one line: `10^6`, `x^(n + 1)`, `1st`, `H2O`, `101_2`."""
    whole = ""
    for mark, group in groupby(parts, key=_mark_of):
        text = "".join(piece for piece, _ in group)
        whole += _sign(whole, text.strip(), mark) if mark and text.strip() else text
    return whole


def _mark_of(part: tuple[str, Mark]) -> Mark:
    return part[1]


def _sign(before: str, text: str, mark: Mark) -> str:
    last = before[-1:]
    if not any(map(str.isalnum, text)):
        return text
    if mark == "lowered":
        return subscript(text) if last.isdigit() and text[0].isdigit() else text
    return superscript(text, before) if last.isalnum() or last in (")", "]", "%") else text
