"""Answers asked for again, chosen between, and conversations that part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn, Handle
from cairn.core.errors import UsageError
from cairn.core.events import Event
from cairn.core.settings import Settings
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def again(app: Cairn, run: str, model: ScriptedModel, **options: Any) -> str:
    new = app.retry(run, model=model, **options).run
    last = list(app.follow(new))[-1]
    assert last.type == "finished", last.data
    return new


def history(app: Cairn, thread: str) -> list[str]:
    return [str(message.content) for message in app.threads.history(thread, 1000)]


def ask(app: Cairn, question: str, *answers: Any, thread: str | None = None, patch: Any = None) -> Handle:
    handle = app.start(question, task="math", thread=thread, patch=patch, model=ScriptedModel(*answers))
    list(app.follow(handle.run))
    return handle


def test_another_version_is_not_told_of_the_first_and_takes_its_place(app: Cairn) -> None:
    first = ask(app, "My name is Ann.", "Hello Ann.")
    second = ask(app, "2+3?", "Six.", thread=first.thread)
    model = ScriptedModel("Five.")
    retried = again(app, second.run[:8], model)
    assert [m.content for m in model.requests[0][1:]] == ["My name is Ann.", "Hello Ann.", "2+3?"]
    assert app.answer(retried).parent == second.run
    assert history(app, first.thread) == ["My name is Ann.", "Hello Ann.", "2+3?", "Five."]
    assert [run for run, _, _ in app.workspace.runs.of_thread(first.thread)] == [first.run, retried]
    assert app.answer(second.run).answer == "Six.", "the first version stays"


def test_the_first_version_can_be_chosen_again_and_there_is_a_third(app: Cairn) -> None:
    first = ask(app, "2+3?", "Six.")
    second = again(app, first.run, ScriptedModel("Five."))
    app.choose_version(first.run)
    assert history(app, first.thread) == ["2+3?", "Six."]
    assert app.workspace.runs.versions(second) == [(first.run, True), (second, False)]
    third = again(app, second, ScriptedModel("5"), question="2 + 3?")
    assert app.workspace.runs.versions(third) == [(first.run, False), (second, False), (third, True)]
    assert history(app, first.thread) == ["2 + 3?", "5"]
    assert app.answer(third).parent == first.run


def test_a_version_of_an_earlier_turn_stays_in_its_place(app: Cairn) -> None:
    first = ask(app, "2+3?", "Six.")
    ask(app, "Sure?", "Yes.", thread=first.thread)
    model = ScriptedModel("Five.")
    again(app, first.run, model)
    assert [m.content for m in model.requests[0][1:]] == ["2+3?"]
    assert history(app, first.thread) == ["2+3?", "Five.", "Sure?", "Yes."]
    assert [message.text for message in app.threads.messages(first.thread)] == ["2+3?", "Five.", "Sure?", "Yes."]


def test_a_summary_that_holds_the_first_version_is_not_used_for_the_second(app: Cairn) -> None:
    patch = {"memory": {"summary": True, "max_tokens": 40}}
    first = ask(app, "a" * 120, "b" * 60, patch=patch)
    second = ask(app, "What was it?", "SUM", "c" * 90, thread=first.thread, patch=patch)
    ask(app, "And?", "SUM of WRONG", "x", thread=first.thread, patch=patch)
    model = ScriptedModel("SUM", "right")
    again(app, second.run, model)
    for request in model.requests:
        assert not any("WRONG" in str(message.content) or "ccc" in str(message.content) for message in request)


def test_what_was_asked_for_holds_for_the_version_unless_something_else_is(app: Cairn) -> None:
    patch = {"limits": {"model_calls": 3}}
    first = ask(app, "2+3?", "Six.", patch=patch)
    same = again(app, first.run, ScriptedModel("Five."))
    other = again(app, first.run, ScriptedModel("Five."), patch={"limits": {"model_calls": 4}})
    plain = again(app, first.run, ScriptedModel("Five."), task="assistant")
    started = [app.events(run)[0].data for run in (same, other, plain)]
    assert [data.get("patch") for data in started] == [patch, {"limits": {"model_calls": 4}}, None]
    assert [data["task"] for data in started] == ["math", "math", "assistant"]


def test_a_failed_answer_has_another_version_and_can_not_be_chosen(app: Cairn) -> None:
    failed = ask(app, "2+3?", ValueError("away"))
    retried = again(app, failed.run, ScriptedModel("Five."))
    assert history(app, failed.thread) == ["2+3?", "Five."]
    with pytest.raises(UsageError, match="no answer"):
        app.choose_version(failed.run)
    again(app, retried, ScriptedModel("5"))
    assert app.retry(retried, model=ScriptedModel(ValueError("away"))).thread == failed.thread


def test_a_branch_has_the_turns_up_to_a_run_and_lives_on_its_own(app: Cairn) -> None:
    first = ask(app, "2+3?", calls(("calculator", {"expression": "2+3"})), "Five.")
    second = ask(app, "And 2+4?", "Seven.", thread=first.thread)
    better = again(app, second.run, ScriptedModel("Six."))
    ask(app, "Sure?", "Yes.", thread=first.thread)
    copy = app.branch(first.thread[:8], better, "Parted")
    worse = app.branch(first.thread, second.run)
    whole = app.branch(first.thread)
    app.threads.delete(first.thread)
    assert app.threads.get(copy).name == "Parted"
    assert app.threads.get(worse).name == "2+3?"
    assert history(app, copy) == ["2+3?", "Five.", "And 2+4?", "Six."]
    assert history(app, worse) == ["2+3?", "Five.", "And 2+4?", "Seven."]
    assert history(app, whole) == ["2+3?", "Five.", "And 2+4?", "Six.", "Sure?", "Yes."]
    [(run, _, state), _] = app.workspace.runs.of_thread(copy)
    answer = app.answer(run)
    assert (answer.answer, answer.thread, state) == ("Five.", copy, "finished")
    assert answer.steps[0].tool == "calculator"
    model = ScriptedModel("Go on.")
    app.ask("More?", task="math", thread=copy, model=model)
    assert [m.content for m in model.requests[0][1:]] == ["2+3?", "Five.", "And 2+4?", "Six.", "More?"]


def test_what_can_not_be_branched_off_is_said(app: Cairn) -> None:
    one = ask(app, "2+3?", "Five.")
    other = ask(app, "2+4?", "Six.")
    with pytest.raises(UsageError, match="not of that conversation"):
        app.branch(one.thread, other.run)
    waiting = app.start(
        "2+5?",
        task="math",
        thread=one.thread,
        patch={"approve": ["calculator"]},
        model=ScriptedModel(calls(("calculator", {"expression": "2+5"}))),
    ).run
    events: list[Event] = list(app.follow(waiting))
    assert events[-1].type == "approval"
    with pytest.raises(UsageError, match="not over"):
        app.branch(one.thread, waiting)
    assert history(app, app.branch(one.thread)) == ["2+3?", "Five."]
