"""What waits for a yes, and what was broken off: decided in the terminal, and gone on with."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn, Decision
from cairn.core.errors import UsageError
from cairn.core.events import Approval, Event
from cairn.ui.cli.event_printer import called
from cairn.ui.cli.interrupts import raised
from cairn.ui.cli.run_ask import Options, follow, opened, report
from cairn.ui.cli.terminal_output import note, say_json, say_table

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


def _ask(asked: Approval) -> Answer:
    _tell(asked)
    try:
        while True:
            match _read(_CHOICES).strip().lower()[:1]:
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
    with raised():
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
        id, _ = app.workspace.runs.find(run)
        before = app.events(id)[-1].seq if app.events(id) else 0
        if not app.waiting(id):
            app.resume(id, model=options.model)
        return id

    report(home, options, begin, as_json=as_json, as_stream=as_stream, old=lambda: before)


def _stop(app: Cairn, run: str) -> None:
    id, _ = app.workspace.runs.find(run)
    if not app.waiting(id):
        raise UsageError("That run does not wait.", "`cairn resume` lists what does.")
    app.stop(id)
    note("Stopped.")


def list_unfinished(home: Path | None, as_json: bool, decided: bool) -> None:
    """What can be gone on with, newest first, with the calls that wait. `decided`: a flag decides, but of which run?"""
    if decided:
        raise UsageError("Say which run --yes, --no or --stop is for.", "`cairn resume` lists them.")
    with opened(home) as app:
        runs = [(*one, app.waiting(one[0])) for one in app.unfinished()]
    if as_json:
        say_json([{"run": run, "question": q, "state": state, "calls": calls} for run, q, state, calls in runs])
    elif runs:
        rows = [
            [
                run[:8],
                state,
                " ".join(q.split())[:70],
                "\n".join(called(one["tool"], one["arguments"]) for one in calls),
            ]
            for run, q, state, calls in runs
        ]
        say_table(["run", "state", "question", "waits for"], rows)
    else:
        note("Nothing waits, and nothing was broken off.")
