"""What a model would be sent first, found out by the very same strategy on a model that only listens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from cairn.agents.assembly import build
from cairn.agents.workspace import Workspace
from cairn.core import event_loop
from cairn.core.errors import CairnError


@dataclass
class Request:
    """In the form of the OpenAI chat API, which all compatible servers take."""

    template: str
    hash: str
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class CapturingModel(BaseChatModel):
    """Keeps the first request and says nothing."""

    _captured: tuple[list[BaseMessage], list[dict[str, Any]]] | None = PrivateAttr(default=None)

    @property
    def captured(self) -> tuple[list[BaseMessage], list[dict[str, Any]]] | None:
        return self._captured

    @property
    def _llm_type(self) -> str:
        return "capturing"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self._captured = self._captured or (messages, kwargs.get("tools", []))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(""))])


def render(workspace: Workspace, task: str, question: str, patch: Mapping[str, Any] | None = None) -> Request:
    """The first request of `task` for `question`; nothing is written and no model is called."""
    model = CapturingModel()
    assistant = build(workspace, task, patch, model)
    request = Request(assistant.task.template, assistant.template.hash)
    turn = assistant.turn(question)

    async def capture() -> None:
        await assistant.ainvoke(turn)

    try:
        event_loop.wait(capture())
    except CairnError:
        if model.captured is None:
            raise
    if model.captured is not None:
        messages, request.tools = model.captured
        request.messages = list(convert_to_openai_messages(messages))
    return request
