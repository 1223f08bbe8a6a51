"""Plans that led to right answers become examples of their task, which its selector finds for questions like theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cairn.agents.pearl.actions import actions_of
from cairn.agents.pearl.pearl_plan import write_steps
from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer
from cairn.core.errors import UsageError
from cairn.core.strategy import Example
from cairn.core.task import Task
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.prompts.example_pool import add_example

_STRATEGIES = ("pearl", "plan")


@dataclass
class Learned:
    """The questions whose plans were taken, and how many were left for which reason."""

    taken: list[str] = field(default_factory=list[str])
    left: Counter[str] = field(default_factory=Counter[str])


def learn_plans(workspace: Workspace, task: str, records: Sequence[Record]) -> Learned:
    """Of answers that an evaluation found right, the plan becomes an example of the task.

    A question that has an example already gets the new plan. Raises UsageError for a task that plans nothing.
    """
    known = workspace.prompts.task(task)
    if known.strategy not in _STRATEGIES:
        raise UsageError(f"Task {task!r} makes no plans.", f"Name a task of strategy {' or '.join(_STRATEGIES)}.")
    primary, learned = summarise(records).primary, Learned()
    for record in records:
        answer = record.as_answer()
        if (why := _unfit(record, answer, primary, known)) is not None:
            learned.left[why] += 1
            continue
        at = datetime.now(UTC).isoformat(timespec="seconds")
        plan = plan_of(answer)
        add_example(
            workspace.home,
            task,
            Example(input=record.question, output=plan, by=workspace.settings.user, at=at),
        )
        learned.taken.append(record.question)
    return learned


def _unfit(record: Record, answer: Answer, metric: str, task: Task) -> str | None:
    if (record.value(metric) or 0) < 1:
        return "not right"
    if answer.strategy != task.strategy or answer.stopped_by:
        return "answered otherwise, or cut short"
    calls = [step for step in answer.plan or [] if step.get("tool")]
    if not calls or any(step["state"] != "done" for step in calls):
        return "not carried out whole"
    if task.strategy == "pearl" and any(step.get("tool") not in actions_of(task) for step in calls):
        return "with actions that are none of the task's"
    return None


def plan_of(answer: Answer) -> str:
    """The plan of an answer, as its strategy's planner writes one."""
    steps = answer.plan or []
    if answer.strategy == "pearl":
        return write_steps(steps)
    return "\n".join([*(f"{step['id']}. {step['text']}" for step in steps if step.get("tool")), "join()"])
