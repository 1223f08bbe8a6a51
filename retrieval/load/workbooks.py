"""Workbooks: each sheet is a section, each row a line with its header; merged cells count in all rows they cover."""

from __future__ import annotations

import datetime
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import IO, Any, NamedTuple
from zipfile import ZipFile

from cairn.core.clean_text import plain
from cairn.retrieval.load.loaded_document import Document, Writer, iso_date
from cairn.retrieval.load.office_marks import STRUCK, Mark, marked
from cairn.retrieval.load.table_lines import Cell, Row, rows_as_lines, spread
from cairn.retrieval.load.zip_limits import check_archive

_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MARKS = re.compile(rb"<(?:\w+:)?(?:vertAlign|strike)\b")
_CHUNK, _OVERLAP = 1 << 20, 200
_FAR = 1000
"""Rows: a wider gap between two others is cut to this."""


Numbered = tuple[int, dict[int, str]]
"""A row's number, and the text of its cells by their columns, from 1."""


class _Span(NamedTuple):
    top: int
    left: int
    bottom: int
    right: int


def load_workbook(data: bytes, name: str) -> Document:
    names = check_archive(data)
    writer, notices = Writer(), list[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is not read: styles, validation, extensions
        book, charts = _opened(data, names)
        shown = _Shown(book)
        for sheet in book.worksheets:
            writer.section(sheet.title)
            for line in rows_as_lines(_rows(book, sheet, shown)):
                writer.line(line)
    if shown.formulas:
        holds = "1 formula holds" if shown.formulas == 1 else f"{shown.formulas} formulas hold"
        notices.append(f"{holds} no value and can only be shown as written: open it in its own program and save it")
    if shown.struck:
        notices.append(STRUCK)
    if charts:
        notices.append(f"charts on sheets of their own are not read: {', '.join(charts)}")
    if any(part.startswith(("xl/comments", "xl/threadedComments")) for part in names):
        notices.append("comments on cells are not read")
    properties = book.properties
    return writer.document(
        " ".join((properties.title or "").split()) or name,
        author=properties.creator if properties.creator != "openpyxl" else None,
        date=iso_date(properties.modified) or iso_date(properties.created),
        notices=tuple(notices),
    )


def _opened(data: bytes, names: Iterable[str]) -> tuple[Any, list[str]]:
    """The workbook, and the titles of sheets that are charts: openpyxl refuses the whole for an empty one."""
    from openpyxl.reader.excel import ExcelReader

    charts: list[str] = []

    class Reader(ExcelReader):
        def read_chartsheet(self, sheet: Any, rel: Any) -> None:
            charts.append(str(sheet.name))

    with ZipFile(BytesIO(data)) as archive:
        texts = [part for part in names if part == "xl/sharedStrings.xml" or part.startswith("xl/worksheets/sheet")]
        rich = any(_MARKS.search(chunk) for part in texts for chunk in _chunks(archive.open(part)))
    reader: Any = Reader(BytesIO(data), read_only=True, data_only=True, keep_links=False, rich_text=rich)
    reader.read()
    reader.wb.rich_text = rich
    return reader.wb, charts


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces that overlap, so that a short thing is whole in one of them."""
    before = b""
    with file:
        while chunk := file.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]


def _rows(book: Any, sheet: Any, shown: _Shown) -> Iterator[Row | str]:
    spans = _spans(sheet)
    parsed = _parsed(book, sheet, shown)
    if spans:
        looked_at, rest = list(islice(parsed, 20)), list[Numbered]()
        first = min((column for _, cells in looked_at for column, text in cells.items() if text), default=1)
        parsed = chain(looked_at, parsed)
        last = max(span.bottom for span in spans)
        yield from spread(_merged(_until(last, parsed, rest), spans), first - 1)
        parsed = chain(rest, parsed)
    for _, cells in parsed:
        yield _placed(cells)


def _until(last: int, rows: Iterable[Numbered], rest: list[Numbered]) -> Iterator[Numbered]:
    """The rows up to the number `last`; the one after it goes into `rest`."""
    for row in rows:
        if row[0] > last:
            rest.append(row)
            return
        yield row


def _spans(sheet: Any) -> list[_Span]:
    from openpyxl.utils import column_index_from_string as column

    found = {match.groups() for chunk in _chunks(sheet._get_source()) for match in _MERGED.finditer(chunk)}
    return sorted(
        _Span(int(top), column(left.decode()), int(bottom), column(right.decode()))
        for left, top, right, bottom in found
    )


def _parsed(book: Any, sheet: Any, shown: _Shown) -> Iterator[Numbered]:
    """Each row's number and the text of its cells by column; empty ones for rows that the file leaves out."""
    from openpyxl.worksheet._reader import WorkSheetParser

    class Parser(WorkSheetParser):
        def parse_cell(self, element: Any) -> Any:
            cell: Any = super().parse_cell(element)
            if cell["value"] is None and len(element) and element.get("t") != "str":
                cell["value"] = shown.formula(self, element)
            return cell

    before = 0
    with sheet._get_source() as source:
        parser = Parser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
            rich_text=book.rich_text,
        )
        for number, cells in parser.parse():
            for missing in range(max(before + 1, number - _FAR), number):
                yield missing, {}
            before = number
            yield number, {cell["column"]: shown.text(cell["value"], cell["style_id"]) for cell in cells}


