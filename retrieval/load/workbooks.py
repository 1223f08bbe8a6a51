"""Workbooks: each sheet is a section, each row a line with its header; merged cells count in all rows they cover.

Hidden sheets, rows and columns are left out.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain, islice
from typing import IO, Any, NamedTuple
from zipfile import ZipFile

from cairn.core.errors import SourceError
from cairn.retrieval.load.cell_values import CellValues
from cairn.retrieval.load.loaded_document import Document, Writer, iso_date
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
        values, hidden, partly = CellValues(book), list[str](), list[str]()
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                hidden.append(sheet.title)
                continue
            shown = _Sheet(book, sheet, values)
            writer.section(sheet.title)
            for line in rows_as_lines(shown.rows()):
                writer.line(line)
            partly += [sheet.title] * shown.leaves_out
    if hidden:
        notices.append(f"hidden sheets are left out: {', '.join(hidden)}")
    if partly:
        notices.append(f"hidden rows and columns are left out on: {', '.join(partly)}")
    if values.formulas:
        holds = "1 formula holds" if values.formulas == 1 else f"{values.formulas} formulas hold"
        notices.append(f"{holds} no value and can only be shown as written: open it in its own program and save it")
    notices += values.left_out
    if charts:
        notices.append(f"charts on sheets of their own are not read: {', '.join(charts)}")
    if any(part.startswith(("xl/comments", "xl/threadedComments")) for part in names):
        notices.append("comments on cells are not read")
    if writer.is_empty and (hidden or partly):
        raise SourceError(
            "All that it holds is hidden.", "Show its sheets, rows and columns, save it, and add it again."
        )
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


class _Sheet:
    """What a sheet shows. `leaves_out`: whether its hidden rows or columns, as far as they were read, hold anything."""

    def __init__(self, book: Any, sheet: Any, values: CellValues) -> None:
        self.leaves_out = False
        self._book = book
        self._sheet = sheet
        self._values = values
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()

    def rows(self) -> Iterator[Row | str]:
        spans = _spans(self._sheet)
        parsed = self._parsed()
        if spans:
            looked_at, rest = list(islice(parsed, 20)), list[Numbered]()
            first = min((column for _, cells in looked_at for column, text in cells.items() if text), default=1)
            parsed = chain(looked_at, parsed)
            upper = _until(max(span.bottom for span in spans), parsed, rest)
            yield from self._visible(upper, lambda rows: spread(_merged(rows, spans, self._hidden_columns), first - 1))
            parsed = chain(rest, parsed)
        yield from self._visible(parsed, lambda rows: (_placed(cells) for _, cells in rows))

    def _visible(
        self, rows: Iterable[Numbered], placed: Callable[[Iterable[Numbered]], Iterable[Row | str]]
    ) -> Iterator[Row | str]:
        """Without what is hidden, which goes as late as this: a merged cell may begin there and reach out of it.

        `placed` makes of each row at most one, before it takes the next.
        """
        at = 0

        def counted() -> Iterator[Numbered]:
            nonlocal at
            for number, cells in rows:
                at = number
                hidden = cells if number in self._hidden_rows else cells.keys() & self._hidden_columns
                self.leaves_out = self.leaves_out or any(cells[column] for column in hidden)
                yield number, cells

        for row in placed(counted()):
            if at in self._hidden_rows:
                continue
            if isinstance(row, str) or not self._hidden_columns:
                yield row
            else:
                yield [text for column, text in enumerate(row, 1) if column not in self._hidden_columns]

    def _parsed(self) -> Iterator[Numbered]:
        """Each row's number and the text of its cells by column; empty ones for rows that the file leaves out."""
        from openpyxl.worksheet._reader import WorkSheetParser

        values, hidden_rows, hidden_columns = self._values, self._hidden_rows, self._hidden_columns

        class Parser(WorkSheetParser):
            def parse_column_dimensions(self, col: Any) -> None:
                if _is_hidden(col, "width"):
                    hidden_columns.update(range(int(col.get("min")), int(col.get("max")) + 1))

            def parse_row(self, row: Any) -> Any:
                number, cells = super().parse_row(row)
                if _is_hidden(row, "ht"):
                    hidden_rows.add(number)
                return number, cells

            def parse_cell(self, element: Any) -> Any:
                cell: Any = super().parse_cell(element)
                if cell["value"] is None and len(element) and element.get("t") != "str":
                    cell["value"] = values.formula(self, element)
                return cell

        before, book, sheet = 0, self._book, self._sheet
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
                yield number, {cell["column"]: values.text(cell["value"], cell["style_id"]) for cell in cells}


def _is_hidden(element: Any, size: str) -> bool:
    """Whether a row or column is, be it by a size of nothing."""
    return element.get("hidden") in ("1", "true") or element.get(size) in ("0", "0.0")


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


def _placed(cells: dict[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]


def _merged(rows: Iterable[Numbered], spans: Sequence[_Span], hidden: set[int]) -> Iterator[list[Cell]]:
    """The cells of each row, without those that another covers; empty ones where all their columns are hidden."""
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
                text = "" if hidden.issuperset(range(span.left, span.right + 1)) else texts.get(column, "")
                cells.append(Cell(text, span.bottom - span.top + 1, span.right - span.left + 1))
            elif not any(left <= column <= right for left, right in covered):
                cells.append(Cell(texts.get(column, "")))
        yield cells
