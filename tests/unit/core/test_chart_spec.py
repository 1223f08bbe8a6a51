"""Charts of tables: what is drawn over what, and what a specification may not say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cairn.core.chart_spec import MOST, ChartSpec, Mark, chart_of


def drawn(columns: list[str], rows: list[list[Any]], mark: Mark | None = None) -> dict[str, Any]:
    spec = chart_of(columns, rows, mark)
    assert spec is not None
    return spec.as_json()


def titles(spec: dict[str, Any]) -> dict[str, str]:
    return {name: channel["title"] for name, channel in spec["encoding"].items()}


def test_numbers_are_drawn_over_names_in_the_order_of_the_rows() -> None:
    spec = drawn(["a.b", "n"], [["z", 2], ["a", None]])
    assert (spec["mark"], titles(spec)) == ("bar", {"x": "a.b", "y": "n"})
    assert spec["data"]["values"] == [{"c0": "z", "c1": 2}, {"c0": "a", "c1": None}]
    assert spec["encoding"]["x"]["sort"] is None


def test_days_are_a_line_years_are_names_and_a_second_name_colours() -> None:
    assert drawn(["day", "n"], [["2025-01-01", 2], ["2025-01-02", 3]])["mark"] == "line"
    spec = drawn(["year", "country", "n"], [[2024, "NO", 1], [2025, "DE", 2]])
    assert titles(spec) == {"x": "country", "y": "n"}
    assert drawn(["year", "n"], [[2024, 1]])["encoding"]["x"]["type"] == "ordinal"
    spec = drawn(["month", "country", "n"], [["2025-01", "NO", 1]])
    assert titles(spec) == {"x": "month", "y": "n", "color": "country"}


def test_a_time_is_shown_as_it_stands_in_the_table() -> None:
    spec = drawn(["at", "n"], [["2025-01-01 08:30", 2], ["2025-01-02T08:30:00+02:00", 3], ["2025-01-03", 1]])
    assert [row["c0"] for row in spec["data"]["values"]] == [
        "2025-01-01 08:30Z",
        "2025-01-02T08:30:00+02:00",
        "2025-01-03",
    ]
    assert spec["encoding"]["x"]["scale"] == {"type": "utc"}


def test_points_are_of_two_numbers_and_a_pie_has_colours() -> None:
    assert titles(drawn(["name", "a", "b"], [["x", 1, 2]], "point")) == {"x": "a", "y": "b", "color": "name"}
    assert titles(drawn(["name", "a"], [["x", 1]], "arc")) == {"theta": "a", "color": "name"}


def test_only_so_many_rows_are_drawn_and_nothing_without_numbers() -> None:
    assert len(drawn(["a", "n"], [[str(n), n] for n in range(500)])["data"]["values"]) == MOST["bar"]
    for columns, rows in ((["a"], [["x"]]), (["a", "b"], [["x", "y"]]), (["n"], [[1]]), (["a", "n"], [])):
        assert chart_of(columns, rows, None) is None


def test_a_specification_says_nothing_else() -> None:
    good = drawn(["a", "n"], [["z", 2]])
    assert ChartSpec.model_validate(good).as_json() == good
    wrong: list[dict[str, Any]] = [
        {"data": {"url": "http://127.0.0.1:9/"}},
        {"mark": "image"},
        {"mark": {"type": "bar", "href": "http://127.0.0.1:9/"}},
        {"transform": []},
        {"encoding": {"x": {**good["encoding"]["x"], "field": "other"}}},
        {"encoding": {"url": good["encoding"]["x"]}},
    ]
    for change in wrong:
        with pytest.raises(ValidationError):
            ChartSpec.model_validate(good | change)
