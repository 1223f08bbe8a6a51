"""The runner, with the very assistant that answers in the chat, and a scripted model."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.agents.service import Cairn
from cairn.core import registry
from cairn.core.errors import DatabaseError, ModelAnswerError, ModelRefused, RequestRefused, TaskError, UsageError
from cairn.core.registry import Plugin
from cairn.core.settings import Home, load_settings
from cairn.evals.cases import Case
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.eval_runner import USER, AskedTask, Outcome, Recorded, Scoring, Wish, run
from cairn.evals.evaluation_request import Folder, placed
from tests.scripted import ScriptedModel

CASES = [
    Case("1", "How many people are there?", query="SELECT count(*) FROM people", database="town_1"),
    Case("2", "有多少本书？", query="SELECT count(*) FROM books", database="library"),
]


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


@pytest.fixture
def _registry_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BY_NAME", dict(registry._BY_NAME))  # pyright: ignore[reportPrivateUsage]


def record_file(tmp_path: Path, resume: bool = False) -> RecordFile:
    return RecordFile(tmp_path / "records.jsonl", {"set": "q"}, resume=resume)


def counts(messages: list[BaseMessage]) -> str:
    """A model that knows the table's name from the schema it was sent."""
    table = "people" if "people" in str(messages[0].content) else "books"
    return f"```sql\nSELECT count(*) FROM {table}\n```"


def evaluated(
    app: Cairn, tmp_path: Path, model: Any, cases: Sequence[Case] = CASES, resume: bool = False, **options: Any
) -> list[Record]:
    answering = AskedTask(app, options.pop("task", "database"), options.pop("patch", {}), model, workers=1)
    scoring = Scoring(app.workspace, cases)
    return run(cases, answering, scoring, record_file(tmp_path, resume), workers=1, **options)


