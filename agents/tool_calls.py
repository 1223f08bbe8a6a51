"""The one way a strategy calls a tool: its events, its limits, and whether the user must say yes first.

    caller = ToolCaller(task, turn)                   # one for each run
    observation = await caller.call(tool, arguments)  # whatever the tool does; raises only ApprovalNeeded

A call needs the user's yes when the task's `approve` names its tool; when it has side effects and text that others
wrote has entered the run; when it carries out words that were read and that the user did not write; and when it has
side effects and may have been made by a process that was killed. What a call with side effects is about to do is
stored before it does it, so it is never made twice unasked.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from cairn.agents.run_progress import Budget, Call, RunHistory, key, read_history, stored
from cairn.core.context_values import inside
from cairn.core.errors import TaskError, ToolError, Waiting
from cairn.core.events import Approval, also_listening, emit
from cairn.core.passages import number_of
from cairn.core.registry import find, listed
from cairn.core.strategy import Turn
from cairn.core.task import Task
from cairn.tools.chart_tool import NAME as DRAW
from cairn.tools.chart_tool import Results, drawing_from, results_of
from cairn.tools.tool_invocation import (
    Observation,
    Said,
    can_carry,
    carried_out,
    has_side_effects,
    invoke,
    is_private,
    is_untrusted,
    new_id,
    observe,
)

_HELD = "{tool} has side effects, and this run has read text that others wrote: it needs your yes."
_CARRIES = "{tool} would carry out what was read and you did not write: {words}. It needs your yes."
_TRIED = "{tool} was begun before the program was ended, and may have been carried out: a second time needs your yes."


_NO = "The user said no to this call of {tool}. Do without it, and say so."
_MAYBE = " An earlier try, which the program's end broke off, may have been carried out."


class ApprovalNeeded(Waiting):
    """Nothing can go on before the user has decided. Strategies let it through; the run then waits."""

    def __init__(self, tool: str = "a tool") -> None:
        super().__init__(f"The call of {tool} waits for your approval.", "Approve or reject it: cairn resume")
        self.tool = tool


_calling: ContextVar[ToolCaller | None] = ContextVar("cairn_calling", default=None)


def calling() -> ToolCaller | None:
    """Whose call this code is part of."""
    return _calling.get()


@dataclass(eq=False)
class ToolCaller:
    """The calls of one run. `tools`: all those of the task.

    `known`: the results of an interrupted run's finished calls, by `run_progress.key(tool, arguments)`, with those of
    this process. `waiting`: what the user has to decide now. `budget`: what was spent, earlier processes included.
    `asking`: held while a call asks another task. `results`: the tables that its calls told, to be drawn;
    `drawn`: how many there were when a chart was.
    """

    task: Task
    turn: Turn
    tools: Sequence[BaseTool] = ()
    history: RunHistory = field(init=False)
    known: dict[str, Observation] = field(init=False)
    waiting: list[Approval] = field(init=False, default_factory=list[Approval])
    budget: Budget = field(init=False)
    untrusted: bool = field(init=False)
    asking: asyncio.Lock = field(init=False, default_factory=asyncio.Lock)
    results: Results = field(init=False)
    drawn: dict[str, int] = field(init=False, default_factory=dict[str, int])

    def __post_init__(self) -> None:
        self.history = read_history(self.turn.earlier)
        self.results = results_of(self.turn)
        finished = {name: call for name, call in self.history.calls.items() if call.state == "finished"}
        self.known = {name: _observed(call) for name, call in finished.items()}
        self.budget = _budget(self.task, self.history)
        self.budget.results.update({name: seen.text for name, seen in self.known.items()})
        trusted = {tool.name for tool in self.tools if not is_untrusted(tool)}
        self.untrusted = self.turn.untrusted or any(call.tool not in trusted for call in finished.values())

    @property
    def documents(self) -> list[Document]:
        """The passages that can be cited: what the tools found, and what the run was told of in earlier processes."""
        found = [document for call in self.history.calls.values() for document in call.documents]
        return list({number_of(document): document for document in [*self.history.documents, *found]}.values())

    async def call(self, tool: BaseTool, arguments: dict[str, Any]) -> Observation:
        """Call `tool`, or say why it is not called. Never raises what a tool can raise.

        Raises ApprovalNeeded when the user has to decide first: go on with what does not need this call, then raise it.
        The same call is not made twice in a run: the observation says so, and `known` has the result.
        """
        name = key(tool.name, arguments)
        if tool.name == DRAW:
            self._draw_anew(name)
        if (problem := self._refusal(tool.name, name)) is not None:
            return Observation(problem, ToolError(problem))
        call = self.history.calls.get(name) or Call(new_id(), tool.name, arguments, arguments, "new")
        if call.state == "rejected":
            return self._done(name, _failed(_NO.format(tool=tool.name) + (_MAYBE if call.tried else "")))
        said = self._said()
        changes = has_side_effects(tool, call.made_with, said)
        if (
            call.state != "approved"
            and (reason := self._why_ask(call, changes, carried_out(tool, call.made_with, said))) is not None
        ):
            return self._ask(tool, call, reason)
        return await self._make(tool, call, changes)

    def _draw_anew(self, name: str) -> None:
        """After a further query the same words mean another chart, so that this is not the call that was made."""
        if self.drawn.get(name, len(self.results.told)) < len(self.results.told):
            for made in (self.budget.results, self.known, self.history.calls):
                made.pop(name, None)

    def _said(self) -> Said:
        """What is known before the next call."""
        tools = {tool.name: tool for tool in self.tools}
        said = _said_before(self.turn)
        for call in self.history.calls.values():
            if call.state == "finished":
                said = _with_call(said, call, tools.get(call.tool))
        return said

    def _refusal(self, tool: str, name: str) -> str | None:
        budget = self.budget
        if name in budget.results:
            budget.repeated += 1
            if (result := budget.results[name]) is None:
                return f"You made this very call to {tool} twice at once. It is made once: see the other one's result."
            return (
                f"You made this very call to {tool} already. Its result was:\n{result}\n"
                "The same call gives the same result: use it, try something else, or answer."
            )
        if name not in self.history.calls and budget.tool_calls >= budget.limits.tool_calls:
            return f"Not called: the limit of {budget.limits.tool_calls} tool calls is reached. Answer now."
        return None

    def _why_ask(self, call: Call, changes: bool, words: Sequence[str]) -> str | None:
        """Why the user is to be asked about this call, as a notice; empty where the task says so, None for no need."""
        if call.state == "needed":
            return ""
        if call.state == "started":
            return _TRIED.format(tool=call.tool) if changes else None
        if call.tool in self.task.approve:
            return ""
        if words:
            return _CARRIES.format(tool=call.tool, words=", ".join(f"`{word}`" for word in words))
        return _HELD.format(tool=call.tool) if changes and self.untrusted else None

    def _ask(self, tool: BaseTool, call: Call, reason: str) -> Observation:
        """Raises ApprovalNeeded, unless there is nothing to be asked about."""
        if not self.turn.alone:
            return _failed(f"{call.tool} is not called: with several attempts at once nobody can be asked.")
        if (problem := problem_with(tool, call.made_with)) is not None:
            return _failed(f"{call.tool} can't be called so: {problem}")
        if call.state != "needed":
            if reason:
                emit("notice", {"text": reason})
            call.state = "needed"
            self.history.calls[call.key] = call
            emit("approval", call.approval)
        if call.approval not in self.waiting:
            self.waiting.append(call.approval)
        raise ApprovalNeeded(call.tool)

    async def _make(self, tool: BaseTool, call: Call, changes: bool) -> Observation:
        if not self.turn.alone and changes:
            return _failed(
                f"{call.tool} is not called: with several attempts at once it would be called several times."
            )
        self.budget.tool_calls += not (call.tried or call.state == "started")
        self.budget.results[call.key] = None
        call.state = "started"
        self.history.calls[call.key] = call

        async def made() -> Any:
            if changes:
                await stored()
            return await invoke(tool, call.made_with)

        try:
            with inside(_calling, self), drawing_from(self.results), also_listening(self.results.hear):
                seen = await observe(tool.name, call.made_with, made, call.id)
        except ApprovalNeeded as needed:  # of a task that this call asks
            self.waiting.append(Approval(id=call.id, tool=needed.tool, arguments={}, state="needed"))
            raise
        if tool.name == DRAW:
            self.drawn[call.key] = len(self.results.told)
        self.untrusted = self.untrusted or is_untrusted(tool)
        call.state, call.result, call.error = "finished", seen.text, seen.error and seen.text
        call.documents = seen.documents
        if changes:
            await stored()
        return self._done(call.key, _as_read(call, seen))

    def _done(self, name: str, seen: Observation) -> Observation:
        self.budget.results[name] = seen.text
        self.known[name] = seen
        return seen


def _said_before(turn: Turn) -> Said:
    """Answers in the thread count as read where they may rest on what others wrote."""
    own = [message.text for message in turn.history if message.type == "human"]
    others = [message.text for message in turn.history if message.type != "human"] if turn.untrusted else []
    return Said(turn.question, earlier="\n".join(own), read="\n".join(filter(None, [turn.background, *others])))


def _with_call(said: Said, call: Call, tool: BaseTool | None) -> Said:
    carried = tool is not None and bool(carried_out(tool, call.made_with, replace(said, sent="")))
    found = (call.tool, () if carried else call.documents)
    told = (call.result or call.error or "") if tool is None or is_private(tool) else ""
    sent = json.dumps(call.made_with, ensure_ascii=False) if tool is not None and can_carry(tool) else ""
    return replace(
        said, found=[*said.found, found], read=f"{said.read}\n{told}".strip(), sent=f"{said.sent}\n{sent}".strip()
    )


def problem_with(tool: BaseTool, arguments: Mapping[str, Any]) -> str | None:
    """What is wrong with the arguments of a call, by the tool's schema; None when nothing is."""
    if unknown := sorted(set(arguments) - set(tool.args)):
        return f"it takes no {', '.join(unknown)}."
    schema = tool.args_schema
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return None
    try:
        schema.model_validate(dict(arguments))
    except ValidationError as error:
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()) + "."
    return None


