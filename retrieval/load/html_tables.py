"""Tables of web pages as rows: cells that reach over rows and columns, headers by their marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cairn.retrieval.load.table_lines import Cell, rows_as_lines, spread

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_DEEPEST = 4
_TALLEST = 65534
"""Rows that a cell may cover, as browsers have it."""


def is_table(table: LexborNode) -> bool:
    """Whether it has columns of cells, and doesn't only arrange the page: with tables, headings or lists in it."""
    if table.css_first("h1, h2, h3, h4, ul, pre") is not None:
        return False
    if any(inner.mem_id != table.mem_id for inner in table.css("table")):
        return False
    return any(len(row.css("td, th")) > 1 for row in table.css("tr"))


def table_lines(table: LexborNode) -> Iterator[str]:
    for rows in _parts(table):
        header = next((number for number, row in enumerate(rows) if not _is_header(row)), 0)
        cells = ([_cell(cell) for cell in row.css("td, th")] for row in rows)
        yield from rows_as_lines(spread(cells), header if 0 < header <= _DEEPEST else None)


def _parts(table: LexborNode) -> list[list[LexborNode]]:
    """Its rows, cut above each header that is not the first."""
    parts: list[list[LexborNode]] = [[]]
    for row in table.css("tr"):
        if parts[-1] and _is_header(row) and not _is_header(parts[-1][-1]):
            parts.append([])
        parts[-1].append(row)
    return parts


def _is_header(row: LexborNode) -> bool:
    """In the table's head, or cells that are all marked as names, but for an empty corner."""
    if row.parent is not None and row.parent.tag == "thead":
        return True
    filled = [cell.tag for cell in row.css("td, th") if cell.text(deep=True).strip()]
    return len(filled) > 1 and set(filled) == {"th"}


def _cell(cell: LexborNode) -> Cell:
    text = " ".join(cell.text(deep=True, separator=" ").split())
    down = _number(cell, "rowspan")
    return Cell(text, min(down or _TALLEST, _TALLEST), max(1, _number(cell, "colspan")))


def _number(cell: LexborNode, name: str) -> int:
    words = (cell.attributes.get(name) or "").strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 6 else 1
