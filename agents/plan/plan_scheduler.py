"""The steps of a plan at work: each a task of its own that waits for what it needs and for nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from pydantic import Field

from cairn.agents.plan.plan_progress import PlanProgress
from cairn.agents.plan.plan_steps import PlanProblem, Step, fill, is_reference, references_in, typed
from cairn.agents.plan.plan_validation import schema_of
from cairn.agents.run_progress import key
from cairn.agents.tool_calls import ApprovalNeeded, ToolCaller
from cairn.core.errors import ToolError
from cairn.core.run_traces import traced
from cairn.tools.tool_invocation import Observation

AT_ONCE = 16
_SHARE = 0.5


class Schedule:
    """Runs steps as they are added. Whatever a step meets is its observation, in `results` by its id.

    `waiting` are the steps that can't go on before the user has approved a call.
    """

    def __init__(self, tools: Mapping[str, BaseTool], caller: ToolCaller, progress: PlanProgress) -> None:
        self.results: dict[str, Observation] = {}
        self.steps: dict[str, Step] = {}
        self.waiting: dict[str, ApprovalNeeded] = {}
        self._tools = tools
        self._schemas = {name: schema_of(tool) for name, tool in tools.items()}
        self._caller = caller
        self._progress = progress
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._calls: dict[str, asyncio.Task[Observation]] = {}

    def add(self, step: Step) -> None:
        self.steps[step.id] = step
        self._progress.add(step)
        self._tasks[step.id] = asyncio.create_task(self._run(step))

    async def finish(self) -> None:
        """Until every step has its observation, or waits for the user."""
        await asyncio.gather(*self._tasks.values())

    async def finish_within(self, seconds: float) -> bool:
        """The same, for so long at most: whether that was enough. What has no result by then gets none any more."""
        limit = asyncio.timeout(max(0.0, seconds))
        try:
            async with limit:
                await self.finish()
        except TimeoutError:
            if not limit.expired():
                raise
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """What has no result yet gets none any more."""
        self.cancel()
        for step in self.steps.values():
            if step.id not in self.results and step.id not in self.waiting:
                problem = PlanProblem("unfinished", "It was not finished within the time.", "Answer without it.")
                self._settle(step, Observation(f"Not finished: {problem}", problem))

    def cancel(self) -> None:
        for task in [*self._tasks.values(), *self._calls.values()]:
            task.cancel()

    async def _run(self, step: Step) -> None:
        if step.needs:
            await asyncio.wait({self._tasks[id] for id in step.needs})
        if blocked := next((self.waiting[id] for id in step.needs if id in self.waiting), None):
            self.waiting[step.id] = blocked
            return
        try:
            observation = await self._observe(step)
        except ApprovalNeeded as needed:
            self.waiting[step.id] = needed
            self._progress.set(step.id, "waiting")
        except Exception as error:  # those that wait for this step would wait for ever
            self._settle(step, _unexpected(step, error))
        else:
            self._settle(step, observation)

    def _settle(self, step: Step, observation: Observation) -> None:
        self.results[step.id] = observation
        error = observation.error
        reason = error.message if isinstance(error, PlanProblem) else None
        self._progress.set(step.id, "failed" if error else "done", reason)

    async def _observe(self, step: Step) -> Observation:
        if step.problem is not None:
            return Observation(f"Not run: {step.problem}", step.problem)
        if step.tool not in self._tools:
            gone = PlanProblem("unknown_tool", f"There is no tool {step.tool!r} any more.")
            return Observation(f"Not run: {gone}", gone)
        failed = {id for id in step.needs if self.results[id].error}
        arguments = self._without(step, failed)
        if lost := [name for name in references_in(arguments) if name in failed]:
            problem = PlanProblem("needs_failed", f"Step {lost[0]} failed, whose result this one needs.")
            return Observation(f"Not run: {problem}", problem)
        texts = {id: self.results[id].text for id in step.needs if id not in failed}
        return await self._call(step, typed(fill(arguments, texts), self._schemas[step.tool]))

    def _without(self, step: Step, failed: set[str]) -> dict[str, Any]:
        """The arguments but for those that refer to what failed and that the tool can do without."""
        required = set(self._schemas[step.tool].get("required", ()))
        return {
            name: value
            for name, value in step.arguments.items()
            if name in required or not is_reference(value) or not failed & set(references_in(value))
        }

    async def _call(self, step: Step, arguments: dict[str, Any]) -> Observation:
        """Two steps that make the same call share it; what an earlier process of this run did is not done again."""
        name = key(step.tool, arguments)
        if name in self._caller.known:
            return self._caller.known[name]
        if name not in self._calls:
            self._calls[name] = asyncio.create_task(self._make(step, arguments))
        else:
            self._progress.set(step.id, "running")
        return await asyncio.shield(self._calls[name])

    async def _make(self, step: Step, arguments: dict[str, Any]) -> Observation:
        async with self._slots:
            self._progress.set(step.id, "running")
            seconds = max(0.05, _SHARE * self._caller.budget.seconds_left)
            tool = bounded(self._tools[step.tool], seconds)
            return await traced(f"step {step.id}", inputs=arguments)(lambda: self._caller.call(tool, arguments))()


def _unexpected(step: Step, error: Exception) -> Observation:
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    problem = PlanProblem("unexpected", f"{step.tool} failed as it never should: {detail}.", "Answer without it.")
    return Observation(f"Error: {problem}", problem)


class BoundedTool(BaseTool):
    """`inner`, waited for at most `seconds`; it is not waited for either when it won't be cancelled."""

    inner: BaseTool = Field(repr=False)
    seconds: float

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        work = asyncio.ensure_future(self.inner.ainvoke(input, config, **kwargs))
        work.add_done_callback(lambda done: done.cancelled() or done.exception())  # when nobody waits any more
        try:
            done, _ = await asyncio.wait({work}, timeout=self.seconds)
        finally:
            work.cancel()
        if not done:
            raise ToolError(
                f"{self.name} did not come back within {self.seconds:.3g} seconds; it may still be at work.",
                "Answer without it.",
            )
        return work.result()

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("called asynchronously only")


def bounded(tool: BaseTool, seconds: float) -> BoundedTool:
    return BoundedTool(
        name=tool.name,
        description=tool.description,
        metadata=tool.metadata,
        args_schema=tool.args_schema or tool.get_input_schema(),
        response_format=tool.response_format,
        inner=tool,
        seconds=seconds,
    )
