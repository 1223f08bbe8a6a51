"""The one place where everything is put together: a task and the workspace become an assistant."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from cairn.agents.grounding import is_own, refuse_no_answer, tell_own, watching
from cairn.agents.task_tools import PREFIX, check_asked, make_task_tool
from cairn.agents.thread_context import ThreadContext
from cairn.agents.tool_calls import check_approve
from cairn.chains.bounded_calls import need_writer
from cairn.chains.question_runnable import QuestionRunnable
from cairn.chains.tries.reflection import reflecting
from cairn.chains.tries.tried_answers import TEMPERATURE, tried
from cairn.core.clean_text import clean
from cairn.core.errors import TemplateError, ToolError
from cairn.core.events import emit
from cairn.core.registry import find, problems
from cairn.core.settings import Settings
from cairn.core.strategy import Example, Reply, Strategy, Turn
from cairn.core.task import Task, Tries
from cairn.models.context_window import SMALL_WINDOW
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.token_counts import TokenCounter
from cairn.prompts.example_selectors import ExamplePool, select
from cairn.prompts.prompt_assembly import VARIABLES, RenderedPrompt, make_turn, trained_otherwise
from cairn.prompts.template import Template, steps_of

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace

_EXACT = ("classify", "extract", "sql")


_DEFAULT, _SMALL = "default", "small"


@dataclass(frozen=True, eq=False)
class Assistant(QuestionRunnable):
    """A task ready to answer: what the chat, the command line and an evaluation all run.

    To a program it is a Runnable, made by `cairn.assistant`:

        >>> import cairn
        >>> cairn.assistant("math").invoke("What is 6 * 7?").text
        '6 * 7 = **42**'
    """

    task: Task
    template: Template
    examples: Sequence[Example]
    model: str
    count: TokenCounter
    runnable: Runnable[Any, Reply]
    workspace: Workspace
    thread_context: ThreadContext
    notices: Sequence[str] = ()
    tools: Sequence[BaseTool] = ()
    generative: bool = True

    def get_name(self, suffix: str | None = None, *, name: str | None = None) -> str:
        return super().get_name(suffix, name=name or self.task.name)

    def turn(self, question: str, history: Sequence[BaseMessage] = (), background: str = "") -> Turn:
        """The question with the prompt it is sent in; examples are chosen here. Raises TemplateError."""
        pool = ExamplePool(
            self.examples, self.task.examples, lambda name: self.workspace.library.example_store(name), self.count
        )
        chosen = self._chosen(clean(question), pool)
        kept = pool if self.examples else None
        return make_turn(self.task, self.template, question, history, background, chosen, kept)

    def _chosen(self, question: str, pool: ExamplePool) -> Sequence[Example]:
        """By the question alone; a strategy that comes to know more chooses from the pool again."""
        if pool.spec.by_schema and "examples" in find("strategy", self.task.strategy).chooses:
            from cairn.tools.sql_tools import sql_of

            try:
                return sql_of(self.tools).examples_for(question, pool)
            except ToolError:  # the strategy will meet it again, and tell
                pass
        return select(self.examples, question, pool.spec, pool.stores, pool.count) if self.examples else ()

    async def answer(self, turn: Turn) -> Reply:
        """The strategy's reply, with a notice where it rests on nothing. Raises ModelAnswerError where it is none."""
        for text in self.notices:
            emit("notice", {"text": text})
        own_steps = steps_of(self.workspace.home.prompts / "steps")
        with own_steps, watching(turn.earlier) as seen:
            if self._sends_descriptions():
                await asyncio.to_thread(lambda: [tool.description for tool in self.tools])
            reply = await self.runnable.ainvoke(turn)
        refuse_no_answer(reply, self.template, self.tools)
        if is_own(reply, self._told(turn), seen) and self._has_something_to_look_up():
            tell_own(reply)
        return reply

    def _sends_descriptions(self) -> bool:
        """Then those that are made late are made now: opening a database must not keep the event loop waiting."""
        strategy = find("strategy", self.task.strategy)
        return "tools" in strategy.gives or ("tools" in strategy.chooses and self.generative)

    def _told(self, turn: Turn) -> str:
        """All that the model knows without looking anything up: the prompt, and what is in it of the thread."""
        background = turn.prompt.background if isinstance(turn.prompt, RenderedPrompt) else ""
        examples = [text for example in self.examples for text in (example["input"], example["output"])]
        wording = [part.text for part in self.template.parts]
        return "\n".join([turn.question, background, *(said.text for said in turn.history), *wording, *examples])

    def _has_something_to_look_up(self) -> bool:
        names = {tool.name for tool in self.tools}
        documents = "search" in names and self.workspace.library.holds_passages()
        return documents or ("query_database" in names and bool(self.workspace.databases.names()))


