"""Where the words of a PDF page stand: its lines from above to below, column by column, and tables without rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from cairn.core.clean_text import has_cjk
from cairn.retrieval.load.pdf_fields import Field
from cairn.retrieval.load.pdf_letters import Box, Letters, Line, Piece, mended, raised_figures
from cairn.retrieval.load.pdf_tables import Table
from cairn.retrieval.load.table_headers import WORD, YEAR, Row, evidence, header_depth, kind, value_kind
from cairn.retrieval.load.table_lines import rows_as_lines

if TYPE_CHECKING:
    from pypdfium2 import PdfPage, PdfTextPage

_GAP = 0.9
"""Of a letter's height: what is further apart on a line is not of one sentence."""
_MARKED = 3
"""Times a letter's height: a list's item stands no further from its mark."""
_MARK = re.compile(r"[-•●▪◦–*]|\(?(?:\d{1,3}|[a-z])[.)]")
_FEWEST = 3
"""Lines of columns, and rows of a table."""
_LOOSE = 1.7
"""Of a letter's height: the lines of a paragraph stand closer than this."""


Pieces = list[Piece]
"""Of one line, from left to right."""


def read_lines(page: PdfPage, tables: Sequence[Table], fields: Sequence[Field] = ()) -> list[Line]:
    """The page's lines; what stands beside a ruled table comes before or after it, what was filled in, at its place."""
    text = page.get_textpage()
    try:
        whole = text.get_text_range()
        if len(whole) != text.count_chars():
            return _around(page, text, tables) + [Line(f"{field.name}: {field.value}", True) for field in fields]
        boxes = [text.get_rect(number) for number in range(text.count_rects())]
        letters = Letters(text, whole, raised_figures(text, whole, boxes))
        if tables or fields or _stand_beside(boxes):
            words = list(letters.words())
            return _in_order([*words, *(_filled(field, words) for field in fields)], tables)
        return letters.lines()
    finally:
        text.close()


def _around(page: PdfPage, text: PdfTextPage, tables: Sequence[Table]) -> list[Line]:
    """Where letters can't be placed: the text above, beside and below each table."""
    left, bottom, right, top = page.get_bbox()
    lines: list[Line] = []

    def read(*box: float) -> None:
        found = mended(text.get_text_bounded(box[0], box[1], box[2], box[3])).splitlines()
        lines.extend(Line(line.strip()) for line in found if line.strip())

    for (table_left, table_bottom, table_right, table_top), rows in tables:
        read(left, table_top, right, top)
        read(left, table_bottom, table_left, table_top)
        lines.extend(Line(row, True) for row in rows_as_lines(rows))
        read(table_right, table_bottom, right, table_top)
        top = table_bottom
    read(left, bottom, right, top)
    return lines


def _stand_beside(boxes: Sequence[Box]) -> bool:
    """Whether some words have others far beside them, on several lines: columns, or a table."""
    boxes = sorted(boxes, key=lambda box: -box[3])
    found = sum(_has_far(boxes[number : number + 12]) for number in range(len(boxes)))
    return found >= _FEWEST


def _has_far(boxes: Sequence[Box]) -> bool:
    """Whether one of the next stands far beside the first: not a list's item beside its mark."""
    first, bottom, height = boxes[0], boxes[0][1], boxes[0][3] - boxes[0][1]
    for other in boxes[1:]:
        if other[3] < bottom + height / 4:
            return False
        left, right = sorted((first, other))
        tall = max(height, other[3] - other[1])
        gap = right[0] - left[2]
        if gap > _GAP * tall and (left[2] - left[0] > 1.6 * tall or gap > _MARKED * tall):
            return True
    return False


def _grouped(words: Iterable[Piece]) -> list[Pieces]:
    """Lines from above to below, each as the pieces that stand apart on it."""
    lines: list[Pieces] = []
    for word in sorted(words, key=lambda word: -(word.top + word.bottom)):
        middle = (word.top + word.bottom) / 2
        above = lines[-1][0] if lines else None
        if above is not None and above.bottom + above.size * 0.25 < middle < above.top:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [_joined(sorted(line)) for line in lines]


def _joined(words: Sequence[Piece]) -> Pieces:
    pieces: Pieces = []
    for word in words:
        last = pieces[-1] if pieces else None
        near = _MARKED if last is not None and len(pieces) == 1 and _MARK.fullmatch(last.text) else _GAP
        if last is None or word.left - last.right > near * max(word.size, last.size):
            pieces.append(word)
            continue
        glue = " " if word.left - last.right > 0.12 * word.size else ""
        pieces[-1] = Piece(
            last.left, min(last.bottom, word.bottom), max(last.right, word.right), max(last.top, word.top),
            last.text + glue + word.text, last.filled or word.filled,
        )  # fmt: skip
    return pieces


def _in_order(words: Iterable[Piece], tables: Sequence[Table]) -> list[Line]:
    outside = [word for word in words if not any(_is_inside(word, box) for box, _ in tables)]
    rest, made = _grouped(outside), list[Line]()
    for (left, bottom, _, top), rows in tables:
        above = [line for line in rest if _middle(line[0]) > top]
        level = [line for line in rest if bottom < _middle(line[0]) <= top]
        rest = rest[len(above) + len(level) :]
        made += _read(above)
        made += _read([part for line in level if (part := [one for one in line if one.left < left])])
        made += [Line(row, True, top) for row in rows_as_lines(rows)]
        made += _read([part for line in level if (part := [one for one in line if one.left >= left])])
    return made + _read(rest)


