"""Charts that a model asks for: of what a query returned, in this answer or an earlier one of the thread."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.settings import Settings
from tests.scripted import ScriptedModel, calls

BY_COUNTRY = "SELECT country, COUNT(*) AS customers FROM customers GROUP BY country ORDER BY country"
BY_CHANNEL = "SELECT channel, COUNT(*) AS orders FROM orders GROUP BY channel"
COUNTRIES = ["China", "Germany", "Norway", "United Kingdom"]
QUERY = calls(("query_database", {"query": BY_COUNTRY}))
DRAW = "draw_chart"


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def asked(app: Cairn, question: str, *said: Any, **options: Any) -> Answer:
    model = ScriptedModel(*said)
    answer = app.ask(question, model=model, **options)
    model.assert_done()
    return answer


def places(answer: Answer, number: int = -1) -> list[str]:
    """What the chart is drawn over."""
    return [row["c0"] for row in answer.charts[number]["data"]["values"]]


def test_a_model_draws_what_its_query_returned(app: Cairn) -> None:
    draw = calls((DRAW, {"kind": "bar", "x": "country", "y": "customers", "title": "Customers"}))
    answer = asked(app, "Customers per country?", QUERY, draw, "Here it is.")
    (spec,) = answer.charts
    assert (spec["mark"], spec["title"], places(answer)) == ("bar", "Customers", COUNTRIES)
    assert [row["c1"] for row in spec["data"]["values"]] == [row[1] for row in answer.tables[0].rows]


def test_words_of_the_question_draw_nothing_where_the_model_does_not(app: Cairn) -> None:
    assert asked(app, "Customers per country as a bar chart", QUERY, "Here they are.").charts == []


def test_a_wrong_column_is_told_with_those_there_are_and_can_be_set_right(app: Cairn) -> None:
    wrong, right = calls((DRAW, {"x": "city"})), calls((DRAW, {"x": "country"}))
    answer = asked(app, "Customers per country?", QUERY, wrong, right, "Here it is.")
    assert "no column 'city'. Its columns are: country, customers." in (answer.steps[1].error or "")
    assert len(answer.charts) == 1


def test_without_a_query_there_is_nothing_to_draw(app: Cairn) -> None:
    answer = asked(app, "A chart, please.", calls((DRAW, {"kind": "bar"})), "I can't.")
    assert "no query was run" in (answer.steps[0].error or "") and answer.charts == []
    empty = calls(("query_database", {"query": "SELECT name, id FROM customers WHERE id < 0"}))
    answer = asked(app, "A chart, please.", empty, calls((DRAW, {})), "I can't.")
    assert "found no rows" in (answer.steps[1].error or "")


def test_a_query_that_is_asked_for_at_once_is_not_mistaken_for_the_one_before(app: Cairn) -> None:
    both = calls(("query_database", {"query": BY_CHANNEL}), (DRAW, {"kind": "pie"}))
    answer = asked(app, "Orders per channel?", QUERY, both, calls((DRAW, {"kind": "pie", "title": "Now"})), "Here.")
    assert all("web" in places(answer, n) for n in range(len(answer.charts))) and answer.charts


def test_the_same_call_after_another_query_draws_the_other_result(app: Cairn) -> None:
    other = calls(("query_database", {"query": BY_CHANNEL}))
    answer = asked(app, "Both?", QUERY, calls((DRAW, {})), other, calls((DRAW, {})), calls((DRAW, {})), "Here.")
    assert [places(answer, n)[0] for n in range(len(answer.charts))] == ["China", "phone"]
    assert len(answer.steps) == 4  # the fifth call was the fourth again


def test_an_earlier_result_can_be_named(app: Cairn) -> None:
    other = calls(("query_database", {"query": BY_CHANNEL}))
    answer = asked(app, "Both?", QUERY, other, calls((DRAW, {"result": -2})), "Here.")
    assert places(answer) == COUNTRIES and len(answer.tables) == 2
    answer = asked(app, "Both?", QUERY, calls((DRAW, {"result": "-7"})), "No.")
    assert "There are: -1 (country, customers)." in (answer.steps[1].error or "")


@pytest.mark.parametrize("question", ["now as a bar chart", "改成柱状图"])
def test_a_follow_up_draws_the_table_of_the_thread(app: Cairn, question: str) -> None:
    first = asked(app, "Customers per country?", QUERY, "There are four countries.")
    answer = asked(app, question, calls((DRAW, {"kind": "bar"})), "Here.", thread=first.thread)
    assert places(answer) == COUNTRIES
    assert answer.tables[0].sql == first.tables[0].sql


def test_another_version_of_a_question_draws_nothing_that_came_after_it(app: Cairn) -> None:
    first = asked(app, "Hello?", "Hello.")
    asked(app, "Customers per country?", QUERY, "Four.", thread=first.thread)
    model = ScriptedModel(calls((DRAW, {"kind": "bar"})), "There is none.")
    handle = app.start("Hello?", thread=first.thread, parent=first.run, model=model)
    list(app.follow(handle.run))
    answer = app.answer(handle.run)
    assert answer.charts == [] and "no query was run" in (answer.steps[0].error or "")


def test_a_plan_draws_the_result_of_its_step(app: Cairn) -> None:
    plan = f"""1. query_database(query="{BY_COUNTRY}")
