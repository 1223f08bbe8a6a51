"""The events of a running answer, and how any part of the program emits them.

`emit` finds the run it belongs to through a context variable, which asyncio tasks and `asyncio.to_thread` inherit;
outside a run it does nothing, so every chain, tool and model can be used on its own.

`within`: the id of the call of a tool that asked another task, which told this; `a/b` of a call within that one.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, get_args

from typing_extensions import TypedDict

from cairn.core.context_values import inside
from cairn.core.source import Source

VERSION = 2
"""1 called a `stage` a `rung`, and statements `supported`, `unverified` and `uncited`; answers had no `notices`."""

EventType = Literal[
    "started",
    "token",
    "thought",
    "tool_started",
    "tool_finished",
    "plan",
    "sources",
    "checked",
    "table",
    "chart",
    "approval",
    "stage",
    "notice",
    "alternative",
    "vote",
    "tree",
    "usage",
    "finished",
    "failed",
]


class Started(TypedDict):
    """Comes again when a run that waited, or whose process ended, is gone on with.

    `patch`: what of the task was changed for it; `parent`: the run that it branches off, or is another version of.
    """

    question: str
    task: str
    strategy: str
    template: str
    template_hash: str
    model: str
    thread: str
    patch: NotRequired[dict[str, Any]]
    parent: NotRequired[str]


class Token(TypedDict):
    """A piece of text the model is writing. What was written before a `tool_started` was a thought, not the answer."""

    text: str


class Thought(TypedDict):
    """A piece of what the model thinks before it answers, where its server tells; no part of the answer.

    `replaces`: it is a whole thought, of which the tokens since the last `tool_started` were the beginning: those were
    no answer. It comes from servers that mark only where a thought ends.
    """

    text: str
    replaces: NotRequired[bool]


class ToolStarted(TypedDict):
    """A call that was broken off may be made again under its `id`."""

    id: str
    tool: str
    arguments: dict[str, Any]
    within: NotRequired[str]


class ToolFinished(TypedDict):
    id: str
    tool: str
    result: str | None
    error: str | None
    seconds: float
    within: NotRequired[str]


class PlanStep(TypedDict):
    """`tool` and `arguments` (with their references, as planned) where the step is a call of a tool.

    `reason`: why a step that failed was not run, or not to its end.
    """

    id: str
    text: str
    state: Literal["waiting", "running", "done", "failed"]
    needs: list[str]
    tool: NotRequired[str]
    arguments: NotRequired[dict[str, Any]]
    reason: NotRequired[str]


class Plan(TypedDict):
    """The whole plan or to-do list as it stands now; a later plan replaces an earlier one."""

    steps: list[PlanStep]
    within: NotRequired[str]


class Sources(TypedDict):
    """Passages that were found, new to the run: the first is cited by the number after the last one told before.

    `call` is the id of the tool call that found them.
    """

    sources: list[Source]
    call: NotRequired[str]
    within: NotRequired[str]


StatementState = Literal["quoted", "differs", "not_checked", "supported", "unsupported"]


class Statement(TypedDict):
    """A statement of the answer. `source` counts from 0 in the answer's sources; `quote` stands in it word for word.

    Rules say `quoted` where its words stand in the passage, `differs` where a number, unit, name or negation does not
    fit, and else `not_checked`, with the `reason`. Only a model, named by `judge`, says `supported` or `unsupported`.
    """

    text: str
    state: StatementState
    source: int | None
    quote: str | None
    reason: str | None
    judge: str | None


class Checked(TypedDict):
    """The answer's statements, each held against the passages that it cites, or that the model was sent."""

    statements: list[Statement]


class Table(TypedDict):
    columns: list[str]
    rows: list[list[Any]]
    sql: str | None
    truncated: NotRequired[bool]
    within: NotRequired[str]


class Chart(TypedDict):
    """A declarative Vega-Lite specification, never code."""

    spec: dict[str, Any]
    within: NotRequired[str]


class Approval(TypedDict):
    """`state` goes from `needed` to one of the others. `id` is that of the call, which then starts under it."""

    id: str
    tool: str
    arguments: dict[str, Any]
    state: Literal["needed", "approved", "edited", "rejected"]
    within: NotRequired[str]


class Stage(TypedDict):
    """What one stage of a strategy did: a search, a selection of examples, a repair.

    `try` is one of several tries that is over; its `detail` says how many are, of how many at the most: `2 of 5`.
    """

    name: str
    detail: str
    milliseconds: float
    within: NotRequired[str]


class Notice(TypedDict):
    """Something a person should know about this answer: a limit, a rewritten query, a rebuilt index."""

    text: str
    within: NotRequired[str]


