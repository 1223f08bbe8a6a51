from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from cairn.core.events import Event
from cairn.ui.cli.event_printer import Printer

EVIL = "7:40 \x1b]0;owned\x07\x1b[2J\rnever"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def show(*events: tuple[Any, dict[str, Any]]) -> None:
    printer = Printer()
    for seq, (type, data) in enumerate(events, 1):
        printer.show(Event(1, "r", seq, 0.0, type, data))


def test_nothing_that_comes_back_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    source: dict[str, Any] = {
        "source": EVIL,
        "title": EVIL,
        "page": None,
        "heading": None,
        "start": 0,
        "end": 1,
        "quote": EVIL,
    }
    source["notices"] = [EVIL]
    show(
        ("tool_started", {"id": "1", "tool": "search", "arguments": {"query": EVIL}}),
        ("tool_finished", {"id": "1", "tool": "search", "result": None, "error": EVIL, "seconds": 0.1}),
        ("notice", {"text": EVIL}),
        ("sources", {"sources": [source]}),
        ("table", {"columns": [EVIL, "b"], "rows": [[EVIL, 1], [EVIL, 2]], "sql": EVIL}),
        ("token", {"text": EVIL}),
        ("finished", {"answer": f"{EVIL} [1]", "stopped_by": None, "seconds": 0.1}),
    )
    said = screen.getvalue()
    assert said.count("7:40") > 6
    assert not any(code in said for code in ("\x1b]", "\x1b[2J", "\x07", "\r"))


def test_thoughts_are_shown_dim_in_a_terminal_and_left_out_of_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    events: list[tuple[Any, dict[str, Any]]] = [
        ("thought", {"text": "Two "}),
        ("thought", {"text": "twos."}),
        ("token", {"text": "It is 四."}),
        ("finished", {"answer": "It is 四.", "stopped_by": None, "seconds": 0.1}),
    ]
    show(*events)
    assert capsys.readouterr() == ("It is 四.\n", "")
    screen = Screen()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    show(*events)
    assert screen.getvalue() == "\x1b[2mTwo \x1b[0m\x1b[2mtwos.\x1b[0m\nIt is 四.\n"


def test_a_source_tells_what_its_document_lost(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"source": "a.pdf", "title": "A", "page": 1, "heading": None, "start": 0, "end": 1, "quote": "x"}
    show(
        ("sources", {"sources": [{**source, "notices": ["page 2 is scanned"]}]}),
        ("finished", {"answer": "It is so [1].", "stopped_by": None, "seconds": 0.1}),
    )
    assert "    not read whole: page 2 is scanned" in capsys.readouterr().err.splitlines()


def test_into_a_pipe_goes_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    show(("finished", {"answer": EVIL, "stopped_by": None, "seconds": 0.1}))
    assert capsys.readouterr().out == EVIL + "\n"


def test_the_last_line_tells_how_much_was_quoted(capsys: pytest.CaptureFixture[str]) -> None:
    statements = [
        {"text": "It is so.", "state": "quoted", "source": 0, "quote": "so", "reason": None, "judge": None},
        {"text": "It costs 5.", "state": "differs", "source": 0, "quote": "4", "reason": "it says 4", "judge": None},
        {"text": "It is fine.", "state": "not_checked", "source": None, "quote": None, "reason": "no", "judge": None},
    ]
    show(
        ("checked", {"statements": statements}),
        ("finished", {"answer": "It is so.", "stopped_by": None, "seconds": 0.1}),
    )
    told = capsys.readouterr().err.splitlines()
    counted = "Statements word for word in their passage: 1 of 3, differing from it: 1."
    assert told == ["differs: It costs 5. (it says 4)", counted]


def test_a_step_that_was_not_run_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    step = {"id": "3", "text": "double(number=$9)", "state": "waiting", "needs": [], "tool": "double", "arguments": {}}
    failed = {**step, "state": "failed", "reason": "$9 is no earlier step."}
    show(("plan", {"steps": [step]}), ("plan", {"steps": [failed]}), ("plan", {"steps": [failed]}))
    told = capsys.readouterr().err.splitlines()
    assert told == ["○ 3. double(number=$9)", "✕ 3. double(number=$9)", "  $9 is no earlier step."]


def test_a_tree_is_drawn_once_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(sys, "stderr", screen)
    first: dict[str, Any] = {"id": 0, "parent": None, "text": EVIL, "value": 60.0, "kept": True}
    second: dict[str, Any] = {"id": 1, "parent": 0, "text": "b", "value": 1.0, "kept": False}
    end = {"answer": "It is so.", "stopped_by": None, "seconds": 0.1}
    show(("tree", {"nodes": [first]}), ("tree", {"nodes": [first, second]}), ("finished", end))
    told = screen.getvalue()
    assert told.count("●") == 1 and "\n  ○ b (1)\n" in told
    assert "\x1b" not in told and "\r" not in told


def test_the_calls_of_a_task_that_is_asked_stand_below_the_call_that_asks_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    inner = {"id": "2", "tool": "search", "arguments": {}, "within": "1"}
    show(("tool_started", {"id": "1", "tool": "ask_documents", "arguments": {}}), ("tool_started", inner))
    assert capsys.readouterr().err.splitlines() == ["· ask_documents()", "  · search()"]


def test_what_asks_for_a_decision_begins_on_a_new_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    asked = {"id": "1", "tool": "send", "arguments": {}, "state": "needed"}
    show(("token", {"text": "Let me call."}), ("approval", asked))
    assert screen.getvalue() == "Let me call.\n"


LOOKED_UP = {"columns": ["city"], "rows": [["Rome"], ["Oslo"]], "sql": "SELECT DISTINCT city FROM customers"}
NOBODY: dict[str, Any] = {"columns": ["name"], "rows": [], "sql": "SELECT name FROM customers WHERE city = 'Roma'"}
COUNTED = {"columns": ["n"], "rows": [[7]], "sql": "SELECT COUNT(*) AS n FROM customers WHERE city = 'Rome'"}


def test_what_was_only_looked_up_is_not_shown_as_the_answers_table(capsys: pytest.CaptureFixture[str]) -> None:
    started = {"question": "How many come from Rome?", "model": "m"}
    tables = [("table", table) for table in (LOOKED_UP, COUNTED, NOBODY)]
    show(("started", started), *tables, ("finished", {"answer": "Seven: **7**.", "stopped_by": None, "seconds": 1.0}))
    told = capsys.readouterr().err
    assert COUNTED["sql"] in told
    assert LOOKED_UP["sql"] not in told
    assert NOBODY["sql"] not in told


def test_a_chart_that_a_terminal_can_not_show_is_said_to_be_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    show(("chart", {"spec": {}}), ("finished", {"answer": "The chart shows it.", "stopped_by": None, "seconds": 0.1}))
    assert "drawn in `cairn web`" in capsys.readouterr().err
