from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select

from cairn.agents.prompt_preview import render
from cairn.agents.service import Cairn
from cairn.core.app_tables import RunRow
from cairn.core.errors import StorageError, TaskError, TemplateError, ThreadBusy, UsageError
from cairn.core.events import DATA, Event
from cairn.core.settings import Home, Settings
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def events_of(app: Cairn, question: str, **options: Any) -> list[Event]:
    return list(app.follow(app.start(question, **options).run))


SUM = [calls(("calculator", {"expression": "2+3"})), "Five."]


def test_a_run_is_numbered_without_gaps_typed_and_stored_as_it_was_seen(app: Cairn) -> None:
    events = events_of(app, "2+3?", task="math", model=ScriptedModel(*SUM))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (events[0].type, events[-1].type) == ("started", "finished")
    for event in events:
        TypeAdapter(DATA[event.type]).validate_python(event.data, strict=True)
    assert app.workspace.runs.events(events[0].run) == events
    assert app.workspace.runs.events(events[0].run, after=3) == events[3:]


def test_the_answer_tells_everything(app: Cairn) -> None:
    answer = app.ask("2+3?", task="math", model=ScriptedModel(*SUM))
    assert answer.answer == "Five."
    assert answer.steps[0].tool == "calculator"
    assert "5" in (answer.steps[0].result or "")
    assert (answer.task, answer.strategy, answer.template) == ("math", "react", "default")
    assert answer.template_hash == app.prompts.template("math", "default").hash
    assert answer.thread == app.threads.list()[0].id


def test_a_thread_goes_on(app: Cairn) -> None:
    first = app.ask("My name is Ann.", task="math", model=ScriptedModel("Hello Ann."))
    model = ScriptedModel("Ann.")
    app.ask("What is my name?", task="math", thread=first.thread, model=model)
    assert [m.content for m in model.requests[0][1:]] == ["My name is Ann.", "Hello Ann.", "What is my name?"]


def test_a_run_knows_the_run_it_branches_off(app: Cairn) -> None:
    first = app.ask("2+3?", task="math", model=ScriptedModel("Five."))
    again = app.ask("2+3?", task="math", thread=first.thread, parent=first.run, model=ScriptedModel("5."))
    aside = app.ask("2+4?", task="math", parent=first.run, model=ScriptedModel("6."))
    assert (first.parent, again.parent, aside.parent) == (None, first.run, first.run)
    assert again.thread == first.thread != aside.thread
    with app.workspace.database.session() as session:
        stored = {run.id: run.parent for run in session.scalars(select(RunRow))}
    assert stored == {first.run: None, again.run: first.run, aside.run: first.run}
    for thread in (None, first.thread):
        with pytest.raises(UsageError, match="no run"):
            app.start("2+5?", task="math", thread=thread, parent="elsewhere", model=ScriptedModel())
    assert len(app.threads.list()) == 2


def test_a_template_swap_holds_from_the_next_message_on(app: Cairn) -> None:
    thread = app.ask("1?", task="math", model=ScriptedModel("1.")).thread
    app.prompts.copy("math", "mine")
    (app.workspace.home.prompts / "math" / "mine.md").write_text('Only say yes. <>&"{{question}}', "utf-8")
    app.prompts.use("math", {"template": "mine"})
    model = ScriptedModel("Yes.")
    answer = app.ask("2?", task="math", thread=thread, model=model)
    assert model.requests[0][0].content == 'Only say yes. <>&"2?'
    assert answer.template_hash == app.prompts.template("math", "mine").hash


def test_bad_questions_leave_nothing_behind(app: Cairn) -> None:
    for question in ("", "  \n", "x" * 100_000):
        with pytest.raises(UsageError):
            app.start(question)
    with pytest.raises(TaskError):
        app.start("fine", task="nope")
    with pytest.raises(TaskError, match="strategy"):
        app.start("fine", patch={"strategy": "magic"})
    with pytest.raises(TaskError, match=r"There is no strategy 'magic'\. There are: direct, rag"):
        app.start("fine", task="documents", patch={"strategy": "magic"})
    assert app.threads.list() == []


