"""A chart of a table as a Vega-Lite specification: few marks, the table's columns alone, nothing loaded or run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Mark = Literal["bar", "line", "point", "arc"]
Kind = Literal["nominal", "ordinal", "quantitative", "temporal"]
MOST: dict[Mark, int] = {"bar": 100, "arc": 20, "line": 2000, "point": 2000}
"""So many rows are drawn."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_COLOURS = 12
_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2}(?:[T ]\d{2}:\d{2}.*)?)?")
_ZONE = re.compile(r"(?:[Zz]|[+-]\d{2}:?\d{2})$")
_SIZE = {"bar": (480, 280), "line": (480, 280), "point": (480, 320), "arc": (280, 280)}


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class _Data(_StrictModel):
    values: list[dict[str, str | int | float | bool | None]]


class _Scale(_StrictModel):
    """Of days and times."""

    type: Literal["utc"] = "utc"


class _Channel(_StrictModel):
    """`sort` None: as the rows come."""

    field: str
    type: Kind
    title: str
    sort: None = None
    scale: _Scale | None = None


class _Encoding(_StrictModel):
    x: _Channel | None = None
    y: _Channel | None = None
    theta: _Channel | None = None
    color: _Channel | None = None


class ChartSpec(_StrictModel):
    """All that a specification may say. Fields are called `c0`, `c1`…, since Vega-Lite reads `.` and `[` in names."""

    version: Literal["https://vega.github.io/schema/vega-lite/v6.json"] = Field(default=_SCHEMA, alias="$schema")
    data: _Data
    mark: Mark
    encoding: _Encoding
    width: int = Field(ge=1, le=2000)
    height: int = Field(ge=1, le=2000)

    @model_validator(mode="after")
    def _fields_are_columns(self) -> ChartSpec:
        encoding = self.encoding
        channels = [one for one in (encoding.x, encoding.y, encoding.theta, encoding.color) if one is not None]
        known = set(self.data.values[0]) if self.data.values else set[str]()
        if missing := {channel.field for channel in channels} - known:
            raise ValueError(f"no such columns: {missing}")
        return self

    def as_json(self) -> dict[str, Any]:
        """As Vega-Lite takes it."""
        return self.model_dump(by_alias=True, exclude_none=True) | {"encoding": self._channels()}

    def _channels(self) -> dict[str, Any]:
        return {
            name: {**channel, "sort": None} for name, channel in self.encoding.model_dump(exclude_none=True).items()
        }


def chart_of(columns: Sequence[str], rows: Sequence[Sequence[Any]], mark: Mark | None) -> ChartSpec | None:
    """The chart of a table; None where it has no numbers to draw.

    The last column of numbers is drawn over the first of anything else; a second one of that kind colours.
    `mark` None: a line over days and months, else bars.
    """
    kinds: list[Kind] = [_kind([row[n] for row in rows]) for n in range(len(columns))]
    numbers = [n for n, kind in enumerate(kinds) if kind == "quantitative"]
    others = [n for n, kind in enumerate(kinds) if kind != "quantitative"]
    if not rows or len(columns) < 2 or not numbers:
        return None
    mark = mark or ("line" if others and kinds[others[0]] == "temporal" else "bar")
    y = numbers[-1]
    x = numbers[0] if mark == "point" and len(numbers) > 1 else others[0] if others else 0
    if x == y:
        return None
    colours = [n for n in others if n != x and len({str(row[n]) for row in rows}) <= _COLOURS]
    used = [x, y] if mark == "arc" else [x, y, *colours[:1]]
    as_name = mark == "arc" or (kinds[x] == "quantitative" and mark != "point")
    over = _channel(x, "ordinal" if as_name else kinds[x], columns)
    return ChartSpec(
        data=_Data(values=[{f"c{n}": _scalar(row[n], kinds[n]) for n in used} for row in rows[: MOST[mark]]]),
        mark=mark,
        encoding=_encoding(mark, over, [_channel(n, kinds[n], columns) for n in used[1:]]),
        width=_SIZE[mark][0],
        height=_SIZE[mark][1],
    )


def _encoding(mark: Mark, over: _Channel, drawn: Sequence[_Channel]) -> _Encoding:
    if mark == "arc":
        return _Encoding(theta=drawn[0], color=over)
    colour = drawn[1].model_copy(update={"type": "nominal", "scale": None}) if len(drawn) > 1 else None
    return _Encoding(x=over, y=drawn[0], color=colour)


def _channel(number: int, kind: Kind, columns: Sequence[str]) -> _Channel:
    scale = _Scale() if kind == "temporal" else None
    return _Channel(field=f"c{number}", type=kind, title=columns[number], scale=scale)


def _kind(values: Sequence[Any]) -> Kind:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        return "quantitative"
    if known and all(isinstance(value, str) and _DATE.fullmatch(value) for value in known):
        return "temporal"
    return "nominal"


def _scalar(value: Any, kind: Kind) -> str | int | float | bool | None:
    """A time without a zone is told as one of UTC, in which it is shown: no server's own zone shifts it."""
    if kind == "temporal" and isinstance(value, str):
        return value if ":" not in value or _ZONE.search(value) else f"{value}Z"
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
