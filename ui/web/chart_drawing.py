"""A chart as SVG or PNG, drawn by Vega-Lite on the server, which loads nothing for it."""

from __future__ import annotations

import json
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
    if form == "png":
        return vl_convert.vegalite_to_png(spec, scale=_SHARP, config=config, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(spec, config=config, allowed_base_urls=[]).encode()


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
