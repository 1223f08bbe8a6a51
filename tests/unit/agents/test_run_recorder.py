"""The runner when things go wrong at a bad moment: every run ends once, and says how."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from cairn.agents.run_recorder import Recorder
from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.errors import StorageError
from cairn.core.events import Event
from cairn.core.settings import Home, Settings
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def ends_with(app: Cairn, run: str) -> Event:
    """The run's last event, in this process and as stored."""
    events = list(app.follow(run))
    assert app.workspace.runs.events(run) == events
    return events[-1]


def test_stopped_before_it_began_and_more_than_once(app: Cairn) -> None:
    handle = app.start("x", task="math", model=ScriptedModel("never read"))
    for _ in range(3):
        app.stop(handle.run)
    assert ends_with(app, handle.run).type == "finished"
    assert app.running(handle.thread) is None


def test_stopped_while_its_end_is_written(app: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    writing, go, end = threading.Event(), threading.Event(), app.workspace.runs.end

    async def slow_end(*arguments: Any) -> None:
        writing.set()
        await asyncio.to_thread(go.wait, 5)
        await end(*arguments)

    monkeypatch.setattr(app.workspace.runs, "end", slow_end)
    handle = app.start("x", task="math", model=ScriptedModel("done"))
    assert writing.wait(5)
    app.stop(handle.run)
    go.set()
    assert ends_with(app, handle.run).data["answer"] == "done"


def test_a_part_that_tries_to_leave_the_program_ends_its_run_only(app: Cairn) -> None:
    handle = app.start("x", task="math", model=ScriptedModel(SystemExit(3)))
    assert ends_with(app, handle.run).type == "failed"
    assert app.ask("y", task="math", model=ScriptedModel("still here")).answer == "still here"


def test_a_part_that_cancels_itself_has_failed_and_was_not_stopped_by_the_user(app: Cairn) -> None:
    handle = app.start("x", task="math", model=ScriptedModel(asyncio.CancelledError()))
    assert ends_with(app, handle.run).type == "failed"


def test_what_could_not_be_stored_is_stored_later(app: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    append, fails, failed = app.workspace.runs.append, [StorageError("busy")], threading.Event()

    async def sometimes(events: Any) -> None:
        if fails:
            failed.set()
            raise fails.pop()
        await append(events)

    def wait(_messages: Any) -> str:
        failed.wait(5)
        return "too late"

    monkeypatch.setattr(app.workspace.runs, "append", sometimes)
    handle = app.start("x", task="math", model=ScriptedModel(calls(("calculator", {"expression": "1+1"})), wait))
    assert ends_with(app, handle.run).data["message"] == "busy"
    stored = app.workspace.runs.events(handle.run)
    assert [event.seq for event in stored] == list(range(1, len(stored) + 1))
    assert "usage" in [event.type for event in stored]


def test_an_end_that_could_not_be_stored_is_not_shown_as_an_answer(app: Cairn, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_arguments: Any) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr(app.workspace.runs, "end", full)
    handle = app.start("x", task="math", model=ScriptedModel("fine"))
    events = list(app.follow(handle.run))
    assert [event.type for event in events if event.type in ("finished", "failed")] == ["failed"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_nothing_comes_after_the_end(app: Cairn) -> None:
    """A tool's thread can't be stopped, and may have something to say when its run is over."""
    thread = app.threads.new("x")
    recorder = Recorder(app.workspace.runs.begin(thread.id, "x"), app.workspace.runs)
    recorder.emit("finished", {"answer": "a", "stopped_by": "user", "seconds": 0.1})
    recorder.emit("notice", {"text": "late"})
    event_loop.wait(recorder.flush())
    assert [event.type for event in recorder.feed.after(0)] == ["finished"]


def test_a_thread_deleted_while_it_is_answered(app: Cairn) -> None:
    reached, go = threading.Event(), threading.Event()

    def wait(_messages: Any) -> str:
        reached.set()
        go.wait(5)
        return "too late"

    handle = app.start("x", task="math", model=ScriptedModel(wait))
    assert reached.wait(5)
    app.threads.delete(handle.thread)
    go.set()
    last = list(app.follow(handle.run))[-1]
    assert last.type == "failed"
    assert "deleted" in last.data["message"]


def test_one_failed_attempt_leaves_the_others_to_choose_from(app: Cairn, home: Home) -> None:
    app.prompts.copy("math", "three")
    (home.prompts / "math" / "three.md").write_text("---\nexperiment: 3\n---\nName one.", "utf-8")
    model = ScriptedModel("red", ValueError("away"), "blue")
    answer = app.ask("a colour", task="math", patch={"template": "three"}, model=model).answer
    assert sorted(str(answer).split()) == ["**1.**", "**2.**", "blue", "red"]
    failing = ScriptedModel(*[ValueError("away")] * 3)
    assert "away" in str(app.ask("a colour", task="math", patch={"template": "three"}, model=failing).error)


def test_an_empty_answer_is_a_failure_that_says_so(app: Cairn) -> None:
    answer = app.ask("x", task="math", model=ScriptedModel(""))
    assert answer.answer is None
    assert "empty" in str(answer.error)


def test_calls_with_the_same_id_keep_their_own_results(app: Cairn) -> None:
    """Some servers number the calls of every answer from the same beginning."""
    both = calls(("calculator", {"expression": "1+1"}), ("calculator", {"expression": "2+2"}))
    for call in both.tool_calls:
        call["id"] = "call_0"
    answer = app.ask("x", task="math", model=ScriptedModel(both, "done"))
    assert sorted((step.arguments["expression"], step.result) for step in answer.steps) == [
        ("1+1", "1+1 = 2"),
        ("2+2", "2+2 = 4"),
    ]


def test_many_runs_started_at_once_stay_in_reach(app: Cairn) -> None:
    go, handles = threading.Event(), []

    def wait(_messages: Any) -> str:
        return "x"

    def start() -> None:
        go.wait(5)
        handles.extend(app.start("x", task="math", model=ScriptedModel(wait)) for _ in range(5))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert {ends_with(app, handle.run).type for handle in handles} == {"finished"}


def test_whoever_has_seen_the_end_waits_for_nothing(app: Cairn) -> None:
    """As after Ctrl-C while the last event was being shown."""
    handle = app.start("x", task="math", model=ScriptedModel("done"))
    *_, last = app.follow(handle.run)
    assert list(app.follow(handle.run, last.seq)) == []
    other = Cairn(app.settings)  # which knows of it from the database only
    assert list(other.follow(handle.run, last.seq)) == []
    other.close()