def _placed(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]


def _merged(rows: Iterable[Numbered], spans: Sequence[_Span]) -> Iterator[list[Cell]]:
    """The cells of each row, without those that another covers."""
    waiting, at, active = len(spans), 0, list[_Span]()
    for number, texts in rows:
        while at < waiting and spans[at].top <= number:
            active.append(spans[at])
            at += 1
        active = [span for span in active if span.bottom >= number]
        anchors = {span.left: span for span in active if span.top == number}
        covered = [(span.left, span.right) for span in active]
        cells: list[Cell] = []
        for column in range(1, max((*texts, *anchors), default=0) + 1):
            if span := anchors.get(column):
                cells.append(Cell(texts.get(column, ""), span.bottom - span.top + 1, span.right - span.left + 1))
            elif not any(left <= column <= right for left, right in covered):
                cells.append(Cell(texts.get(column, "")))
        yield cells


class _Shown:
    """Cells as their sheets show them, or nearly; it counts formulas without a value and what is struck out."""

    def __init__(self, book: Any) -> None:
        self.formulas = 0
        self.struck = False
        styles: list[Any] = list(book._cell_styles)
        self._patterns = [_pattern(book, style.numFmtId) for style in styles]
        self._gone = {number for number, style in enumerate(styles) if book._fonts[style.fontId].strike}

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
        if style in self._gone:
            self.struck = True
            return ""
        if isinstance(value, list):  # pieces with a font each
            return self._pieces(value)
        return _shown(value, self._patterns[style] if style < len(self._patterns) else "")

    def _pieces(self, pieces: Iterable[Any]) -> str:
        parts: list[tuple[str, Mark]] = []
        for piece in pieces:
            font = getattr(piece, "font", None)
            if font is not None and font.strike:
                self.struck = True
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
    if isinstance(value, datetime.date | datetime.time):
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
    """With its percent sign or currency; 0.30000000000000004 is 0.3."""
    positive = re.sub(r"\\(.)|_.|\*.", r"\1", pattern.split(";")[0])
    if "%" in re.sub(r'"[^"]*"', "", positive):
        return plain(round(value * 100, 10)) + "%"
    digits = plain(float(value)) if isinstance(value, float) else str(value)
    currency = re.search(r"\[\$([^\]-]+)[^\]]*\]|([£$€¥])|\"([^\"0-9]{1,4})\"", positive)
    if currency is None:
        return digits
    sign = next(filter(None, currency.groups()))
    if currency.start() < re.search(r"[0#?]|$", positive).start():  # pyright: ignore[reportOptionalMemberAccess]
        return f"-{sign}{digits[1:]}" if digits.startswith("-") else f"{sign}{digits}"
    return f"{digits} {sign.strip()}"
