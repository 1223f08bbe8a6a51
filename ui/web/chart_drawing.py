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
KINDS: dict[Form, str] = {"svg": "image/svg+xml", "png": "image/png"}
_SHARP = 2


def is_drawable(spec: dict[str, Any]) -> bool:
    """Whether it says nothing but what a chart of ours may say; a strategy of others may have told it."""
    try:
        ChartSpec.model_validate(spec)
    except ValidationError:
        return False
    return True


def chart_file(home: Cairn, run: str, number: int, form: Form) -> bytes:
    """A chart of an answer. Raises UsageError where there is no such chart."""
    charts = home.answer(run).charts
    if not 0 <= number < len(charts) or not is_drawable(charts[number]):
        raise UsageError(f"The answer has no chart {number}.", "Open the conversation anew.")
    return _drawn(json.dumps(charts[number]), form)


@lru_cache(maxsize=32)
def _drawn(spec: str, form: Form) -> bytes:
    import vl_convert

    if form == "png":
        return vl_convert.vegalite_to_png(spec, scale=_SHARP, allowed_base_urls=[])
    return vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode()
