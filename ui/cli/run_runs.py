"""Stored runs: listed, shown step by step, asked again, chosen between, stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cairn.agents.prompt_preview import Rebuilt, rebuild
from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.events import Event
from cairn.memory.run_list import ListedRun
from cairn.ui.cli.event_printer import called
from cairn.ui.cli.flags import Options
from cairn.ui.cli.run_ask import opened, report
from cairn.ui.cli.terminal import moment, note, say, say_json, say_list

STATES = ("running", "waiting", "interrupted", "finished", "failed", "stopped")
_PATIENCE = 5.0
_LOOK = 0.05
_LONGEST = 300


def list_runs(home: Path | None, thread: str | None, state: str | None, number: int, *, as_json: bool) -> None:
    if state not in (None, *STATES):
        raise UsageError(f"There is no state {state!r}.", f"There are: {', '.join(STATES)}.")
    with opened(home) as app:
        found = app.workspace.runs.newest(thread and app.threads.get(thread).id, state, number)
    columns = ["run", "began", "state", "task", "model", "seconds", "tokens", "question"]
    say_list(found, columns, _row, "There are no such runs.", as_json)


def _row(run: ListedRun) -> list[Any]:
    seconds = None if run.seconds is None else f"{run.seconds:.1f}"
    question = " ".join(run.question.split())[:70]
    return [run.run[:8], moment(run.started), run.state, run.task, run.model, seconds, run.tokens, question]


def show(home: Path | None, run: str, *, as_json: bool) -> None:
    with opened(home) as app:
        id, thread = app.workspace.runs.find(run)
        events = app.events(id)
        state, versions = app.workspace.runs.state(id), app.workspace.runs.versions(id)
        prompt = rebuild(app.workspace, id, events)
    if as_json:
        told = {"run": id, "thread": thread, "state": state}
        others = [{"run": one, "chosen": chosen} for one, chosen in versions]
        say_json({**told, "versions": others, "events": [asdict(event) for event in events], "prompt": asdict(prompt)})
        return
    say(f"run {id}, {state}, of conversation {thread}")
    if len(versions) > 1:
        say("versions: " + ", ".join(f"{one[:8]}{' (chosen)' if chosen else ''}" for one, chosen in versions))
    _say_events(events)
    _say_prompt(prompt)


def _say_events(events: Sequence[Event]) -> None:
    """Each with the seconds since the run began."""
    for event in events:
        say(f"{event.time - events[0].time:9.3f}  {event.type:13} {_short(_detail(event))}")


def _detail(event: Event) -> str:
    data = event.data
    match event.type:
        case "started":
            return (
                f"{data['task']} ({data['strategy']}, template {data['template']}), {data['model']}: {data['question']}"
            )
        case "token" | "notice":
            return data["text"]
        case "tool_started":
            return called(data["tool"], data["arguments"])
        case "tool_finished":
            return f"{data['seconds']:.3f} s: {data['error'] or data['result']}"
        case "approval":
            return f"{data['state']}: {called(data['tool'], data['arguments'])}"
        case "plan":
            return "; ".join(f"{step['id']}. {step['text']} ({step['state']})" for step in data["steps"])
        case "sources":
            return ", ".join(source["source"] for source in data["sources"])
        case "usage":
            return f"{data['model']}: {data['input_tokens']} tokens in, {data['output_tokens']} out"
        case "stage":
            return f"{data['name']}, {data['milliseconds']:.0f} ms: {data['detail']}"
        case "finished":
            stopped = f", stopped by {data['stopped_by']}" if data["stopped_by"] else ""
            return f"{data['seconds']} s{stopped}: {data['answer']}"
        case "failed":
            return f"{data['seconds']} s: {data['message']}"
        case _:
            return json.dumps(data, ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _say_prompt(prompt: Rebuilt) -> None:
    say(f"\nWhat its model was sent first, {'made anew from what is stored' if prompt.messages else 'not known'}:")
    for message in prompt.messages:
        say(f"── {message['role']}\n{message['content']}")
    if prompt.tools:
        say(f"── tools: {', '.join(tool['function']['name'] for tool in prompt.tools)}")
    for doubt in prompt.doubts:
        note(f"· {doubt}")


def choose(home: Path | None, run: str) -> None:
    with opened(home) as app:
        app.choose_version(run)
    note("The conversation goes on with this version.")


def retry(
    home: Path | None, run: str, question: str | None, options: Options, *, as_json: bool, as_stream: bool
) -> None:
    """Ask again, show the answer and exit as `ask` does."""

    def begin(app: Cairn) -> str:
        return app.retry(run, model=options.model, patch=options.changes(), task=options.task, question=question).run

    report(home, options, begin, as_json=as_json, as_stream=as_stream)


def stop(home: Path | None, run: str) -> None:
    """Ask for the end and wait a moment for it."""
    with opened(home) as app:
        id, _ = app.workspace.runs.find(run)
        if (state := app.workspace.runs.state(id)) not in ("running", "waiting"):
            raise UsageError(
                f"That run is not at work: it is {state}.", "`cairn runs list --state running` shows which are."
            )
        app.stop(id)
        until = time.monotonic() + _PATIENCE
        while (state := app.workspace.runs.state(id)) == "running" and time.monotonic() < until:
            time.sleep(_LOOK)
    note("It was asked to stop, and has not yet." if state == "running" else f"It is {state}.")