def check_approve(task: Task, tools: Sequence[BaseTool]) -> None:
    """Raises TaskError where `approve` would ask nobody: for what is no tool of the task, or where none is chosen."""
    if task.approve and "tools" not in find("strategy", task.strategy).chooses:
        able = [strategy.name for strategy in listed("strategy") if "tools" in strategy.chooses]
        raise TaskError(
            f"`approve` of task {task.name!r} needs a strategy that chooses its tools; {task.strategy} does not.",
            f"These do: {', '.join(able)}.",
        )
    names = [tool.name for tool in tools]
    if unknown := [name for name in task.approve if name not in names]:
        raise TaskError(
            f"`approve` of task {task.name!r} names {', '.join(unknown)}, which the task does not have.",
            f"Its tools are: {', '.join(names) or 'none'}.",
        )


def _budget(task: Task, history: RunHistory) -> Budget:
    """What earlier processes spent on this run counts on."""
    return Budget(
        task.limits,
        began=time.monotonic() - history.seconds,
        model_calls=history.model_calls,
        tool_calls=history.tool_calls,
        tokens=history.tokens,
    )


def _observed(call: Call) -> Observation:
    text = call.result if call.error is None else call.error
    return _as_read(call, Observation(text or "", None if call.error is None else ToolError(call.error)))


def _as_read(call: Call, seen: Observation) -> Observation:
    """With what the user changed."""
    if not call.edited:
        return seen
    made_with = json.dumps(call.made_with, ensure_ascii=False)
    return replace(seen, text=f"The user changed the arguments to {made_with}.\n{seen.text}")


def _failed(text: str) -> Observation:
    return Observation(text, ToolError(text))