def test_a_lone_surrogate_is_replaced_on_its_way_to_the_model(app: Cairn) -> None:
    model = ScriptedModel("ok")
    answer = app.ask('a \ud800 <>&"{{}} b', task="math", model=model)
    assert answer.error is None
    assert model.requests[0][-1].content == 'a \ufffd <>&"{{}} b'


def test_stop_keeps_what_was_said(app: Cairn) -> None:
    reached, never = threading.Event(), threading.Event()

    def wait(_messages: Any) -> str:
        reached.set()
        never.wait(5)
        return "too late"

    handle = app.start("2+3?", task="math", model=ScriptedModel(SUM[0], wait))
    assert reached.wait(5)
    app.stop(handle.run)
    never.set()
    last = list(app.follow(handle.run))[-1]
    assert (last.type, last.data["stopped_by"]) == ("finished", "user")
    assert app.running(handle.thread) is None


def test_one_answer_at_a_time_in_a_thread(app: Cairn) -> None:
    go = threading.Event()

    def wait(_messages: Any) -> str:
        go.wait(5)
        return "done"

    handle = app.start("first", task="math", model=ScriptedModel(wait))
    with pytest.raises(ThreadBusy):
        app.start("second", task="math", thread=handle.thread, model=ScriptedModel())
    assert app.running(handle.thread) == handle.run
    go.set()
    assert list(app.follow(handle.run))[-1].data["answer"] == "done"


def test_a_failure_is_an_event_with_what_to_do_and_no_message(app: Cairn) -> None:
    answer = app.ask("x", task="math", model=ScriptedModel(ValueError("surprise")))
    assert answer.answer is None
    assert answer.error
    assert app.threads.messages(str(answer.thread)) == []


def test_a_database_that_fails_in_the_middle_ends_the_run_with_its_error(
    app: Cairn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_events: Any) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr(app.workspace.runs, "append", full)
    last = events_of(app, "x", task="math", model=ScriptedModel("fine"))[-1]
    assert (last.type, last.data["message"]) == ("failed", "disk full")


def test_experiment_gives_answers_to_choose_from(app: Cairn, home: Home) -> None:
    app.prompts.copy("math", "three")
    (home.prompts / "math" / "three.md").write_text("---\nexperiment: 3\n---\nName one.", "utf-8")
    options: dict[str, Any] = {"task": "math", "patch": {"template": "three"}}
    answer = app.ask("a colour", **options, model=ScriptedModel("red", "blue", "red"))
    told = {e.data["number"]: e.data["text"] for e in app.events(str(answer.run)) if e.type == "alternative"}
    assert sorted(told.values()) == ["blue", "red"]
    assert answer.answer == f"**1.** {told[1]}\n\n**2.** {told[2]}"
    app.choose(str(answer.run), 2)
    assert app.threads.messages(str(answer.thread))[-1].text == told[2]
    with pytest.raises(UsageError):
        app.choose(str(answer.run), 3)
    assert app.ask("same", **options, model=ScriptedModel("x", "x", "x")).answer == "x"


def test_render_shows_what_would_be_sent_and_writes_nothing(app: Cairn) -> None:
    request = render(app.workspace, "math", "2+3?")
    assert request.messages[-1] == {"role": "user", "content": "2+3?"}
    assert request.messages[0]["role"] == "system"
    assert [tool["function"]["name"] for tool in request.tools] == ["calculator"]
    assert request.hash == app.prompts.template("math", "default").hash
    assert app.threads.list() == []


