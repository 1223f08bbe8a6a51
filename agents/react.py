"""`react`: thought, action, observation, repeated until the model answers (arXiv 2210.03629), on LangChain's agent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool

from agents.limits import Budget, LimitsMiddleware, summary
from cairn.events import emit
from cairn.strategy import Reply, Turn
from cairn.task import Task


def react(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> Runnable[Turn, Reply]:
    agent: Any = create_agent(model, list(tools), middleware=[LimitsMiddleware()], context_schema=Budget)
    steps = 2 * task.limits.model_calls + 4

    async def answer(turn: Turn) -> Reply:
        budget = Budget(task.limits)
        deadline = asyncio.timeout(task.limits.seconds)
        try:
            async with deadline:
                state = await agent.ainvoke(
                    {"messages": turn.prompt.messages()}, {"recursion_limit": steps}, context=budget
                )
        except TimeoutError:
            if not deadline.expired():
                raise
            emit("notice", {"text": f"Limit reached: {task.limits.seconds:g} seconds."})
            return Reply(summary(budget), "seconds")
        return Reply(_last_text(state["messages"]), budget.stopped_by)

    return RunnableLambda(answer)


def _last_text(messages: Sequence[Any]) -> str:
    return next(message.text for message in reversed(messages) if isinstance(message, AIMessage))
