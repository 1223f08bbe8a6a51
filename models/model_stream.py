"""From a model's stream to an answer that may be trusted: complete, with calls whose arguments are JSON objects.

LangChain repairs a tool call's arguments that were cut to valid JSON, and would run them. So calls are held back until
the stream has ended well, and parsed here, strictly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn, cast
from uuid import uuid4

from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from cairn.core.clean_text import clean
from cairn.core.errors import ModelAnswerError, RequestRefused

_FINISH = ("finish_reason", "stop_reason", "done_reason")
_FULL = {"length", "max_tokens", "MAX_TOKENS"}


class Reading:
    """One attempt at an answer. `take` every chunk, then `end`; `begun` once anything of the answer was seen."""

    def __init__(self, model: str, needs_finish: bool) -> None:
        self.begun = False
        self.usage: UsageMetadata | None = None
        self._model = model
        self._needs_finish = needs_finish
        self._calls: list[AIMessageChunk] = []
        self._info: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    @property
    def full(self) -> bool:
        """The model stopped at its limit of tokens, not at its own end."""
        return self._finish() in _FULL

    def take(self, chunk: ChatGenerationChunk) -> ChatGenerationChunk | None:
        """What of `chunk` may be passed on at once: text. None for the rest, which is kept for the end."""
        message = chunk.message
        if not isinstance(message, AIMessageChunk):
            message = AIMessageChunk(content=message.content)
        self._info |= chunk.generation_info or {}
        self._metadata |= message.response_metadata
        if message.usage_metadata is not None:
            # Servers of the OpenAI family that send usage more than once send running totals.
            self.usage = add_usage(None if self._needs_finish else self.usage, message.usage_metadata)
        if message.tool_call_chunks:
            self._calls.append(message)
        self.begun = self.begun or bool(message.content or message.tool_call_chunks)
        if not message.content and not message.additional_kwargs:
            return None
        piece = AIMessageChunk(
            content=cleaned(message.content), id=message.id, additional_kwargs=message.additional_kwargs
        )
        return ChatGenerationChunk(message=piece)

    def end(self) -> ChatGenerationChunk:
        """The last chunk: checked calls, usage, why it ended. Raises ModelAnswerError, RequestRefused."""
        finish, calls = self._finish(), self._merged()
        if finish is None and self._needs_finish:
            raise self.cut()
        if finish in _FULL and calls:
            raise ModelAnswerError(
                f"{self._model} came to its limit of tokens inside a tool call, of which nothing was run.",
                "Ask for less at once, or use a model with a larger limit.",
            )
        if finish == "content_filter":
            raise RequestRefused(
                f"The provider's content filter stopped the answer of {self._model}.", "Ask otherwise."
            )
        if finish == "tool_calls" and not calls:
            raise ModelAnswerError(
                f"{self._model} announced a tool call, but sent none that can be read.", "Try again."
            )
        message = AIMessageChunk(
            content="",
            tool_call_chunks=[_checked(call, index) for index, call in enumerate(calls)],
            usage_metadata=self.usage,
            response_metadata=self._metadata,
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message, generation_info=self._info)

    def _finish(self) -> str | None:
        both = self._metadata | self._info
        return next((str(both[key]) for key in _FINISH if both.get(key)), None)

    def _merged(self) -> list[ToolCallChunk]:
        if not self._calls:
            return []
        first, *rest = self._calls
        return (first + rest).tool_call_chunks if rest else first.tool_call_chunks

    def cut(self, reason: str = "") -> ModelAnswerError:
        """The error for a stream that did not come to its end."""
        if not self.begun:
            return ModelAnswerError(
                f"{self._model} sent a stream without any answer in it.",
                "Check `base_url` (it mostly ends in /v1) and the model's name.",
            )
        inside = " inside a tool call, of which nothing was run" if self._calls else ""
        return ModelAnswerError(f"The answer of {self._model} was cut off{inside}. {reason}".strip(), "Try again.")


def cleaned(value: Any) -> Any:
    """`value` with every text in it as valid Unicode."""
    if isinstance(value, str):
        return value if _is_clean(value) else clean(value)
    if isinstance(value, Mapping):
        return {cleaned(key): cleaned(item) for key, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def cleaned_message(message: BaseMessage) -> BaseMessage:
    """`message` itself when it can be sent as it is, else a copy that can."""
    parts = {
        key: value
        for key in ("content", "name", "tool_calls", "invalid_tool_calls")
        if (value := getattr(message, key, None))
    }
    safe = cleaned(parts)
    return message if safe == parts else message.model_copy(update=safe)


def _is_clean(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _checked(call: ToolCallChunk, index: int) -> ToolCallChunk:
    """`call` in canonical JSON; with arguments that are no object, in a form that no one can mistake for one."""
    raw = call["args"] or "{}"
    arguments = _parse(raw)
    safe = arguments is not None and call["name"]
    return tool_call_chunk(
        name=call["name"],
        args=json.dumps(cleaned(arguments) if safe else clean(raw), ensure_ascii=False),
        id=call["id"] or f"call_{uuid4().hex}",
        index=index,
    )


def _parse(raw: str) -> dict[str, Any] | None:
    """Strict JSON: no NaN, nothing after the object, nothing missing."""
    try:
        value = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
