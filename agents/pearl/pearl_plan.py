"""A plan in PEARL's form, `1. found = FIND(CTX, "oak")`: read, and everything that is wrong with it at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cairn.agents.pearl.actions import CTX, Action, reads, split_new_actions
from cairn.agents.plan.plan_parser import PlanReader
from cairn.agents.plan.plan_steps import PlanProblem, Step, is_reference
from cairn.agents.plan.plan_validation import Checker
from cairn.core.events import PlanStep


@dataclass
class ActionPlan:
    """`actions`: the task's and those that the plan defines; they hold for this plan alone."""

    steps: dict[str, Step] = field(default_factory=dict[str, Step])
    actions: dict[str, Action] = field(default_factory=dict[str, Action])

    @property
    def problems(self) -> list[str]:
        """What the model is told, a line each; none where the plan is in form."""
        if not self.steps:
            return ['There is no step: each is a line like 1. found = ACTION(CTX, "words").']
        return [f"Step {step.id}: {step.problem}" for step in self.steps.values() if step.problem]

    @property
    def readings(self) -> int:
        """How many steps read the whole text."""
        return sum(reads(step.arguments) for step in self.steps.values())


def read_plan(text: str, known: Mapping[str, Action], question: str) -> ActionPlan:
    """The plan that a model wrote.

    Args:
        text: What it wrote.
        known: The actions that it may use besides its own.
        question: What is asked; a sum of money that stands in it is no reference.

    Returns:
        Its steps, those that are wrong with their problem.
    """
    new, rest = split_new_actions(text, known)
    plan = ActionPlan(actions={**known, **new})
    checker = Checker({name: action.schema for name, action in plan.actions.items()}, question)
    reader = PlanReader({CTX: CTX})
    for line in [*reader.feed(rest), *reader.end()]:
        step = checker.step(line, plan.steps)
        if step is not None:
            plan.steps[step.id] = step
    return plan


def too_dear(plan: ActionPlan, needed: int, left: int) -> PlanProblem:
    """The problem of a plan that is in form and takes more calls than there are."""
    return PlanProblem(
        "too_dear",
        f"The plan reads the text {plan.readings} times, which takes {needed} calls; {left} are left.",
        "Use fewer steps with CTX.",
    )


def leaves(steps: Sequence[Step], failed: set[str]) -> list[Step]:
    """The steps whose results nobody consumed: what a failed step was to use counts as left."""
    consumed = {need for step in steps if step.id not in failed for need in step.needs}
    return [step for step in steps if step.id not in consumed]


def write_steps(steps: Sequence[PlanStep]) -> str:
    """A plan that was carried out, in the form in which a model is to write one."""
    return "\n".join(map(_line, [step for step in steps if step.get("tool")]))


def _line(step: PlanStep) -> str:
    arguments = ", ".join(map(_written, step.get("arguments", {}).values()))
    return f"{step['id']}. out{step['id']} = {step.get('tool')}({arguments})"


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"  # pyright: ignore[reportUnknownArgumentType]
    if value == CTX:
        return CTX
    return f"out{value.strip().strip('${}')}" if is_reference(value) else json.dumps(value, ensure_ascii=False)
