"""Tables become lines that can be understood alone: each row with its header, `Name: Ada; City: Berlin`.

One model for all formats: rows of cells, some of which reach over several rows or columns (`spread` gives each row what
reaches into it); blank rows and new headers end a table.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, dropwhile, islice, pairwise, takewhile

from cairn.retrieval.load.table_headers import (
    WORD,
    Row,
    evidence,
    header_depth,
    join_headers,
    kind,
    looks_like_header,
    value_kind,
)

_LOOKED_AT = 20
_WIDEST = 100
"""Columns that a cell reaches over; further right than three times as many it reaches over none."""
_CARRIED = 200
"""Characters of a cell that are repeated in each row that it reaches into."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`down` and `across` say how many rows and columns it covers."""

    text: str
    down: int = 1
    across: int = 1


def spread(rows: Iterable[Sequence[Cell]], first: int = 0) -> Iterator[Row | str]:
    """Each row with the text of all cells that cover it. A cell stands in the first column that is free, as in HTML.

    A text that alone fills a row from the column `first` on is a line across the table, a str.
    """
    reaching: dict[int, tuple[int, str]] = {}
    for cells in rows:
        row: dict[int, str] = {column: text for column, (_, text) in reaching.items()}
        reaching = {column: (left - 1, text) for column, (left, text) in reaching.items() if left > 1}
        carried = any(row.values())
        column, at, across = 0, 0, 1
        for cell in cells:
            while column in row:
                column += 1
            if cell.text:
                at, across = column, cell.across
            reach = min(cell.across, _WIDEST) if column < 3 * _WIDEST else 1
            short = cell.text if len(cell.text) <= _CARRIED else cell.text[: _CARRIED // 2] + "…"
            for offset in range(max(1, reach)):
                if column in row:
                    break
                row[column] = short if offset else cell.text
                if cell.down > 1 and column < 3 * _WIDEST:
                    reaching[column] = (cell.down - 1, short)
                column += 1
        texts = [cell.text for cell in cells if cell.text.strip()]
        if len(texts) == 1 and across > 1 and at <= first and not carried:
            yield texts[0]
        elif texts or not carried:
            yield [row.get(column, "") for column in range(max(row, default=-1) + 1)]


def rows_as_lines(rows: Iterable[Row | str], header: int | None = None) -> Iterator[str]:
    """One line for each row that isn't empty.

    Args:
        rows: Cells, or a str for what stands across the table.
        header: How many of the first rows name the columns; None to guess, and to look for further tables below.

    What stands alone above the header, a caption, is a line of its own, as are the names of columns that are empty.
    """
    source, table, begins = _Rows(rows, header is None), _Table(), True
    for row in source:
        if isinstance(row, str):
            yield row
            continue
        if not row:
            begins = True
            continue
        if not begins and (
            header is not None or not table.is_foreign(row) or not table.ends_at([row, *source.ahead()])
        ):
            if not table.is_named_by(row):
                yield table.line(row)
            continue
        first = [row, *source.ahead()]
        if header is None and (parts := _side_by_side(first)):
            block = [row, *source.rest()]
            for part in parts:
                yield from rows_as_lines([cells[part] for cells in block])
            continue
        depth = _depth(first, source) if header is None else min(header, len(first))
        if header is None and depth < 2 and (_is_caption(first) or _is_preamble(first, depth)):
            yield " | ".join(filter(None, row))
            continue
        begins = False
        if depth or not table.goes_on(row):
            yield from table.unused()
            headers = first[:1] + source.take(depth - 1) if depth else []
            table = _Table(headers, first[depth:] or source.beyond())
        if not depth:
            yield table.line(row)
    yield from table.unused()


class _Table:
    """The names of its columns, and what its first rows hold in each."""

    def __init__(self, headers: Sequence[Row] = (), rows: Sequence[Row] = ()) -> None:
        self._names = join_headers(headers) if headers else []
        self._headers = headers
        self._unused = {column: name for column, name in enumerate(self._names) if name}
        self._kinds = [value_kind(rows, column) for column in range(max(map(len, rows), default=0))]
        self._valued = next((at for at, found in enumerate(self._kinds) if found not in ("", WORD)), None)

    def line(self, row: Row) -> str:
        if self._unused:
            self._unused = {at: name for at, name in self._unused.items() if at >= len(row) or not row[at]}
        if not self._names:
            return " | ".join(row)
        padded = chain(self._names, [""] * (len(row) - len(self._names)))
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(padded, row, strict=False) if cell)

    def unused(self) -> Iterator[str]:
        if self._unused:
            yield " | ".join(self._unused.values())

    def is_named_by(self, row: Row) -> bool:
        """Whether it is the header once more, as at the top of each printed page."""
        return bool(self._headers) and row == self._headers[-1]

    def is_foreign(self, row: Row) -> bool:
        """Whether letters stand where values do."""
        at = self._valued
        return at is not None and at < len(row) and row[at][:1].isalpha()

    def ends_at(self, rows: Sequence[Row]) -> bool:
        """Whether the first of these rows is another table's header: `unknown` among numbers is none."""
        told = evidence(rows)
        other = told > 1 or (told == 1 and len(rows[0]) != len(self._kinds))
        return other and all(rows[0]) and not self.is_named_by(rows[0]) and looks_like_header(rows)

    def goes_on(self, row: Row) -> bool:
        """Whether a row after a blank one, without a header of its own, has values where this table has the same."""
        kinds = [kind(cell) for cell in row]
        return (
            bool(self._names)
            and len(row) <= len(self._kinds)
            and any(found not in ("", WORD) for found in kinds)
            and all(found in ("", usual) for found, usual in zip(kinds, self._kinds, strict=False))
        )


