"""Actions as tools: one that is given the text reads it in pieces; each result is a text for other actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool

from cairn.agents.pearl.actions import CTX, Action
from cairn.agents.pearl.pearl_plan import reads
from cairn.agents.plan.plan_prompts import indent
from cairn.agents.reading.piece_notes import at_both_ends
from cairn.agents.reading.text_reader import TextReader
from cairn.core.events import within
from cairn.core.passages import NOTHING_FOUND, call_under_way
from cairn.prompts.template import step
from cairn.tools.tool_invocation import READS

_SHARE = 0.4
"""Of the time that is left, for one reading; a step has half."""
_NOT_THE_TEXT = "(this step is not given the text: see what it is given)"
RESULT_TOKENS = 800


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
