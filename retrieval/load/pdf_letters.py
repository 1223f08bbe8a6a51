"""The letters of a PDF page with their places: words, lines as they were drawn, and which figures are raised."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfTextPage

_BROKEN = "\ufffe\x02\u00ad"
"""What PDFium writes for a hyphen at the end of a line, and soft hyphens."""
_BROKEN_WORD = re.compile(f"[{_BROKEN}](?:\r?\n)?")
_DRAWN = re.compile(f"(?:[^\r\n{_BROKEN}]|[{_BROKEN}](?:\r?\n)?)+")
_WORD = re.compile(f"[^\\s{_BROKEN}]+[{_BROKEN}]?")
_FIGURES = re.compile(r"[+−-]?\d")


class Line(NamedTuple):
    """`is_row`: it is not to be joined with the next. `top` and `size` (a letter's height) in points, 0 if unknown."""

    text: str
    is_row: bool = False
    top: float = 0
    size: float = 0


Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""


class Piece(NamedTuple):
    """Words of one line that stand together; `filled` for those of a form's field."""

    left: float
    bottom: float
    right: float
    top: float
    text: str
    filled: bool = False

    @property
    def size(self) -> float:
        return self.top - self.bottom


class Letters:
    """A page's text with the places of its letters; raised figures, by their numbers, are marked: 10^6."""

    def __init__(self, text: PdfTextPage, whole: str, raised: frozenset[int]) -> None:
        from pypdfium2 import raw

        self._text = text
        self._whole = whole
        self._raised = raised
        self._read = raw.FPDFText_GetLooseCharBox
        self._rect = raw.FS_RECTF()
        self._pointer = ctypes.byref(self._rect)

    def lines(self) -> list[Line]:
        """As they were drawn."""
        lines: list[Line] = []
        for match in _DRAWN.finditer(self._whole):
            if words := mended(self._cut(match)).strip():
                start = match.start() + len(match[0]) - len(match[0].lstrip())
                _, bottom, _, top = self._box(start)
                lines.append(Line(words, False, top, top - bottom))
        return lines

    def words(self) -> Iterator[Piece]:
        for match in _WORD.finditer(self._whole):
            first, last = self._box(match.start()), self._box(match.end() - 1)
            if first[3] > first[1]:
                yield Piece(first[0], first[1], max(first[2], last[2]), first[3], self._cut(match))

    def _cut(self, match: re.Match[str]) -> str:
        if self._raised.isdisjoint(range(*match.span())):
            return match[0]
        return "".join("^" * (match.start() + at in self._raised) + letter for at, letter in enumerate(match[0]))

    def _box(self, index: int) -> tuple[float, float, float, float]:
        """Of a letter, as high as its font."""
        rect = self._rect
        self._read(self._text, index, self._pointer)
        return rect.left, rect.bottom, rect.right, rect.top


def mended(text: str) -> str:
    """Broken words made whole; one that goes on in another line ends with its hyphen."""
    return _BROKEN_WORD.sub("", text[:-1]) + ("-" if text.endswith(tuple(_BROKEN)) else text[-1:])


def raised_figures(text: PdfTextPage, whole: str, boxes: Sequence[Box]) -> frozenset[int]:
    """Where small figures begin that stand higher than the letter before."""
    found: set[int] = set()
    for (_, bottom, right, top), (left, low, end, high) in pairwise(boxes):
        tall = top - bottom
        if not (-0.3 * tall < left - right < 0.25 * tall and high - low < 0.9 * tall and low > bottom + 0.25 * tall):
            continue
        at = text.get_index((left + end) / 2 if end - left < tall / 2 else left + 1, (low + high) / 2, 1, 1)
        if at and _FIGURES.match(whole, at) and whole[at - 1].isalnum() and high > top - 0.3 * tall:
            found.add(at)
    return frozenset(found)
