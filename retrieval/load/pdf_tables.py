"""Ruled tables of a PDF, found by pdfplumber, which is opened for the pages that have rules alone."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cairn.retrieval.load.table_lines import Cell, Row, spread

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

OBJECTS = 20_000
"""On a page: with more it is a drawing, and looking for tables would take minutes."""
_THICK = 4
"""Points: what is thinner is a line."""

Table = tuple[tuple[float, float, float, float], list[Row | str]]
"""Left, bottom, right, top in PDF coordinates, and the rows."""


class Tables:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._plumber: Any = None

    def on(self, page: PdfPage, index: int) -> list[Table]:
        """From above to below, in PDF coordinates."""
        left, bottom, _, top = page.get_mediabox() or (0, 0, 0, 0)
        if not _is_ruled(page) or (left, bottom) != (0, 0) or page.get_rotation():
            return []
        try:
            plumbed = self._pages()[index]
            tables = [
                ((table.bbox[0], top - table.bbox[3], table.bbox[2], top - table.bbox[1]), list(spread(_cells(table))))
                for table in plumbed.find_tables()
                if len(table.rows) > 1 and max(len(row.cells) for row in table.rows) > 1
            ]
            plumbed.close()  # it would keep each letter
        except (MemoryError, RecursionError):
            raise
        except Exception:  # it is stricter than PDFium, and the page's text is there anyway
            return []
        return _apart(sorted(tables, key=lambda table: -table[0][3]))

    def _pages(self) -> Any:
        if self._plumber is None:
            import pdfplumber

            self._plumber = pdfplumber.open(BytesIO(self._data))
        return self._plumber.pages


def _cells(table: Any) -> list[list[Cell]]:
    """Where no rule parts two rows or columns, one cell stands in both."""
    tops = sorted({cell[1] for cell in table.cells})
    lefts = sorted({cell[0] for cell in table.cells})
    covered: set[tuple[int, int]] = set()
    made: list[list[Cell]] = []
    for number, (row, texts) in enumerate(zip(table.rows, table.extract(), strict=True)):
        cells: list[Cell] = []
        for column, (box, text) in enumerate(zip(row.cells, texts, strict=True)):
            if box is None:
                if (number, column) not in covered:
                    cells.append(Cell(""))
                continue
            down = sum(box[1] <= top < box[3] - 1 for top in tops)
            across = sum(box[0] <= left < box[2] - 1 for left in lefts)
            covered.update((number + under, column + beside) for under in range(down) for beside in range(across))
            cells.append(Cell(text or "", max(1, down), max(1, across)))
        made.append(cells)
    return made


def _apart(tables: Sequence[Table]) -> list[Table]:
    """Of tables side by side the first: what is beside it is read as text."""
    kept: list[Table] = []
    for table in tables:
        if not kept or table[0][3] <= kept[-1][0][1] + 1:
            kept.append(table)
    return kept


def _is_ruled(page: PdfPage) -> bool:
    """Whether there are lines both across and down, or boxes, as around cells."""
    from pypdfium2 import raw

    if raw.FPDFPage_CountObjects(page) > OBJECTS:
        return False
    across = down = boxes = 0
    for path in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3):
        left, bottom, right, top = path.get_bounds()
        wide, high = right - left > _THICK, top - bottom > _THICK
        across += wide and not high
        down += high and not wide
        boxes += raw.FPDFPath_CountSegments(path) // 4 if wide and high else 0
        if (across > 1 and down > 1) or boxes > 3 or (boxes and across + down > 1):
            return True
    return False
