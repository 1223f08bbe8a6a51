"""A plan as the page shows it: a list with states, and its graph as a Mermaid drawing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from cairn.core.events import PlanStep

_MARKS = {"waiting": "○", "running": "◔", "done": "●", "failed": "✕"}
_COLOURS = {"waiting": "#9aa0a6", "running": "#d29922", "done": "#2e8b57", "failed": "#c0392b"}
_FEWEST, _MOST = 3, 60


def lines(steps: Sequence[PlanStep], said: Callable[[str], str] = str) -> str:
    """One a line; those that call a tool with their numbers, by which others refer to them. `said`: why one failed."""
    return "\n".join(_line(step, said) for step in steps)


def _line(step: PlanStep, said: Callable[[str], str]) -> str:
    number = f"{step['id']}. " if step.get("tool") else ""
    reason = step.get("reason")
    return f"{_MARKS.get(step['state'], '○')} {number}{step['text']}{f' — {said(reason)}' if reason else ''}"


def graph(steps: Sequence[PlanStep]) -> str | None:
    """A flowchart from the first steps to the answer; None for what is no graph, or too much of one."""
    if not _FEWEST <= len(steps) <= _MOST or not any(step["needs"] for step in steps):
        return None
    names = {step["id"]: f"n{number}" for number, step in enumerate(steps)}
    calls = [step for step in steps if step.get("tool")]
    needed = {id for step in calls for id in step["needs"]}
    drawn = ["flowchart LR"]
    drawn += [f'  {names[step["id"]]}["{_label(step)}"]:::{_state(step)}' for step in steps]
    for step in steps:
        sources = step["needs"] if step.get("tool") else [id for id in step["needs"] if id not in needed]
        drawn += [f"  {names[id]} --> {names[step['id']]}" for id in sources if id in names]
    drawn += [f"  classDef {state} stroke:{colour},stroke-width:2px" for state, colour in _COLOURS.items()]
    return "\n".join(drawn)


def _state(step: PlanStep) -> str:
    return step["state"] if step["state"] in _COLOURS else "waiting"


def _label(step: PlanStep) -> str:
    """Letters and digits only: nothing that a model wrote is read as a drawing."""
    tool = step.get("tool")
    text = f"{step['id']} {tool}" if tool else step["text"]
    return re.sub(r"[^\w -]", " ", text)[:40].strip() or "step"
