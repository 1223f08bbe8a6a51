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
from cairn.agents.thread_context import Past
from cairn.agents.workspace import Workspace
from cairn.core import event_loop
from cairn.core.errors import CairnError
from cairn.core.events import Event
from cairn.models.context_window import ANSWER_ROOM, ContextWindow, PromptPart, PromptSize
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.model_facts import ask_window
from cairn.models.model_registry import choose_model, make_chat_model
from cairn.models.rate_limits import RateLimiter
from cairn.prompts.prompt_assembly import fixed_prompt


@dataclass
class Request:
    """In the form of the OpenAI chat API, which all compatible servers take.

    `prompt`: `fixed_prompt`'s digest. `parts`: its messages once more.
    """

    template: str
    hash: str
    prompt: str
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    size: PromptSize = field(default_factory=PromptSize)
    window: int = 0
    notices: Sequence[str] = ()
    parts: list[PromptPart] = field(default_factory=list[PromptPart])


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


@dataclass
class Rebuilt:
    """What a stored run's model was sent first, made anew; `doubts` say how it may differ from what was sent."""

    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tools: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    doubts: list[str] = field(default_factory=list[str])


_ALWAYS = (
    "Prompts are not stored. This one was made anew from the run's task, question and conversation; what is remembered "
    "of you, documents, examples and databases are taken as they are now."
)


def rebuild(workspace: Workspace, run: str, events: Sequence[Event]) -> Rebuilt:
    """The first request of a stored run; nothing is written and no model is called."""
    if not events or events[0].type != "started":
        return Rebuilt(doubts=["The run had hardly begun: what it was to be sent is not known."])
    said = events[0].data
    try:
        request = render(workspace, said["task"], said["question"], said.get("patch"), (said["thread"], run))
    except CairnError as error:
        return Rebuilt(doubts=[f"It can't be made anew: {error}"])
    doubts = [_ALWAYS]
    if request.hash != said["template_hash"]:
        doubts.append(f"The template is another one now (hash {request.hash}); it was {said['template_hash']}.")
    return Rebuilt(request.messages, request.tools, doubts)


def model_in_use(workspace: Workspace, task: str) -> GuardedChatModel | None:
    """The model that a task would ask, with the window that its server tells; None where it writes nothing.

    None is started or asked. Raises SettingsError, TaskError.
    """
    name = workspace.prompts.task(task).model or workspace.settings.model
    name = choose_model(workspace.settings).name if name == "auto" else name
    model = make_chat_model(name, workspace.settings)
    model.facts.asking = ask_window(name, workspace.settings)
    return model if model.generative else None


def render(
    workspace: Workspace,
    task: str,
    question: str,
    patch: Mapping[str, Any] | None = None,
    asked: tuple[str, str] | None = None,
    like: GuardedChatModel | None = None,
) -> Request:
    """The first request of `task` for `question`; nothing is written and no model is called.

    Args:
        workspace: Whose tasks, tools and memory.
        task: The task's name.
        question: What is asked.
        patch: What of the task is changed.
        asked: The thread and the run that it was asked in, None for a thread in which nothing was said.
        like: The model that it would be sent to, for its window and how it counts; None for any.
    """
    model = CapturingModel()
    alone = {"inner": model, "recorder": None, "limiter": RateLimiter()}
    assistant = build(workspace, task, patch, like.model_copy(update=alone) if like else model)
    window = assistant.task.limits.context or workspace.settings.context_window
    fixed = fixed_prompt(assistant.task, assistant.template)
    title, hash = assistant.task.template, assistant.template.hash
    request = Request(title, hash, fixed, window=window, notices=assistant.notices)
    past = assistant.thread_context.as_it_stands(*asked, question) if asked else Past()
    turn = assistant.turn(question, past.history, past.background)

    async def capture() -> None:
        await assistant.ainvoke(turn)

    try:
        event_loop.wait(capture())
    except CairnError:
        if model.captured is None:
            raise
    if model.captured is not None:
        messages, request.tools = model.captured
        counted = ContextWindow(window, ANSWER_ROOM, assistant.count)
        request.size, request.parts = counted.size(messages, request.tools), counted.parts(messages)
        request.messages = list(convert_to_openai_messages(messages))
    return request
