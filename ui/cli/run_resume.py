"""What waits for a yes, and what was broken off: gone on with."""

from __future__ import annotations

from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.ui.cli.event_printer import called
from cairn.ui.cli.flags import Options
from cairn.ui.cli.run_ask import opened, report
from cairn.ui.cli.terminal import note, say_json, say_table


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
