"""`react`: thought, action, observation, repeated until the model answers (arXiv 2210.03629), on LangChain's agent.

All limits are held by one middleware, since each further one costs as much as a model call's overhead: model calls,
tool calls, tokens, seconds, repeated calls and the size of what is sent. At a limit the model gets one last call
without tools, to give its best answer so far; the reply is marked with the limit's name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import AgentState
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest

from cairn.agents.grounding import checked, need_judge
from cairn.agents.run_progress import Budget, Call, in_time, summary
from cairn.agents.tool_calls import ApprovalNeeded, ToolCaller
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.clean_text import TokenCount
from cairn.core.errors import ModelAnswerError, ModelError, PromptTooLong
from cairn.core.events import emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import GuardedChatModel, guarded
from cairn.models.token_counts import counter_of
from cairn.tools.tool_invocation import MAX_RESULT, Observation

LAST_CALL = "You can call no more tools. Answer now, from what you have found so far; say what is missing."
_MALFORMED = "The arguments of your call to {name} were not a valid JSON object. Call it again with valid ones."
_MALFORMED_TRIES = 2


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


class ToolsIgnored(Exception):
    """The model was not told of its tools. `said`: what it answered without them."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def ignores_tools(model: BaseChatModel) -> bool:
    """Whether it is known that tools don't reach the model."""
    return isinstance(model, GuardedChatModel) and model.facts.tools is False


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


class LimitsMiddleware(AgentMiddleware[AgentState[Any], ToolCaller, Any]):
    """Holds the `Budget` of a `ToolCaller`, which is the run's context, over one `create_agent` loop."""

    async def awrap_model_call(
        self,
        request: ModelRequest[ToolCaller],
        handler: Callable[[ModelRequest[ToolCaller]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        caller = request.runtime.context
        if caller.waiting:
            raise ApprovalNeeded(caller.waiting[0]["tool"])
        budget, count = caller.budget, counter_of(request.model)
        for _ in range(_MALFORMED_TRIES):
            budget.model_calls += 1
            if reason := budget.reached():
                return await self._last_call(request, handler, budget, reason)
            try:
                response = await handler(request)
            except PromptTooLong as error:
                return _best_so_far(budget, "context", error)
            message = _answer(response)
            budget.tokens += _tokens_of(request.messages, message, count)
            if request.tools and ignores_tools(request.model):
                raise ToolsIgnored(message.text)
            if not message.invalid_tool_calls:
                return response
            request = request.override(messages=[*request.messages, *_correction(message)])
        raise ModelAnswerError(
            "The model called a tool with arguments that are not valid JSON, several times.",
            "Ask again, or use a model that is better at calling tools.",
        )

    async def _last_call(
        self,
        request: ModelRequest[ToolCaller],
        handler: Callable[[ModelRequest[ToolCaller]], Awaitable[ModelResponse[Any]]],
        budget: Budget,
        reason: str,
    ) -> ModelResponse[Any]:
        emit("notice", {"text": f"Limit reached: {reason}. This is the best answer so far."})
        budget.stopped_by = reason
        messages = [*with_instruction(request.messages, LAST_CALL)]
        try:
            response = await handler(request.override(tools=[], messages=messages))
        except ModelError as error:
            return _best_so_far(budget, reason, error)
        message = _answer(response)
        return ModelResponse(result=[AIMessage(message.text or summary(budget), id=message.id)])

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[Any]]
    ) -> ToolMessage:
        """What `handler` would do, `ToolCaller` does: every strategy calls tools by the same way."""
        call = request.tool_call
        if request.tool is None:
            problem = f"Error: there is no tool {call['name']!r}. Use one of those you were given, or answer."
            return message(call, Observation(problem), failed=True)
        try:
            observation = await cast(ToolCaller, request.runtime.context).call(request.tool, call["args"])
        except ApprovalNeeded:
            return message(call, Observation("Waits for the user's decision."))
        return message(call, observation, failed=observation.error is not None)


def _answer(response: ModelResponse[Any]) -> AIMessage:
    return next(message for message in response.result if isinstance(message, AIMessage))


def _best_so_far(budget: Budget, reason: str, error: ModelError) -> ModelResponse[Any]:
    """What the tools found, where the model can't say it any more. Raises `error` where they found nothing."""
    if not any(budget.results.values()):
        raise error
    emit("notice", {"text": f"{error.message} This is what was found until then."})
    budget.stopped_by = reason
    return ModelResponse(result=[AIMessage(summary(budget))])


def _tokens_of(sent: Sequence[BaseMessage], answer: AIMessage, count: TokenCount) -> int:
    """As the server counted, else as the model's counter does."""
    if answer.usage_metadata is not None:
        return answer.usage_metadata["total_tokens"]
    return sum(count(message.text) for message in [*sent, answer])


def with_instruction(messages: Sequence[AnyMessage], text: str) -> list[AnyMessage]:
    first, *rest = messages
    if isinstance(first, SystemMessage):
        return [SystemMessage(f"{first.text}\n\n{text}", additional_kwargs=first.additional_kwargs), *rest]
    return [SystemMessage(text), *messages]


def _correction(message: AIMessage) -> list[AnyMessage]:
    name = message.invalid_tool_calls[0]["name"] or "the tool"
    said = AIMessage(message.text or f"(a call to {name})")
    return [said, HumanMessage(_MALFORMED.format(name=name))]


def message(call: Any, observation: Observation, failed: bool = False) -> ToolMessage:
    """What the model reads about its call."""
    return ToolMessage(
        observation.text[: MAX_RESULT + 200],
        name=call["name"],
        tool_call_id=call["id"],
        status="error" if failed else "success",
    )
