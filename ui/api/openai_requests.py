"""What OpenAI's clients send, read into a question, the conversation before it and tools that are lent for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, ConfigDict, Field

from cairn.core.errors import UsageError
from cairn.core.strategy import Example, Prompt

NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
_TEXTS = ("text", "input_text")


class _Read(BaseModel):
    """Other fields are let pass: clients send many that only tune a model."""

    model_config = ConfigDict(extra="allow")


class CalledFunction(_Read):
    name: str
    arguments: str = "{}"


class ClientCall(_Read):
    id: str
    function: CalledFunction


class ClientMessage(_Read):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[ClientCall] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """Raises UsageError for parts that are no text."""
        if not isinstance(self.content, list):
            return self.content or ""
        if others := sorted({str(part.get("type")) for part in self.content} - set(_TEXTS)):
            raise UsageError(f"Parts of the kind {', '.join(others)} can't be read.", "Send text.")
        return "\n".join(str(part.get("text", "")) for part in self.content)


class OfferedFunction(_Read):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, Any] | None = None


class OfferedTool(_Read):
    type: Literal["function"]
    function: OfferedFunction


class StreamOptions(_Read):
    include_usage: bool = False


class Wishes(BaseModel):
    """What only Cairn understands. `thread`: an id or `new`: the answer is stored there. `details`: steps, tables…"""

    model_config = ConfigDict(extra="forbid")

    thread: str | None = Field(default=None, pattern=r"^(new|[0-9a-f]{16,32})$")
    details: bool = False


class ChatRequest(_Read):
    """`model` is the name of a task."""

    model: str = Field(pattern=NAME)
    messages: list[ClientMessage] = Field(min_length=1, max_length=2000)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    tools: list[OfferedTool] | None = Field(default=None, max_length=128)
    tool_choice: Any = None
    n: int | None = None
    stop: str | list[str] | None = None
    response_format: dict[str, Any] | None = None
    logprobs: bool | None = None
    functions: list[Any] | None = None
    modalities: list[str] | None = None
    cairn: Wishes = Wishes()

    @property
    def most_tokens(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def offered(self) -> list[OfferedTool]:
        return [] if self.tool_choice == "none" else self.tools or []

    def refuse_what_cannot_be_done(self) -> None:
        """Raises UsageError for what would be answered otherwise than it is asked for."""
        format = (self.response_format or {}).get("type", "text")
        kinds = self.modalities or ["text"]
        wrong = {
            "More than one choice (`n`)": (self.n or 1) != 1,
            "`stop`": bool(self.stop),
            f"`response_format` {format}": format != "text",
            "`logprobs`": bool(self.logprobs),
            "`functions`": bool(self.functions),
            f"An answer as {', '.join(kinds)}": kinds != ["text"],
            "A forced `tool_choice`": self.tool_choice not in (None, "auto", "none"),
        }
        if asked := [what for what, is_asked in wrong.items() if is_asked]:
            raise UsageError(f"{asked[0]} can't be had here.", "Leave it out.")


@dataclass(frozen=True, slots=True)
class Conversation:
    """`after`: calls of the client's tools and their results, since the question."""

    question: str
    instructions: str
    history: list[BaseMessage]
    after: list[BaseMessage]


@dataclass(frozen=True)
class ContinuedPrompt:
    """A prompt with what was called for the question already. Implements `cairn.core.strategy.Prompt`."""

    prompt: Prompt
    after: Sequence[BaseMessage]

    @property
    def missing(self) -> frozenset[str]:
        return self.prompt.missing

    def messages(self, **values: str) -> list[BaseMessage]:
        return [*self.prompt.messages(**values), *self.after]

    def with_examples(self, examples: Sequence[Example]) -> ContinuedPrompt:
        return replace(self, prompt=self.prompt.with_examples(examples))


def read_conversation(messages: Sequence[ClientMessage]) -> Conversation:
    """The last thing that the user said is the question. Raises UsageError where it is not clear what to answer."""
    told = [message.text for message in messages if message.role in ("system", "developer")]
    said = [message for message in messages if message.role not in ("system", "developer")]
    asked = next((n for n in range(len(said) - 1, -1, -1) if said[n].role == "user"), None)
    if asked is None or said[-1].role == "assistant":
        raise UsageError("There is nothing to answer.", "The last message has to be the user's, or a tool's result.")
    after = [_message(message) for message in said[asked + 1 :]]
    history = [_message(message) for message in said[:asked]]
    return Conversation(said[asked].text, "\n\n".join(filter(None, told)), history, after)


def _message(said: ClientMessage) -> BaseMessage:
    if said.role == "user":
        return HumanMessage(said.text)
    if said.role == "tool":
        return ToolMessage(said.text, tool_call_id=said.tool_call_id or "")
    calls = [
        {"name": call.function.name, "args": _arguments(call.function.arguments), "id": call.id}
        for call in said.tool_calls or ()
    ]
    return AIMessage(said.text, tool_calls=calls)


def _arguments(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text or "{}")
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise UsageError(
            "The arguments of a tool call in the conversation are no JSON object.", "Send them as written."
        )
    return read


def lent_tools(offered: Sequence[OfferedTool], own: Sequence[str]) -> list[BaseTool]:
    """Tools that a model can call and that are never carried out here. Raises UsageError for names that are taken."""
    names = [tool.function.name for tool in offered]
    if taken := sorted({name for name in names if name in own or names.count(name) > 1}):
        raise UsageError(f"There is a tool {', '.join(taken)} already.", "Give yours another name.")
    return [_lent(tool.function) for tool in offered]


def _lent(function: OfferedFunction) -> BaseTool:
    async def never(**_arguments: Any) -> str:
        raise UsageError(f"{function.name} is a tool of the program that asks.")

    return StructuredTool(
        name=function.name,
        description=function.description or function.name,
        args_schema={"type": "object", "properties": {}, **(function.parameters or {})},
        coroutine=never,
        metadata={"side_effects": True, "untrusted": True},
    )
