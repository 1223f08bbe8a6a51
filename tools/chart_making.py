"""The chart of a table: which column goes where, how much of it is drawn, and how large."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cairn.core.chart_spec import Channel, ChartSpec, ColumnKind, Data, Encoding, Mark, Scale
from cairn.core.clean_text import CJK, clean
from cairn.core.errors import ToolError
from cairn.tools.chart_titles import title_of

ChartKind = Literal["bar", "stacked", "line", "pie", "scatter"]
MOST: dict[Mark, int] = {"bar": 50, "arc": 12, "line": 2000, "point": 2000}
"""So many are drawn: of bars those places, of a pie those pieces, of which the last is the rest; else those rows."""
_MARKS: dict[ChartKind, Mark] = {"bar": "bar", "stacked": "bar", "line": "line", "pie": "arc", "scatter": "point"}
_AS_NAMES: dict[Mark, tuple[ColumnKind, ...]] = {
    "bar": ("quantitative", "temporal"),
    "line": ("quantitative",),
    "point": (),
    "arc": ("quantitative", "temporal"),
}
_COLOURS = 12
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}.*)?)?")
_ZONE = re.compile(r"(?:[Zz]|[+-]\d{2}:?\d{2})$")
_WIDE = re.compile(rf"[{CJK}]")
_LONGEST = 100
_SIZES = {"bar": (480, 280), "line": (480, 280), "point": (480, 320), "arc": (280, 280)}
_LETTER, _BETWEEN = 7, 10
"""Of a bar's name in pixels. Bars whose names don't fit beside each other lie."""
_THICK, _TALLEST = 18, 1200
_NO_NUMBERS = "There is no column of numbers beside another column."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Columns by name. A kind of None and an empty name are chosen."""

    kind: ChartKind | None = None
    x: str = ""
    y: str = ""
    series: str = ""
    title: str | None = None
    chinese: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """`drawn` of the table's rows stand in it; with `rest` the others are one piece of it."""

    spec: ChartSpec
    kind: ChartKind
    drawn: int
    rest: bool = False


def make_chart(columns: Sequence[str], rows: Sequence[Sequence[Any]], wanted: Wanted) -> Chart:
    """Raises ToolError, which names the columns there are, where the table can't be drawn so.

    What is left to choose: the last column of numbers over the first of anything else, which a second one of that kind
    colours; a line over days and months, else bars.
    """
    table = _Table(columns, rows, wanted)
    x, y = table.x, table.y
    kind = wanted.kind or ("line" if table.kinds[x] == "temporal" else "bar")
    mark, colour = _MARKS[kind], table.colour(kind)
    if mark == "arc":
        return _pie(table, x, y)
    kept = _kept(rows, x, mark)
    used = sorted({x, y} if colour is None else {x, y, colour})
    over = table.channel(x, "ordinal" if table.kinds[x] in _AS_NAMES[mark] else None)
    coloured = None if colour is None else table.channel(colour, "nominal")
    places = len({str(row[x]) for row in kept})
    beside = coloured if kind == "bar" and coloured is not None and places < len(kept) else None
    lying = mark == "bar" and over.type == "nominal" and _lies(kept, x)
    width, height = _SIZES[mark]
    if lying:
        bars = len({(str(row[x]), str(row[colour])) for row in kept}) if beside and colour is not None else places
        width, height = width - 80, min(_TALLEST, max(60, _THICK * bars))
    spec = ChartSpec(
        title=wanted.title,
        data=table.data(kept, used),
        mark=mark,
        encoding=_encoding(over, table.channel(y), coloured, beside, lying),
        width=width,
        height=height,
    )
    return Chart(spec, kind, len(kept))


