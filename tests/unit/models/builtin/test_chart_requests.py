"""What asks for a chart, and what is left of the question."""

from __future__ import annotations

import pytest

from cairn.models.builtin.chart_requests import read_chart_wish


@pytest.mark.parametrize(
    ("question", "kind", "rest"),
    [
        ("Orders per year as a bar chart", "bar", "Orders per year"),
        ("How many orders per month? Show it as a line graph.", "line", "How many orders per month?."),
        ("Draw a pie chart of the customers per country", "pie", "the customers per country"),
        (
            "Weight and price of all tents, please plot them in a scatter plot",
            "scatter",
            "Weight and price of all tents",
        ),
        ("Orders per year and channel as a stacked bar chart", "stacked", "Orders per year and channel"),
        ("Orders per year as a chart?", "", "Orders per year?"),
        ("每年有多少订单？用折线图显示", "line", "每年有多少订单？"),
        ("每年有多少订单，画成图表", "", "每年有多少订单"),
        ("用柱状图显示每年的订单", "bar", "每年的订单"),
        ("把每年的订单画成堆叠柱状图", "stacked", "把每年的订单"),
    ],
)
def test_a_chart_is_asked_for(question: str, kind: str, rest: str) -> None:
    assert read_chart_wish(question) == (kind, rest)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("now as a bar chart", "bar"),
        ("Show it as a line chart, please.", "line"),
        ("And as a pie?", "pie"),
        ("Can you make it a chart?", ""),
        ("now as a pie chart instead", "pie"),
        ("改成柱状图", "bar"),
        ("现在请把它画成饼图吧", "pie"),
    ],
)
def test_nothing_but_a_chart_is_asked_for(question: str, kind: str) -> None:
    assert read_chart_wish(question) == (kind, "")


@pytest.mark.parametrize(
    "question",
    [
        "What does the chart on page 3 show?",
        "Which tents are in the graph?",
        "图表在哪里？",
        "Show this chart.",
        "As a bar owner, what do I pay?",
    ],
)
def test_none_is(question: str) -> None:
    assert read_chart_wish(question) == (None, question)
