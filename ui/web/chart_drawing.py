"""A chart as SVG or PNG, drawn by Vega-Lite on the server, which loads nothing for it."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from cairn.agents.service import Cairn
from cairn.core.chart_spec import ChartSpec
from cairn.core.errors import UsageError

Form = Literal["svg", "png"]
Theme = Literal["light", "dark"]
KINDS: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png"}
_SHARP = 2
_LONGEST_NAME = 80
_ROOM, _SLIVER = 32, 0.03
"""Around a pie, for its numbers; a slice that is a smaller share has none: they would cover one another."""
_INK: dict[Theme, tuple[str, str, str]] = {
    "light": ("#22282a", "#4d5659", "#dfe3e2"),
    "dark": ("#e6e8e4", "#b3bab7", "#3c4346"),
}
"""Of titles, of labels, of lines."""
_COLOURS = ["#2f7f79", "#e08a2e", "#4f74b3", "#c2547a", "#8a9a3b", "#8b62ad", "#3fa3c4", "#b5533c"]
_MORE_COLOURS = ["#74b69f", "#f0bd74", "#93acd9", "#9a9a9a"]


def is_drawable(spec: dict[str, Any]) -> bool:
    """Whether it says nothing but what a chart of ours may say; a strategy of others may have told it."""
    try:
        ChartSpec.model_validate(spec)
    except ValidationError:
        return False
    return True


def chart_file(home: Cairn, run: str, number: int, form: Form, theme: Theme | None = None) -> bytes:
    """A chart of an answer: for a page of that theme, whose ground it lets through; else for paper.

    Raises UsageError where there is no such chart.
    """
    charts = home.answer(run).charts
    if not 0 <= number < len(charts) or not is_drawable(charts[number]):
        raise UsageError(f"The answer has no chart {number}.", "Open the conversation anew.")
    return _drawn(json.dumps(charts[number]), form, theme)


@lru_cache(maxsize=32)
def _drawn(spec: str, form: Form, theme: Theme | None) -> bytes:
    import vl_convert

    config = _config(theme)
    spec = json.dumps(_labelled(json.loads(spec), _INK[theme or "light"][1]))
    if form == "png":
        return vl_convert.vegalite_to_png(spec, scale=_SHARP, config=config, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[]).encode()


def _labelled(spec: dict[str, Any], ink: str) -> dict[str, Any]:
    """A pie with the number of each slice beside it."""
    if spec["mark"] != "arc":
        return spec
    theta, color = spec["encoding"]["theta"], spec["encoding"]["color"]
    field, radius = theta["field"], min(spec["width"], spec["height"]) // 2 - _ROOM
    rows = [{**row, "n": n} for n, row in enumerate(spec["data"]["values"])]
    least = _SLIVER * sum(row[field] or 0 for row in rows)
    number = {"test": f"datum['{field}'] >= {least!r}", "field": field, "type": "quantitative", "format": ",~r"}
    pie = {"mark": {"type": "arc", "outerRadius": radius}, "encoding": {"color": color}}
    text = {"text": {"condition": number, "value": ""}, "color": {"value": ink}}
    around = {"mark": {"type": "text", "radius": radius + _ROOM // 2}, "encoding": text}
    order = {"field": "n", "type": "quantitative"}
    encoding = {"theta": theta | {"stack": True}, "order": order, "detail": {"field": color["field"]}}
    kept = {name: value for name, value in spec.items() if name != "mark"}
    return kept | {"data": {"values": rows}, "encoding": encoding, "layer": [pie, around]}


def chart_name(spec: dict[str, Any]) -> str:
    """What a file of it is called, without its ending: its title, as far as names of files may say it."""
    words = re.findall(r"[\w.,%-]+", str(spec.get("title") or ""))
    return " ".join(words)[:_LONGEST_NAME].strip(" .") or "chart"


def _config(theme: Theme | None) -> dict[str, Any]:
    title, label, line = _INK[theme or "light"]
    text = {"labelColor": label, "titleColor": label, "titleFontWeight": "normal", "labelLimit": 180, "titleLimit": 260}
    return {
        "background": "transparent" if theme else "white",
        "padding": 8,
        "font": "Noto Sans, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif",
        "title": {"color": title, "anchor": "start", "frame": "bounds", "limit": 460, "fontSize": 14, "offset": 12},
        "axis": text | {"gridColor": line, "domainColor": line, "tickColor": line, "labelFontSize": 11},
        "axisQuantitative": {"domain": False, "tickCount": 6, "labelOverlap": True},
        "axisX": {"labelOverlap": "parity"},
        "axisXDiscrete": {"labelAngle": 0},
        "axisYDiscrete": {"labelLimit": 260},
        "legend": text | {"symbolLimit": 20},
        "view": {"stroke": None},
        "bar": {"color": _COLOURS[0]},
        "line": {"color": _COLOURS[0], "point": True, "strokeWidth": 2},
        "point": {"color": _COLOURS[0], "filled": True, "size": 45},
        "arc": {"stroke": None},
        "range": {"category": _COLOURS + _MORE_COLOURS, "ordinal": _COLOURS + _MORE_COLOURS},
    }