def test_each_question_is_asked_of_its_own_database(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel(counts, counts)
    records = evaluated(app, tmp_path, model)
    assert [(record.id, record.value("execution"), record.facets["database"]) for record in records] == [
        ("1", 1, "town_1"),
        ("2", 1, "library"),
    ]
    assert "COUNT(*)" in records[0].answer["tables"][0]["sql"].upper()
    assert records[0].usage["calls"] == 1 and not records[0].cached
    model.assert_done()


def test_nothing_of_it_stays_in_anybodys_conversations(app: Cairn, tmp_path: Path) -> None:
    evaluated(app, tmp_path, ScriptedModel(counts, counts))
    assert app.threads.list() == []


def test_what_was_said_before_is_in_the_prompt(app: Cairn, tmp_path: Path) -> None:
    case = Case("1", "And in words?", history=(("user", "What is 6 * 7?"), ("assistant", "42")), answers=("forty-two",))
    model = ScriptedModel("Forty-two.")
    [record] = evaluated(app, tmp_path, model, [case], task="math")
    assert [message.text for message in model.requests[0]][-3:] == ["What is 6 * 7?", "42", "And in words?"]
    assert record.value("exact") == 1


def test_a_query_that_fails_and_an_answer_without_one_are_told_apart(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel("```sql\nSELECT nome FROM people\n```", "I can't tell.")
    failed, declined = evaluated(app, tmp_path, model, patch={"sql": {"repairs": 0}})
    assert (failed.value("execution"), failed.scores["execution"].kind) == (0, "unknown column")
    assert declined.scores["execution"].kind == "no query"
    assert [record.value("answered") for record in (failed, declined)] == [0, 0]


def test_an_answer_that_could_not_be_had_is_in_no_mean_and_is_asked_for_again(app: Cairn, tmp_path: Path) -> None:
    away = ScriptedModel(DatabaseError("The database is away."), counts)
    first, second = evaluated(app, tmp_path, away)
    assert (first.error, first.value("execution"), second.value("execution")) == ("DatabaseError", None, 1)
    assert "away" in first.scores["execution"].reason
    records = evaluated(app, tmp_path, ScriptedModel(counts), resume=True)
    assert [record.value("execution") for record in records] == [1, 1]


def test_an_answer_that_is_none_is_the_systems_own_fault(app: Cairn, tmp_path: Path) -> None:
    first, _ = evaluated(app, tmp_path, ScriptedModel(ModelAnswerError("It was cut."), counts))
    assert (first.error, first.value("execution"), first.value("answered")) == ("ModelAnswerError", 0, 0)


def test_a_model_that_refuses_ends_it_and_what_was_answered_is_kept(app: Cairn, tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="key is wrong"):
        evaluated(app, tmp_path, ScriptedModel(counts, ModelRefused("The key is wrong.")))
    assert list(record_file(tmp_path, resume=True).records) == [("1", 0)]


def test_a_request_that_is_refused_for_what_it_holds_ends_nothing(app: Cairn, tmp_path: Path) -> None:
    first, second = evaluated(app, tmp_path, ScriptedModel(RequestRefused("Too long for the model."), counts))
    assert (first.error, first.value("execution"), second.value("execution")) == ("RequestRefused", 0, 1)


def test_an_unknown_task_is_said_at_once(app: Cairn, tmp_path: Path) -> None:
    with pytest.raises(TaskError):
        AskedTask(app, "nothing", {}, ScriptedModel())


def test_repeats_are_asked_each_for_itself(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel("7", "8", "7")
    records = evaluated(app, tmp_path, model, [Case("1", "3 + 4?", answers=("7",))], task="math", repeat=3)
    assert [(record.sample, record.value("number")) for record in records] == [(0, 1), (1, 0), (2, 1)]


def test_an_interrupt_keeps_what_was_answered(app: Cairn, tmp_path: Path) -> None:
    class Interrupted(Recorded):
        def outcomes(self, wishes: Sequence[Wish]) -> Generator[tuple[Wish, Outcome]]:
            yield next(super().outcomes(wishes))
            raise KeyboardInterrupt

    scoring = Scoring(app.workspace, CASES)
    with pytest.raises(KeyboardInterrupt):
        run(CASES, Interrupted({"1": "SELECT 2"}), scoring, record_file(tmp_path))
    done = record_file(tmp_path, resume=True)
    assert list(done.records) == [("1", 0)]
    records = run(CASES, Recorded({"2": "SELECT 1"}), scoring, done)
    assert [record.value("execution") for record in records] == [1, 1]


def test_many_at_once_are_all_written_whole(app: Cairn, tmp_path: Path) -> None:
    many = [Case(str(n), f"{n}?", query="SELECT count(*) FROM people", database="town_1") for n in range(100)]
    predictions = Recorded({case.id: f"SELECT {int(case.id) % 4}" for case in many})
    run(many, predictions, Scoring(app.workspace, many), record_file(tmp_path), workers=8)
    records = record_file(tmp_path, resume=True).records
    assert len(records) == 100
    assert sum(record.value("execution") == 1 for record in records.values()) == 25


def test_recorded_texts_are_scored_as_answers(app: Cairn, tmp_path: Path) -> None:
    cases = [Case("1", "?", answers=("Ann",)), Case("2", "?", refuse=True)]
    records = run(cases, Recorded({"1": "ann"}), Scoring(app.workspace, cases), record_file(tmp_path))
    assert (records[0].value("exact"), records[1].value("refused")) == (1, 1)
    assert "refused" not in records[0].scores and "execution" not in records[0].scores


def test_where_questions_are_asked(app: Cairn) -> None:
    databases = app.workspace.databases
    named = [Case("1", "?", database="Town_1"), Case("2", "?", database="library")]
    assert placed(named, databases, None) == {"1": "town_1", "2": "library"}
    assert placed(named, databases, "library") == {"1": "library", "2": "library"}
    with pytest.raises(UsageError, match="Question 9 names the database 'moon'; there are: library, town_1"):
        placed([Case("9", "?", database="moon")], databases, None)
    with pytest.raises(UsageError, match=r"There is no database 'moon'\. There are: library, town_1\."):
        placed(named, databases, "moon")
    with pytest.raises(UsageError, match="no database of several"):
        placed([Case("9", "?")], databases, None)


def test_a_folder_is_no_way_out_of_it(app: Cairn, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="No database is named"):
        app.workspace.databases.open("../databases/library")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no SQLite files"):
        Folder(app.workspace, tmp_path / "empty")
    with pytest.raises(UsageError, match="no folder"):
        Folder(app.workspace, tmp_path / "nowhere")


@pytest.mark.usefixtures("_registry_as_before")
def test_a_metric_that_needs_what_no_case_has_is_named(app: Cairn) -> None:
    registry.register(Plugin("metric", "mine", print, ["answer"]))
    with pytest.raises(UsageError, match=r"mine needs 'answer'.*There are: answers, "):
        Scoring(app.workspace, CASES)


@pytest.mark.parametrize("given", [True, ValueError("broken")])
@pytest.mark.usefixtures("_registry_as_before")
def test_a_metric_that_fails_costs_its_own_score_only(app: Cairn, tmp_path: Path, given: Any) -> None:
    def mine(case: Case, answer: Any) -> Any:
        if isinstance(given, Exception):
            raise given
        return given

    registry.register(Plugin("metric", "mine", mine, ["answers"]))
    cases = [Case("1", "?", answers=("a",))]
    [record] = run(cases, Recorded({"1": "a"}), Scoring(app.workspace, cases), record_file(tmp_path))
    assert (record.value("exact"), record.value("mine"), record.scores["mine"].kind) == (1, None, "failed")
    assert str(given) in record.scores["mine"].reason
