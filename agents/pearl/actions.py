"""Actions, as tasks, mining and plans write them: `FIND_DATES(CTX, EVENT): find when EVENT took place`.

As a tool one that is given the text reads it in pieces; each result is a text for other actions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from cairn.agents.plan.plan_arguments import NAME
from cairn.agents.plan.plan_prompts import indent
from cairn.agents.plan.plan_steps import texts_in
from cairn.agents.reading.document_pieces import at_both_ends
from cairn.agents.reading.text_reader import TextReader
from cairn.core.errors import TaskError
from cairn.core.events import within
from cairn.core.passages import NOTHING_FOUND, call_under_way
from cairn.core.task import Task
from cairn.prompts.task_store import packaged_task
from cairn.prompts.template import step
from cairn.tools.tool_invocation import READS

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


_SHARE = 0.4
"""Of the time that is left, for one reading; a step has half."""
_NOT_THE_TEXT = "(this step is not given the text: see what it is given)"
RESULT_TOKENS = 800


def reads(arguments: Mapping[str, Any]) -> bool:
    """Whether the text is among the arguments."""
    return CTX in texts_in(dict(arguments))


class ActionTools:
    """Of one question. `whole`: the text itself where it is small enough to be sent as it is."""

    def __init__(self, reader: TextReader, question: str, whole: str | None) -> None:
        self._reader = reader
        self._question = question
        self._whole = whole

    def make(self, actions: Iterable[Action]) -> list[BaseTool]:
        return [
            StructuredTool.from_function(
                coroutine=self._runner(action),
                name=action.name,
                description=action.about,
                args_schema=action.schema,
                metadata=dict(READS),
            )
            for action in actions
        ]

    def calls(self, arguments: Mapping[str, Any]) -> int:
        """How many calls of the model a step with these takes at most."""
        return 1 + (self._reader.calls if reads(arguments) and self._whole is None else 0)

    def _runner(self, action: Action) -> Callable[..., Any]:
        async def run(**given: Any) -> str:
            call = call_under_way()
            with within(call, lambda _type, _data: None) if call else nullcontext():
                return await self._run(action, given)

        return run

    async def _run(self, action: Action, given: Mapping[str, Any]) -> str:
        others = {name: value for name, value in given.items() if value != CTX}
        inputs = "\n".join(f"{name}:\n{indent(_text(value))}" for name, value in others.items()) or "(nothing else)"
        text = await self._text(action, inputs) if reads(given) else _NOT_THE_TEXT
        filled = {"action": str(action), "inputs": inputs, "text": text, "question": self._question}
        said = await self._reader.model.ask(
            step("pearl_action").format_messages(**filled), action.name, most=RESULT_TOKENS
        )
        return said.strip() or NOTHING_FOUND

    async def _text(self, action: Action, inputs: str) -> str:
        """The text, or the notes that were taken on its pieces for this action."""
        if self._whole is not None:
            return self._whole
        wanted = f"{action.about}\n{inputs}\nIt is a step towards: {self._question}"
        notes = await self._reader.notes(wanted, _SHARE * self._reader.seconds)
        notes = await self._reader.reduced(notes, wanted)
        return "\n\n".join(note.written() for note in at_both_ends(notes)) or NOTHING_FOUND


def _text(value: Any) -> str:
    parts: list[Any] = list(value) if isinstance(value, list) else [value]
    return "\n\n".join(map(str, parts))
