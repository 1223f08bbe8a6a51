"""The builtin model as LangChain knows chat models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cairn.core.clean_text import CJK, approximate_tokens
from cairn.models.builtin.decision import decide

MODEL_NAME = "builtin"
_PIECE = re.compile(rf"[{CJK}]{{1,4}}|[^\s{CJK}]+\s*|\s+")


class BuiltinChatModel(BaseChatModel):
    """Calls the calculator, a database or a search as a question asks, and quotes what comes back.

    No key, no download, no server, no state: the same messages give the same answer. It never writes prose of its own
    beyond saying what it found, what it understood and what it can't do.
    """

    generative: ClassVar[bool] = False

    @property
    def _llm_type(self) -> str:
        return MODEL_NAME

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Tools of LangChain's as they are, so that a description that is dear to make is made only if it is read."""
        kept = [tool if isinstance(tool, BaseTool) else convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=kept, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=_answer(messages, **kwargs))])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield from _chunks(_answer(messages, **kwargs))


def _answer(messages: Sequence[BaseMessage], tools: Sequence[Any] = (), **_: Any) -> AIMessage:
    message = decide(messages, tools)
    calls = message.tool_calls
    said = json.dumps(calls, ensure_ascii=False) if calls else str(message.text)
    message.usage_metadata = _usage(messages, tools, said)
    message.response_metadata = {"finish_reason": "tool_calls" if calls else "stop", "model_name": MODEL_NAME}
    return message


def _usage(messages: Sequence[BaseMessage], tools: Sequence[Any], said: str) -> UsageMetadata:
    """Approximate, as a language model of the usual kind would count; but not the descriptions that are made late."""
    late = [isinstance(tool, BaseTool) and "description" not in tool.__dict__ for tool in tools]
    shown = [t.name if is_late else convert_to_openai_tool(t) for t, is_late in zip(tools, late, strict=True)]
    read = sum(approximate_tokens(str(message.text)) for message in messages)
    read += approximate_tokens(json.dumps(shown, ensure_ascii=False, default=str)) if shown else 0
    written = approximate_tokens(said)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _chunks(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """Word by word, Chinese in groups of characters; calls whole; last the usage and why it ended."""
    for match in _PIECE.finditer(str(message.text)):
        yield ChatGenerationChunk(message=AIMessageChunk(content=match[0]))
    rest = message.model_dump(include={"tool_calls", "usage_metadata", "response_metadata"})
    yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last", **rest))
