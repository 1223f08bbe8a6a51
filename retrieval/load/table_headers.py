"""Which rows of a table name its columns, told by the kinds of what stands above and below."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

Row = Sequence[str]

WORD, NUMBER, DATE, ADDRESS = "word", "number", "date", "address"
_DATE = re.compile(
    r"\d{1,4}[-/:]\d{1,2}\b[-/:.\dT Zz+]*|\d{1,2}\.\d{1,2}\.(\d\d){1,2}|\d{1,4}年(\d{1,2}月)?(\d{1,2}日)?"
)
_NUMBER = re.compile(
    r"[-+~<>=(]*[£$€¥]?\s*[-+]?\d[\d.,:/%\s)–-]*(?!(?:st|nd|rd|th)$)(?:[^\W\d_]{1,3}[²³]?|[£$€¥])?|=.+", re.DOTALL
)
YEAR = re.compile(r"(19|20)\d\d")
_ADDRESS = re.compile(r"\S+@\S+\.\S+|https?://\S+")
_DEEPEST = 4
"""Rows of a header."""


def kind(cell: str) -> str:
    """What a cell holds; nothing of an empty one."""
    if not cell or cell[0].isalpha():
        return ADDRESS if cell and _ADDRESS.fullmatch(cell) else WORD if cell else ""
    if _DATE.fullmatch(cell):
        return DATE
    return NUMBER if _NUMBER.fullmatch(cell) else WORD


def header_depth(rows: Sequence[Row]) -> int:
    """How many of the first rows name the columns; 0 if none does."""
    depth = 1
    while depth < min(len(rows) - 1, _DEEPEST) and _goes_on(rows[depth - 1], rows[depth], rows[depth + 1 :]):
        depth += 1
    if depth > 1 and looks_like_header([join_headers(rows[:depth]), *rows[depth:]]):
        return depth
    return 1 if looks_like_header(rows) else 0


def join_headers(rows: Sequence[Row]) -> list[str]:
    """The name of each column: what stands over it, from above to below, each thing once."""
    filled = [_over_gaps(row, rows[-1]) for row in rows[:-1]] + list(rows[-1:])
    names: list[str] = []
    for column in range(max(map(len, filled), default=0)):
        parts = [row[column] for row in filled if column < len(row) and row[column]]
        names.append(" ".join(part for number, part in enumerate(parts) if part not in parts[:number]))
    return names


def looks_like_header(rows: Sequence[Row]) -> bool:
    """Whether the first row names the columns: words or years over values, or short, different words."""
    if len(rows) < 2:
        return False
    names, below = rows[0], rows[1:]
    filled = [name for name in names if name]
    evident = evidence(rows)
    if not filled or (len(names) == 1 and (not evident or max(map(len, below)) > 1)):
        return False
    used = sum(any(column < len(row) and row[column] for row in rows) for column in range(len(names)))
    if len(filled) < (used / 2 if evident else max(2, used - 1)):
        return False
    if max(map(len, filled)) > (200 if evident else 60):
        return False
    values = [name for name in filled if kind(name) != WORD and not YEAR.fullmatch(name)]
    if values:
        return evident >= len(values) or _are_steps(names, below)
    return bool(evident) or len(set(filled)) == len(filled) or _stand_alone(names, below)


def evidence(rows: Sequence[Row]) -> int:
    """How many columns have a word over values."""
    names, below = rows[0], rows[1:]
    return sum(
        kind(name) == WORD and value_kind(below, column) not in ("", WORD) for column, name in enumerate(names) if name
    )


def value_kind(rows: Iterable[Row], column: int) -> str:
    """What most cells of a column hold: `-` or `unknown` may stand among numbers."""
    kinds = [kind(row[column]) for row in rows if column < len(row) and row[column]]
    usual = max(set(kinds), key=kinds.count, default="")
    return usual if kinds.count(usual) > 0.6 * len(kinds) else WORD


def _goes_on(above: Row, row: Row, below: Sequence[Row]) -> bool:
    """Whether `row` names the columns within the groups that `above` names, or their units."""
    whole = _over_gaps(above, row)
    width = max(len(whole), len(row))
    top, low = ([*cells, *[""] * (width - len(cells))] for cells in (whole, row))
    if not any(low) or any(cell and kind(cell) != WORD and not YEAR.fullmatch(cell) for cell in low):
        return False
    grouped = [
        bool(top[at]) and any(0 <= to < width and top[to] == top[at] and low[to] != low[at] for to in (at - 1, at + 1))
        for at in range(width)
    ]
    valued = [value_kind(below, at) not in ("", WORD) for at in range(width)]
    if any(top[at] and low[at] and top[at] != low[at] and not (grouped[at] or valued[at]) for at in range(width)):
        return False
    if list(whole) != list(above) or not any(grouped):  # no cell is known to reach over several columns
        told = [at for at in range(width) if low[at] and low[at] != top[at] and at]
        return bool(told) and all(valued[at] for at in told) and (not low[0] or low[0] == top[0] or not top[0])
    return True


def _over_gaps(row: Row, below: Row) -> list[str]:
    """With each name over the empty cells after it under which something stands."""
    filled = list(row) + [""] * (len(below) - len(row))
    for column in range(1, len(filled)):
        if not filled[column] and column < len(below) and below[column]:
            filled[column] = filled[column - 1]
    return filled


def _are_steps(names: Row, below: Sequence[Row]) -> bool:
    """Numbers that count something off, as in `Month, 1, 2, 3`, or days and hours, over what is none of these."""
    label, steps = names[0], list(names[1:])
    if (label and kind(label) != WORD) or not all(steps) or len(set(steps)) < len(steps) or len(steps) < 2:
        return False
    if all(kind(step) == DATE for step in steps):
        return all(value_kind(below, column) != DATE for column in range(1, len(names)))
    if not label:
        return value_kind(below, 0) == WORD
    if not _regular(steps):
        return False
    from_start = steps[:2] in (["0", "1"], ["1", "2"])
    return from_start or (len(steps) > 2 and not any(_regular(row[1:]) for row in below))


def _regular(cells: Sequence[str]) -> bool:
    """Whole numbers that grow by the same each time."""
    if len(cells) < 2 or not all(cell.isascii() and cell.isdigit() and len(cell) < 10 for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    gaps = {after - before for before, after in pairwise(numbers)}
    return len(gaps) == 1 and min(gaps) > 0


def _stand_alone(names: Row, below: Sequence[Row]) -> bool:
    """Whether names that occur twice are no values: none of them stands below again."""
    again = {cell for row in below for cell in row}
    return len(below) > 1 and not again.intersection(filter(None, names))
