"""Strategies as LangChain knows Runnables: a question in, a `Reply` out, by `invoke`, `ainvoke`, `astream` and `batch`.

strategy = direct(Task(name="letters"), [], model)
before = [("human", "How many in 2024?"), ("ai", "7")]
reply = await strategy.ainvoke({"question": "And in 2025?", "history": before})
print(reply, reply.stopped_by)

Within a limit of time what was written until then is the answer, marked (`in_time`).
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, NotRequired, TypeVar

from langchain_core.messages import BaseMessage, MessageLikeRepresentation, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig
from pydantic import BaseModel, Field, RootModel
from typing_extensions import TypedDict, override

from cairn.core import event_loop
from cairn.core.errors import ModelPaused, ModelUnavailable, UsageError
from cairn.core.events import also_listening, emit
from cairn.core.late_values import remembering
from cairn.core.passages import citing, is_citing
from cairn.core.registry import find
from cairn.core.strategy import Reply, ReplyChunk, Turn
from cairn.core.task import Task
from cairn.prompts.prompt_assembly import VARIABLES, make_turn
from cairn.prompts.task_store import PLAIN, packaged_template
from cairn.prompts.template import Template, parse_template

T = TypeVar("T")


class AskedAfter(TypedDict):
    """A question of a conversation, whose earlier messages are LangChain's or pairs of a role and a text."""

    question: str
    history: NotRequired[Sequence[MessageLikeRepresentation]]


Asked = str | AskedAfter | Turn


class _Message(BaseModel):
    role: str
    content: str


class _AskedAfter(BaseModel):
    question: str
    history: list[tuple[str, str] | _Message] = Field(default=[], description="Earlier messages, the oldest first.")


class Question(RootModel[str | _AskedAfter]):
    """A question, or one with the messages before it."""


