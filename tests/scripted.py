"""A chat model that says what a test wants, and remembers what it was asked.

    model = ScriptedModel(calls(("calculator", {"expression": "1+1"})), "It is 2.")
    ...
    assert model.requests[0][-1].content == "What is 1+1?"
    model.assert_done()

Each answer is a text, an AIMessage, an exception to raise, or a function from the messages to one of these. A text is
streamed word by word. A call for which there is no answer fails the test.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

Answer = str | AIMessage | BaseException | Callable[[list[BaseMessage]], Any]
_ids = count(1)


def calls(*wanted: tuple[str, dict[str, Any]], text: str = "") -> AIMessage:
    """A message that calls these tools, each with these arguments."""
    made = [{"name": name, "args": arguments, "id": f"call_{next(_ids)}"} for name, arguments in wanted]
    return AIMessage(content=text, tool_calls=made)


class ScriptedModel(BaseChatModel):
    """`requests`: the messages of each call; `tools`: the names of the tools it was given at each call."""

    requests: list[list[BaseMessage]]
    tools: list[list[str]]
    schemas: list[list[dict[str, Any]]]
    _answers: list[Answer] = PrivateAttr()

    def __init__(self, *answers: Answer) -> None:
        super().__init__(requests=[], tools=[], schemas=[])  # type: ignore[call-arg]
        self._answers = list(answers)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:  # type: ignore[override]
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def assert_done(self) -> None:
        assert not self._answers, f"{len(self._answers)} answers were never asked for: {self._answers}"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next(messages, kwargs))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        message = self._next(messages, kwargs)
        for word in re.findall(r"\s*\S+|\s+$", message.text):
            yield ChatGenerationChunk(message=AIMessageChunk(content=word))
        last = AIMessageChunk(
            content="",
            tool_calls=message.tool_calls,
            invalid_tool_calls=message.invalid_tool_calls,
            usage_metadata=message.usage_metadata,
            response_metadata=message.response_metadata,
        )
        yield ChatGenerationChunk(message=last)

    async def _astream(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any):
        for chunk in self._stream(messages, **kwargs):
            yield chunk

    def _next(self, messages: list[BaseMessage], kwargs: dict[str, Any]) -> AIMessage:
        schemas = list(kwargs.get("tools") or ())
        self.requests.append(list(messages))
        self.schemas.append(schemas)
        self.tools.append([schema["function"]["name"] for schema in schemas])
        if not self._answers:
            pytest.fail(f"an unexpected call of the model: {messages[-1].text!r}")
        answer: Any = self._answers.pop(0)
        if callable(answer) and not isinstance(answer, BaseException):
            answer = answer(list(messages))
        if isinstance(answer, BaseException):
            raise answer
        return AIMessage(content=answer) if isinstance(answer, str) else answer
