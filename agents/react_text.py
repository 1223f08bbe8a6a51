"""`react_text`: the ReAct loop written out as text (arXiv 2210.03629), for models that can't call tools.

The run is kept as `react` keeps it, in messages with calls and results; what is sent is their written form. A result is
indented below `Observation:`, so that no line of it can pass for one of the format.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool

from cairn.agents.call_forms import step_form
from cairn.agents.grounding import checked, need_judge
from cairn.agents.plan.plan_model_calls import CountedModel
from cairn.agents.plan.plan_prompts import indent, write_tools
from cairn.agents.react import LAST_CALL, ToolsIgnored, earlier, ignores_tools, message, react, with_instruction
from cairn.agents.react_text_format import STOP, Action, Answer, Malformed, answer_of, arguments, opening, parse
from cairn.agents.run_progress import in_time, summary
from cairn.agents.tool_calls import ToolCaller
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.errors import ToolError
from cairn.core.events import Thought, Token, emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.answer_forms import AnswerForm
from cairn.models.context_window import SMALL_WINDOW, mark_filled
from cairn.models.thoughts import END
from cairn.prompts.template import step as step_prompt
from cairn.tools.tool_invocation import Observation, new_id

_TRIES = 2
_AGAIN = (
    "{problem} Write Thought, Action and Action Input, each on a line of its own, or Thought and Final Answer, with "
    "these very labels."
)
_TAKES_OVER = "{model} was sent tools, but its server left them out. It writes its calls as text instead (react_text)."
_CUT = "Your answer was cut off at its limit of length, and nothing of it was done. Write less."


def react_text(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """All limits of the task hold; `builtin`, which writes nothing, calls its tools as in `react`.

    Raises ModelError, ApprovalNeeded.
    """
    if not getattr(model, "generative", True):
        return react(task, tools, model)
    need_judge(task, model)

    async def answer(turn: Turn) -> Reply:
        run = _Run(task, tools, model, turn)
        return await checked(await in_time(run.budget, run.answer()), model, run.caller)

    return StrategyRunnable("react_text", task, answer)


def react_or_text(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """`react` until tools turn out not to reach the model, from then on `react_text`, and the answer says so."""
    calling, writing = react(task, tools, model), react_text(task, tools, model)

    async def answer(turn: Turn) -> Reply:
        if not (tools and ignores_tools(model)):
            try:
                return await calling.answer(turn)
            except ToolsIgnored as ignored:  # what it said without them is no answer
                emit("thought", {"text": ignored.said, "replaces": True})
        emit("notice", {"text": _TAKES_OVER.format(model=getattr(model, "model_name", "The model"))})
        return await writing.answer(turn)

    return StrategyRunnable("react", task, answer)


class _Run:
    """One question being answered."""

    def __init__(self, task: Task, tools: Sequence[BaseTool], model: BaseChatModel, turn: Turn) -> None:
        self.caller = ToolCaller(task, turn, tools)
        self.budget = self.caller.budget
        self.tools = {tool.name: tool for tool in tools}
        self.model = CountedModel(model, self.budget)
        self.form = step_form(tools)
        self.wrong = 0
        window = task.limits.context
        name = "react_text_small" if window is not None and window <= SMALL_WINDOW else "react_text"
        (instruction,) = step_prompt(name).format_messages(tools=write_tools(tools, window))
        self.messages: list[AnyMessage] = with_instruction(_plain(turn.prompt.messages()), instruction.text)

    async def answer(self) -> Reply:
        self.messages += _plain(await earlier(self.caller, list(self.tools.values())))
        while True:
            if reason := self._limit():
                return await self._last_answer(reason)
            text = await self._ask_model(self.messages, self.form)
            step = parse(text)
            if self.model.full and not isinstance(step, Answer):
                step = Malformed(_CUT)
            if isinstance(step, Action):
                step = await self._act(step)
            if isinstance(step, Answer):
                return Reply(step.text)
            if isinstance(step, Malformed):
                self.wrong += 1
                if self.wrong > _TRIES:
                    return Reply(answer_of(text))
                self.messages += [AIMessage(text.strip() or "…"), HumanMessage(_AGAIN.format(problem=step.problem))]

    def _limit(self) -> str | None:
        """The limit that leaves room for only one more model call, which is the next."""
        return replace(self.budget, model_calls=self.budget.model_calls + 1).reached()

    async def _last_answer(self, reason: str) -> Reply:
        emit("notice", {"text": f"Limit reached: {reason}. This is the best answer so far."})
        self.budget.stopped_by = reason
        text = await self._ask_model(with_instruction(self.messages, LAST_CALL), step_form([]))
        match parse(text):
            case Answer(answer):
                return Reply(answer, reason)
            case Action():
                return Reply(summary(self.budget), reason)
            case _:
                return Reply(answer_of(text) or summary(self.budget), reason)

    async def _ask_model(self, messages: Sequence[AnyMessage], form: AnswerForm) -> str:
        """What the model writes. Of it is told: the thought before an action, and the final answer as it comes."""
        said, told = "", 0
        first = None
        async for piece in self.model.stream(_written(messages), STOP, form=form):
            if piece == END:
                emit("thought", Thought(text=said, replaces=True))
                said, told, first = "", 0, None
                continue
            said += piece
            if told == 0:
                first = opening(said)
                if first is None or not said[first.start :].strip("* \n"):
                    continue
                told = first.start if first.kind == "final" else len(said)
                if first.kind == "action" and first.thought:
                    emit("token", Token(text=first.thought))
            if first is not None and first.kind == "final" and told < len(said):
                emit("token", Token(text=said[told:]))
                told = len(said)
        return said

    async def _act(self, step: Action) -> Malformed | None:
        tool = self.tools.get(step.tool)
        if tool is None:
            return Malformed(f"There is no tool {step.tool[:100]!r}. There are: {', '.join(self.tools) or 'none'}.")
        try:
            given = arguments(tool, step.given)
        except ToolError as error:
            return Malformed(error.message)
        self.wrong = 0
        call = {"name": tool.name, "args": given, "id": new_id()}
        seen: Observation = await self.caller.call(tool, given)
        self.messages.append(AIMessage(step.thought, tool_calls=[call]))
        self.messages.append(message(call, seen, failed=seen.error is not None))
        return None


def _plain(messages: Sequence[BaseMessage]) -> list[AnyMessage]:
    """Prompts and earlier runs hold nothing but the kinds that are sent."""
    return cast(list[AnyMessage], list(messages))


def _written(messages: Sequence[AnyMessage]) -> list[BaseMessage]:
    """Calls and their results as the text that a model without calls would have written and read."""
    return [_as_text(message) for message in messages]


def _as_text(message: AnyMessage) -> BaseMessage:
    if isinstance(message, ToolMessage):
        result = indent(message.text)
        return HumanMessage(f"Observation:\n{result}", additional_kwargs=mark_filled({"result": result}))
    if isinstance(message, AIMessage) and message.tool_calls:
        thought = [f"Thought: {message.text}"] if message.text else []
        call = message.tool_calls[0]
        given = json.dumps(call["args"], ensure_ascii=False)
        return AIMessage("\n".join([*thought, f"Action: {call['name']}", f"Action Input: {given}"]))
    return message