def build(
    workspace: Workspace,
    name: str,
    patch: Mapping[str, Any] | None = None,
    model: Any = None,
    lent: Sequence[BaseTool] = (),
    nested: bool = False,
) -> Assistant:
    """Task `name` with `patch` on it, answered by `model` (a name or a model; else the task's, else the setting's).

    `lent`: tools of who asks, beside the task's own. A call of one waits, as for a yes, and is never made here.

    `nested`: it is asked as a tool, with limits that are no other call's: what is built for it is not kept.

    Raises TaskError (also for tools lent to a strategy that chooses none), TemplateError, SettingsError, ModelError.
    """
    own = workspace.prompts.task(name)
    chosen = own.patched(patch or {})
    chat_model = _chat_model(workspace, chosen, model)
    window = chat_model.takes
    least = min(window, chosen.limits.context or window)
    own, small = _for_window(workspace, name, own, patch or {}, least, chat_model)
    task = own.patched(patch or {})
    strategies = [find("strategy", strategy) for strategy in (own.strategy, task.strategy)]
    groups = list(dict.fromkeys([*task.tools, *(group for strategy in strategies for group in strategy.needs)]))
    task, template, notices = _fitting(workspace, name, task, patch or {})
    template = workspace.prompts.worded(template, task.wording)
    examples = workspace.prompts.examples(name)
    task = _completed(task, template, examples, window)
    chat_model = _chat_model(workspace, task, model).model_copy(update={"bound": task.limits.context})
    check_asked(workspace.prompts, task)
    need_writer(chat_model, *(f"tools: [{group}]" for group in groups if group.startswith(PREFIX)))
    tools = [*(tool for group in groups for tool in _tools(workspace, group, task, chat_model, model)), *lent]
    task = task.model_copy(update={"approve": [*task.approve, *(tool.name for tool in lent)]})
    check_approve(task, tools)
    key = (
        None
        if nested or lent or isinstance(model, BaseChatModel)
        else str(model or task.model or workspace.settings.model)
    )
    runnable = _with_tries(_strategy(task, tools, chat_model, workspace, key), task, chat_model, workspace)
    thread_context = ThreadContext(workspace, task, chat_model)
    notices = [*task.notices, *problems(), *small, *notices, *trained_otherwise(chat_model.model_name, task, template)]
    return Assistant(
        task,
        template,
        examples,
        chat_model.model_name,
        chat_model.counter,
        runnable,
        workspace,
        thread_context,
        notices,
        tools,
        chat_model.generative,
    )


def _tools(workspace: Workspace, group: str, task: Task, chat_model: GuardedChatModel, model: Any) -> list[BaseTool]:
    """Those of a group, or the one that asks another task: by its own model, else by that of who asks."""
    if not group.startswith(PREFIX):
        return workspace.tools(group, task, chat_model.counter)
    asked = workspace.prompts.task(group.removeprefix(PREFIX))
    answering = asked.model or model or task.model

    def make(patch: dict[str, Any]) -> Assistant:
        return build(workspace, group.removeprefix(PREFIX), patch, answering, nested=True)

    return [make_task_tool(asked, make)]


def _for_window(
    workspace: Workspace, name: str, own: Task, patch: Mapping[str, Any], window: int, model: GuardedChatModel
) -> tuple[Task, list[str]]:
    """The task with what goes with its template, which for a small window is `small`, where nobody chose another."""
    template, told = str(patch.get("template", own.template)), list[str]()
    free = own.template == _DEFAULT and not {"template", "strategy"} & patch.keys()
    small = window <= SMALL_WINDOW and model.generative
    if small and free and _SMALL in workspace.prompts.templates(name):
        template = _SMALL
        told = [f"{model.model_name} takes {window:,} tokens at once: the template `{_SMALL}` is used."]
    try:
        going_with = workspace.prompts.template(name, template).head.patch
    except TemplateError:  # told where the template is read to be used
        return own, []
    return own.patched({**going_with, "template": template} if told or going_with else {}), told


