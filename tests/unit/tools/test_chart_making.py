"""Charts of tables: what is drawn over what, how much of it, and what can't be drawn."""

from __future__ import annotations

from typing import Any

import pytest

from cairn.core.errors import ToolError
from cairn.tools.chart_making import MOST, Chart, Wanted, make_chart
from cairn.tools.chart_titles import title_of

SALES = [[2024, "web", 5], [2024, "shop", 3], [2025, "web", 7], [2025, "shop", 2]]


def drawn(columns: list[str], rows: list[list[Any]], **wanted: Any) -> dict[str, Any]:
    return chart(columns, rows, **wanted).spec.as_json()


def chart(columns: list[str], rows: list[list[Any]], **wanted: Any) -> Chart:
    return make_chart(columns, rows, Wanted(**wanted))


def titles(spec: dict[str, Any]) -> dict[str, str]:
    return {name: channel["title"] for name, channel in spec["encoding"].items()}


def test_numbers_are_drawn_over_names_in_the_order_of_the_rows() -> None:
    spec = drawn(["a.b", "n"], [["z", 2], ["a", None]])
    assert (spec["mark"], titles(spec)) == ("bar", {"x": "a.b", "y": "n"})
    assert spec["data"]["values"] == [{"c0": "z", "c1": 2}, {"c0": "a", "c1": None}]
    assert spec["encoding"]["x"]["sort"] is None


def test_days_are_a_line_years_are_names_and_a_second_name_colours() -> None:
    assert drawn(["day", "n"], [["2025-01-01", 2], ["2025-01-02", 3]])["mark"] == "line"
    assert drawn(["year", "n"], [[2024, 1]])["encoding"]["x"]["type"] == "ordinal"
    spec = drawn(["month", "country", "n"], [["2025-01", "NO", 1]])
    assert titles(spec) == {"x": "month", "y": "n", "color": "country"}


def test_bars_of_months_are_as_wide_as_others() -> None:
    months = [[f"2025-{n:02}", n] for n in range(1, 13)]
    assert drawn(["month", "n"], months, kind="bar")["encoding"]["x"]["type"] == "ordinal"
    assert drawn(["month", "n"], months, kind="line")["encoding"]["x"]["type"] == "temporal"


def test_the_columns_that_were_named_are_drawn_and_no_other() -> None:
    columns, rows = ["name", "kind", "price", "stock"], [["a", "k", 1, 5], ["b", "k", 2, 6]]
    assert titles(drawn(columns, rows, x="Name", y="price")) == {"x": "name", "y": "price"}
    assert titles(drawn(columns, rows, x="name", y="price", series="kind"))["color"] == "kind"


def test_bars_of_one_place_stand_side_by_side_or_on_each_other() -> None:
    columns = ["year", "channel", "n"]
    beside = drawn(columns, SALES, kind="bar", x="year", y="n", series="channel")
    assert titles(beside) == {"x": "year", "y": "n", "xOffset": "channel", "color": "channel"}
    assert titles(drawn(columns, SALES, kind="stacked", x="year", y="n")) == {"x": "year", "y": "n", "color": "channel"}


def test_bars_with_long_names_lie() -> None:
    long = [[f"A name that needs its room, number {n}", n] for n in range(9)]
    assert titles(drawn(["name", "n"], long)) == {"x": "n", "y": "name"}
    assert titles(drawn(["城市", "n"], [["上海市浦东新区", n] for n in range(3)], kind="bar")) == {
        "x": "城市",
        "y": "n",
    }


def test_a_time_is_shown_as_it_stands_in_the_table() -> None:
    spec = drawn(["at", "n"], [["2025-01-01 08:30", 2], ["2025-01-02T08:30:00+02:00", 3], ["2025-01-03", 1]])
    assert [row["c0"] for row in spec["data"]["values"]] == [
        "2025-01-01 08:30Z",
        "2025-01-02T08:30:00+02:00",
        "2025-01-03",
    ]
    assert spec["encoding"]["x"]["scale"] == {"type": "utc"}


def test_points_are_of_two_numbers_and_a_pie_has_colours() -> None:
    assert titles(drawn(["name", "a", "b"], [["x", 1, 2]], kind="scatter")) == {"x": "a", "y": "b", "color": "name"}
    assert titles(drawn(["name", "a"], [["x", 1]], kind="pie")) == {"theta": "a", "color": "name"}


def test_of_many_bars_the_first_are_drawn_whole() -> None:
    assert chart(["a", "n"], [[f"p{n}", n] for n in range(1000)]).drawn == MOST["bar"]
    rows = [[f"p{n}", kind, n] for n in range(1000) for kind in ("x", "y")]
    assert chart(["a", "kind", "n"], rows, kind="stacked").drawn == 2 * MOST["bar"]


def test_of_many_pieces_of_a_pie_the_largest_are_drawn_and_the_rest_as_one() -> None:
    pie = chart(["a", "n"], [[f"p{n}", n] for n in range(1000)], kind="pie", chinese=True)
    values = pie.spec.data.values
    assert (len(values), values[0]["c0"], values[-1]["c0"]) == (MOST["arc"], "p989", "其他 989 项")
    assert sum(int(value["c1"] or 0) for value in values) == sum(range(1000))


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"x": "city"}, "no column 'city'. Its columns are: name, n, m"),
        ({"y": "name"}, "'name' holds no numbers to draw. These do: n, m"),
        ({"x": "n", "y": "n"}, "the same column"),
        ({"kind": "pie", "y": "m"}, "can't be negative"),
    ],
)
def test_what_can_not_be_drawn_is_said_with_what_can(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError, match=said.replace(".", r"\.")):
        chart(["name", "n", "m"], [["a", 1, -1], ["b", 2, 3]], **wanted)


def test_nothing_is_drawn_without_numbers_beside_something() -> None:
    for columns, row in ((["a"], ["x"]), (["a", "b"], ["x", "y"]), (["n"], [1])):
        with pytest.raises(ToolError, match="no column of numbers beside another"):
            chart(columns, [row])


def test_columns_are_called_as_people_say() -> None:
    said = {
        column: title_of(column) for column in ("COUNT(*)", "order_count", "AVG(orders.total)", "SUM(a * b)", "年份")
    }
    assert list(said.values()) == ["count", "order count", "average of total", "SUM(a * b)", "年份"]
    assert title_of("strftime('%Y-%m', placed_on)") == "placed on"
    assert title_of("COUNT(*)", chinese=True) == "数量"
    assert title_of("(((") == "((("