class Alternative(TypedDict):
    """One of several answers to choose from (`tries.by: choice` in a task, `experiment` in a template)."""

    number: int
    text: str


class Vote(TypedDict):
    """What several tries at the question came to. `agreed`: how many had the answer that stands; `confidence`: their
    share of those that were made. Both are None where a judge or a checker chose."""

    by: str
    tries: int
    agreed: int | None
    confidence: float | None


class ThoughtNode(TypedDict):
    """`parent`: the id of the thought that it goes on from. `value`: None where it was not valued. `kept`: it was one
    of the best of its depth, which were gone on with."""

    id: int
    parent: int | None
    text: str
    value: float | None
    kept: bool


class Tree(TypedDict):
    """All thoughts so far; a later tree replaces an earlier one."""

    nodes: list[ThoughtNode]


class Usage(TypedDict):
    """Of one model call. None where the server did not say; cost in the currency of the `prices` setting."""

    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    within: NotRequired[str]


class Finished(TypedDict):
    """`stopped_by` is None for an answer that came to its own end, else the limit or the user that ended it."""

    answer: str
    stopped_by: str | None
    seconds: float


class Failed(TypedDict):
    kind: str
    message: str
    hint: str | None
    exit_code: int
    seconds: float


DATA: dict[str, type] = {
    "started": Started,
    "token": Token,
    "thought": Thought,
    "tool_started": ToolStarted,
    "tool_finished": ToolFinished,
    "plan": Plan,
    "sources": Sources,
    "checked": Checked,
    "table": Table,
    "chart": Chart,
    "approval": Approval,
    "stage": Stage,
    "notice": Notice,
    "alternative": Alternative,
    "vote": Vote,
    "tree": Tree,
    "usage": Usage,
    "finished": Finished,
    "failed": Failed,
}
assert set(DATA) == set(get_args(EventType))  # noqa: S101 (a contract of this module with itself)

ENDS: frozenset[EventType] = frozenset({"finished", "failed"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a run. `seq` counts from 1; `time` is Unix seconds (UTC).

    While a run is under way there are no gaps; of one that is over, tokens in a row are kept as one event.
    """

    version: int
    run: str
    seq: int
    time: float
    type: EventType
    data: dict[str, Any]


class Listener(Protocol):
    def __call__(self, type: EventType, data: Any, /) -> None: ...


_listener: ContextVar[Listener | None] = ContextVar("cairn_listener", default=None)
_silent: ContextVar[bool] = ContextVar("cairn_silent", default=False)


def emit(type: EventType, data: Any) -> None:
    """Tell the run this code is part of. `data` is the TypedDict that `DATA` names for `type`."""
    if type in ("token", "thought") and _silent.get():
        return
    if (listener := _listener.get()) is not None:
        listener(type, data)


def listening(listener: Listener) -> AbstractContextManager[None]:
    """Everything emitted inside, also from tasks started inside, goes to `listener`."""
    return inside(_listener, listener)


def also_listening(listener: Listener) -> AbstractContextManager[None]:
    """Everything emitted inside goes to `listener` as well as to whoever listens already."""
    outer = _listener.get()

    def both(type: EventType, data: Any) -> None:
        listener(type, data)
        if outer is not None:
            outer(type, data)

    return listening(both)


@contextmanager
def held_back() -> Generator[list[tuple[EventType, Any]]]:
    """What is told inside is kept in the list and told to nobody, but for what was spent, which is told at once."""
    outer = _listener.get()
    kept: list[tuple[EventType, Any]] = []

    def hear(type: EventType, data: Any) -> None:
        if type != "usage":
            kept.append((type, data))
        elif outer is not None:
            outer(type, data)

    with listening(hear):
        yield kept


NESTED: frozenset[EventType] = frozenset(
    ("tool_started", "tool_finished", "plan", "sources", "table", "chart", "approval", "stage", "notice", "usage")
)
"""What a task that is asked as a tool tells to whoever follows the run; its words are the tool's result."""


def within(call: str, hear: Listener) -> AbstractContextManager[None]:
    """What is told inside is told as a part of the tool call `call`, and to `hear` as it is."""
    outer = _listener.get()

    def tell(type: EventType, data: Any) -> None:
        if type in NESTED:
            hear(type, data)
            if outer is not None:
                inner = data.get("within")
                outer(type, {**data, "within": f"{call}/{inner}" if inner else call})

    return listening(tell)


def silent() -> AbstractContextManager[None]:
    """Model calls inside are helpers (a query rewrite, a draft): their tokens are not the answer and are not shown."""
    return inside(_silent, True)