class QuestionRunnable(Runnable[Asked, Reply]):
    """Answers a question, a question with its history, or a `Turn` that somebody else made.

    `astream` gives pieces (`ReplyChunk`), whose `str` is what the model has written; their sum is the reply. `stream`
    gives the whole reply at once. Raises UsageError for what is no question, and what the strategy does.
    """

    @abstractmethod
    async def answer(self, turn: Turn) -> Reply:
        """The reply to a turn."""

    @abstractmethod
    def turn(self, question: str, history: Sequence[BaseMessage] = ()) -> Turn:
        """The question with its prompt; may block. Raises TaskError, TemplateError."""

    @property
    @override
    def InputType(self) -> Any:
        return Asked

    @property
    @override
    def OutputType(self) -> type[Reply]:
        return Reply

    @override
    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """A text, or a question with its history; a `Turn` is for programs that make their prompts themselves."""
        return Question

    @override
    def invoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        return self._call_with_config(lambda asked: event_loop.wait(self._reply(asked)), input, config)

    @override
    async def ainvoke(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> Reply:
        return await self._acall_with_config(self._reply, input, config)

    @override
    async def astream(self, input: Asked, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Reply]:
        async def asked() -> AsyncIterator[Asked]:
            yield input

        async for piece in self._atransform_stream_with_config(asked(), self._pieces, config):
            yield piece

    async def _reply(self, asked: Asked) -> Reply:
        with remembering(), nullcontext() if is_citing() else citing():
            return await self.answer(asked if isinstance(asked, Turn) else await self._made(asked))

    async def _made(self, asked: str | AskedAfter) -> Turn:
        question, history = read_question(asked)
        return await asyncio.to_thread(self.turn, question, history)

    async def _pieces(self, inputs: AsyncIterator[Asked]) -> AsyncIterator[Reply]:
        """What the model writes as it comes; at the end what the reply is, if that is something else."""
        asked = [each async for each in inputs][-1]
        loop = asyncio.get_running_loop()
        heard: asyncio.Queue[str | None] = asyncio.Queue()
        said = ""

        def hear(type: str, data: Any) -> None:
            """From any thread. What was written before a tool is called was a thought."""
            nonlocal said
            if type == "token":
                said += data["text"]
                loop.call_soon_threadsafe(heard.put_nowait, data["text"])
            elif type == "tool_started" and said:
                said = ""
                loop.call_soon_threadsafe(heard.put_nowait, "\n\n")

        with also_listening(hear):
            work = asyncio.create_task(self._reply(asked))
        work.add_done_callback(lambda _: heard.put_nowait(None))
        streamed = ""
        try:
            while (text := await heard.get()) is not None:
                streamed += text
                yield ReplyChunk(text)
            reply = await work
        finally:
            work.cancel()
        if not streamed:
            yield ReplyChunk(reply.text, reply.stopped_by)
        elif streamed != reply.text or reply.stopped_by:
            same = streamed == reply.text
            yield ReplyChunk("" if same else reply.text, reply.stopped_by, replaces=not same)


class StrategyRunnable(QuestionRunnable):
    """A strategy's own function from a turn to a reply; for a question without a prompt it uses a packaged template."""

    def __init__(self, name: str, task: Task, answer: Callable[[Turn], Awaitable[Reply]]) -> None:
        """`name`: as the strategy is registered; the packaged template is the task's own, else one made for it."""
        self.name = self._strategy = name
        self._task = task
        self._answer = answer

    @override
    async def answer(self, turn: Turn) -> Reply:
        return await self._answer(turn)

    @override
    def turn(self, question: str, history: Sequence[BaseMessage] = ()) -> Turn:
        return make_turn(self._task, self._template(), question, history)

    def _template(self) -> Template:
        strategy = find("strategy", self._strategy)
        own = packaged_template(self._task.name, self._task.template)
        if own and frozenset(own.input_variables) - VARIABLES == frozenset(strategy.gives):
            return own
        made_for = packaged_template(strategy.template, "default") if strategy.template else None
        return made_for or parse_template(PLAIN, "plain")


def read_question(asked: Any) -> tuple[str, list[BaseMessage]]:
    """The question and the messages before it. Raises UsageError for what is neither a text nor has a question."""
    given: Any = {"question": asked} if isinstance(asked, str) else asked
    if not isinstance(given, Mapping) or not isinstance(given.get("question"), str):
        raise UsageError("This is no question.", 'Give a text, or {"question": "…", "history": [("human", "…"), …]}.')
    if unknown := sorted(set(given) - {"question", "history"}):
        raise UsageError(f"A question has no {', '.join(map(str, unknown))}.", "Give `question` and `history` only.")
    try:
        return given["question"], convert_to_messages(given.get("history") or [])
    except (ValueError, NotImplementedError, TypeError) as error:
        raise UsageError(
            f"The history can't be read: {error}", "Give messages, or pairs of a role and a text."
        ) from None


async def in_time(
    left: float, work: Awaitable[T], limit: float | None = None, otherwise: Callable[[], str] = str
) -> T | Reply:
    """What `work` gives; where it takes too long, or the model falls silent in the middle, what it has written.

    Args:
        left: Seconds that it may take.
        work: Whatever lets a model answer.
        limit: The task's own limit, for the notice; None for `left`.
        otherwise: Gives an answer for the case that nothing was written yet.

    Returns:
        What `work` gives, or a reply marked with `seconds` or `timeout`.

    Raises:
        ModelUnavailable: Nothing was written, and there is nothing else to answer.
    """
    written = _Written()
    deadline = asyncio.timeout(max(0.0, left))
    try:
        with also_listening(written.hear):
            async with deadline:
                return await work
    except TimeoutError:
        if not deadline.expired():
            raise
        told = f"Limit reached: {left if limit is None else limit:g} seconds."
        failure = ModelUnavailable(f"{told} There was no answer yet.", "Raise `limits.seconds` of the task.")
        stopped_by = "seconds"
    except ModelPaused as error:
        told, failure, stopped_by = error.message, error, "timeout"
    text = written.text.strip() or otherwise()
    if not text:
        raise failure
    emit("notice", {"text": f"{told} This is what there was until then."})
    return Reply(text, stopped_by)


class _Written:
    """What a model has written since its last call of a tool."""

    def __init__(self) -> None:
        self.text = ""

    def hear(self, type: str, data: Any, /) -> None:
        if type == "token":
            self.text += data["text"]
        elif type == "tool_started" or (type == "thought" and data.get("replaces")):
            self.text = ""
