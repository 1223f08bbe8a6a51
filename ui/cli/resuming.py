"""What waits for a yes, and what was broken off: decided in the terminal, and gone on with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agents.app import Cairn, Decision
from cairn.errors import UsageError
from cairn.events import Approval, Event
from ui.cli.asking import Options, follow, opened, report
from ui.cli.output import note, say_json, say_table

Answer = tuple[Decision, dict[str, Any] | None] | str | None
Decider = Callable[[Approval], Answer]
_CHOICES = "Approve it? y(es), n(o), e(dit the arguments), s(top): "
_SHOWN = 2000


def decider(options: Options, may_ask: bool = True) -> Decider:
    """By the flags, else by asking where somebody sits at a terminal, else nobody decides. Raises UsageError."""
    if options.yes and options.no:
        raise UsageError("--yes and --no can't both be had.", "Choose one.")
    if options.yes or options.no:
        return lambda _asked: ("approve" if options.yes else "reject", None)
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


def _ask(asked: Approval) -> Answer:
    note(f"{asked['tool']} wants to be called with:")
    for name, value in asked["arguments"].items():
        note(f"  {name}: {_text(value)[:_SHOWN]}")
    try:
        while True:
            match _read(_CHOICES).strip().lower()[:1]:
                case "y":
                    return ("approve", None)
                case "n":
                    return ("reject", None)
                case "e":
                    return ("edit", {name: _edited(name, value) for name, value in asked["arguments"].items()})
                case "s":
                    return "stop"
                case _:
                    continue
    except (EOFError, KeyboardInterrupt):
        note("")
        return None


def _edited(name: str, value: Any) -> Any:
    """What is typed; nothing keeps the value. Of what was no text, JSON."""
    typed = _read(f"  {name} (Enter keeps it): ")
    if not typed or isinstance(value, str):
        return typed or value
    try:
        return json.loads(typed)
    except json.JSONDecodeError:
        return typed


def _read(prompt: str) -> str:
    """On standard error, so that the answer can be piped away."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return input()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def resume(home: Path | None, run: str, options: Options, *, stop: bool, as_json: bool, as_stream: bool) -> None:
    """Go on with a run that waits or was broken off, and exit as `ask` does; or end one that waits."""
    before = 0
    if stop:
        with opened(home, options) as app:
            _stop(app, run)
        return

    def begin(app: Cairn) -> str:
        nonlocal before
        id, _ = app.rooms.runs.find(run)
        before = app.events(id)[-1].seq if app.events(id) else 0
        if not app.waiting(id):
            app.resume(id, model=options.model)
        return id

    report(home, options, begin, as_json=as_json, as_stream=as_stream, old=lambda: before)


def _stop(app: Cairn, run: str) -> None:
    id, _ = app.rooms.runs.find(run)
    if not app.waiting(id):
        raise UsageError("That run does not wait.", "`cairn resume` lists what does.")
    app.stop(id)
    note("Stopped.")


def list_unfinished(home: Path | None, as_json: bool) -> None:
    """What can be gone on with, newest first."""
    with opened(home) as app:
        runs = app.unfinished()
    if as_json:
        say_json([{"run": run, "question": question, "state": state} for run, question, state in runs])
    elif runs:
        say_table(["run", "state", "question"], [[run[:8], state, " ".join(q.split())[:70]] for run, q, state in runs])
    else:
        note("Nothing waits, and nothing was broken off.")