2. query_database(query="{BY_CHANNEL}")
3. draw_chart(kind="pie", x="country", result="$1")
join()"""
    answer = asked(app, "Draw it.", plan, "Here it is.", task="plan")
    assert answer.charts[0]["mark"] == "arc" and places(answer) == COUNTRIES


def test_a_model_that_writes_its_calls_draws_as_well(app: Cairn) -> None:
    written = [("query_database", {"query": BY_COUNTRY}), (DRAW, {"kind": "pie"})]
    said = [f"Thought: so\nAction: {name}\nAction Input: {json.dumps(given)}" for name, given in written]
    answer = asked(app, "Draw it.", *said, "Thought: done\nFinal Answer: Here.", patch={"strategy": "react_text"})
    assert answer.charts[0]["mark"] == "arc" and places(answer) == COUNTRIES


def test_what_another_task_found_can_be_drawn(app: Cairn) -> None:
    ask = calls(("ask_database", {"question": "How many customers per country?"}))
    said = [ask, f"```sql\n{BY_COUNTRY}\n```", calls((DRAW, {"kind": "bar"})), "Here."]
    answer = asked(app, "Draw it.", *said, patch={"tools": ["task:database", "sql"]})
    assert places(answer) == COUNTRIES


@pytest.mark.parametrize("chart", ["-- Chart bar", "-- chart: bar"])
def test_the_sql_strategy_draws_where_the_model_says_so(app: Cairn, chart: str) -> None:
    answer = asked(app, "Customers per country?", f"```sql\n{chart}\n{BY_COUNTRY}\n```", task="database")
    assert (answer.answer, places(answer)) == ("The chart shows the result.", COUNTRIES)
    redrawn = asked(app, "改成饼图", "```sql\n-- Chart pie\n```", task="database", thread=answer.thread)
    assert (redrawn.answer, redrawn.charts[0]["mark"], places(redrawn)) == ("图表显示查询结果。", "arc", COUNTRIES)
    plain = asked(app, "Customers per country?", f"```sql\n{BY_COUNTRY}\n```", task="database")
    assert plain.charts == [] and "| China |" in (plain.answer or "")


def test_the_sql_strategy_says_why_there_is_no_chart(app: Cairn) -> None:
    answer = asked(app, "All?", "```sql\n-- Chart bar\nSELECT name FROM suppliers\n```", task="database")
    assert any("There is no chart. There is no column of numbers" in notice for notice in answer.notices)
    assert answer.charts == [] and "12 rows" in (answer.answer or "")


@pytest.mark.parametrize("task", ["assistant", "plan", "database"])
def test_builtin_reads_the_words_and_calls_the_same_tool(app: Cairn, task: str) -> None:
    answer = app.ask("How many customers are there per country, as a bar chart?", task=task)
    assert (answer.charts[0]["mark"], places(answer)) == ("bar", COUNTRIES)
    assert answer.charts[0]["encoding"]["y"]["title"] == "count"
    assert (answer.charts[0].get("title") or "").startswith("How many customers are there per country")
    assert "SELECT" not in (answer.answer or "") and "chart" in (answer.answer or "")


@pytest.mark.parametrize(
    ("first", "then", "mark"),
    [
        ("How many customers are there per country?", "now as a bar chart", "bar"),
        ("How many customers are there per country?", "and now as a pie", "arc"),
        ("每个国家有多少客户？", "改成柱状图", "bar"),
    ],
)
@pytest.mark.parametrize("task", ["assistant", "plan", "database"])
def test_builtin_draws_the_table_before(app: Cairn, task: str, first: str, then: str, mark: str) -> None:
    before = app.ask(first, task=task)
    answer = app.ask(then, task=task, thread=before.thread)
    assert (answer.charts[0]["mark"], places(answer)) == (mark, COUNTRIES)
    assert answer.charts[0].get("title") == first


def test_builtin_counts_what_is_named_for_each(app: Cairn) -> None:
    for question in ("orders per channel as a pie chart", "Draw a pie chart of the orders per channel"):
        assert sum(row["c1"] for row in app.ask(question).charts[0]["data"]["values"]) == 2308


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("orders per month as a bar chart", "I could not place “month” in the database."),
        ("our mood as a bar chart", "I can't tell which table this is about."),
        ("now as a bar chart", "There is no chart: no result here can be drawn so."),
        ("改成柱状图", "没有图表：这里没有可以这样画的查询结果。"),
    ],
)
def test_builtin_declines_what_it_can_not_draw_and_quotes_nothing_instead(app: Cairn, question: str, said: str) -> None:
    answer = app.ask(question)
    assert said in (answer.answer or "") and answer.charts == [] and answer.sources == []


def test_what_is_left_out_is_said_in_the_language_of_the_question(app: Cairn) -> None:
    names = calls(("query_database", {"query": "SELECT DISTINCT email AS name, id FROM customers"}))
    answer = asked(app, "Customers?", names, calls((DRAW, {"kind": "bar", "x": "name"})), "Here.")
    assert "The chart shows the first 50 of 100+ rows." in answer.notices
    answer = asked(app, "客户？", names, calls((DRAW, {"kind": "pie", "x": "name", "title": "顧客"})), "好。")
    assert "饼图单独显示最大的 11 项，其余 89 项合为一项。" in answer.notices


def test_of_several_tries_each_draws_its_own_table(app: Cairn) -> None:
    def next_step(messages: list[BaseMessage]) -> Any:
        """Of whichever try asks: each queries something else, named in its first call."""
        done = [message.text for message in messages if message.type == "tool"]
        if not done:
            return calls(("query_database", {"query": queries.pop()}))
        return calls((DRAW, {})) if len(done) == 1 else "Here."

    queries = [BY_COUNTRY, BY_CHANNEL, BY_COUNTRY]
    patch = {"tries": {"n": 3, "adaptive": False}}
    answer = asked(app, "How many?", *[next_step] * 9, patch=patch)
    assert len(answer.charts) == 1
    assert places(answer) == [row[0] for row in answer.tables[0].rows]


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ([calls((DRAW, {"kind": "bar", "title": "Customers"}))], "Customers"),
        ([], "Customers per country?"),
        ([calls((DRAW, {"kind": "bar"}))], "Customers per country?"),
    ],
)
def test_a_follow_up_chart_has_the_title_of_the_one_before_or_of_its_question(
    app: Cairn, first: list[Any], title: str
) -> None:
    begun = asked(app, "Customers per country?", QUERY, *first, "Here.")
    assert [chart.get("title") for chart in begun.charts] == [title] * len(first)
    answer = asked(app, "now as a pie", calls((DRAW, {"kind": "pie"})), "Here.", thread=begun.thread)
    assert answer.charts[0].get("title") == title
    again = asked(app, "as a line", calls((DRAW, {"kind": "line"})), "Here.", thread=begun.thread)
    assert again.charts[0].get("title") == title