class _Rows:
    """Rows without outer blanks in their cells, and a look ahead; blank rows are empty, and left out if every second
    row is blank, or all if `blanks` says so.
    """

    def __init__(self, rows: Iterable[Row | str], blanks: bool) -> None:
        self._rows = (row if isinstance(row, str) else _cells(row) for row in rows)
        self._ahead = deque(islice(self._rows, 2 * _LOOKED_AT))
        if not blanks or _is_spaced(list(self._ahead)):
            self._ahead = deque(filter(None, self._ahead))
            self._rows = filter(None, self._rows)

    def __iter__(self) -> Iterator[Row | str]:
        while True:
            while self._ahead:
                yield self._ahead.popleft()
            row = next(self._rows, None)
            if row is None:
                return
            yield row

    def ahead(self) -> list[Row]:
        """The next rows, up to a blank one."""
        self._fill(_LOOKED_AT)
        return list(takewhile(_is_row, islice(self._ahead, _LOOKED_AT)))  # pyright: ignore[reportReturnType]

    def beyond(self) -> list[Row]:
        """The next rows after the blank ones that come first."""
        self._fill(2 * _LOOKED_AT)
        return list(takewhile(_is_row, dropwhile(lambda row: not _is_row(row), self._ahead)))  # pyright: ignore[reportReturnType]

    def take(self, count: int) -> list[Row]:
        return [row for _ in range(count) if not isinstance(row := self._ahead.popleft(), str)]

    def rest(self) -> Iterator[Row]:
        """What is left up to a blank row."""
        while (self._ahead or self._fill(1)) and _is_row(self._ahead[0]):
            yield self._ahead.popleft()

    def _fill(self, count: int) -> bool:
        self._ahead.extend(islice(self._rows, max(0, count - len(self._ahead))))
        return bool(self._ahead)


def _is_row(row: Row | str) -> bool:
    return bool(row) and not isinstance(row, str)


def _is_spaced(rows: Sequence[Row | str]) -> bool:
    return len(rows) > 3 and all(rows[0::2]) and not any(rows[1::2])


def _cells(row: Iterable[str]) -> list[str]:
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _filled(row: Row) -> int:
    return sum(map(bool, row))


def _depth(first: Sequence[Row], source: _Rows) -> int:
    """How many rows are the header; one may stand apart, with a blank row under it."""
    if len(first) > 1 or _filled(first[0]) < 2:
        return header_depth(first)
    beyond = [first[0], *source.beyond()]
    return 1 if evidence(beyond) and looks_like_header(beyond) and not looks_like_header(beyond[1:]) else 0


def _is_caption(first: Sequence[Row]) -> bool:
    return len(first) > 1 and _filled(first[0]) == 1 and _filled(first[1]) > 1


def _is_preamble(first: Sequence[Row], depth: int) -> bool:
    """Whether a wider row below is the header, and this one says something about the whole: `Made on | 2026-01-05`."""
    if depth and evidence(first):
        return False
    widest = 0
    for number, row in enumerate(first[: _LOOKED_AT // 2]):
        if number and _filled(row) > widest and looks_like_header(first[number:]):
            return not depth or bool(evidence(first[number:]))
        widest = max(widest, _filled(row))
    return False


def _side_by_side(first: Sequence[Row]) -> list[slice]:
    """The columns of tables beside each other: an empty one between them, and each with a header of its own."""
    width = max(map(len, first))
    empty = [at for at in range(width) if not any(at < len(row) and row[at] for row in first)]
    edges = [-1, *empty, width]
    parts = [slice(left + 1, right) for left, right in pairwise(edges) if right - left > 1]
    if len(parts) < 2 or len(first) < 2:
        return []
    for part in parts:
        rows = [_cells(row[part]) for row in first]
        if part.stop - part.start < 2 or not all(rows[0]) or kind(rows[0][0]) != WORD or not looks_like_header(rows):
            return []
    return [*parts[:-1], slice(parts[-1].start, None)]
