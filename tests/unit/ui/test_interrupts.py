"""Ctrl-C at bad moments, sent from the very place where it comes."""

from __future__ import annotations

import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.events import Event
from cairn.core.settings import Settings
from cairn.ui.cli import run_chat
from cairn.ui.cli.flags import Options
from cairn.ui.cli.run_ask import decider, follow
from cairn.ui.cli.terminal import held
from tests.scripted import ScriptedModel


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


def waiting(go: threading.Event) -> Callable[[Any], str]:
    """An answer that comes after `go`."""

    def answer(_messages: Any) -> str:
        go.wait(5)
        return "done"

    return answer


@pytest.mark.parametrize("at", ["started", "finished"])
def test_an_event_that_is_being_shown_is_shown_to_its_end_and_the_run_is_over(app: Cairn, at: str) -> None:
    go, shown = threading.Event(), list[str]()

    def show(event: Event) -> None:
        if event.type == at:
            interrupt()
            go.set()
        shown.append(event.type)

    handle = app.start("x", task="math", model=ScriptedModel("done" if at == "finished" else waiting(go)))
    follow(app, handle.run, show)
    assert shown[0] == "started"
    assert [type for type in shown if type in ("finished", "failed")] == ["finished"]
    assert app.running(handle.thread) is None


def test_a_second_ctrl_c_is_not_caught(app: Cairn) -> None:
    go = threading.Event()
    handle = app.start("x", task="math", model=ScriptedModel(waiting(go)))

    def twice(_event: Event) -> None:
        interrupt()
        interrupt()

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        follow(app, handle.run, twice)
    assert signal.getsignal(signal.SIGINT) is before
    go.set()


def test_ignored_it_stays_ignored(app: Cairn) -> None:
    """As for a program that a script runs in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held() as noted:
            interrupt()
        handle = app.start("x", task="math", model=ScriptedModel("done"))
        follow(app, handle.run, lambda _event: interrupt())
    finally:
        signal.signal(signal.SIGINT, before)
    assert noted == []
    assert app.answer(handle.run).stopped_by is None


def test_in_a_chat_it_leaves_no_answer_unseen(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also between the start of an answer and its first event."""

    def interrupted(options: Options) -> Any:
        interrupt()
        return decider(options)

    monkeypatch.setattr(run_chat, "decider", interrupted)
    monkeypatch.setattr(sys, "stdin", io.StringIO("2+3\n4*7\n"))
    run_chat.chat(settings.home, Options(task="math"))
    assert [line for line in capsys.readouterr().out.splitlines() if line] == ["2 + 3 = **5**", "4 * 7 = **28**"]


def test_a_question_to_the_user_is_left_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", interrupt)
    with held() as noted:
        assert decider(Options())({"id": "1", "tool": "send", "arguments": {}, "state": "needed"}) is None
    assert noted == []
