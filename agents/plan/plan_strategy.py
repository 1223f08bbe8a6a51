"""`plan`: plan all steps, run them as a graph while the plan is still being written, answer or plan again.

After LLMCompiler (arXiv 2312.04511). What is read never reaches the planner: see `cairn.agents.plan.plan_prompts`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from cairn.agents.call_forms import plan_form
from cairn.agents.grounding import checked, need_judge
from cairn.agents.plan.plan_model_calls import CountedModel
from cairn.agents.plan.plan_parser import PlanReader
from cairn.agents.plan.plan_progress import JOIN, PlanProgress, earlier_plan
from cairn.agents.plan.plan_prompts import REPLAN, indent, joining, replanning, why_again, without_answers, write_tools
from cairn.agents.plan.plan_scheduler import Schedule
from cairn.agents.plan.plan_steps import Line
from cairn.agents.plan.plan_validation import Checker, next_number, schema_of
from cairn.agents.run_progress import Budget, in_time, summary
from cairn.agents.tool_calls import ToolCaller
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.clean_text import clean
from cairn.core.errors import ModelError, ToolError
from cairn.core.events import emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.answer_forms import one_line
from cairn.prompts.template import step as step_prompt
from cairn.tools.tool_invocation import READS

_MOST_CHARACTERS = 60_000
_BEHIND = 200
"""So many characters behind `join()` are waited for, since a broken-off answer's tokens are not told."""
_CLOSING_SHARE = 0.2
_CUT_OFF = "The plan was broken off there."
_READ = "read"
_LONGEST_VALUE = 300
_UNKNOWN = frozenset({"", "unknown", "未知"})


