"""`cairn ask`: one question, its answer on standard output, what happens on the way on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agents.app import Cairn, Handle
from cairn.answer import Answer, fold
from cairn.errors import CairnError, UsageError
from cairn.events import Event
from cairn.settings import load_settings
from cairn.text import clean
from ui.cli.printer import Printer

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

    @property
    def patch(self) -> dict[str, Any]:
        return {
            key: value
            for key, value in {"template": self.template, "strategy": self.strategy}.items()
            if value is not None
        }

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
    """Answer and exit: 0, 1 for a failure, 2 for a question or flag that is wrong, 130 for Ctrl-C."""
    try:
        with opened(home, options) as app:
            code = _run(app, _read(question), options, as_json, as_stream)
    except CairnError as error:
        if as_json:
            _write(Answer(run=None, error=str(error)).model_dump_json())
        raise
    sys.exit(code)


def _run(app: Cairn, question: str, options: Options, as_json: bool, as_stream: bool) -> int:
    handle = options.start(app, question)
    printer = None if as_json or as_stream else Printer()
    events: list[Event] = []
    for event in follow(app, handle.run):
        events.append(event)
        if as_stream:
            _write(json.dumps(asdict(event), ensure_ascii=False))
        elif printer:
            printer.show(event)
    if as_json and not as_stream:
        _write(fold(events).model_dump_json())
    last = events[-1].data
    if "exit_code" in last:
        return int(last["exit_code"])
    return INTERRUPTED if last["stopped_by"] == "user" else 0


def follow(app: Cairn, run: str) -> Iterator[Event]:
    """The run's events; Ctrl-C stops the run, whose last events still come. A second Ctrl-C is not caught."""
    seen = 0
    try:
        for event in app.follow(run):
            seen = event.seq
            yield event
    except KeyboardInterrupt:
        app.stop(run)
        yield from app.follow(run, seen)


def _read(question: str) -> str:
    if question != "-":
        return question
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("There is no question on standard input.", 'Pipe one in: echo "…" | cairn ask -')
    return clean(sys.stdin.buffer.read().decode("utf-8", "replace")).strip()


def _write(line: str) -> None:
    sys.stdout.write(clean(line) + "\n")
    sys.stdout.flush()