def _filled(field: Field, words: Iterable[Piece]) -> Piece:
    """With its name where no word stands beside it."""
    middle = (field.bottom + field.top) / 2
    label = next((word for word in words if word.bottom < middle < word.top and word.left < field.right + 200), None)
    text = field.value if label else f"{field.name}: {field.value}"
    half = (label.size if label else field.top - field.bottom) / 2
    return Piece(field.left, middle - half, field.right, middle + half, text, True)


def _middle(piece: Piece) -> float:
    return (piece.top + piece.bottom) / 2


def _is_inside(piece: Piece, box: Box) -> bool:
    left, bottom, right, top = box
    return left < (piece.left + piece.right) / 2 < right and bottom < _middle(piece) < top


def _read(lines: Sequence[Pieces]) -> list[Line]:
    made: list[Line] = []
    at = 0
    while at < len(lines):
        count = _together(lines, at) if _is_split(lines, at) else 1
        part = lines[at : at + count]
        at += count
        columns = _columns(part)
        if count > 2 and _are_text(columns, part):
            for column in columns:
                made += _read([inside for line in part if (inside := _within(line, column))])
        elif count > 1 and (rows := _rows(part, columns)):
            made += [Line(row, True, part[0][0].top) for row in rows_as_lines(rows)]
        else:
            made += [_line(line, count > 1 and len(line) > 1) for line in part]
    return made


def _line(pieces: Pieces, is_row: bool) -> Line:
    text = " ".join(piece.text for piece in pieces)
    return Line(
        mended(text),
        is_row or any(piece.filled for piece in pieces),
        pieces[0].top,
        max(piece.size for piece in pieces),
    )


def _is_split(lines: Sequence[Pieces], at: int) -> bool:
    """Whether something stands beside something on this line, or between it and the next."""
    if len(lines[at]) > 1:
        return True
    first, second = lines[at][0], lines[at + 1][0] if at + 1 < len(lines) else None
    return second is not None and second.top > first.bottom + 0.3 * first.size and len(_columns(lines[at : at + 2])) > 1


def _together(lines: Sequence[Pieces], start: int) -> int:
    """How many lines from `start` on share the gaps between their columns."""
    columns = _columns(lines[start : start + 1])
    for number in range(start + 1, len(lines)):
        line, above = lines[number], lines[number - 1]
        more = _columns([[Piece(left, 0, right, 1, "") for left, right in columns], line], line[0].size)
        apart = above[0].bottom - line[0].top
        far = apart > (1.2 if len(line) == 1 else 3) * line[0].size
        if far or len(more) < 2 or (number - start > 2 and len(more) < len(columns)):
            return number - start
        columns = more
    return len(lines) - start


def _columns(lines: Sequence[Pieces], size: float | None = None) -> list[tuple[float, float]]:
    """Left and right edge of each, with free space between them in all lines."""
    pieces = sorted(piece for line in lines for piece in line)
    size = size or median(piece.size for piece in pieces)
    columns: list[tuple[float, float]] = []
    for piece in pieces:
        if columns and piece.left - columns[-1][1] <= _GAP * size:
            columns[-1] = (columns[-1][0], max(columns[-1][1], piece.right))
        else:
            columns.append((piece.left, piece.right))
    return columns


def _within(line: Pieces, column: tuple[float, float]) -> Pieces:
    return [piece for piece in line if column[0] <= piece.left <= column[1]]


def _are_text(columns: Sequence[tuple[float, float]], lines: Sequence[Pieces]) -> bool:
    """Whether each column is a text whose lines are about full, not a table's cells."""
    for column in columns:
        pieces = [piece for line in lines for piece in _within(line, column)]
        width, size = column[1] - column[0], median(piece.size for piece in pieces)
        letters = median(len(piece.text) * (1 + has_cjk(piece.text)) for piece in pieces)
        steps = [above.top - below.top for above, below in pairwise(pieces)]
        full = median(piece.right - piece.left for piece in pieces) > 0.6 * width
        if len(pieces) < _FEWEST or not full or letters < 14 or median(steps) > _LOOSE * size:
            return False
    return len(columns) > 1


def _rows(lines: Sequence[Pieces], columns: Sequence[tuple[float, float]]) -> list[Row]:
    """The cells of a table without rules, where its columns and header leave little doubt; else none."""
    cells = [[" ".join(piece.text for piece in _within(line, column)) for column in columns] for line in lines]
    rows = _unwrapped(cells, lines)
    split = sum(sum(map(bool, row)) > 1 for row in rows)
    longest = sorted(len(cell) for row in rows for cell in row if cell)
    if len(rows) < _FEWEST or split < 0.7 * len(rows) or longest[int(0.9 * len(longest))] > 60:
        return []
    named = all(kind(cell) == WORD or YEAR.fullmatch(cell) for cell in rows[0] if cell) and sum(map(bool, rows[0])) > 1
    if not header_depth(rows) or not named:
        return []
    valued = any(value_kind(rows[1:], column) not in ("", WORD) for column in range(len(columns)))
    return list(rows) if evidence(rows) or (len(columns) > 2 and valued) else []


def _unwrapped(cells: Sequence[list[str]], lines: Sequence[Pieces]) -> list[list[str]]:
    """With what goes on in the next line joined: words under words, closer than rows stand."""
    steps = [above[0].top - line[0].top for above, line in pairwise(lines)]
    usual = median(steps) if steps else 0
    rows: list[list[str]] = []
    for number, row in enumerate(cells):
        close = number and steps[number - 1] < 0.8 * usual
        if close and not row[0] and all(rows[-1][at] for at, cell in enumerate(row) if cell):
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], row, strict=True)]
        else:
            rows.append(row)
    return rows
