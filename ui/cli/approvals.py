"""A run followed to its end in the terminal; what it asks for is decided by a flag, or by whoever sits there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cairn.agents.service import Cairn, Decision
from cairn.core.errors import UsageError
from cairn.core.events import Approval, Event
from cairn.ui.cli.interrupts import raised, stopping
from cairn.ui.cli.terminal_output import note

if TYPE_CHECKING:
    from cairn.ui.cli.run_ask import Options

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
