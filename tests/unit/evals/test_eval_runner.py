"""The runner, with the very assistant that answers in the chat, and a scripted model."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.service import Cairn
from cairn.core.answer import fold
from cairn.core.errors import DatabaseError, ModelRefused, ModelUnavailable, RequestRefused, TaskError, UsageError
from cairn.core.events import Event
from cairn.core.settings import Home, load_settings
from cairn.evals.datasets import Folder, Question, placed
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.eval_runner import USER, Asked, Prediction, Recorded, query_of, run
from cairn.evals.metrics.execution_accuracy import Execution, Judgement
from tests.scripted import ScriptedModel

ASKED = [
    Question("1", "How many people are there?", "SELECT count(*) FROM people", "Town_1"),
    Question("2", "有多少本书？", "SELECT count(*) FROM books", "library"),
]
PLACES = {"1": "town_1", "2": "library"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "databases"
    (root / "Town_1").mkdir(parents=True)
    for file, script in (
        (
            root / "Town_1" / "Town_1.sqlite",
            "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann'), ('Bo');",
        ),
        (root / "library.sqlite", "CREATE TABLE books (title TEXT); INSERT INTO books VALUES ('红楼梦');"),
    ):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
    return root


@pytest.fixture
def app(home: Home, folder: Path) -> Iterator[Cairn]:
    opened = Cairn(load_settings(home.root, samples=False, user=USER))
    opened.workspace.lend(Folder(opened.workspace, folder))
    yield opened
    opened.close()


def record_file(tmp_path: Path, resume: bool = False) -> RecordFile:
    return RecordFile(tmp_path / "records.jsonl", {"metric": "execution"}, resume=resume)


def metric(app: Cairn) -> Execution:
    return Execution(app.workspace.databases.open)


def counts(messages: list[BaseMessage]) -> str:
    """A model that knows the table's name from the schema it was sent."""
    table = "people" if "people" in str(messages[0].content) else "books"
    return f"```sql\nSELECT count(*) FROM {table}\n```"


