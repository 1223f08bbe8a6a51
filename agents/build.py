"""The one place where everything is put together: a task and the rooms become an assistant."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from cairn.errors import TaskError
from cairn.strategy import Reply, Strategy, Turn
from cairn.task import Task
from cairn.text import clean
from prompts.prompt import RenderedPrompt
from prompts.selectors import select
from prompts.store import Example
from prompts.template import Template

if TYPE_CHECKING:
    from agents.rooms import Rooms

STRATEGIES = {
    "direct": "chains.direct:direct",
    "rag": "chains.rag:rag",
    "sql": "chains.text_to_sql:text_to_sql",
    "classify": "chains.classify:classify",
    "extract": "chains.extract:extract",
    "react": "agents.react:react",
}
_NEEDS = {"rag": ["search"], "sql": ["sql"]}


@dataclass(frozen=True)
class Assistant:
    """A task ready to answer: what the chat, the command line and an evaluation all run."""

    task: Task
    template: Template
    examples: Sequence[Example]
    model: str
    runnable: Runnable[Turn, Reply]
    rooms: Rooms

    def turn(self, question: str, history: Sequence[BaseMessage] = ()) -> Turn:
        """The question with the prompt it is sent in; examples are chosen here. Raises TemplateError."""
        chosen = select(self.examples, question, self.task.examples, self.rooms.library.vector_store)
        given = {
            "question": clean(question),
            "today": datetime.date.today().isoformat(),
            "labels": "\n".join(f"- {label}" for label in self.task.labels),
            "fields": _describe_fields(self.task),
        }
        return Turn(given["question"], RenderedPrompt(self.template, given, chosen, history), history)

    async def answer(self, turn: Turn) -> Reply:
        return await self.runnable.ainvoke(turn)


def build(rooms: Rooms, name: str, patch: Mapping[str, Any] | None = None, model: Any = None) -> Assistant:
    """Task `name` with `patch` on it, answered by `model` (a name or a model; else the task's, else the setting's).

    Raises TaskError, TemplateError, SettingsError, ModelError.
    """
    task = rooms.prompts.task(name).patched(patch or {})
    template = rooms.prompts.template(name, task.template)
    examples = rooms.prompts.examples(name)
    task = _completed(task, examples, rooms.settings.context_window)
    chat_model = rooms.chat_model(model or task.model, task.temperature)
    tools = [tool for group in _tool_groups(task) for tool in rooms.tools(group, task)]
    key = None if isinstance(model, BaseChatModel) else str(model or task.model or rooms.settings.model)
    runnable = _strategy(task, tools, chat_model, rooms, key)
    return Assistant(task, template, examples, chat_model.model_name, runnable, rooms)


def _strategy(
    task: Task, tools: Sequence[BaseTool], model: BaseChatModel, rooms: Rooms, name: str | None
) -> Runnable[Turn, Reply]:
    """Built once per task, tools and model's name, since building an agent costs as much as a turn."""
    strategy = load_strategy(task.strategy)
    if name is None:
        return strategy(task, tools, model)
    key = json.dumps([task.model_dump(), [tool.description for tool in tools], name])
    if key not in rooms.built:
        rooms.built[key] = strategy(task, tools, model)
    return rooms.built[key]


def load_strategy(name: str) -> Strategy:
    """Raises TaskError for a name that is none."""
    if name not in STRATEGIES:
        raise TaskError(f"There is no strategy {name!r}.", f"There are: {', '.join(STRATEGIES)}.")
    module, function = STRATEGIES[name].split(":")
    return getattr(import_module(module), function)


def _tool_groups(task: Task) -> list[str]:
    """What the task names, and what its strategy cannot do without."""
    return list(dict.fromkeys([*task.tools, *_NEEDS.get(task.strategy, [])]))


def _completed(task: Task, examples: Sequence[Example], window: int) -> Task:
    """With the labels of the examples where it names none, and the model's window."""
    labels = task.labels or sorted({example["output"] for example in examples})
    limits = task.limits.model_copy(update={"context": task.limits.context or window})
    memory = task.memory.model_copy(update={"max_tokens": min(task.memory.max_tokens, window // 4)})
    return task.model_copy(update={"labels": labels, "limits": limits, "memory": memory})


def _describe_fields(task: Task) -> str:
    if not task.fields:
        return ""
    from chains.extract import describe_fields

    return describe_fields(task.fields)
