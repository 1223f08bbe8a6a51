"""Tables become lines that can be understood alone: each row with its header, `Name: Ada; City: Berlin`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

Row = Sequence[str]

_LOOKED_AT = 20
_VALUE = re.compile(r"[-+~<>=(]*[£$€¥]?\s*[-+]?\d[\d.,:/%\s)–-]*([a-zA-Z]{1,3})?")
_YEAR = re.compile(r"(19|20)\d\d")


def rows_as_lines(rows: Iterable[Row], header: bool | None = None) -> Iterator[str]:
    """One line for each row that isn't empty. `header`: whether the first names the columns, None to guess.

    What stands alone above the header, a caption, is a line of its own, as are the names of columns that are empty.
    """
    filled = (row for row in map(_cells, rows) if any(row))
    first = list(islice(filled, _LOOKED_AT))
    while len(first) > 1 and sum(map(bool, first[0])) == 1 and sum(map(bool, first[1])) > 1 and not header:
        yield " ".join(filter(None, first.pop(0)))
    if header is None:
        header = looks_like_header(first)
    names = first.pop(0) if header and len(first) > 1 else []
    unused = {column: name for column, name in enumerate(names) if name}
    for row in chain(first, filled):
        yield _line(names, row)
        if unused:
            unused = {column: name for column, name in unused.items() if column >= len(row) or not row[column]}
    if unused:
        yield " | ".join(unused.values())


def looks_like_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns: short, different words or years, no values."""
    if len(rows) < 2:
        return False
    first = rows[0]
    names = [cell for cell in first if cell]
    if len(names) < 2 or len(names) < len(first) - 1 or len(set(names)) < len(names):
        return False
    return all(len(name) <= 60 and (_YEAR.fullmatch(name) or not _VALUE.fullmatch(name)) for name in names)


def _cells(row: Iterable[str]) -> list[str]:
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _line(names: Row, row: Row) -> str:
    if not names:
        return " | ".join(row)
    padded = chain(names, [""] * (len(row) - len(names)))
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(padded, row, strict=False) if cell)
