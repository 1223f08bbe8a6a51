"""What the search asks a model: next thoughts, and three times what each is worth, within the task's limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage

from cairn.chains.bounded_calls import Budget, HelperError, listed_lines
from cairn.chains.tree.tree_search import Path
from cairn.core.clean_text import clean
from cairn.core.events import emit
from cairn.core.strategy import Turn
from cairn.core.task import Task
from cairn.models.answer_forms import AnswerForm, bulleted, ending_in, one_line
from cairn.prompts.template import step

WEIGHTS = {"sure": 20.0, "likely": 1.0, "impossible": 0.001}
"""Of the paper."""
_VERDICT = re.compile(rf"\b({'|'.join(WEIGHTS)})\W*$", re.IGNORECASE)
_MOST_TOKENS = 800
_VALUE_TOKENS = 300
_AT_ONCE = 8


class TreeCalls:
    """The model calls of one question. `stopped_by`: the limit that one of them came to."""

    def __init__(self, task: Task, turn: Turn, model: BaseChatModel) -> None:
        self._spec = task.tree
        self._turn = turn
        self._budget = Budget(model, task.limits)
        self._answers = task.tree.beam if task.tree.checker else 1
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._values: dict[str, asyncio.Task[float | None]] = {}
        self.stopped_by: str | None = None

    async def propose(self, path: Path) -> list[str]:
        """The next thoughts: a list that one call writes, or one of each of several calls."""
        if self._spec.by == "sample":
            asked = (self._help("tree_sample", path, one_line()) for _ in range(self._spec.width))
            said = [" ".join(text.split()) for text in await asyncio.gather(*asked) if text]
            return list(dict.fromkeys(filter(None, said)))
        said = await self._help("tree_propose", path, bulleted(self._spec.width), count=str(self._spec.width))
        try:
            return listed_lines(said or "", self._spec.width)
        except HelperError as error:
            if said:
                emit("notice", {"text": f"A next step was not read: {error}."})
            return []

    async def value(self, path: Path) -> float | None:
        """The sum of the weights of several verdicts; what was valued once is not asked again."""
        shown = path[-1:] if self._spec.values == "last" else path
        key = _written(shown)
        if key not in self._values:
            self._values[key] = asyncio.create_task(self._sampled(shown))
        return await self._values[key]

    async def _sampled(self, shown: Path) -> float | None:
        form = ending_in("value", list(WEIGHTS))
        asked = (self._help("tree_value", shown, form, _VALUE_TOKENS) for _ in range(self._spec.samples))
        said = await asyncio.gather(*asked)
        return None if None in said else sum(_weight(text or "") for text in said)

    async def answer(self, path: Path) -> str:
        """The answer from a path. Raises LimitReached, ModelError."""
        return await self._budget.ask(self._messages("tree_answer", path) if path else self._turn.prompt.messages())

    async def _help(
        self, name: str, path: Path, form: AnswerForm, most: int = _MOST_TOKENS, **values: str
    ) -> str | None:
        """None where the model can't be asked."""
        try:
            async with self._places:
                return await self._budget.help(self._messages(name, path, **values), self._answers, form, most)
        except HelperError as error:
            if error.limit and not self.stopped_by:
                self.stopped_by = error.limit
                emit("notice", {"text": f"Limit reached: {error.limit}. This is the best answer so far."})
            elif not error.limit:
                emit("notice", {"text": f"A step was passed over: {error}."})
            return None

    def _messages(self, name: str, path: Path, **values: str) -> list[BaseMessage]:
        """The task's own prompt, with what is asked of the model now at its end."""
        *before, last = self._turn.prompt.messages()
        told = step(name).format_messages(steps=_written(path), **values)[-1].text
        return [*before, HumanMessage(f"{last.text}\n\n{told}")]


def _written(path: Sequence[str]) -> str:
    return "\n".join(f"{number}. {clean(text)}" for number, text in enumerate(path, 1)) or "(none)"


def _weight(said: str) -> float:
    """0 for what is no verdict."""
    found = _VERDICT.search(said.strip())
    return WEIGHTS[found[1].lower()] if found else 0.0
