"""`cairn ask`: one question, its answer on standard output, what happens on the way on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn, Handle
from cairn.core.answer import fold
from cairn.core.errors import CairnError, UsageError
from cairn.core.events import VERSION, Event
from cairn.core.settings import load_settings
from cairn.core.task import task_patch
from cairn.ui.cli.approvals import decider, settle
from cairn.ui.cli.event_printer import Printer
from cairn.ui.cli.terminal_output import note, say_line

WAITS = 3
INTERRUPTED = 130


@dataclass
class Options:
    """What the flags of `ask` and `chat` say; None is not said."""

    task: str | None = None
    template: str | None = None
    strategy: str | None = None
    model: str | None = None
    base_url: str | None = None
    temperature: float | None = None
    thread: str | None = None
    yes: bool = False
    no: bool = False

    @property
    def patch(self) -> dict[str, Any]:
        return task_patch(template=self.template, strategy=self.strategy)

    def start(self, app: Cairn, question: str) -> Handle:
        return app.start(question, thread=self.thread, task=self.task, patch=self.patch, model=self.model)


@contextmanager
def opened(home: Path | None, options: Options | None = None) -> Generator[Cairn]:
    """The home, open, with the flags' settings; closed in the end."""
    flags = options or Options()
    app = Cairn(load_settings(home, base_url=flags.base_url, temperature=flags.temperature, model=flags.model))
    try:
        yield app
    finally:
        app.close()


def ask(home: Path | None, question: str, options: Options, *, as_json: bool, as_stream: bool) -> None:
    """Answer and exit: 0, 1 for a failure, 2 for a question or flag that is wrong, 3 for what waits, 130 for Ctrl-C.

    As JSON exactly one object is written, whatever goes wrong.
    """

    def begin(app: Cairn) -> str:
        return options.start(app, _read(question)).run

    report(home, options, begin, as_json=as_json, as_stream=as_stream)


def report(
    home: Path | None,
    options: Options,
    begin: Callable[[Cairn], str],
    *,
    as_json: bool,
    as_stream: bool,
    old: Callable[[], int] = lambda: 0,
) -> None:
    """Show the run that `begin` names, and exit as `ask` says. Failures up to event `old` were told before."""
    if as_json and as_stream:
        raise UsageError(
            "--json and --stream can't both be had.", "--json gives one object, --stream one event a line."
        )
    printer = None if as_json or as_stream else Printer()
    events: list[Event] = []

    def show(event: Event) -> None:
        events.append(event)
        if as_stream:
            say_line(json.dumps(asdict(event), ensure_ascii=False))
        elif printer and not (event.type == "failed" and event.seq <= old()):
            printer.show(event)

    error: BaseException | None = None
    over = True
    try:
        decide = decider(options, may_ask=printer is not None)
        with opened(home, options) as app:
            over = settle(app, begin(app), show, decide, options.model)
    except BaseException as caught:
        error = caught
    if as_stream and error and not events:
        say_line(json.dumps(asdict(_failure(error)), ensure_ascii=False))
    if as_json:
        answer = fold(events)
        say_line((answer.model_copy(update={"error": _explain(error)}) if error else answer).model_dump_json())
    if error:
        raise error
    if as_json and (told := fold(events).error):
        note(f"cairn: {told}")
    sys.exit(_exit_code(events[-1]) if over else WAITS)


def _failure(error: BaseException) -> Event:
    """What kept a run from being begun, as the only event of a stream."""
    known = error if isinstance(error, CairnError) else CairnError(_explain(error))
    data = {
        "kind": known.kind,
        "message": known.message,
        "hint": known.hint,
        "exit_code": known.exit_code,
        "seconds": 0,
    }
    return Event(VERSION, "", 1, time.time(), "failed", data)


def _exit_code(last: Event) -> int:
    if last.type == "failed":
        return int(last.data["exit_code"])
    return INTERRUPTED if last.data["stopped_by"] == "user" else 0


def _explain(error: BaseException) -> str:
    return str(error) if isinstance(error, CairnError) else f"{type(error).__name__}: {error}"


def _read(question: str) -> str:
    if question != "-":
        return question
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("There is no question on standard input.", 'Pipe one in: echo "…" | cairn ask -')
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UsageError(
            "What came on standard input is not text in UTF-8.", "Convert it first, as with iconv."
        ) from None
