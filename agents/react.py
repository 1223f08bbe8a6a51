"""`react`: thought, action, observation, repeated until the model answers (arXiv 2210.03629), on LangChain's agent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import BaseTool

from cairn.agents.agent_limits import LimitsMiddleware, message
from cairn.agents.citations import checked, need_judge
from cairn.agents.run_budget import in_time
from cairn.agents.run_history import Call
from cairn.agents.tool_calls import ApprovalNeeded, ToolCaller
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import guarded
from cairn.tools.tool_invocation import Observation


def react(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    need_judge(task, model)
    agent: Any = create_agent(guarded(model), list(tools), middleware=[LimitsMiddleware()], context_schema=ToolCaller)
    steps = 2 * task.limits.model_calls + 4

    async def answer(turn: Turn) -> Reply:
        caller = ToolCaller(task, turn, tools)

        async def work() -> dict[str, Any]:
            messages = [*turn.prompt.messages(), *await earlier(caller, tools)]
            return await agent.ainvoke(
                {"messages": messages}, {"recursion_limit": steps, "run_name": "agent"}, context=caller
            )

        state = await in_time(caller.budget, work())
        if isinstance(state, Reply):
            return state
        reply = Reply(_last_text(state["messages"]), caller.budget.stopped_by)
        return await checked(reply, model, caller)

    return StrategyRunnable("react", task, answer)


async def earlier(caller: ToolCaller, tools: Sequence[BaseTool]) -> list[BaseMessage]:
    """What the model said and its tools gave before the run was broken off; what was not finished is done now.

    An answer without calls is left out: it is given again. Raises ApprovalNeeded when the user has to decide first.
    """
    named = {tool.name: tool for tool in tools}
    said = [step for step in caller.history.steps if step.calls]
    calls = [call for step in said for call in step.calls]
    seen = await asyncio.gather(*(_seen(caller, named, call) for call in calls))
    if caller.waiting:
        raise ApprovalNeeded(caller.waiting[0]["tool"])
    results = dict(zip((call.id for call in calls), seen, strict=True))
    messages: list[BaseMessage] = []
    for step in said:
        asked = [{"name": call.tool, "args": call.arguments, "id": call.id} for call in step.calls]
        messages.append(AIMessage(step.text, tool_calls=asked))
        messages += [results[call.id] for call in step.calls]
    return messages


async def _seen(caller: ToolCaller, tools: dict[str, BaseTool], call: Call) -> ToolMessage:
    asked = {"name": call.tool, "id": call.id}
    if (known := caller.known.get(call.key)) is None and call.tool not in tools:
        known = Observation(f"Error: there is no tool {call.tool!r} any more.")
    if known is None:
        try:
            known = await caller.call(tools[call.tool], call.arguments)
        except ApprovalNeeded:
            known = Observation("Waits for the user's decision.")
    return message(asked, known, failed=known.error is not None)


def _last_text(messages: Sequence[Any]) -> str:
    return next(message.text for message in reversed(messages) if isinstance(message, AIMessage))
