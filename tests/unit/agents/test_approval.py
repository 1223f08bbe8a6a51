"""What needs the user's yes: asked once, decided once, carried out once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, TaskError, ThreadBusy, UsageError
from cairn.core.settings import Settings
from tests.letters import sent
from tests.scripted import ScriptedModel, calls

ASK: dict[str, Any] = {"tools": ["letters", "calculator"], "approve": ["send"]}
LETTER = ("send", {"to": "Ann", "text": "Hello"})


class Asked:
    """A run that was started; `model` answers also after it was gone on with."""

    def __init__(self, app: Cairn, *answers: Any, patch: dict[str, Any] = ASK, **options: Any) -> None:
        self.app, self.model = app, ScriptedModel(*answers)
        handle = app.start("Write to Ann.", task="math", patch=patch, model=self.model, **options)
        self.run, self.thread = handle.run, handle.thread
        self.follow()

    def follow(self) -> list[Any]:
        return list(self.app.follow(self.run))

    def decide(self, decision: Any, arguments: dict[str, Any] | None = None, number: int = 0) -> bool:
        id = self.app.waiting(self.run)[number]["id"]
        goes_on = self.app.decide(self.run, id, decision, arguments, model=self.model)
        self.follow()
        return goes_on

    def told(self, type: str) -> list[Any]:
        return [event.data for event in self.app.workspace.runs.events(self.run) if event.type == type]

    @property
    def read(self) -> list[str]:
        """What the model read from its tools in its last request."""
        return [message.text for message in self.model.requests[-1] if message.type == "tool"]

    @property
    def state(self) -> str:
        return self.app.workspace.runs.state(self.run)


def test_a_call_that_needs_a_yes_waits_and_is_made_after_it(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    assert (asked.state, sent(file)) == ("waiting", [])
    assert app.waiting(asked.run)[0]["arguments"] == {"to": "Ann", "text": "Hello"}
    assert app.answer(asked.run).approval == app.waiting(asked.run)[0]
    assert app.answer(asked.run).answer is None
    assert asked.decide("approve")
    answer = app.answer(asked.run)
    assert (answer.answer, answer.approval, sent(file)) == ("Done.", None, ["Ann: Hello"])
    assert [step.tool for step in answer.steps] == ["send"]
    assert asked.read == ["Sent to Ann."]
    assert [event.seq for event in app.events(asked.run)] == list(range(1, len(app.events(asked.run)) + 1))
    asked.model.assert_done()


def test_a_rejected_call_is_not_made_and_the_model_reads_so(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER), "Then not.")
    asked.decide("reject")
    assert (app.answer(asked.run).answer, sent(file)) == ("Then not.", [])
    assert "said no" in asked.read[0]


def test_edited_arguments_are_the_ones_it_is_made_with(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    asked.decide("edit", {"to": "安娜", "text": "你好 {{x}}"})
    assert sent(file) == ["安娜: 你好 {{x}}"]
    assert "安娜" in asked.read[0]
    assert "The user changed the arguments" in asked.read[0]
    assert app.answer(asked.run).steps[0].arguments == {"to": "安娜", "text": "你好 {{x}}"}


@pytest.mark.parametrize(
    "arguments", [{}, {"to": "Ann"}, {"to": "Ann", "text": ["x"]}, {"to": "Ann", "text": "x", "copy": "Bob"}]
)
def test_arguments_that_the_tool_does_not_take_are_refused_and_it_still_waits(
    app: Cairn, file: Path, arguments: dict[str, Any]
) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    with pytest.raises(UsageError, match="send"):
        asked.decide("edit", arguments)
    assert (asked.state, sent(file)) == ("waiting", [])
    asked.decide("approve")
    assert sent(file) == ["Ann: Hello"]


def test_a_call_that_the_tool_would_not_take_asks_nobody(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(("send", {"to": "Ann"})), "I see.")
    assert (asked.state, sent(file)) == ("finished", [])
    assert "text" in asked.read[0]


def test_other_calls_go_on_while_one_waits(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER, ("calculator", {"expression": "6*7"})), "Done.")
    assert [data["result"] for data in asked.told("tool_finished")] == ["6*7 = 42"]
    assert asked.state == "waiting"
    asked.decide("approve")
    assert sorted(asked.read) == ["6*7 = 42", "Sent to Ann."], "calls side by side are told of in any order"
    assert len(asked.told("tool_started")) == 2


def test_several_calls_are_decided_one_by_one_and_then_it_goes_on(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER, ("send", {"to": "Bob", "text": "Hi"})), "Done.")
    assert len(app.waiting(asked.run)) == 2
    assert not asked.decide("reject")
    assert asked.state == "waiting"
    [left] = app.waiting(asked.run)
    assert asked.decide("approve")
    assert sent(file) == ["{to}: {text}".format(**left["arguments"])]


def test_approving_twice_at_once_carries_it_out_once(app: Cairn, file: Path, settings: Settings) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    id, other = app.waiting(asked.run)[0]["id"], Cairn(settings)
    go, told = threading.Barrier(8), []

    def approve(page: Cairn) -> None:
        go.wait()
        try:
            told.append(page.decide(asked.run, id, "approve", model=asked.model))
        except CairnError as error:
            told.append(error)

    threads = [threading.Thread(target=approve, args=(page,)) for page in (app, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked.follow()
    assert told.count(True) == 1
    assert all("decided already: approved" in str(one) for one in told if one is not True)
    assert sent(file) == ["Ann: Hello"]
    assert [data["state"] for data in asked.told("approval")] == ["needed", "approved"]
    other.close()


def test_nothing_that_was_not_asked_can_be_decided(app: Cairn, file: Path) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    with pytest.raises(UsageError, match="Nothing of that run"):
        app.decide(asked.run, "nonsense", "approve", model=asked.model)
    with pytest.raises(UsageError, match="no run"):
        app.decide("nonsense", "nonsense", "approve", model=asked.model)
    stranger = Cairn(app.settings.model_copy(update={"user": "bob"}))
    for reach in (
        lambda: stranger.decide(asked.run, app.waiting(asked.run)[0]["id"], "approve", model=asked.model),
        lambda: stranger.waiting(asked.run),
        lambda: stranger.resume(asked.run),
        lambda: stranger.stop(asked.run),
    ):
        with pytest.raises(UsageError):
            reach()
    assert stranger.unfinished() == []
    assert (asked.state, sent(file)) == ("waiting", [])


def test_a_waiting_run_keeps_its_thread_until_it_is_decided_or_stopped(
    app: Cairn, file: Path, settings: Settings
) -> None:
    asked = Asked(app, calls(LETTER), "Done.")
    with pytest.raises(ThreadBusy, match="waits for your decision"):
        app.start("And?", task="math", thread=asked.thread, model=ScriptedModel())
    assert [(run, state) for run, _, state in app.unfinished()] == [(asked.run, "waiting")]
    elsewhere = Cairn(settings)
    elsewhere.stop(asked.run)
    assert (asked.state, app.answer(asked.run).stopped_by, sent(file)) == ("stopped", "user", [])
    with pytest.raises(UsageError, match="waits no more"):
        app.decide(asked.run, asked.told("approval")[0]["id"], "approve", model=asked.model)
    assert app.ask("And?", task="math", thread=asked.thread, model=ScriptedModel("Yes.")).answer == "Yes."
    elsewhere.close()


def test_it_survives_a_restart(settings: Settings, file: Path) -> None:
    before = Cairn(settings)
    asked = Asked(before, calls(LETTER), "Done.")
    before.close()
    asked.app = after = Cairn(settings)
    asked.decide("approve")
    assert (after.answer(asked.run).answer, sent(file)) == ("Done.", ["Ann: Hello"])
    after.close()


def test_what_was_spent_before_it_waited_counts_on(app: Cairn, file: Path) -> None:
    limits = {**ASK, "limits": {"model_calls": 2, "tool_calls": 1}}
    asked = Asked(app, calls(LETTER), "Done.", patch=limits)
    asked.decide("approve")
    assert app.answer(asked.run).stopped_by == "model_calls"
    assert sent(file) == ["Ann: Hello"]


def test_a_name_in_approve_that_is_no_tool_is_refused(app: Cairn, file: Path) -> None:
    with pytest.raises(TaskError, match="sned"):
        app.start("x", task="math", patch={"approve": ["sned"]}, model=ScriptedModel())
    with pytest.raises(TaskError, match="direct does not"):
        app.start("x", task="math", patch={"strategy": "direct", **ASK}, model=ScriptedModel())


def test_several_attempts_at_once_carry_nothing_out(app: Cairn, file: Path, settings: Settings) -> None:
    app.prompts.copy("math", "three")
    (app.workspace.home.prompts / "math" / "three.md").write_text("---\nexperiment: 2\n---\nWrite.", "utf-8")
    for approve in (["send"], []):
        patch = {"tools": ["letters"], "approve": approve, "template": "three"}
        asked = Asked(app, calls(LETTER), calls(LETTER), "a", "b", patch=patch)
        assert (asked.state, sent(file)) == ("finished", [])
