"""What a chart's specification may not say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cairn.core.chart_spec import ChartSpec
from cairn.tools.chart_making import Wanted, make_chart


def test_a_specification_says_nothing_else() -> None:
    good = make_chart(["a", "n"], [["z", 2]], Wanted(title="T")).spec.as_json()
    assert ChartSpec.model_validate(good).as_json() == good
    wrong: list[dict[str, Any]] = [
        {"data": {"url": "http://127.0.0.1:9/"}},
        {"mark": "image"},
        {"mark": {"type": "bar", "href": "http://127.0.0.1:9/"}},
        {"transform": []},
        {"config": {"background": "red"}},
        {"title": {"text": {"expr": "alert(1)"}}},
        {"encoding": {"x": {**good["encoding"]["x"], "field": "other"}}},
        {"encoding": {"x": {**good["encoding"]["x"], "title": {"expr": "1"}}}},
        {"encoding": {"url": good["encoding"]["x"]}},
    ]
    for change in wrong:
        with pytest.raises(ValidationError):
            ChartSpec.model_validate(good | change)
