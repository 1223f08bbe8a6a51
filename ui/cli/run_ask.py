"""`cairn ask`: one question, its answer on standard output, what happens on the way on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn, Decision
from cairn.core.answer import fold
from cairn.core.errors import CairnError, UsageError
from cairn.core.events import VERSION, Approval, Event
from cairn.core.recently_deleted import RecentlyDeleted
from cairn.core.settings import load_settings
from cairn.ui.cli.event_printer import Printer
from cairn.ui.cli.flags import Options, approval
from cairn.ui.cli.terminal import note, raised, say_line, stopping

WAITS = 3
INTERRUPTED = 130
Answer = tuple[Decision, dict[str, Any] | None] | str | None
Decider = Callable[[Approval], Answer]
_CHOICES = "Approve it? y(es), n(o), e(dit the arguments), s(top): "
_SHOWN = 2000


@contextmanager
def opened(home: Path | None, options: Options | None = None) -> Generator[Cairn]:
    """The home, open, with the flags' settings; closed in the end."""
    flags = options or Options()
    app = Cairn(load_settings(home, base_url=flags.base_url, temperature=flags.temperature, model=flags.model))
    try:
        if RecentlyDeleted(app.settings.home, app.settings.user).old():
            from cairn.ui.deletions import empty

            empty(app)
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


def decider(options: Options, may_ask: bool = True) -> Decider:
    """By the flags, else by asking where somebody sits at a terminal, else nobody decides. Raises UsageError."""
    if (decided := approval(options.yes, options.no)) is not None:
        return lambda _asked: ("approve" if decided else "reject", None)
    return _ask if may_ask and sys.stdin is not None and sys.stdin.isatty() else lambda _asked: None


def settle(app: Cairn, run: str, show: Callable[[Event], None], decide: Decider, model: str | None = None) -> bool:
    """Show the run to its end, deciding what it asks on the way; False when it waits and nobody decides."""
    seen = 0
    while True:
        seen = follow(app, run, show, seen)
        waiting = app.waiting(run)
        if not waiting:
            return True
        for asked in waiting:
            answer = decide(asked)
            if answer is None:
                for undecided in app.waiting(run):
                    _tell(undecided)
                note(f"Waiting for your decision: cairn resume {run[:8]} --yes (or --no, or --stop), or on the page.")
                return False
            if isinstance(answer, str):
                app.stop(run)
                break
            try:
                app.decide(run, asked["id"], *answer, model=model)
            except UsageError as error:
                note(f"cairn: {error}")
                break


def follow(app: Cairn, run: str, show: Callable[[Event], None], seen: int = 0) -> int:
    """Show the run's events after `seen`, until it ends or waits; the last one's number.

    Ctrl-C stops the run, whose last events still come. A second Ctrl-C is not caught.
    """
    with stopping(lambda: app.stop(run)):
        for event in app.follow(run, seen):
            show(event)
            seen = event.seq
    return seen


def _ask(asked: Approval) -> Answer:
    _tell(asked)
    try:
        while True:
            match _typed(_CHOICES).strip().lower()[:1]:
                case "y":
                    return ("approve", None)
                case "n":
                    return ("reject", None)
                case "e":
                    typed = {name: _edited(name, value) for name, value in asked["arguments"].items()}
                    return ("approve", None) if typed == asked["arguments"] else ("edit", typed)
                case "s":
                    return "stop"
                case _:
                    continue
    except (EOFError, KeyboardInterrupt):
        note("")
        return None


def _tell(asked: Approval) -> None:
    """What is to be decided."""
    note(f"{asked['tool']} wants to be called{' with:' if asked['arguments'] else '.'}")
    for name, value in asked["arguments"].items():
        text = _text(value)
        note(f"  {name}: {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}")


def _edited(name: str, value: Any) -> Any:
    """What is typed; nothing keeps the value. Of what was no text, JSON."""
    typed = _typed(f"  {name} (Enter keeps it): ")
    if not typed or isinstance(value, str):
        return typed or value
    try:
        return json.loads(typed)
    except json.JSONDecodeError:
        return typed


def _typed(prompt: str) -> str:
    """On standard error, so that the answer can be piped away."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    with raised():
        return input()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
