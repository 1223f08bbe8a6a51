"""A pie says its numbers, and a chart's file is called as the chart is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from cairn.tools.chart_making import Wanted, make_chart
from cairn.ui.web.chart_drawing import _drawn, chart_name  # pyright: ignore[reportPrivateUsage]


def drawn(rows: list[list[Any]]) -> list[str]:
    """The texts of a pie."""
    spec = make_chart(["country", "customers"], rows, Wanted("pie")).spec.as_json()
    return re.findall(r"<text[^>]*>([^<]*)</text>", _drawn(json.dumps(spec), "svg", "light").decode())


def test_the_slices_of_a_pie_say_their_numbers() -> None:
    said = drawn([["China", 1500], ["Norway", 1500], ["Malta", 2], ["Chad", None], ["Peru", 400.5]])
    assert [text for text in said if text[:1].isdigit()] == ["1,500", "1,500", "400.5"]
    assert {"China", "Norway", "Malta", "Peru"} <= set(said)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Customers per country?", "Customers per country"),
        ("各国客户数量：2025", "各国客户数量 2025"),
        ("../../etc/passwd", "etc passwd"),
        (None, "chart"),
        ("?", "chart"),
    ],
)
def test_a_file_is_called_as_its_chart(title: str | None, name: str) -> None:
    assert chart_name({"title": title}) == name
