"""Corrections: a right pair is in the prompt of the next question like it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.prompt_preview import render
from cairn.agents.service import Cairn
from cairn.core.answer import Answer, fold
from cairn.core.errors import DatabaseError, SqlRefused, TaskError, ToolError, UsageError
from cairn.core.events import VERSION, Event
from cairn.core.settings import Home, load_settings
from cairn.core.strategy import Example
from cairn.evals.feedback import Taught, forget, is_learned, learn, learned, pair_of, take_back
from cairn.prompts.example_pool import add_example
from cairn.samples import SHOP
from tests.scripted import ScriptedModel

ROOT = Path(__file__).parents[3]
ORDERS = "SELECT count(*) FROM orders WHERE status = 'cancelled'"


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    opened = Cairn(load_settings(home.root, samples=False))
    opened.workspace.databases.add("shop", f"sqlite:///{SHOP}")
    yield opened
    opened.close()


def pool(home: Home, task: str = "database") -> list[dict[str, Any]]:
    file = home.prompts / task / "examples.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []


def prompt_pool(app: Cairn) -> list[Example]:
    return app.prompts.examples("database")


def prompt(app: Cairn, question: str, task: str = "database") -> list[str]:
    return [message["content"] for message in render(app.workspace, task, question, {}).messages]


def test_a_pair_is_in_the_prompt_of_a_similar_question(app: Cairn) -> None:
    before = prompt(app, "取消的订单有几个？")
    assert learn(app.workspace, "取消的订单有多少？", f" {ORDERS}; ", "shop") == "database"
    assert prompt(app, "取消的订单有几个？") == [before[0], "取消的订单有多少？", ORDERS, before[1]]


def test_the_nearest_of_many_pairs_are_found(app: Cairn) -> None:
    for n in range(12):
        learn(
            app.workspace,
            f"How many products cost {n} pounds?",
            f"SELECT count(*) FROM products WHERE price = {n}",
            "shop",
        )
    learn(app.workspace, "Which orders were cancelled?", "SELECT id FROM orders WHERE status = 'cancelled'", "shop")
    sent = prompt(app, "Which orders were cancelled in May?")
    assert sent[-3] == "Which orders were cancelled?"  # the nearest stands next to the question
    assert len(sent) == 1 + 4 * 2 + 1


def test_the_newer_pair_of_a_question_replaces_the_older(app: Cairn, home: Home) -> None:
    learn(app.workspace, "How many  Cancelled orders?", "SELECT 1", "shop")
    learn(app.workspace, "how many cancelled orders?", ORDERS, "shop")
    [kept] = pool(home)
    assert (kept["input"], kept["output"], kept["database"]) == ("how many cancelled orders?", ORDERS, "shop")


def test_who_taught_a_pair_and_when_is_kept_and_all_of_theirs_can_be_taken_back(app: Cairn, home: Home) -> None:
    add_example(home, "database", {"input": "Old?", "output": "SELECT 1", "database": "shop"})
    learn(app.workspace, "How many cancelled orders?", ORDERS, "shop")
    [pair] = learned(app.workspace)
    assert pair.get("by") == app.settings.user
    assert abs(datetime.fromisoformat(pair.get("at", "")) - datetime.now(UTC)) < timedelta(minutes=1)
    assert [one["input"] for one in prompt_pool(app)] == ["Old?", "How many cancelled orders?"]
    nobodys = [Taught(by="eve"), Taught(database="moon"), Taught(since="2999-01-01")]
    assert [learned(app.workspace, which=which) for which in nobodys] == [[], [], []]
    assert take_back(app.workspace, which=Taught(by="eve")) == []
    taken = take_back(app.workspace, which=Taught("shop", app.settings.user, pair.get("at", "")))
    assert [one["input"] for one in taken] == ["How many cancelled orders?"]
    assert [one["input"] for one in pool(home)] == ["Old?"], "who wrote it is not known: it stays"


@pytest.mark.parametrize(
    ("sql", "database", "error"),
    [
        ("DELETE FROM orders", "shop", SqlRefused),
        ("SELECT nothing FROM orders", "shop", SqlRefused),
        ("SELECT abs(-9223372036854775807 - 1)", "shop", ToolError),
        ("SELECT 1; SELECT 2", "shop", SqlRefused),
        ("", "shop", SqlRefused),
        ("SELECT 1", "moon", DatabaseError),
    ],
)
def test_what_does_not_run_is_not_learned(app: Cairn, home: Home, sql: str, database: str, error: type) -> None:
    with pytest.raises(error):
        learn(app.workspace, "A question?", sql, database)
    assert pool(home) == []


def test_an_empty_question_is_not_learned(app: Cairn) -> None:
    with pytest.raises(UsageError, match="empty"):
        learn(app.workspace, " \x00 ", "SELECT 1", "shop")


def test_odd_characters_are_cleaned_and_read_again(app: Cairn, home: Home) -> None:
    learn(app.workspace, "Who\ud800 is\n“Ａｎｎ”\u202e?", "SELECT 'Ａ\u2028'", "shop")
    [pair] = app.prompts.examples("database")
    assert pair["input"] == "Who\ufffd is\n“Ａｎｎ”\u202e?"
    assert is_learned(app.workspace, pair)


def test_what_was_learned_can_be_forgotten(app: Cairn, home: Home) -> None:
    learn(app.workspace, "A?", "SELECT 1", "shop")
    learn(app.workspace, "B?", "SELECT 2", "shop")
    assert forget(app.workspace, "a?", "shop")
    assert not forget(app.workspace, "never learned?", "shop")
    assert [pair["input"] for pair in pool(home)] == ["B?"]


def test_a_task_of_ones_own_that_writes_sql_has_its_own_pool(app: Cairn, home: Home) -> None:
    folder = home.prompts / "sales"
    folder.mkdir()
    (folder / "task.yaml").write_text("strategy: sql\nexamples: {selector: jaccard}\n")
    (folder / "default.md").write_text("{{schema}}")
    (folder / "examples.jsonl").write_text('{"input": "Old?", "output": "SELECT 0"}\n')
    assert learn(app.workspace, "New?", "SELECT 1", "shop", task="sales") == "sales"
    assert [pair["input"] for pair in pool(home, "sales")] == ["Old?", "New?"]
    assert learn(app.workspace, "New?", "SELECT 1", "shop", task="assistant") == "database"
    with pytest.raises(TaskError):
        learn(app.workspace, "New?", "SELECT 1", "shop", task="nothing")


def test_a_pool_that_cannot_be_read_is_left_as_it_is(app: Cairn, home: Home) -> None:
    (home.prompts / "database").mkdir()
    file = home.prompts / "database" / "examples.jsonl"
    file.write_text("broken")
    with pytest.raises(TaskError, match="line 1"):
        learn(app.workspace, "A?", "SELECT 1", "shop")
    assert file.read_text() == "broken"
    assert not is_learned(app.workspace, Example(input="A?", output="SELECT 1", database="shop"))


def answered(text: str, *tables: tuple[str, list[list[Any]]], question: str = "How many come from Rome?") -> Answer:
    """As the events of a run amount to it."""
    started = {"question": question, "task": "assistant", "strategy": "react", "template": "default"}
    told = [("started", {**started, "template_hash": "h", "model": "m", "thread": "t"})]
    told += [("table", {"columns": ["a"], "rows": rows, "sql": sql}) for sql, rows in tables]
    told += [("finished", {"answer": text, "stopped_by": None, "seconds": 1.0})]
    return fold(Event(VERSION, "r", n, 0.0, type, data) for n, (type, data) in enumerate(told, 1))  # type: ignore[arg-type]


CITIES = ("SELECT DISTINCT city FROM customers", [["Rome"], ["Oslo"]])
COUNT = ("SELECT COUNT(*) FROM customers WHERE city = 'Rome'", [[7]])
NOBODY = ("SELECT name FROM customers WHERE city = 'Roma'", [])


@pytest.mark.parametrize("tables", [(COUNT,), (CITIES, COUNT), (COUNT, CITIES), (NOBODY, COUNT), (COUNT, NOBODY)])
def test_a_thumb_teaches_the_query_that_the_answer_rests_on_and_never_a_lookup(app: Cairn, tables: Any) -> None:
    pair = pair_of(app.workspace, "How many come from Rome?", answered("**7** of them.", *tables))
    assert pair is not None
    assert pair["output"] == COUNT[0]


def test_an_answer_that_rests_on_two_queries_teaches_neither(app: Cairn) -> None:
    other = ("SELECT COUNT(*) FROM orders", [[1234.5]])
    answer = answered("There are 7 customers and 1,234.50 orders.", COUNT, other)
    assert [table.lookup for table in answer.tables] == [False, False]
    assert pair_of(app.workspace, "How many of each?", answer) is None


ADDING = """
import sys
from pathlib import Path
from cairn.core.settings import Home
from cairn.prompts.example_pool import add_example
for n in range(20):
    add_example(Home(Path(sys.argv[1])), "database", {"input": f"{sys.argv[2]} {n}?", "output": "SELECT 1"})
