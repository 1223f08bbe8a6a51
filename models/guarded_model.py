"""A chat model that can be relied on: one deadline, bounded retries, nothing half-read, and its run is told of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from itertools import count
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks
from langchain_core.runnables import Runnable, RunnableBinding
from pydantic import ConfigDict, Field

from cairn.core import event_loop
from cairn.core.errors import ModelUnavailable
from cairn.core.events import Notice, Token, Usage, emit
from cairn.models.error_mapping import Fault, explain
from cairn.models.model_stream import Reading, cleaned, cleaned_message
from cairn.models.rate_limits import RateLimiter
from cairn.models.token_counts import APPROXIMATE, TokenCounter

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0

Recorder = Callable[[Sequence[BaseMessage], dict[str, Any], AIMessage], None]


class GuardedChatModel(BaseChatModel):
    """`inner`, always read as a stream on Cairn's loop, whatever loop or thread it is called from.

    Emits a `token` event for each piece of text and one `usage` event for each answer. `timeout`: seconds for one call
    with all its retries. `price`: of a million input and output tokens. `counter`: for budgets of tokens.
    `needs_finish`: the protocol says why an answer ended, so one that does not was cut. A call whose arguments are not
    a JSON object comes back in `invalid_tool_calls` (`args` then is the raw text as a JSON string), never in
    `tool_calls`.

    Raises ModelUnavailable, ModelRefused, ModelAnswerError.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    inner: BaseChatModel = Field(repr=False)  # it may know a password
    model_name: str
    address: str | None = None
    timeout: float = 120
    retries: int = 2
    price: tuple[float, float] | None = None
    counter: TokenCounter = Field(default=APPROXIMATE, exclude=True)
    needs_finish: bool = False
    recorder: Recorder | None = Field(default=None, exclude=True)
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
        return ChatResult(generations=[ChatGeneration(message=_message(chunks))])

    async def _answer(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> AsyncGenerator[ChatGenerationChunk]:
        """The checked answer in pieces; its last one is what `Reading.end` gives."""
        messages = [cleaned_message(message) for message in messages]
        kwargs = {**kwargs, "tools": cleaned(kwargs["tools"])} if kwargs.get("tools") else kwargs
        deadline = asyncio.get_running_loop().time() + self.timeout
        seen: list[ChatGenerationChunk] = []
        prompt = self.counter.messages(messages) if self.limiter.counts_tokens else 0
        for attempt in count():
            deadline += await self._in_line(prompt)
            reading = Reading(self.model_name, self.needs_finish)
            try:
                async with aclosing(self._attempt(messages, stop, kwargs, deadline, reading)) as pieces:
                    async for piece in pieces:
                        if self.recorder:
                            seen.append(piece)
                        yield piece
            except Exception as error:
                fault = explain(error, self.model_name, self.address)
                pause = _pause_after(fault, attempt)
                if fault.busy:
                    self.limiter.hold(pause)
                if reading.begun:
                    self._tell_usage(reading)
                    if fault.retry:
                        raise reading.cut(fault.error.message) from error
                if reading.begun or not fault.retry or attempt >= self.retries:
                    raise fault.error from (None if fault.error is error else error)
                await self._pause(pause, fault, deadline)
                continue
            self._tell_usage(reading)
            if usage := reading.usage:
                self.limiter.used(prompt, usage["input_tokens"], usage["output_tokens"])
            break
        if self.recorder:
            self.recorder(messages, {**kwargs, "stop": stop}, _message(seen))

    async def _in_line(self, prompt: int) -> float:
        """Wait until the limits allow a call; how long that took, which is not the call's own time."""
        if self.limiter.held > self.timeout:
            asks = f"{self.model_name} takes no requests for {self.limiter.held:.0f} seconds."
            raise ModelUnavailable(asks, "Try again later.")
        return await self.limiter.enter(prompt)

    async def _attempt(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: dict[str, Any],
        deadline: float,
        reading: Reading,
    ) -> AsyncGenerator[ChatGenerationChunk]:
        async with aclosing(self._chunks(messages, stop, kwargs)) as chunks:
            while (chunk := await self._next(chunks, deadline)) is not None:
                if (piece := reading.take(chunk)) is not None:
                    if text := piece.text:
                        emit("token", Token(text=text))
                    yield piece
        yield reading.end()

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

    async def _next(self, chunks: AsyncIterator[ChatGenerationChunk], deadline: float) -> ChatGenerationChunk | None:
        """A timeout around each wait, not around the whole: what the reader of the stream does must not be cut off."""
        limit = asyncio.timeout_at(deadline)
        try:
            async with limit:
                return await anext(chunks, None)
        except TimeoutError as error:
            if limit.expired():
                raise self._too_late() from error
            raise

    async def _pause(self, pause: float, fault: Fault, deadline: float) -> None:
        """Raises when that is past the deadline."""
        if asyncio.get_running_loop().time() + pause >= deadline:
            asks = "" if fault.after is None else f" It asks to wait {fault.after:.0f} seconds."
            raise ModelUnavailable(f"{fault.error.message}{asks}", fault.error.hint) from fault.error
        await self.sleep(pause)

    def _too_late(self) -> ModelUnavailable:
        where = f"{self.model_name} at {self.address}" if self.address else self.model_name
        return ModelUnavailable(
            f"{where} did not finish within {self.timeout:g} seconds.", "Try again, or raise `timeout`."
        )

    def _tell_usage(self, reading: Reading) -> None:
        usage = reading.usage
        tokens = (usage["input_tokens"], usage["output_tokens"]) if usage else (None, None)
        cost = None
        if usage and self.price:
            cost = (usage["input_tokens"] * self.price[0] + usage["output_tokens"] * self.price[1]) / 1e6
        emit("usage", Usage(model=self.model_name, input_tokens=tokens[0], output_tokens=tokens[1], cost=cost))
        if reading.full:
            emit("notice", Notice(text=f"{self.model_name} came to its limit of tokens: the answer is not complete."))


def guarded(model: BaseChatModel) -> GuardedChatModel:
    """`model` with the guard around it, as tasks use it; one that has it stays as it is."""
    if isinstance(model, GuardedChatModel):
        return model
    name = str(getattr(model, "model_name", None) or type(model).__name__)
    return GuardedChatModel(inner=model, model_name=name, name=name)


def _pause_after(fault: Fault, attempt: int) -> float:
    """Exponential backoff with full jitter, or what the server asks for."""
    jittered = random.uniform(0.1, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))  # noqa: S311 (not a secret)
    return jittered if fault.after is None else fault.after


def _message(chunks: list[ChatGenerationChunk]) -> AIMessage:
    whole = merge_chat_generation_chunks(chunks)
    message = message_chunk_to_message(whole.message) if whole else None
    if not isinstance(message, AIMessage):
        raise TypeError("an answer always has its last chunk")
    message.response_metadata |= (whole.generation_info or {}) if whole else {}
    return message
