"""Actions, as tasks, mining and plans write them: `FIND_DATES(CTX, EVENT): find when EVENT took place`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cairn.agents.plan.plan_arguments import NAME
from cairn.core.errors import TaskError
from cairn.core.task import Task
from cairn.prompts.task_store import packaged_task

CTX = "CTX"
"""Stands for the whole text."""
TASK = "pearl"
_ACTION = re.compile(rf"\s*(?:[-*•]\s*|\d{{1,3}}[.)]\s*)?`?({NAME})\s*[(（]([^()（）]*)[)）]`?\s*[:：]\s*(\S.*)")
_NUMBERED = re.compile(r"\s*\d{1,4}\s*[.)．、）]")


@dataclass(frozen=True, slots=True)
class Action:
    """`about` says what it does, in the words of its arguments."""

    name: str
    arguments: tuple[str, ...]
    about: str

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.arguments)}): {self.about}"

    @property
    def schema(self) -> dict[str, Any]:
        """Of its arguments, all of which are needed."""
        fields = {name: {"description": "the text" if name == CTX else ""} for name in self.arguments}
        return {"type": "object", "title": self.name, "properties": fields, "required": list(self.arguments)}


def read_action(line: str) -> Action | None:
    """None for a line that is none: each argument has to be a name of its own."""
    match = _ACTION.fullmatch(line.rstrip())
    if match is None:
        return None
    arguments = tuple(name.strip() for name in re.split("[,，、]", match[2]) if name.strip())
    if len(set(arguments)) != len(arguments) or not all(re.fullmatch(NAME, name) for name in arguments):
        return None
    return Action(match[1], arguments, " ".join(match[3].split()))


def actions_of(task: Task) -> dict[str, Action]:
    """By name those of the task, else the packaged ones. Raises TaskError, naming the one that can't be read."""
    lines = task.pearl.actions or packaged_task(TASK).pearl.actions
    found: dict[str, Action] = {}
    for line in lines:
        if (action := read_action(line)) is None:
            raise TaskError(
                f"{line[:80]!r} in `pearl.actions` of task {task.name!r} is no action.",
                "Write NAME(CTX, ARGUMENT): what it does.",
            )
        found[action.name] = action
    return found


def split_new_actions(text: str, known: Mapping[str, Action]) -> tuple[dict[str, Action], str]:
    """The actions that a plan defines for itself, in lines without a number, and the rest of its text.

    One that is known already stays what it is.
    """
    new: dict[str, Action] = {}
    rest: list[str] = []
    for line in text.splitlines():
        action = None if _NUMBERED.match(line) else read_action(line)
        if action is None:
            rest.append(line)
        elif action.name not in known:
            new[action.name] = action
    return new, "\n".join(rest)


def write_actions(actions: Iterable[Action]) -> str:
    return "\n".join(f"- {action}" for action in actions)


def merged_actions(groups: Sequence[Sequence[Action]]) -> list[Action]:
    """Each name once, as it came first."""
    found: dict[str, Action] = {}
    for group in groups:
        for action in group:
            found.setdefault(action.name, action)
    return list(found.values())
