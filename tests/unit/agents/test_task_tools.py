"""A task that another task asks as a tool: its own context, one budget, one trace, approvals that reach the person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import TaskError
from tests import letters
from tests.letters import sent
from tests.scripted import ScriptedModel, calls


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    letters.register(tmp_path / "letters.txt", put=monkeypatch.setitem)
    return tmp_path / "letters.txt"


def write(app: Cairn, name: str, text: str) -> None:
    folder = app.workspace.home.prompts / name
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(text)
    (folder / "default.md").write_text(f"You are {name}.\n")


def two(app: Cairn, inner: str = "", outer: str = "") -> None:
    write(app, "sums", f"description: Does sums.\nstrategy: react\n{inner or 'tools: [calculator]'}\n")
    write(app, "chief", f"strategy: react\ntools: ['task:sums', calculator]\n{outer}\n")


ASK = ("ask_sums", {"question": "What is 6*7?"})
SUM = ("calculator", {"expression": "6*7"})


def run(app: Cairn, *answers: Any, **options: Any) -> tuple[str, ScriptedModel]:
    model = ScriptedModel(*answers)
    handle = app.start("And six times seven?", task="chief", model=model, **options)
    list(app.follow(handle.run))
    return handle.run, model


def test_it_is_asked_in_a_context_of_its_own_and_its_answer_is_the_tools_result(app: Cairn) -> None:
    two(app)
    id, model = run(app, calls(ASK), calls(SUM), "42 it is.", "It is 42.")
    model.assert_done()
    answer = app.answer(id)
    assert (answer.answer, answer.error) == ("It is 42.", None)
    inner = " ".join(message.text for message in model.requests[1])
    assert "You are sums." in inner and "What is 6*7?" in inner and "six times seven" not in inner
    assert model.requests[-1][-1].text == "42 it is."
    assert [(step.tool, step.within) for step in answer.steps] == [("ask_sums", None), ("calculator", 0)]
    assert answer.usage.calls == 4


def test_what_it_finds_is_a_source_of_the_answer_under_its_number(app: Cairn) -> None:
    two(app, "tools: [search]")
    search = ("search", {"query": "How many days of parental leave do we give?"})
    id, model = run(app, calls(ASK), calls(search), "So many days [1].", "So many [1].")
    answer = app.answer(id)
    assert answer.answer is not None and answer.answer.startswith("So many [1]")
    assert answer.sources and [citation.source for citation in answer.citations] == [0]
    told = model.requests[-1][-1].text
    assert told.startswith("So many days [1]") and f"<{Path(answer.sources[0]['source']).name}>" in told


def test_its_calls_are_taken_from_the_limits_of_who_asks(app: Cairn) -> None:
    two(app, outer="limits: {model_calls: 3}")
    id, model = run(app, calls(ASK), "About 42.", "It is 42.")
    model.assert_done()  # the asked task's only call is its last one: it is given no tools
    assert model.tools[1] == []
    assert app.answer(id).stopped_by == "model_calls"


def test_where_nothing_is_left_it_is_not_asked(app: Cairn) -> None:
    two(app, outer="limits: {model_calls: 2}")
    id, model = run(app, calls(ASK), "I don't know.")
    model.assert_done()
    [step] = app.answer(id).steps
    assert step.error is not None and "leave nothing" in step.error


def test_an_approval_reaches_the_person_and_the_run_goes_on_after_it(app: Cairn, file: Path) -> None:
    two(app, "tools: [letters]\napprove: [send]")
    letter = ("send", {"to": "Ann", "text": "Hello"})
    id, model = run(app, calls(ASK), calls(letter), "Sent.", "Done.")
    assert (app.workspace.runs.state(id), sent(file)) == ("waiting", [])
    [asked] = app.waiting(id)
    assert (asked["tool"], asked["arguments"]) == letter
    assert app.decide(id, asked["id"], "approve", model=model)
    list(app.follow(id))
    answer = app.answer(id)
    assert (answer.answer, answer.error, answer.approval, sent(file)) == ("Done.", None, None, ["Ann: Hello"])
    assert [(step.tool, step.within) for step in answer.steps] == [("ask_sums", None), ("send", 0)]
    model.assert_done()


def test_a_call_that_is_refused_is_not_made(app: Cairn, file: Path) -> None:
    two(app, "tools: [letters]\napprove: [send]")
    id, model = run(app, calls(ASK), calls(("send", {"to": "Ann", "text": "Hello"})), "Not sent.", "No.")
    assert app.decide(id, app.waiting(id)[0]["id"], "reject", model=model)
    list(app.follow(id))
    assert (app.answer(id).answer, sent(file)) == ("No.", [])


def test_a_plan_can_ask_a_task(app: Cairn) -> None:
    two(app)
    plan = '1. ask_sums(question="What is 6*7?")\njoin()'
    id, _ = run(app, plan, calls(SUM), "42.", "It is 42.", patch={"strategy": "plan"})
    answer = app.answer(id)
    assert answer.answer == "It is 42." and answer.plan is not None
    assert [step.tool for step in answer.steps] == ["ask_sums", "calculator"]


def test_a_task_that_would_come_to_ask_itself_is_refused(app: Cairn) -> None:
    write(app, "a", "strategy: react\ntools: ['task:b']\n")
    write(app, "b", "strategy: react\ntools: ['task:a']\n")
    with pytest.raises(TaskError, match="a asks b asks a"):
        build(app.workspace, "a", None, "builtin")


def test_a_long_row_and_an_unknown_task_are_refused(app: Cairn) -> None:
    for name, asked in zip("abcd", "bcde", strict=True):
        write(app, name, f"strategy: react\ntools: ['task:{asked}']\n")
    with pytest.raises(TaskError, match="in a row"):
        build(app.workspace, "a", None, "builtin")
    with pytest.raises(TaskError, match="no task 'e'"):
        build(app.workspace, "b", None, "builtin")


def test_a_model_that_asks_no_other_task_is_refused_with_the_reason(app: Cairn) -> None:
    two(app)
    with pytest.raises(TaskError, match=r"`tools: \[task:sums\]` needs a model that writes, which builtin does not"):
        app.ask("And six times seven?", task="chief", model="builtin")