"""


def test_two_processes_that_learn_at_once_lose_nothing(home: Home) -> None:
    commands = [[sys.executable, "-c", ADDING, str(home.root), name] for name in ("one", "two")]
    running = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    assert [process.wait(60) for process in running] == [0, 0]
    assert sorted(pair["input"] for pair in pool(home)) == sorted(
        f"{a} {n}?" for a in ("one", "two") for n in range(20)
    )
    assert [path.name for path in (home.prompts / "database").iterdir()] == ["examples.jsonl"]


def test_an_answers_query_and_database_are_its_pair(app: Cairn) -> None:
    answer = app.ask("How many?", task="database", model=ScriptedModel(f"```sql\n{ORDERS}\n```"))
    pair = pair_of(app.workspace, "How many?", answer)
    assert pair is not None
    assert (pair["input"], pair.get("database")) == ("How many?", "shop")
    assert "cancelled" in pair["output"]
    assert pair_of(app.workspace, "How many?", Answer(run="1", answer="No query.")) is None


def test_a_chart_of_an_earlier_answer_teaches_no_query(app: Cairn) -> None:
    first = app.ask("How many customers are there per country?")
    drawn = app.ask("now as a bar chart", thread=first.thread)
    assert drawn.charts and pair_of(app.workspace, "now as a bar chart", drawn) is None
    assert pair_of(app.workspace, "How many customers are there per country?", first) is not None


def test_of_several_databases_the_pair_names_the_one_that_was_asked(app: Cairn, tmp_path: Path) -> None:
    for name, table in (("town", "people"), ("library", "books")):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection:
            connection.execute(f"CREATE TABLE {table} (name TEXT)")
        app.workspace.databases.add(name, f"sqlite:///{tmp_path}/{name}.db")
    query = "```sql\n-- Database library\nSELECT count(*) FROM books\n```"
    answer = app.ask("How many?", task="database", model=ScriptedModel(query))
    pair = pair_of(app.workspace, "How many?", answer)
    assert pair is not None and pair.get("database") == "library"
    answer.steps.clear()  # another strategy's answer, which does not say
    assert pair_of(app.workspace, "How many?", answer) == pair