class _Table:
    """The columns with what they hold, and those that were wanted. Raises ToolError."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Sequence[Any]], wanted: Wanted) -> None:
        self.columns, self.rows, self.wanted = columns, rows, wanted
        self.kinds: list[ColumnKind] = [_kind([row[n] for row in rows]) for n in range(len(columns))]
        self.numbers = [n for n, kind in enumerate(self.kinds) if kind == "quantitative"]
        self.others = [n for n, kind in enumerate(self.kinds) if kind != "quantitative"]
        x, y = self._named(wanted.x), self._named(wanted.y)
        if y is not None and y not in self.numbers:
            raise ToolError(f"Column {wanted.y!r} holds no numbers to draw.", self._columns_of_numbers())
        self.y = self._free([*reversed(self.numbers)], x) if y is None else y
        firsts = self.numbers if wanted.kind == "scatter" and len(self.numbers) > 1 else self.others
        self.x = self._free([*firsts, *range(len(columns))], self.y) if x is None else x
        if self.x == self.y:
            raise ToolError("x and y are the same column.", self._there_are())

    def colour(self, kind: ChartKind) -> int | None:
        """The wanted one; one that is chosen where none of x, y and series was named, or where x comes again."""
        if (series := self._named(self.wanted.series)) is not None:
            return series if series != self.x else None
        again = len({str(row[self.x]) for row in self.rows}) < len(self.rows)
        if kind != "stacked" and not again and (self.wanted.x or self.wanted.y):
            return None
        free = [n for n in self.others if n not in (self.x, self.y)]
        return next((n for n in free if len({str(row[n]) for row in self.rows}) <= _COLOURS), None)

    def channel(self, number: int, kind: ColumnKind | None = None) -> Channel:
        kind = kind or self.kinds[number]
        scale = Scale() if kind == "temporal" else None
        title = title_of(clean(str(self.columns[number])), self.wanted.chinese)
        return Channel(field=f"c{number}", type=kind, title=title, scale=scale)

    def data(self, rows: Sequence[Sequence[Any]], used: Sequence[int]) -> Data:
        return Data(values=[{f"c{n}": _scalar(row[n], self.kinds[n]) for n in used} for row in rows])

    def _named(self, name: str) -> int | None:
        if not name:
            return None
        same = [n for n, column in enumerate(self.columns) if column == name]
        alike = [n for n, column in enumerate(self.columns) if column.casefold() == name.strip().casefold()]
        if not (found := same or alike):
            raise ToolError(f"The result has no column {name[:80]!r}.", self._there_are())
        return found[0]

    def _free(self, choice: Sequence[int], taken: int | None) -> int:
        found = next((n for n in choice if n != taken), None)
        if found is None:
            raise ToolError(_NO_NUMBERS, self._there_are())
        return found

    def _there_are(self) -> str:
        return f"Its columns are: {', '.join(map(str, self.columns))}."

    def _columns_of_numbers(self) -> str:
        return f"These do: {', '.join(str(self.columns[n]) for n in self.numbers) or 'none'}."


def _pie(table: _Table, x: int, y: int) -> Chart:
    """Of many pieces the largest, and the rest as one. Raises ToolError where there is no whole to be shared."""
    values = [row[y] for row in table.rows if row[y] is not None]
    if any(value < 0 for value in values) or not sum(values):
        raise ToolError("A pie shows shares of a whole: its numbers can't be negative, or all zero.", "Draw bars.")
    rows, most = list(table.rows), MOST["arc"]
    rest = len(rows) > most
    if rest:
        largest = {id(row) for row in sorted(rows, key=lambda row: row[y] or 0, reverse=True)[: most - 1]}
        others = [row for row in rows if id(row) not in largest]
        rows = [row for row in rows if id(row) in largest]
        name = f"其他 {len(others)} 项" if table.wanted.chinese else f"{len(others):,} others"
        rows.append([name if n == x else sum(row[y] or 0 for row in others) for n in range(len(table.columns))])
    spec = ChartSpec(
        title=table.wanted.title,
        data=table.data(rows, [x, y]),
        mark="arc",
        encoding=Encoding(theta=table.channel(y), color=table.channel(x, "ordinal")),
        width=_SIZES["arc"][0],
        height=_SIZES["arc"][1],
    )
    return Chart(spec, "pie", len(rows) - rest, rest)


def _kept(rows: Sequence[Sequence[Any]], x: int, mark: Mark) -> Sequence[Sequence[Any]]:
    """Those that are drawn: no place of a bar without one of its parts."""
    if mark != "bar":
        return rows[: MOST[mark]]
    places = set(list(dict.fromkeys(str(row[x]) for row in rows))[: MOST["bar"]])
    return [row for row in rows if str(row[x]) in places]


def _lies(rows: Sequence[Sequence[Any]], x: int) -> bool:
    names = {str(row[x]) for row in rows}
    widest = max(len(name) + len(_WIDE.findall(name)) for name in names)
    return len(names) * (widest * _LETTER + _BETWEEN) > _SIZES["bar"][0]


def _encoding(over: Channel, number: Channel, colour: Channel | None, beside: Channel | None, lying: bool) -> Encoding:
    if lying:
        return Encoding(x=number, y=over, yOffset=beside, color=colour)
    return Encoding(x=over, y=number, xOffset=beside, color=colour)


def _kind(values: Sequence[Any]) -> ColumnKind:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        return "quantitative"
    if known and all(isinstance(value, str) and _DATE.fullmatch(value) for value in known):
        return "temporal"
    return "nominal"


def _scalar(value: Any, kind: ColumnKind) -> str | int | float | bool | None:
    """A time without a zone is told as one of UTC, in which it is shown: no server's own zone shifts it."""
    if kind == "temporal" and isinstance(value, str):
        return value if ":" not in value or _ZONE.search(value) else f"{value}Z"
    if value is None or isinstance(value, (int, float, bool)):
        return value
    text = " ".join(clean(str(value)).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
