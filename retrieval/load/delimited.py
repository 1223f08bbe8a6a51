"""CSV and TSV: each row is a line with its header; a quote that is never closed swallows no rows."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

from cairn.retrieval.load.loaded_document import Document, Writer
from cairn.retrieval.load.table_lines import Row, rows_as_lines
from cairn.retrieval.load.text_decoding import decode

_FIELD = 1_000_000
_DELIMITERS = ",;\t|"


def load_csv(data: bytes, name: str) -> Document:
    text = decode(data)
    csv.field_size_limit(_FIELD)
    writer, broken = Writer(), list[int]()
    for line in rows_as_lines(_records(text, _delimiter(text), broken)):
        writer.line(line)
    return writer.document(name, notices=(_told(broken),) if broken else ())


def _told(lines: list[int]) -> str:
    listed = ", ".join(map(str, lines[:5])) + (" …" if len(lines) > 5 else "")
    return f"a quotation mark is out of place in line {listed}: what follows it was read as it stands"


def _records(text: str, delimiter: str, broken: list[int]) -> Iterator[Row]:
    """A line whose quote leads astray is read without regard to quotes, and the next one anew; `broken` names it."""
    lines = StringIO(text, newline="\n").readlines()
    at = 1 if text.startswith("sep=") else 0
    while at < len(lines):
        following = map(lines.__getitem__, range(at, len(lines)))
        reader = csv.reader(following, delimiter=delimiter, strict=True)
        start = at
        try:
            for row in reader:
                yield row
                start = at + reader.line_num
            return
        except csv.Error:
            if at + reader.line_num == start + 1 and len(lines[start]) > _FIELD:
                raise
            several = at + reader.line_num > start + 1
            quoting = csv.QUOTE_NONE if several else csv.QUOTE_MINIMAL
            yield from csv.reader([lines[start]], delimiter=delimiter, quoting=quoting)
            if several:
                broken.append(start + 1)
            at = start + 1


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
