"""From a model's stream to an answer that may be trusted: complete, with calls whose arguments are JSON objects.

LangChain repairs a tool call's arguments that were cut to valid JSON, and would run them. So calls are held back until
the stream has ended well, and parsed here, strictly.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.messages.utils import message_chunk_to_message
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.outputs.chat_generation import merge_chat_generation_chunks

from cairn.core.clean_text import clean
from cairn.core.errors import ModelAnswerError, RequestRefused
from cairn.models.thoughts import Part, Thoughts

_FINISH = ("finish_reason", "stop_reason", "done_reason")
_FULL = {"length", "max_tokens", "MAX_TOKENS"}
_BLOCKS = ("thinking", "reasoning")
_ENCODED = 2
UNOPENED = "all_before_was_thought"
"""In `additional_kwargs` of a piece: a thought without a first tag has ended, and all text before was part of it."""


class Reading:
    """One attempt at an answer. `take` every chunk, then `end`; `begun` once anything of the answer was seen.

    `said`: whether the answer has any text so far; `thought`: whether the model thought; `calling`: whether it calls.
    """

    def __init__(self, model: str, needs_finish: bool) -> None:
        self.begun = False
        self.said = self.thought = False
        self._thoughts = Thoughts()
        self._refusal = ""
        self.usage: UsageMetadata | None = None
        self._model = model
        self._needs_finish = needs_finish
        self._calls: list[AIMessageChunk] = []
        self._info: dict[str, Any] = {}
        self._metadata: dict[str, Any] = {}

    @property
    def calling(self) -> bool:
        return bool(self._calls)

    @property
    def full(self) -> bool:
        """The model stopped at its limit of tokens, not at its own end."""
        return self._finish() in _FULL

    def take(self, chunk: ChatGenerationChunk) -> Iterator[Part | ChatGenerationChunk]:
        """What of `chunk` may be passed on at once: thoughts and pieces of the answer. The rest is kept for the end."""
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
        more = dict(message.additional_kwargs)
        thought = str(more.pop("reasoning_content", None) or _thought_of(message.content))
        self._refusal += str(more.pop("refusal", None) or "")
        self.begun = self.begun or bool(message.content or message.tool_call_chunks or thought)
        if thought:
            self.thought = True
            yield Part("thought", clean(thought))
        if isinstance(message.content, str):
            yield from self._pieces(self._thoughts.take(cleaned(message.content)), message.id)
        elif message.content:
            self.said = self.said or bool(message.text)
            yield _piece(cleaned(message.content), message.id)
        if more:
            yield _piece("", message.id, more)

    def _pieces(self, parts: list[Part], id: str | None = None) -> Iterator[Part | ChatGenerationChunk]:
        for part in parts:
            self.said = part.kind == "said" or (self.said and part.kind == "thought")
            if part.kind != "said":
                self.thought = True
                yield part
            if part.kind != "thought":
                yield _piece(part.text, id) if part.kind == "said" else _piece("", id, {UNOPENED: True})

    def last_pieces(self) -> Iterator[Part | ChatGenerationChunk]:
        """What was held back, since it might have become a tag."""
        yield from self._pieces(self._thoughts.end())

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
        if self._refusal and not calls:
            raise RequestRefused(f"{self._model} refuses to answer: {self._refusal.strip()}", "Ask otherwise.")
        if finish in _FULL and not self.said and not calls:
            inside = " while it was still thinking" if self.begun else " before it wrote anything"
            raise ModelAnswerError(
                f"{self._model} came to its limit of tokens{inside}.",
                "Raise `limits.answer_tokens` of the task, or the server's own limit.",
            )
        if finish == "tool_calls" and not calls:
            raise ModelAnswerError(
                f"{self._model} announced a tool call, but sent none that can be read.", "Try again."
            )
        ids: set[str] = set()
        message = AIMessageChunk(
            content="",
            tool_call_chunks=[_checked(call, index, ids) for index, call in enumerate(calls)],
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


def _piece(content: Any, id: str | None, more: dict[str, Any] | None = None) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=content, id=id, additional_kwargs=more or {}))


def _thought_of(content: str | list[Any]) -> str:
    """What blocks of a content hold of thoughts, as providers other than OpenAI send them."""
    if isinstance(content, str):
        return ""
    blocks = [cast(Mapping[str, Any], block) for block in content if isinstance(block, Mapping)]
    return "".join(str(block.get(key) or "") for block in blocks for key in _BLOCKS if block.get("type") == key)


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


def _checked(call: ToolCallChunk, index: int, ids: set[str]) -> ToolCallChunk:
    """`call` in canonical JSON; with arguments that are no object, in a form that no one can mistake for one."""
    raw = call["args"] or ""
    arguments = _parse(raw)
    safe = arguments is not None and call["name"]
    id = call["id"] if call["id"] and call["id"] not in ids else f"call_{uuid4().hex}"
    ids.add(id)
    return tool_call_chunk(
        name=call["name"],
        args=json.dumps(cleaned(arguments) if safe else clean(raw), ensure_ascii=False),
        id=id,
        index=index,
    )


def _parse(raw: str) -> dict[str, Any] | None:
    """Strict JSON: no NaN, nothing after the object, nothing missing. Nothing, or null, is an object without keys.

    Some servers write an object's JSON as a JSON string.
    """
    value: Any = raw
    try:
        for _ in range(_ENCODED):
            if isinstance(value, str):
                value = json.loads(value.strip() or "null", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return {} if value is None else cast(dict[str, Any], value) if isinstance(value, dict) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def whole_message(chunks: list[ChatGenerationChunk]) -> AIMessage:
    """An answer's pieces as one message, without what turned out to be a thought."""
    unopened = [n for n, chunk in enumerate(chunks) if UNOPENED in chunk.message.additional_kwargs]
    chunks = chunks[unopened[-1] + 1 :] if unopened else chunks
    whole = merge_chat_generation_chunks(chunks)
    message = message_chunk_to_message(whole.message) if whole else None
    if not isinstance(message, AIMessage):
        raise TypeError("an answer always has its last chunk")
    message.response_metadata |= (whole.generation_info or {}) if whole else {}
    return message