def test_each_question_is_asked_of_its_own_database(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel(counts, counts)
    records = run(ASKED, PLACES, Asked(app, "database", {}, model), metric(app), record_file(tmp_path))
    assert [(record.id, record.verdict, record.database) for record in records] == [
        ("1", "right", "town_1"),
        ("2", "right", "library"),
    ]
    assert records[0].gold_result == {"columns": ["count(*)"], "rows": [[2]], "count": 1, "truncated": False}
    assert records[0].predicted is not None and "COUNT(*)" in records[0].predicted.upper()
    assert records[0].difficulty == "easy"
    model.assert_done()


def test_nothing_of_it_stays_in_anybodys_conversations(app: Cairn, tmp_path: Path) -> None:
    run(ASKED, PLACES, Asked(app, "database", {}, ScriptedModel(counts, counts)), metric(app), record_file(tmp_path))
    assert app.threads.list() == []


def test_a_query_that_fails_and_an_answer_without_one_are_told_apart(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel("```sql\nSELECT nome FROM people\n```", "I can't tell.")
    asked = Asked(app, "database", {"sql": {"repairs": 0}}, model)
    failed, unanswered = run(ASKED, PLACES, asked, metric(app), record_file(tmp_path), workers=1)
    assert (failed.verdict, failed.kind) == ("failed", "unknown column")
    assert failed.predicted == "SELECT nome FROM people"
    assert unanswered.verdict == "unanswered"
    assert (unanswered.answer or "").endswith("> I can't tell.")


def test_a_model_that_is_away_is_no_wrong_answer_and_is_asked_again_later(app: Cairn, tmp_path: Path) -> None:
    away = ScriptedModel(ModelUnavailable("The server is away."), counts)
    asked = Asked(app, "database", {}, away)
    records = run(ASKED, PLACES, asked, metric(app), record_file(tmp_path), workers=1)
    assert [(record.verdict, record.kind) for record in records] == [("error", "ModelUnavailable"), ("right", None)]
    again = Asked(app, "database", {}, ScriptedModel(counts))
    records = run(ASKED, PLACES, again, metric(app), record_file(tmp_path, resume=True), workers=1)
    assert [record.verdict for record in records] == ["right", "right"]


def test_a_model_that_refuses_ends_it_and_what_was_answered_is_kept(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel(counts, ModelRefused("The key is wrong."))
    with pytest.raises(ModelRefused, match="key is wrong"):
        run(ASKED, PLACES, Asked(app, "database", {}, model), metric(app), record_file(tmp_path), workers=1)
    assert list(record_file(tmp_path, resume=True).records) == ["1"]


def test_a_request_that_is_refused_for_what_it_holds_ends_nothing(app: Cairn, tmp_path: Path) -> None:
    asked = Asked(app, "database", {}, ScriptedModel(RequestRefused("It is too long."), counts))
    records = run(ASKED, PLACES, asked, metric(app), record_file(tmp_path), workers=1)
    assert [(record.verdict, record.kind) for record in records] == [("error", "RequestRefused"), ("right", None)]


def test_an_unknown_task_is_said_at_once(app: Cairn, tmp_path: Path) -> None:
    with pytest.raises(TaskError):
        run(ASKED, PLACES, Asked(app, "nothing", {}, ScriptedModel()), metric(app), record_file(tmp_path), workers=1)


class Slow(Recorded):
    """The second question waits until it is stopped, as a model does that takes its time."""

    def __init__(self) -> None:
        super().__init__({"1": "SELECT 2", "2": "SELECT 1"})
        self.stopped = threading.Event()

    def __call__(self, question: Question, database: str) -> Prediction:
        if question.id == "2":
            self.stopped.wait(30)
        return super().__call__(question, database)

    def stop(self) -> None:
        self.stopped.set()


def test_an_interrupt_stops_what_is_running_and_keeps_what_is_there(app: Cairn, tmp_path: Path) -> None:
    slow, seen = Slow(), list[Record]()

    def interrupt(record: Record) -> None:
        seen.append(record)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(ASKED, PLACES, slow, metric(app), record_file(tmp_path), workers=2, show=interrupt)
    assert [record.id for record in seen] == ["1"]
    assert slow.stopped.is_set()
    done = record_file(tmp_path, resume=True)
    assert list(done.records) == ["1"]
    records = run(ASKED, PLACES, Recorded({"2": "SELECT 1"}), metric(app), done)
    assert [record.verdict for record in records] == ["right", "right"]


def test_a_question_that_would_begin_while_all_are_stopped_is_not_asked(app: Cairn) -> None:
    asked = Asked(app, "database", {}, model := ScriptedModel())
    asked.stop()
    with pytest.raises(CancelledError):
        asked(ASKED[0], "town_1")
    assert model.requests == []


def test_many_at_once_are_all_written_whole(app: Cairn, tmp_path: Path) -> None:
    many = [Question(str(n), f"Question {n}?", "SELECT count(*) FROM people") for n in range(100)]
    places: Any = {question.id: "town_1" for question in many}
    predictions = Recorded({question.id: f"SELECT {int(question.id) % 4}" for question in many})
    run(many, places, predictions, metric(app), record_file(tmp_path), workers=8)
    records = record_file(tmp_path, resume=True).records
    assert len(records) == 100
    assert sum(record.verdict == "right" for record in records.values()) == 25


def test_where_questions_are_asked(app: Cairn) -> None:
    databases = app.workspace.databases
    assert placed(ASKED, databases, None) == PLACES
    assert placed(ASKED, databases, "library") == {"1": "library", "2": "library"}
    with pytest.raises(UsageError, match="Question 9 names the database 'moon'; there are: library, town_1"):
        placed([Question("9", "?", "SELECT 1", "moon")], databases, None)
    with pytest.raises(UsageError, match=r"There is no database 'moon'\. There are: library, town_1\."):
        placed(ASKED, databases, "moon")
    with pytest.raises(UsageError, match="no database of several"):
        placed([Question("9", "?", "SELECT 1")], databases, None)


def test_a_folder_is_no_way_out_of_it(app: Cairn, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="No database is named"):
        app.workspace.databases.open("../databases/library")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no SQLite files"):
        Folder(app.workspace, tmp_path / "empty")
    with pytest.raises(UsageError, match="no folder"):
        Folder(app.workspace, tmp_path / "nowhere")


def test_what_another_tool_was_asked_for_is_no_query() -> None:
    events = [
        Event(1, "r", n, 0.0, "tool_started", {"id": str(n), "tool": tool, "arguments": {"query": query}})
        for n, (tool, query) in enumerate([("query_database", "SELECT nope"), ("search_documents", "refunds")], 1)
    ]
    assert query_of(fold(events)) == "SELECT nope"
    assert query_of(fold(events[1:])) is None


@pytest.mark.parametrize("given", [True, Judgement("good")])  # type: ignore[arg-type]
def test_what_a_metric_gives_that_no_report_can_count_is_said(app: Cairn, tmp_path: Path, given: Any) -> None:
    class Mine:
        def judge(self, database: str, gold: str, predicted: str | None) -> Any:
            return given

    with pytest.raises(UsageError, match=r"Mine gave .*, which is no judgement.*right, wrong"):
        run(ASKED, PLACES, Recorded({"1": "SELECT 1", "2": "SELECT 1"}), Mine(), record_file(tmp_path))
