"""A chart as a Vega-Lite specification: few marks, a table's columns alone, nothing loaded or run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Mark = Literal["bar", "line", "point", "arc"]
ColumnKind = Literal["nominal", "ordinal", "quantitative", "temporal"]
_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


class _StrictModel(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Data(_StrictModel):
    values: list[dict[str, str | int | float | bool | None]]


class Scale(_StrictModel):
    """Of days and times."""

    type: Literal["utc"] = "utc"


class Channel(_StrictModel):
    """`sort` None: as the rows come."""

    field: str
    type: ColumnKind
    title: str
    sort: None = None
    scale: Scale | None = None


class Encoding(_StrictModel):
    """The offsets put bars of one place side by side."""

    x: Channel | None = None
    y: Channel | None = None
    x_offset: Channel | None = Field(default=None, alias="xOffset")
    y_offset: Channel | None = Field(default=None, alias="yOffset")
    theta: Channel | None = None
    color: Channel | None = None

    @property
    def channels(self) -> list[Channel]:
        every = (self.x, self.y, self.x_offset, self.y_offset, self.theta, self.color)
        return [channel for channel in every if channel is not None]


class ChartSpec(_StrictModel):
    """All that a specification may say. Fields are called `c0`, `c1`…, since Vega-Lite reads `.` and `[` in names."""

    version: Literal["https://vega.github.io/schema/vega-lite/v6.json"] = Field(default=_SCHEMA, alias="$schema")
    title: str | None = None
    data: Data
    mark: Mark
    encoding: Encoding
    width: int = Field(ge=1, le=2000)
    height: int = Field(ge=1, le=2000)

    @model_validator(mode="after")
    def _fields_are_columns(self) -> ChartSpec:
        known = set(self.data.values[0]) if self.data.values else set[str]()
        if missing := {channel.field for channel in self.encoding.channels} - known:
            raise ValueError(f"no such columns: {missing}")
        return self

    def as_json(self) -> dict[str, Any]:
        """As Vega-Lite takes it."""
        channels = self.encoding.model_dump(by_alias=True, exclude_none=True)
        encoding = {name: {**channel, "sort": None} for name, channel in channels.items()}
        return self.model_dump(by_alias=True, exclude_none=True) | {"encoding": encoding}
