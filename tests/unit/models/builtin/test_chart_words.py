"""What asks for a chart, and what is left of the question."""

from __future__ import annotations

import pytest

from cairn.agents.chart_words import read_chart_wish


@pytest.mark.parametrize(
    ("question", "mark", "rest"),
    [
        ("Orders per year as a bar chart", "bar", "Orders per year"),
        ("How many orders per month? Show it as a line graph.", "line", "How many orders per month?"),
        ("Draw a pie chart of the customers per country", "arc", "Show the customers per country"),
        ("Weight and price of all tents, please plot them in a scatter plot", "point", "Weight and price of all tents"),
        ("Orders per year as a chart?", None, "Orders per year?"),
        ("Bestellungen pro Jahr als Balkendiagramm", "bar", "Bestellungen pro Jahr"),
        ("每年有多少订单？用折线图显示", "line", "每年有多少订单？"),
        ("每年有多少订单，画成图表", None, "每年有多少订单"),
    ],
)
def test_a_chart_is_asked_for(question: str, mark: str | None, rest: str) -> None:
    assert read_chart_wish(question) == (mark, rest)


@pytest.mark.parametrize(
    "question",
    ["What does the chart on page 3 show?", "Which tents are in the graph?", "图表在哪里？", "Show it as a bar chart."],
)
def test_none_is(question: str) -> None:
    assert read_chart_wish(question) is None
