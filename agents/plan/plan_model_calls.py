"""The model calls of one run of a plan: counted, and heard only where they are the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.runnables import RunnableConfig

from cairn.agents.plan.plan_prompts import REPLAN
from cairn.agents.run_progress import Budget
from cairn.core.events import Thought, Token, Usage, emit, silent
from cairn.models.answer_forms import AnswerForm
from cairn.models.constrained_output import stream_in_form
from cairn.models.guarded_model import limited
from cairn.models.model_stream import UNOPENED
from cairn.models.thoughts import END
from cairn.models.token_counts import counter_of

_TELLING = 20
"""So many characters tell an answer from the wish for another plan."""


class CountedModel:
    """`full` says whether the last answer came to the model's own limit, so that its end is missing; `count` counts
    tokens as the model does."""

    def __init__(self, model: BaseChatModel, budget: Budget) -> None:
        self.full = False
        self.count = counter_of(model)
        self._model = model
        self._budget = budget

    async def stream(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None = None,
        name: str | None = None,
        form: AnswerForm | None = None,
        most: int | None = None,
    ) -> AsyncGenerator[str]:
        """The answer's text as it comes, up to a text of `stop`; nobody else hears it.

        A piece that is the end tag of a thought says that all before was one, which could not be known.

        Args:
            messages: What is sent.
            stop: What ends the answer.
            name: The call's in traces.
            form: What the answer is asked for in, where the server keeps to grammars.
            most: Tokens of the answer.
        """
        self._budget.model_calls += 1
        pieces = stream_in_form(
            self._model, form, lambda body: self._stream(messages, stop, name, body, most), self._is_full
        )
        async with aclosing(pieces) as texts:
            async for text in texts:
                yield text

    def _is_full(self) -> bool:
        return self.full

    async def _stream(
        self,
        messages: Sequence[BaseMessage],
        stop: Sequence[str] | None,
        name: str | None,
        body: dict[str, Any],
        most: int | None,
    ) -> AsyncGenerator[str]:
        self.full = False
        said, counted = "", 0
        given = list(stop) if stop else None
        config = RunnableConfig(run_name=name) if name else None
        model = limited(self._model, most) if most else self._model
        stream = cast(AsyncGenerator[AIMessageChunk], model.astream(list(messages), config, stop=given, **body))
        try:
            async with aclosing(stream) as chunks:
                while (chunk := await _silently(chunks)) is not None:
                    counted += (chunk.usage_metadata or {}).get("total_tokens", 0)
                    self.full = self.full or chunk.response_metadata.get("finish_reason") == "length"
                    text = END if UNOPENED in chunk.additional_kwargs else chunk.text
                    said += text
                    yield text
        except (GeneratorExit, asyncio.CancelledError):
            self._report_unknown_usage()
            raise
        finally:
            self._budget.tokens += counted or sum(map(self.count, [*(message.text for message in messages), said]))

    def _report_unknown_usage(self) -> None:
        """A call that was broken off has a cost that nobody knows."""
        name = getattr(self._model, "model_name", type(self._model).__name__)
        emit("usage", Usage(model=name, input_tokens=None, output_tokens=None, cost=None))

    async def ask(
        self,
        messages: Sequence[BaseMessage],
        name: str | None = None,
        form: AnswerForm | None = None,
        most: int | None = None,
    ) -> str:
        pieces = self.stream(messages, name=name, form=form, most=most)
        return "".join([text async for text in pieces]).rpartition(END)[2]

    async def answer(self, messages: Sequence[BaseMessage]) -> str:
        """The joiner's answer, told token by token unless it asks for another plan."""
        said, told = "", 0
        async for text in self.stream(messages, name="join"):
            if text == END:
                emit("thought", Thought(text=said, replaces=True))
                said, told = "", 0
                continue
            said += text
            if len(said) >= _TELLING and not REPLAN.match(said):
                emit("token", Token(text=said[told:]))
                told = len(said)
        if told < len(said) and not REPLAN.match(said):
            emit("token", Token(text=said[told:]))
        return said


async def _silently(chunks: AsyncGenerator[AIMessageChunk]) -> AIMessageChunk | None:
    with silent():
        return await anext(chunks, None)
