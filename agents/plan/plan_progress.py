"""The plan as everybody sees it: told as a `plan` event when steps are added or change, and read back from one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cairn.agents.plan.plan_steps import PlanProblem, Step, references_in
from cairn.core.events import Event, PlanStep, emit

State = Literal["waiting", "running", "done", "failed"]
JOIN = "join"


class PlanProgress:
    """Changes of one turn of the loop are told at once, together."""

    def __init__(self) -> None:
        self._steps: dict[str, PlanStep] = {}
        self._published = True

    def add(self, step: Step) -> None:
        self._steps.pop(JOIN, None)
        arguments = {name: value for name, value in step.arguments.items() if name}
        self._put(step.id, written(step), list(step.needs), {"tool": step.tool, "arguments": arguments})

    def add_join(self) -> None:
        """The plan is complete: what is left is to answer from all of it."""
        self._put(JOIN, "answer", list(self._steps), {})

    def set(self, id: str, state: State, reason: str | None = None) -> None:
        """`reason`: why it failed, where no call tells it."""
        if id in self._steps and self._steps[id]["state"] != state:
            self._steps[id]["state"] = state
            if reason:
                self._steps[id]["reason"] = reason
            self._changed()

    def publish(self) -> None:
        """Now, if there is anything new."""
        if not self._published:
            self._published = True
            emit("plan", {"steps": [step.copy() for step in self._steps.values()]})

    def _put(self, id: str, text: str, needs: list[str], call: Mapping[str, Any]) -> None:
        self._steps[id] = PlanStep(id=id, text=text, state="waiting", needs=needs, **call)
        self._changed()

    def _changed(self) -> None:
        if self._published:
            self._published = False
            asyncio.get_running_loop().call_soon(self.publish)


def written(step: Step) -> str:
    """As a plan writes it, without its number."""
    arguments = (f"{name}={_short(value)}" if name else _short(value) for name, value in step.arguments.items())
    return f"{step.tool}({', '.join(arguments)})"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:299] + "…"


def earlier_plan(events: Sequence[Event]) -> tuple[list[Step], bool]:
    """The steps of the last plan of an interrupted run, and whether that plan was complete."""
    last = next((event for event in reversed(events) if event.type == "plan" and "within" not in event.data), None)
    if last is None:
        return [], False
    told: list[PlanStep] = last.data["steps"]
    steps = [_read(step) for step in told if step.get("tool")]
    return steps, any(step["id"] == JOIN for step in told)


def _read(told: PlanStep) -> Step:
    """One that failed is not tried again."""
    arguments = told.get("arguments", {})
    failed = (
        PlanProblem("unfinished", "It failed before the run was interrupted.") if told["state"] == "failed" else None
    )
    return Step(told["id"], told.get("tool", ""), arguments, tuple(references_in(arguments)), failed)