def test_classify_chooses_from_the_examples_labels(app: Cairn) -> None:
    options: dict[str, Any] = {"task": "classify", "patch": {"examples": {"selector": "jaccard"}}}
    assert app.ask("I was charged twice", **options, model=ScriptedModel("Billing.")).answer == "billing"
    model = ScriptedModel("no idea", "It is a wish")
    assert app.ask("A theme?", **options, model=model).answer == "wish"
    assert "exactly one of" in model.requests[1][-1].text
    failed = app.ask("A theme?", **options, model=ScriptedModel("no idea", "none"))
    assert "none of the labels" in str(failed.error)


def test_extract_gives_checked_fields(app: Cairn) -> None:
    fields = {"name": "Ann Lee", "amount": 12.5, "date": "2025-03-01"}
    answer = app.ask(
        "Ann Lee paid 12.50 on 1 March 2025", task="extract", model=ScriptedModel(calls(("give_fields", fields)))
    )
    assert '"amount": 12.5' in str(answer.answer)
    assert '"email": null' in str(answer.answer)
    model = ScriptedModel(calls(("give_fields", {"amount": "much"})), calls(("give_fields", {})))
    assert app.ask("x", task="extract", model=model).error is None
    assert "amount" in model.requests[1][-1].text


def test_extract_with_builtin_reads_labels_and_says_where_there_are_none(app: Cairn) -> None:
    answer = app.ask("Name: Ann Lee\nAmount: 12.50", task="extract", model="builtin")
    assert answer.answer and json.loads(answer.answer)["amount"] == 12.5
    failed = app.ask("Ann Lee paid 12.50", task="extract", model="builtin")
    assert failed.error and "No label of name" in failed.error


def test_another_strategy_gets_a_template_and_tools_that_serve_it(app: Cairn) -> None:
    model = ScriptedModel(calls(("search", {"query": "leave"})), "It says [1].")
    answer = app.ask("leave?", task="documents", patch={"strategy": "react"}, model=model)
    assert (answer.answer, answer.template) == ("It says [1].", "assistant/default")
    assert model.tools[0] == ["search"]
    answer = app.ask("leave?", task="assistant", patch={"strategy": "rag"}, model=ScriptedModel("So [1]."))
    assert (answer.template, len(answer.citations)) == ("documents/default", 1)


def test_a_template_that_cannot_serve_its_strategy_is_refused_before_anything_is_written(
    app: Cairn, home: Home
) -> None:
    (home.prompts / "documents").mkdir()
    (home.prompts / "documents" / "bare.md").write_text("No place.", "utf-8")
    (home.prompts / "documents" / "odd.md").write_text("{{context}} {{nonsense}}", "utf-8")
    for template, said in (("bare", "no place for context"), ("odd", "asks for nonsense")):
        with pytest.raises(TemplateError, match=said):
            app.start("x", task="documents", patch={"template": template})
    assert app.threads.list() == []


def test_a_database_that_is_away_is_told_with_the_answer(app: Cairn, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "zoo.db")) as connection, connection:
        connection.execute("CREATE TABLE animals (name)")
    app.workspace.databases.add("zoo", f"sqlite:///{tmp_path / 'zoo.db'}")
    (tmp_path / "zoo.db").rename(tmp_path / "gone.db")
    notices = [e.data["text"] for e in events_of(app, "hi", model=ScriptedModel("Hello.")) if e.type == "notice"]
    assert any("zoo" in notice and "no file" in notice for notice in notices)


def test_a_task_with_a_key_that_is_gone_answers_and_says_so(app: Cairn) -> None:
    folder = app.settings.home / "prompts" / "documents"
    folder.mkdir(parents=True)
    (folder / "patch.yaml").write_text("retrieval: {compress: 2}\n", "utf-8")
    handle = app.start("How many days of parental leave are there?", task="documents")
    list(app.follow(handle.run))
    answer = app.answer(handle.run)
    assert answer.error is None and answer.sources
    notices = [event.data["text"] for event in app.events(handle.run) if event.type == "notice"]
    assert any("`retrieval.compress`" in notice for notice in notices)
