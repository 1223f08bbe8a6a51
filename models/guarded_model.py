"""A chat model that can be relied on: one deadline, bounded retries, nothing half-read, and its run is told of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import aclosing
from itertools import count
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnableBinding
from pydantic import ConfigDict, Field

from cairn.core import event_loop
from cairn.core.errors import ModelPaused, ModelUnavailable, PromptTooLong
from cairn.core.events import Notice, Thought, Token, Usage, emit
from cairn.models.context_window import ANSWER_ROOM, ContextWindow
from cairn.models.error_mapping import Fault, explain
from cairn.models.model_facts import ModelFacts
from cairn.models.model_findings import Findings
from cairn.models.model_stream import Reading, cleaned, cleaned_message, whole_message
from cairn.models.rate_limits import RateLimiter
from cairn.models.thoughts import Part
from cairn.models.token_counts import APPROXIMATE, TokenCounter

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0
Recorder = Callable[[Sequence[BaseMessage], dict[str, Any], AIMessage], None]


class GuardedChatModel(BaseChatModel):
    """`inner`, always read as a stream on Cairn's loop, whatever loop or thread it is called from.

    Emits a `token` event for each piece of text, `thought` for what is no part of the answer, and one `usage` event for
    each answer. `first_timeout`: seconds until an answer begins; `timeout`: between its pieces. `price`: of a million
    input and output tokens. `counter`: for budgets of tokens. `needs_finish`: the protocol says why an answer ended, so
    one that does not was cut. `answer_tokens`: of one answer, at most half of the window. `window`: tokens it takes, as
    long as its server has not said, or always where it `window_is_set`. A call whose arguments are not a JSON object
    comes back in `invalid_tool_calls` (`args` then is the raw text as a JSON string), never in `tool_calls`.

    Raises ModelUnavailable, ModelPaused in the middle of an answer's text, ModelRefused, ModelAnswerError.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    inner: BaseChatModel = Field(repr=False)  # it may know a password
    model_name: str
    address: str | None = None
    timeout: float = 60
    first_timeout: float = 300
    retries: int = 2
    price: tuple[float, float] | None = None
    counter: TokenCounter = Field(default=APPROXIMATE, exclude=True)
    needs_finish: bool = False
    answer_tokens: int | None = None
    window: int = 16_000
    window_is_set: bool = False
    bound: int | None = None
    recorder: Recorder | None = Field(default=None, exclude=True)
    facts: ModelFacts = Field(default_factory=ModelFacts, exclude=True)
    limiter: RateLimiter = Field(default_factory=RateLimiter, exclude=True)
    sleep: Callable[[float], Awaitable[None]] = Field(default=asyncio.sleep, exclude=True)

    @property
    def _llm_type(self) -> str:
        return "cairn"

    @property
    def generative(self) -> bool:
        """Whether it writes anything of its own; `builtin` does not."""
        return getattr(self.inner, "generative", True)

    @property
    def takes_body(self) -> bool:
        """Whether fields that LangChain does not know reach the server, in `extra_body`."""
        return self.needs_finish or bool(getattr(self.inner, "takes_body", False))

    @property
    def takes(self) -> int:
        """Tokens of the model's window, as far as is known."""
        return self.window if self.window_is_set else self.facts.served_window() or self.window

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name}

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:  # type: ignore[override]
        """The inner model's own way of passing tools, bound to this model."""
        bound = self.inner.bind_tools(tools, **kwargs)
        given: dict[str, Any] = {}
        while isinstance(bound, RunnableBinding):
            given = {**bound.kwargs, **given}
            bound = bound.bound
        if not isinstance(bound, BaseChatModel):
            raise TypeError(f"{self.model_name} does not bind tools to a chat model")
        return self.model_copy(update={"inner": bound}).bind(**given)

    def get_num_tokens(self, text: str) -> int:
        return self.counter(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        return self.counter.messages(messages)

    async def _astream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(event_loop.from_loop(self._answer(messages, stop, kwargs))) as chunks:
            async for chunk in chunks:
                yield chunk

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield from event_loop.from_thread(self._answer(messages, stop, kwargs))

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return await event_loop.on_loop(self._whole(messages, stop, kwargs))

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return event_loop.wait(self._whole(messages, stop, kwargs))

    async def _whole(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]) -> ChatResult:
        chunks = [chunk async for chunk in self._answer(messages, stop, kwargs)]
        return ChatResult(generations=[ChatGeneration(message=whole_message(chunks))])

    async def _answer(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AsyncGenerator[ChatGenerationChunk]:
        """The checked answer in pieces; its last one is what `Reading.end` gives."""
        kwargs = {**kwargs, "tools": cleaned(kwargs["tools"])} if kwargs.get("tools") else kwargs
        whole = [cleaned_message(message) for message in messages]
        seen: list[ChatGenerationChunk] = []
        for attempt in count():
            messages, bounded = self._bounded(whole, kwargs)
            prompt = self.counter.messages(messages) if self.limiter.counts_tokens else 0
            await self._in_line(prompt)
            reading = Reading(self.model_name, self.needs_finish)
            try:
                patience = self.facts.patience.seconds(self.first_timeout, attempt >= self.retries)
                async with aclosing(self._attempt(messages, stop, bounded, reading, patience)) as pieces:
                    async for piece in pieces:
                        if self.recorder:
                            seen.append(piece)
                        yield piece
            except Exception as error:
                fault = explain(error, self.model_name, self.address, self.facts.answered)
                pause = _pause_after(fault, attempt)
                if fault.busy:
                    self.limiter.hold(pause)
                if reading.begun or reading.usage:
                    self._tell_usage(reading)
                if self._window_is_news(fault, messages) and not reading.begun:
                    continue
                if reading.begun and fault.retry:
                    raise reading.cut(fault.error.message) from error
                if reading.begun or not fault.retry or attempt >= self.retries:
                    raise fault.error from (None if fault.error is error else error)
                await self._pause(pause, fault)
                continue
            self.facts.answered = True
            if reading.thought:
                self.facts.learn(thinks=True)
            if self.needs_finish:
                findings = Findings(self.model_name, self.facts, self.counter, self._count_prompt)
                await findings.take(messages, kwargs, reading)
            self._tell_usage(reading)
            if usage := reading.usage:
                self.limiter.used(prompt, usage["input_tokens"], usage["output_tokens"])
            break
        if self.recorder:
            self.recorder(messages, {**kwargs, "stop": stop}, whole_message(seen))

    def _bounded(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> tuple[list[BaseMessage], dict[str, Any]]:
        """What of a call the window holds, with a notice of what it does not: every prompt, and every answer's length.

        Raises PromptTooLong.
        """
        window, tools = min(self.takes, self.bound or self.takes), kwargs.get("tools") or ()
        asked = kwargs.get("max_tokens") or self.answer_tokens
        room = ContextWindow(window, min(asked or ANSWER_ROOM, ANSWER_ROOM), self.counter)
        fitted = room.fit(messages, tools)
        if fitted.left_out:
            parts = ", ".join(fitted.left_out)
            text = f"Left out, since {self.model_name} takes {window:,} tokens at once: {parts}."
            emit("notice", Notice(text=text))
        if asked is None or not self.needs_finish:
            return fitted.messages, kwargs
        answer = min(asked, self.takes // 2)
        if answer > self.takes - fitted.most:
            answer = max(1, min(answer, self.takes - room.size(fitted.messages, tools).total))
        return fitted.messages, {**kwargs, "max_tokens": answer}

    async def _in_line(self, prompt: int) -> None:
        """Wait until the limits allow a call."""
        if self.limiter.held > self.first_timeout:
            asks = f"{self.model_name} takes no requests for {self.limiter.held:.0f} seconds."
            raise ModelUnavailable(asks, "Try again later.")
        await self.limiter.enter(prompt)

    async def _attempt(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        reading: Reading,
        patience: float,
    ) -> AsyncGenerator[ChatGenerationChunk]:
        now = asyncio.get_running_loop().time
        asked = now()
        async with aclosing(self._chunks(messages, stop, kwargs)) as chunks:
            while True:
                deadline = now() + self.timeout if reading.begun else asked + patience
                if (chunk := await self._next(chunks, deadline, reading, patience)) is None:
                    break
                began, took = reading.begun, now() - asked
                for piece in _told(reading.take(chunk)):
                    yield piece
                if reading.begun and not began:
                    self.facts.patience.learn(took)
        for piece in _told(reading.last_pieces()):
            yield piece
        yield reading.end()

    def _window_is_news(self, fault: Fault, messages: Sequence[BaseMessage]) -> bool:
        """Then it is tried once more, if less can be sent or asked for."""
        window = fault.error.window if isinstance(fault.error, PromptTooLong) else None
        if window is None or window == self.facts.window:
            return False
        self.facts.learn(window=window)
        less = self.answer_tokens is not None or self.counter.messages(messages) > window // 2
        return less and not self.window_is_set

    async def _count_prompt(self, tools: Sequence[Any] | None) -> int | None:
        reading = Reading(self.model_name, self.needs_finish)
        asked = {"max_tokens": 1, **({"tools": tools} if tools else {})}
        try:
            async with (
                asyncio.timeout(self.first_timeout),
                aclosing(self._chunks([HumanMessage("Hi")], None, asked)) as chunks,
            ):
                async for chunk in chunks:
                    for _ in reading.take(chunk):
                        pass
        except Exception:  # whatever it is, it is not known then
            return None
        self._tell_cost(reading)
        return reading.usage["input_tokens"] if reading.usage else None

    async def _chunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AsyncGenerator[ChatGenerationChunk]:
        """The inner model's stream, or its whole answer as one. Past `ainvoke`: the call is traced once, outside."""
        if self.inner._should_stream(async_api=True, run_manager=None, **{**kwargs, "stream": True}):
            stream = self.inner._astream(messages, stop=stop, **kwargs)
            try:
                async for chunk in stream:
                    yield chunk
            finally:
                if isinstance(stream, AsyncGenerator):  # else the connection stays open until garbage is collected
                    await stream.aclose()
            return
        generation = (await self.inner._agenerate(messages, stop=stop, **kwargs)).generations[0]
        fields = {key: value for key, value in generation.message if key not in ("type", "tool_call_chunks")}
        yield ChatGenerationChunk(message=AIMessageChunk(**fields), generation_info=generation.generation_info)

    async def _next(
        self, chunks: AsyncIterator[ChatGenerationChunk], deadline: float, reading: Reading, patience: float
    ) -> ChatGenerationChunk | None:
        """A timeout around each wait, not around the whole: what the reader of the stream does must not be cut off."""
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit:
                return await anext(chunks, None)
        except TimeoutError as error:
            lost = not reading.begun and patience < self.first_timeout  # then it is asked again
            if limit.expired() and not lost:
                raise self._too_late(reading) from error
            raise

    async def _pause(self, pause: float, fault: Fault) -> None:
        """Raises when that is too long."""
        if pause >= self.first_timeout:
            asks = "" if fault.after is None else f" It asks to wait {fault.after:.0f} seconds."
            raise ModelUnavailable(f"{fault.error.message}{asks}", fault.error.hint) from fault.error
        await self.sleep(pause)

    def _too_late(self, reading: Reading) -> ModelUnavailable:
        where = f"{self.model_name} at {self.address}" if self.address else self.model_name
        if not reading.begun:
            return ModelUnavailable(
                f"{where} did not begin to answer within {self.first_timeout:g} seconds.",
                "Try again, raise `first_timeout`, or send less.",
            )
        kind = ModelPaused if reading.said and not reading.calling else ModelUnavailable
        return kind(
            f"{where} stopped in the middle: nothing more came for {self.timeout:g} seconds.",
            "Try again, or raise `timeout`.",
        )

    def _tell_usage(self, reading: Reading) -> None:
        self._tell_cost(reading)
        if reading.full and reading.said:
            emit("notice", Notice(text=f"{self.model_name} came to its limit of tokens: the answer is not complete."))

    def _tell_cost(self, reading: Reading) -> None:
        usage = reading.usage
        tokens = (usage["input_tokens"], usage["output_tokens"]) if usage else (None, None)
        cost = None
        if usage and self.price:
            cost = (usage["input_tokens"] * self.price[0] + usage["output_tokens"] * self.price[1]) / 1e6
        emit("usage", Usage(model=self.model_name, input_tokens=tokens[0], output_tokens=tokens[1], cost=cost))


def guarded(model: BaseChatModel) -> GuardedChatModel:
    """`model` with the guard around it, as tasks use it; one that has it stays as it is."""
    if isinstance(model, GuardedChatModel):
        return model
    name = str(getattr(model, "model_name", None) or type(model).__name__)
    return GuardedChatModel(inner=model, model_name=name, name=name)


def limited(model: BaseChatModel, tokens: int) -> Runnable[Any, AIMessage]:
    """`model` with answers of at most so many tokens, where its server can be told, and no thought would be cut off."""
    told = isinstance(model, GuardedChatModel) and model.needs_finish and not model.facts.thinks
    return model.bind(max_tokens=tokens) if told else model


def _told(pieces: Iterable[Part | ChatGenerationChunk]) -> Iterator[ChatGenerationChunk]:
    """The answer's pieces. They are told to the run, as are the thoughts between them."""
    for piece in pieces:
        if isinstance(piece, Part):
            emit("thought", Thought(text=piece.text, **({"replaces": True} if piece.kind == "unopened" else {})))
            continue
        if text := piece.text:
            emit("token", Token(text=text))
        yield piece


def _pause_after(fault: Fault, attempt: int) -> float:
    """Exponential backoff with full jitter, or what the server asks for."""
    jittered = random.uniform(0.1, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))  # noqa: S311 (not a secret)
    return jittered if fault.after is None else fault.after
