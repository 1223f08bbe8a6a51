"""Tasks that other tasks ask as tools (`tools: [task:documents]`): a question in a context of its own, one budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool, StructuredTool

from cairn.agents.run_progress import Budget, RunHistory, read_history
from cairn.agents.tool_calls import ToolCaller, calling
from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import TaskError, ToolError
from cairn.core.events import Event, within
from cairn.core.passages import call_under_way, from_source, label_of, metadata_of, number_of, numbers_given
from cairn.core.source import document_name
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Limits, Task
from cairn.prompts.task_store import PromptStore
from cairn.tools.tool_invocation import READS

if TYPE_CHECKING:
    from cairn.agents.assembly import Assistant

PREFIX = "task:"
MOST_DEEP = 3
_SHARE = 0.8
Make = Callable[[dict[str, Any]], "Assistant"]
"""Puts the asked task together, with a patch on it."""


def check_asked(prompts: PromptStore, task: Task) -> None:
    """Raises TaskError where a task would come to ask itself, asks one that is none, or the row of them is too long."""
    _check(prompts, task.tools, (task.name,))


def _check(prompts: PromptStore, tools: Sequence[str], row: tuple[str, ...]) -> None:
    for name in (tool.removeprefix(PREFIX) for tool in tools if tool.startswith(PREFIX)):
        told = " asks ".join([*row, name])
        if name in row:
            raise TaskError(f"A task can't come to ask itself: {told}.", "Take one of them out of `tools`.")
        if len(row) > MOST_DEEP:
            raise TaskError(f"At most {MOST_DEEP} tasks ask one another in a row: {told}.", "Make the row shorter.")
        _check(prompts, prompts.task(name).tools, (*row, name))


def make_task_tool(asked: Task, make: Make) -> BaseTool:
    """The tool that asks the task `asked`."""

    async def ask(question: str) -> tuple[str, list[Document]]:
        return await _ask(asked, make, question)

    return StructuredTool.from_function(
        coroutine=ask,
        name=f"ask_{asked.name.replace('-', '_')}",
        description=(
            f"Ask the task {asked.name}: {asked.description} It sees this question alone, so write it whole. "
            "It gives its answer, with the numbers of the passages that it rests on."
        ),
        response_format="content_and_artifact",
        metadata=READS,
    )


async def _ask(asked: Task, make: Make, question: str) -> tuple[str, list[Document]]:
    caller, call = calling(), call_under_way()
    if caller is None or call is None:
        raise ToolError(f"Task {asked.name} can only be asked by a task that is at work.")
    async with caller.asking:  # one after the other: what one leaves of the limits is the next one's
        earlier = _events_of(call, caller.turn.earlier)
        limits = _left(asked.limits, caller.budget, read_history(earlier))
        assistant = await asyncio.to_thread(make, {"limits": limits})
        turn = await asyncio.to_thread(assistant.turn, question)
        heard = _Heard(caller.budget)
        with within(call, heard.hear):
            reply: Reply = await assistant.ainvoke(_as_asked(turn, caller, earlier))
    heard.count_unknown(question, reply)
    return _told(reply, heard.documents), heard.documents


def _as_asked(turn: Turn, caller: ToolCaller, earlier: Sequence[Event]) -> Turn:
    return replace(turn, untrusted=caller.untrusted, alone=caller.turn.alone, earlier=earlier)


def _events_of(call: str, events: Sequence[Event]) -> list[Event]:
    """What the asked task told before the run was broken off, as it told it; and all sources, for their numbers."""
    found: list[Event] = []
    for event in events:
        first, _, rest = event.data.get("within", "").partition("/")
        if first == call or event.type == "sources":
            data = {key: value for key, value in event.data.items() if key != "within"}
            found.append(replace(event, data=data | ({"within": rest} if rest else {})))
    return found


def _left(own: Limits, budget: Budget, spent: RunHistory) -> dict[str, Any]:
    """What is left of who asks, but one call for its answer, and at most the task's own. Raises ToolError."""
    whole = budget.limits
    calls = whole.model_calls - budget.model_calls - 1 + spent.model_calls
    tokens = whole.tokens - budget.tokens + spent.tokens
    seconds = budget.seconds_left * _SHARE + spent.seconds
    if calls <= spent.model_calls or tokens <= spent.tokens or seconds <= spent.seconds:
        raise ToolError("The limits leave nothing to ask a task with.", "Answer from what you have.")
    return {
        "model_calls": min(own.model_calls, calls),
        "tool_calls": min(own.tool_calls, max(0, whole.tool_calls - budget.tool_calls + spent.tool_calls)),
        "tokens": min(own.tokens, tokens),
        "seconds": min(own.seconds, seconds),
    }


@dataclass
class _Heard:
    """What the asked task spends is spent of who asks."""

    budget: Budget
    documents: list[Document] = field(default_factory=list[Document])
    known: bool = False

    def hear(self, type: str, data: Any) -> None:
        if type == "usage":
            used = (data["input_tokens"] or 0) + (data["output_tokens"] or 0)
            self.known = self.known or used > 0
            self.budget.model_calls += 1
            self.budget.tokens += used
        elif type == "tool_started":
            self.budget.tool_calls += 1
        elif type == "sources":
            first = numbers_given() - len(data["sources"]) + 1
            self.documents += [from_source(source, number) for number, source in enumerate(data["sources"], first)]

    def count_unknown(self, question: str, reply: Reply) -> None:
        """Where the server did not say what it took, at least what was asked and answered."""
        if not self.known:
            self.budget.tokens += approximate_tokens(question) + approximate_tokens(reply.text)


def _told(reply: Reply, documents: Sequence[Document]) -> str:
    cited = [one for one in documents if f"[{number_of(one)}]" in reply.text]
    heads = [f"[{number_of(one)}] {label_of(one)} <{document_name(metadata_of(one)['source'])}>" for one in cited]
    cut = f"(It was cut short: {reply.stopped_by}.)" if reply.stopped_by else ""
    return "\n\n".join(filter(None, [reply.text, cut, "\n".join(heads)]))
