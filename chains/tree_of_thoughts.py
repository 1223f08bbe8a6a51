"""`tree`: the best of several lines of thought is searched for, and the answer given from it.

The search is the breadth-first one of Tree of Thoughts (Yao et al., arXiv 2305.10601), whoever proposes and values; the
model is asked for next thoughts, and three times what each is worth, within the task's limits.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.tools import BaseTool

from cairn.chains.bounded_calls import Budget, HelperError, LimitReached, listed_lines, need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.answer import Answer
from cairn.core.clean_text import clean
from cairn.core.errors import ModelAnswerError
from cairn.core.events import ThoughtNode, emit
from cairn.core.registry import find
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task, Tree
from cairn.models.answer_forms import AnswerForm, bulleted, ending_in, one_line
from cairn.prompts.template import step

Check = Callable[[str, Answer], float]
WEIGHTS = {"sure": 20.0, "likely": 1.0, "impossible": 0.001}
"""Of the paper."""
_VERDICT = re.compile(rf"\b({'|'.join(WEIGHTS)})\W*$", re.IGNORECASE)
_MOST_TOKENS = 800
_VALUE_TOKENS = 300
_AT_ONCE = 8
Path = tuple[str, ...]


def tree(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Tree of thoughts. Raises TaskError where the model writes nothing of its own, or the checker is none."""
    need_writer(model, "strategy: tree")
    check: Check | None = find("checker", task.tree.checker).load() if task.tree.checker else None

    async def answer(turn: Turn) -> Reply:
        calls = TreeCalls(task, turn, model)
        found = await TreeSearch(task.tree, calls.propose, calls.value).best()
        paths = [thought.path for thought in found] or [()]
        try:
            text = await (_checked(calls, paths, turn.question, check) if check else calls.answer(paths[0]))
        except LimitReached as limit:
            return _cut_off(paths[0], calls.stopped_by or limit.reason)
        return Reply(text, calls.stopped_by)

    return StrategyRunnable("tree", task, answer)


async def _checked(calls: TreeCalls, paths: Sequence[Path], question: str, check: Check) -> str:
    """The answer that the checker gives most, the earliest of equals; none is asked for after one that is right."""
    best, text = -1.0, ""
    for path in paths:
        try:
            said = await calls.answer(path)
        except LimitReached:
            if best < 0:
                raise
            break
        if (score := check(question, Answer(run=None, answer=said))) > best:
            best, text = score, said
        if best >= 1:
            break
    return text


def _cut_off(path: Path, limit: str) -> Reply:
    """The thoughts themselves, where no answer from them could be asked for. Raises ModelAnswerError without any."""
    if not path:
        raise ModelAnswerError(f"Limit reached: {limit}. There was no answer yet.", f"Raise `limits.{limit}`.")
    emit("notice", {"text": f"Limit reached: {limit}. These are the steps so far."})
    return Reply("\n".join(path), limit)


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


@dataclass(slots=True, eq=False)
class Thought:
    """`path`: the texts from the first thought to this one. `value` None: it was not valued."""

    id: int
    parent: int | None
    path: Path
    value: float | None = None
    kept: bool = False

    def node(self) -> ThoughtNode:
        return ThoughtNode(id=self.id, parent=self.parent, text=self.path[-1], value=self.value, kept=self.kept)


@dataclass
class TreeSearch:
    """`propose` gives the next thoughts from a path, `value` what a path is worth, None where nobody can tell."""

    spec: Tree
    propose: Callable[[Path], Awaitable[Sequence[str]]]
    value: Callable[[Path], Awaitable[float | None]]
    thoughts: list[Thought] = field(default_factory=list[Thought])

    async def best(self) -> list[Thought]:
        """The thoughts that were kept last, the best first; none where nothing was proposed or valued."""
        kept: list[Thought] = []
        for _ in range(self.spec.depth):
            level = await self._expanded(kept)
            await self._valued(level)
            chosen = [thought for thought in level if thought.value is not None][: self.spec.beam]
            for thought in chosen:
                thought.kept = True
            if level:
                emit("tree", {"nodes": [thought.node() for thought in self.thoughts]})
            if not chosen:
                break
            kept = chosen
        return kept

    async def _expanded(self, kept: Sequence[Thought]) -> list[Thought]:
        """All next thoughts; those with equal paths count once."""
        parents = list(kept) or [None]
        paths = [parent.path if parent else () for parent in parents]
        proposed = await asyncio.gather(*(self.propose(path) for path in paths))
        found: dict[Path, Thought] = {}
        for parent, path, texts in zip(parents, paths, proposed, strict=True):
            for text in texts:
                number = len(self.thoughts) + len(found)
                found.setdefault((*path, text), Thought(number, parent.id if parent else None, (*path, text)))
        self.thoughts += found.values()
        return list(found.values())

    async def _valued(self, level: list[Thought]) -> None:
        """With their values, the best first and of equals the earliest."""
        values = await asyncio.gather(*(self.value(thought.path) for thought in level))
        for thought, value in zip(level, values, strict=True):
            thought.value = value
        level.sort(key=lambda thought: -(thought.value or 0.0))
