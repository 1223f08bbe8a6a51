"""Which query an answer rests on, and what comparing it as people mean it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer, AnswerTable, Step
from cairn.core.settings import Home, load_settings
from cairn.evals.cases import Case
from cairn.evals.evaluation_request import Folder
from cairn.evals.metrics.query_accuracy import ExecutionAccuracy, SpiderAccuracy, StrictAccuracy, query_of

ROWS = "CREATE TABLE people (name TEXT, pay REAL); INSERT INTO people VALUES ('Ann', 0.3), ('Bo', 2), ('Bo', 2);"


@pytest.fixture
def workspace(home: Home, tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "databases").mkdir()
    with closing(sqlite3.connect(tmp_path / "databases" / "town.sqlite")) as connection:
        connection.executescript(ROWS)
    opened = Workspace(load_settings(home.root, samples=False))
    opened.lend(Folder(opened, tmp_path / "databases"))
    yield opened
    opened.close()


def case(query: str) -> Case:
    return Case("1", "Who is there?", query=query, database="town")


def answered(sql: str | None, text: str = "x", **more: Any) -> Answer:
    tables = [AnswerTable(columns=["a"], rows=[["?"]], sql=sql)] if sql else []
    return Answer(run="r", answer=text, strategy="sql", tables=tables, **more)


def table(sql: str, *cells: Any, lookup: bool = False) -> AnswerTable:
    return AnswerTable(columns=["a"], rows=[[cell] for cell in cells], sql=sql, lookup=lookup)


@pytest.mark.parametrize(
    ("gold", "predicted", "meant", "spider", "strict"),
    [
        ("SELECT count(DISTINCT name) FROM people", "SELECT count(name) FROM people", 0, 1, 0),
        ("SELECT 0.1 + 0.2", "SELECT pay FROM people WHERE name = 'Ann'", 1, 0, 0),
        ("SELECT name FROM people", "SELECT pay, name FROM people", 1, 0, 0),
        ("SELECT name, pay FROM people", "SELECT pay, name FROM people", 1, 1, 0),
        ("SELECT name FROM people ORDER BY name", "SELECT pay, name FROM people ORDER BY name DESC", 0, 0, 0),
        ("SELECT name FROM people", "SELECT 'x', pay FROM people", 0, 0, 0),
        ("SELECT 1", "SELECT 1.0000001", 1, 0, 0),
        ("SELECT 1", "SELECT '1'", 0, 0, 0),
    ],
)
def test_three_ways_of_comparing(
    workspace: Workspace, gold: str, predicted: str, meant: int, spider: int, strict: int
) -> None:
    metrics = [made(workspace, None) for made in (ExecutionAccuracy, SpiderAccuracy, StrictAccuracy)]
    assert [metric(case(gold), answered(predicted)).value for metric in metrics] == [meant, spider, strict]


def test_what_a_score_says(workspace: Workspace) -> None:
    metric = ExecutionAccuracy(workspace, None)
    further = metric(case("SELECT name FROM people"), answered("SELECT pay, name FROM people"))
    assert (further.value, further.kind) == (1, "further columns")
    wrong = metric(case("SELECT count(*) FROM people"), answered("SELECT 830"))
    assert (wrong.value, wrong.reason, wrong.kind) == (0, "830, not 3", "other values")
    broken = metric(case("SELECT nobody FROM people"), answered("SELECT 1"))
    assert (broken.value, broken.kind) == (None, "gold_failed") and "nobody" in broken.reason
    step = Step(tool="query_database", arguments={"query": "SELECT nome FROM people"}, error="no such column")
    failed = metric(case("SELECT 1"), answered(None, "No query could be run.", steps=[step]))
    assert (failed.value, failed.kind) == (0, "unknown column")
    assert metric(case("SELECT 1"), answered(None)).kind == "no query"
    assert metric(Case("1", "?", query="SELECT 1"), answered(None)).value is None


def agent(text: str, *tables: AnswerTable, **more: Any) -> Answer:
    return Answer(run="r", answer=text, strategy="react", tables=list(tables), **more)


def test_a_lookup_of_an_agent_is_not_its_answer() -> None:
    looked = table("SELECT DISTINCT city FROM people", "Berlin", "Bonn")
    assert query_of(agent("I can't tell the revenue of Potsdam.", looked), "What is the revenue of Potsdam?") is None
    assert query_of(agent("21 people", looked, table("SELECT 21", 21)), "?") == "SELECT 21"
    assert query_of(agent("They live in Bonn.", looked), "Where?") == "SELECT DISTINCT city FROM people"
    known = agent("**JetBlue**", table("SELECT short FROM airlines", "JetBlue"))
    assert query_of(known, "What is JetBlue Airways called in short?") == "SELECT short FROM airlines"
    assert query_of(agent("There are 2.", looked), "How many?") == "SELECT DISTINCT city FROM people"
    assert query_of(agent("There is none.", table("SELECT 1 WHERE 0")), "?") == "SELECT 1 WHERE 0"
    assert query_of(agent("There is none.", table("SELECT 1 WHERE 0")), "?", declined=True) is None


def test_a_query_that_an_agent_tried_is_not_its_answer() -> None:
    step = Step(tool="query_database", arguments={"query": "SELECT nope"}, error="no such column")
    assert query_of(agent("I can't tell.", steps=[step]), "?") is None
    assert (
        query_of(Answer(run="r", answer="没有得到能执行的查询。", strategy="sql", steps=[step]), "?") == "SELECT nope"
    )
    assert query_of(Answer(run="r", answer="没有运行查询。 我不知道", strategy="sql", steps=[step]), "?") is None