def plan(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """All limits of the task hold over the whole run, `limits.replans` over its rounds.

    Raises ModelError, ApprovalNeeded.
    """
    need_judge(task, model)

    async def answer(turn: Turn) -> Reply:
        run = _Run(task, tools, model, turn)
        try:
            return await checked(await in_time(run.budget, run.answer()), model, run.caller)
        finally:
            run.schedule.cancel()
            run.progress.publish()

    return StrategyRunnable("plan", task, answer)


class _Run:
    """One question being answered."""

    def __init__(self, task: Task, tools: Sequence[BaseTool], model: BaseChatModel, turn: Turn) -> None:
        self.task = task
        self.turn = turn
        self.caller = ToolCaller(task, turn, tools)
        self.budget: Budget = self.caller.budget
        self.model = CountedModel(model, self.budget)
        if all(tool.name != _READ for tool in tools):
            tools = [*tools, make_read(self.model, self.budget)]
        self.tools = tools
        self.base: list[BaseMessage] = turn.prompt.messages(tools=write_tools(tools, task.limits.context))
        self.checker = Checker({tool.name: schema_of(tool) for tool in tools}, turn.question)
        self.progress = PlanProgress()
        self.schedule = Schedule({tool.name: tool for tool in tools}, self.caller, self.progress)

    async def answer(self) -> Reply:
        steps, complete = earlier_plan(self.turn.earlier)
        for step in steps:
            self.schedule.add(step)
        reason = _CUT_OFF if steps else None
        replans = self.task.limits.replans
        while True:
            await self._work(None if complete else self._planner(reason))
            limit = self._limit()
            final = limit is not None or replans == 0 or not self._room_for(2)
            said = await self._join(final)
            if not REPLAN.match(said):
                return Reply(said or summary(self.budget), self.budget.stopped_by)
            if final:
                stopped = self.budget.stopped_by or limit or ("replans" if replans == 0 else "model_calls")
                return Reply(summary(self.budget), stopped)
            emit("notice", {"text": f"Planning again. {REPLAN.sub('', said).strip()}"})
            reason = why_again(said, list(self.schedule.steps.values()), self.schedule.results)
            complete, replans = False, replans - 1

    def _planner(self, reason: str | None) -> list[BaseMessage]:
        """What the planner is sent. `reason`: why there is to be more; None for the first plan."""
        base = without_answers(self.base) if self.turn.untrusted else self.base
        steps = list(self.schedule.steps.values())
        return base if reason is None else replanning(base, steps, self.schedule.results, reason)

    async def _work(self, messages: Sequence[BaseMessage] | None) -> None:
        """Plan, if there are messages for the planner, and run all steps, as long as time is left for the answer."""
        limits, budget = self.task.limits, self.budget
        if messages is not None and (stopped := self._no_plan()):
            self._stop(stopped)
            messages = None
        closing = asyncio.timeout(max(0.0, budget.seconds_left - _CLOSING_SHARE * limits.seconds))
        try:
            async with closing:
                if messages is not None:
                    await self._read(messages)
                self.progress.add_join()
                await self.schedule.finish()
        except TimeoutError:
            if not closing.expired():
                raise
            self.schedule.give_up()
            self._stop("seconds")
        if self.schedule.waiting:
            raise next(iter(self.schedule.waiting.values()))

    def _no_plan(self) -> str | None:
        """The limit that makes planning pointless."""
        if self.budget.tool_calls >= self.task.limits.tool_calls:
            return "tool_calls"
        return None if self._room_for(2) else "model_calls"

    def _room_for(self, calls: int) -> bool:
        return self.budget.model_calls + calls <= self.task.limits.model_calls

    async def _read(self, messages: Sequence[BaseMessage]) -> None:
        """Each step starts as soon as it is read. A plan that breaks off is used as far as it came."""
        reader, characters, behind, cut = PlanReader(), 0, 0, False
        try:
            calls = self.task.limits.tool_calls - self.budget.tool_calls
            form = plan_form(self.tools, next_number(self.schedule.steps), calls)
            async with aclosing(self.model.stream(messages, name="plan", form=form)) as texts:
                async for text in texts:
                    self._add(reader.feed(text))
                    characters += len(text)
                    if characters > _MOST_CHARACTERS or (reader.joined and (behind := behind + len(text)) > _BEHIND):
                        break
        except ModelError as error:
            if not self.schedule.steps:
                raise
            cut = True
            emit("notice", {"text": f"The plan was cut off. {error}"})
        self._add(reader.end(cut or self.model.full or characters > _MOST_CHARACTERS))

    def _add(self, lines: Iterable[Line]) -> None:
        for line in lines:
            step = self.checker.step(line, self.schedule.steps)
            if step is not None:
                self.schedule.add(step)

    def _limit(self) -> str | None:
        """The limit that leaves room for the answer only; where it has cost something, the answer is marked."""
        limit = replace(self.budget, model_calls=self.budget.model_calls + 1).reached()
        lost = any(seen.error for seen in self.schedule.results.values())
        if limit in ("tokens", "seconds") or (limit == "tool_calls" and lost):
            self._stop(limit)
        return limit

    def _stop(self, limit: str) -> None:
        if self.budget.stopped_by is None:
            self.budget.stopped_by = limit
            emit("notice", {"text": f"Limit reached: {limit}. This is the best answer so far."})

    async def _join(self, final: bool) -> str:
        self.progress.set(JOIN, "running")
        steps, results = list(self.schedule.steps.values()), self.schedule.results
        said = await self.model.answer(joining(self.base, steps, results, self.turn.question, final))
        self.progress.set(JOIN, "done")
        return said.strip()


class _Read(BaseModel):
    question: str = Field(description="What the value is, for example: How many people live in Rome?")
    text: str = Field(description="The text, usually the result of an earlier step: $1")


def make_read(model: CountedModel, budget: Budget) -> BaseTool:
    """The tool `read`: one value out of a result, read by a model that can call nothing.

    So a plan can calculate with what a document says, and its planner need not see it (the dual model pattern; CaMeL,
    arXiv 2503.18813). Its calls count as model calls of the run, the last of which is kept for the answer.
    """

    async def read(question: str, text: str) -> str:
        """Read one value out of a text, such as the figure that a passage gives: between a search and a sum."""
        if budget.model_calls + 1 >= budget.limits.model_calls:
            raise ToolError("The limit of model calls leaves none for reading.", "Answer without it.")
        shown = indent(text)
        messages = step_prompt(_READ).format_messages(question=" ".join(clean(question).split()), text=shown)
        value = (await model.ask(messages, _READ, one_line())).strip()
        if value.casefold().strip(".。") in _UNKNOWN:
            raise ToolError("The text does not say it.", "Look for it elsewhere.")
        return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE]

    return StructuredTool.from_function(coroutine=read, name=_READ, args_schema=_Read, metadata=dict(READS))