def _fitting(workspace: Workspace, name: str, task: Task, patch: Mapping[str, Any]) -> tuple[Task, Template, list[str]]:
    """The task's template; where another strategy was asked for and the template can't serve it, one that can."""
    template = workspace.prompts.template(name, task.template)
    try:
        check_template(task, template)
    except TemplateError:
        other = find("strategy", task.strategy).template
        if other is None or "template" in patch or "strategy" not in patch:
            raise
        title = workspace.prompts.task(other).template
        template = workspace.prompts.template(other, title)
        check_template(task, template)
        told = f"Template {task.template} does not fit strategy {task.strategy}: that of task {other} is used."
        return task.model_copy(update={"template": f"{other}/{title}"}), template, [told]
    return task, template, []


def _strategy(
    task: Task, tools: Sequence[BaseTool], model: BaseChatModel, workspace: Workspace, name: str | None
) -> Runnable[Any, Reply]:
    """Built once per task, tools and model's name, since building an agent costs as much as a turn."""
    strategy: Strategy = find("strategy", task.strategy).load()
    if name is None:
        return strategy(task, tools, model)
    said = [tool.__dict__.get("description") for tool in tools]  # one that is made late is never out of date
    key = json.dumps([task.model_dump(), said, name])
    if key not in workspace.built:
        workspace.built[key] = strategy(task, tools, model)
    return workspace.built[key]


def _with_tries(
    strategy: Runnable[Any, Reply], task: Task, model: GuardedChatModel, workspace: Workspace
) -> Runnable[Any, Reply]:
    """Each try is looked at before it counts, where both are asked for."""
    looks = workspace.chat_model(task.reflect.model, 0.0) if task.reflect.model else model
    judge = workspace.chat_model(name, 0.0) if (name := workspace.settings.judge) else model
    return tried(reflecting(strategy, task, model, looks), task, model, judge)


def check_template(task: Task, template: Template) -> None:
    """Raises TemplateError unless the template has exactly the places that the task's strategy fills.

    Raises TaskError where that strategy is none.
    """
    asked, given = frozenset(template.input_variables), frozenset(find("strategy", task.strategy).gives)
    if unknown := sorted(asked - given - VARIABLES):
        raise TemplateError(
            f"Template {template.title!r} asks for {', '.join(unknown)}, which nothing gives.",
            f"With strategy {task.strategy} it can use {', '.join(sorted(given | VARIABLES))}.",
        )
    if unplaced := sorted(given - asked):
        raise TemplateError(
            f"Template {template.title!r} has no place for {', '.join(unplaced)}, which {task.strategy} gives.",
            f"Write {' and '.join('{{' + name + '}}' for name in unplaced)} where it belongs.",
        )


def _chat_model(workspace: Workspace, task: Task, model: Any) -> GuardedChatModel:
    temperature = _temperature(task, workspace.settings)
    return workspace.chat_model(model or task.model, temperature, task.limits.answer_tokens)


def _temperature(task: Task, settings: Settings) -> float | None:
    """Unless somebody says otherwise, 0 for what has one right answer, and variety where several tries compete."""
    said = settings.temperature if task.temperature is None else task.temperature
    if said is None and task.tries.n > 1 and task.tries.by != "choice":
        return TEMPERATURE
    return 0.0 if said is None and task.strategy in _EXACT else said


def _completed(task: Task, template: Template, examples: Sequence[Example], window: int) -> Task:
    """With the labels of the examples and the tries of its template where it names none, and each part's share of the
    model's window."""
    asked = template.head.experiment if task.tries.n == 1 else 1
    tries = Tries(n=asked, by="choice", adaptive=False) if asked > 1 else task.tries
    labels = task.labels or sorted({example["output"] for example in examples})
    limits = task.limits.model_copy(update={"context": min(task.limits.context or window, window)})
    memory = task.memory.model_copy(update={"max_tokens": min(task.memory.max_tokens, window // 4)})
    chosen = task.examples.model_copy(update={"max_tokens": min(task.examples.max_tokens, window // 4)})
    retrieval = task.retrieval.model_copy(update={"max_tokens": min(task.retrieval.max_tokens, window // 2)})
    sql = task.sql.model_copy(update={"schema_tokens": max(100, min(task.sql.schema_tokens, window // 2))})
    shares = {"piece_tokens": min(task.reading.piece_tokens, window // 2)}
    shares["note_tokens"] = min(task.reading.note_tokens, window // 8)
    reading = task.reading.model_copy(update=shares)
    parts = {"memory": memory, "examples": chosen, "retrieval": retrieval, "sql": sql, "reading": reading}
    return task.model_copy(update={"labels": labels, "tries": tries, "limits": limits, **parts})
