"""The values of a workbook's cells as their sheets show them, or nearly."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Any

from cairn.core.clean_text import plain
from cairn.retrieval.load.office_marks import HIDDEN, STRUCK, Mark, marked

_PADDED = re.compile("00+")
_SHOWS_NOTHING = re.compile(r";;;\s*")
"""A number format that hides whatever the cell holds."""


class CellValues:
    """`formulas` counts those without a value; `left_out` holds the notices of what is struck out or hidden."""

    def __init__(self, book: Any) -> None:
        self.formulas = 0
        self.left_out: dict[str, None] = {}
        styles: list[Any] = list(book._cell_styles)
        self._patterns = [_pattern(book, style.numFmtId) for style in styles]
        self._struck = {number for number, style in enumerate(styles) if book._fonts[style.fontId].strike}

    def formula(self, parser: Any, element: Any) -> str | None:
        """What computes the cell, where the file doesn't say its value."""
        from openpyxl.worksheet._reader import FORMULA_TAG

        if element.find(FORMULA_TAG) is None:
            return None
        self.formulas += 1
        formula = parser.parse_formula(element)
        return str(getattr(formula, "text", None) or (formula if isinstance(formula, str) else "="))

    def text(self, value: Any, style: int) -> str:
        if value is None:
            return ""
        pattern = self._patterns[style] if style < len(self._patterns) else ""
        if style in self._struck or _SHOWS_NOTHING.fullmatch(pattern):
            self.left_out[STRUCK if style in self._struck else HIDDEN] = None
            return ""
        if isinstance(value, list):  # pieces with a font each
            return self._pieces(value)
        return _shown(value, pattern)

    def _pieces(self, pieces: Iterable[Any]) -> str:
        parts: list[tuple[str, Mark]] = []
        for piece in pieces:
            font = getattr(piece, "font", None)
            if font is not None and font.strike:
                self.left_out[STRUCK] = None
                continue
            mark: Mark = {"superscript": "raised", "subscript": "lowered"}.get(
                getattr(font, "vertAlign", None) or "", ""
            )  # type: ignore[assignment]
            parts.append((str(getattr(piece, "text", piece)), mark))
        return marked(parts)


def _pattern(book: Any, number: int) -> str:
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    if number < BUILTIN_FORMATS_MAX_SIZE:
        return BUILTIN_FORMATS.get(number, "")
    return str(book._number_formats[number - BUILTIN_FORMATS_MAX_SIZE])


def _shown(value: Any, pattern: str) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.timedelta):
        return _duration(value)
    if isinstance(value, datetime.time):
        return value.isoformat("auto" if value.second or value.microsecond else "minutes")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, pattern)
    return str(value)


def _duration(value: datetime.timedelta) -> str:
    """In hours, also over a day: 30:15."""
    seconds = round(value.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{minutes // 60}:{minutes % 60:02}" + (f":{rest:02}" if rest else "")
    return "-" + text if seconds < 0 else text


def _number(value: float, pattern: str) -> str:
    """With its percent sign, currency or leading zeros; 0.30000000000000004 is 0.3."""
    positive = re.sub(r"\\(.)|_.|\*.", r"\1", pattern.split(";")[0])
    if "%" in re.sub(r'"[^"]*"', "", positive):
        return plain(round(value * 100, 10)) + "%"
    digits = plain(float(value)) if isinstance(value, float) else str(value)
    if _PADDED.fullmatch(pattern) and digits.isdigit():
        return digits.zfill(len(pattern))
    currency = re.search(r"\[\$([^\]-]+)[^\]]*\]|([£$€¥])|\"([^\"0-9]{1,4})\"", positive)
    if currency is None:
        return digits
    sign = next(filter(None, currency.groups()))
    if currency.start() < re.search(r"[0#?]|$", positive).start():  # pyright: ignore[reportOptionalMemberAccess]
        return f"-{sign}{digits[1:]}" if digits.startswith("-") else f"{sign}{digits}"
    return f"{digits} {sign.strip()}"
