"""Tables as files: XLSX, CSV, TSV. Each row is a line with its header, each sheet a section."""

from __future__ import annotations

import csv
import datetime
import re
import warnings
from io import BytesIO, StringIO
from typing import Any

from cairn.text import plain
from retrieval.load.archive import check_archive
from retrieval.load.document import Document, Writer, iso_date
from retrieval.load.tables import rows_as_lines
from retrieval.load.text import decode

_FIELD = 1_000_000
_DELIMITERS = ",;\t|"


def load_workbook(data: bytes, name: str) -> Document:
    check_archive(data)
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what is not read: styles, validation, extensions
        book: Any = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        writer = Writer()
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size is often wrong
            writer.section(sheet.title)
            for line in rows_as_lines([_shown(cell) for cell in row] for row in sheet.iter_rows()):
                writer.line(line)
    properties = book.properties
    return writer.document(
        " ".join((properties.title or "").split()) or name,
        author=properties.creator if properties.creator != "openpyxl" else None,
        date=iso_date(properties.modified) or iso_date(properties.created),
    )


def load_csv(data: bytes, name: str) -> Document:
    text = decode(data)
    csv.field_size_limit(_FIELD)
    writer = Writer()
    for line in rows_as_lines(csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))):
        writer.line(line)
    return writer.document(name)


def _delimiter(text: str) -> str:
    """The one that cuts the first lines into the most columns of which each line has as many."""
    start = text[:65536]
    if match := re.match(r"sep=(.)\r?\n", start):
        return match[1]

    def regular(delimiter: str) -> tuple[float, int]:
        rows = [row for row in csv.reader(StringIO(start, newline=""), delimiter=delimiter) if row][:50]
        widths = [len(row) for row in rows]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0, usual)

    return max(_DELIMITERS, key=regular)


def _shown(cell: Any) -> str:
    """A cell's value as its sheet shows it, or nearly."""
    value, pattern = cell.value, str(getattr(cell, "number_format", "") or "")
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, pattern)
    return str(value)


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
