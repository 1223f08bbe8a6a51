"""What a run has done, read back from its stored events, its only checkpoint, and what it has spent of its limits."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from langchain_core.documents import Document

from cairn.chains.question_runnable import in_time as in_seconds
from cairn.core.context_values import inside
from cairn.core.events import ENDS, Approval, Event
from cairn.core.passages import from_source
from cairn.core.strategy import Reply
from cairn.core.task import Limits

State = Literal["new", "needed", "approved", "rejected", "started", "finished"]
_DECISIONS = frozenset({"approved", "edited", "rejected"})
_storing: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("cairn_storing", default=None)
_T = TypeVar("_T")
_CLOSING_SHARE = 0.8


def storing(flush: Callable[[], Awaitable[None]]) -> AbstractContextManager[None]:
    """For everything inside, `flush` stores what was told so far."""
    return inside(_storing, flush)


async def stored() -> None:
    """Wait until everything that was told so far would survive this process; outside a run, not at all."""
    if (flush := _storing.get()) is not None:
        await flush()


def key(tool: str, arguments: Mapping[str, Any]) -> str:
    """What makes two calls the same one."""
    return json.dumps([tool, arguments], sort_keys=True, ensure_ascii=False, default=str)


@dataclass
class Call:
    """A call that a run asked for. `arguments` are those it asked with, `made_with` those after the user's edit.

    `tried`: it was started once and no end of it is known: it may have been carried out. `documents`: the passages that
    can be cited from its result; of one that was read back, those that it was the first to find.
    """

    id: str
    tool: str
    arguments: dict[str, Any]
    made_with: dict[str, Any]
    state: State = "started"
    tried: bool = False
    result: str | None = None
    error: str | None = None
    documents: Sequence[Document] = ()

    @property
    def key(self) -> str:
        return key(self.tool, self.arguments)

    @property
    def approval(self) -> Approval:
        return {"id": self.id, "tool": self.tool, "arguments": self.made_with, "state": "needed"}

    @property
    def edited(self) -> bool:
        return self.made_with != self.arguments


@dataclass
class Step:
    """One answer of the model: its text, and the calls that it asked for."""

    text: str = ""
    calls: list[Call] = field(default_factory=list[Call])


@dataclass
class RunHistory:
    """What a run did so far. `seconds` it worked: the time between two processes is not counted.

    `documents`: the passages that it was told of, in the order of their numbers.
    `nested`: the calls that tasks made which were asked as tools; `asked`: those of them that need a yes.
    """

    steps: list[Step] = field(default_factory=list[Step])
    calls: dict[str, Call] = field(default_factory=dict[str, Call])
    model_calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    documents: list[Document] = field(default_factory=list[Document])
    nested: set[str] = field(default_factory=set[str])
    asked: dict[str, Approval] = field(default_factory=dict[str, Approval])

    @property
    def tool_calls(self) -> int:
        return len(self.nested) + sum(
            call.state in ("started", "finished") or call.tried for call in self.calls.values()
        )

    @property
    def undecided(self) -> list[Approval]:
        """What the user must decide before the run can go on."""
        own = [call.approval for call in self.calls.values() if call.state == "needed"]
        return own + [one for one in self.asked.values() if one["state"] == "needed"]


def read_history(events: Sequence[Event]) -> RunHistory:
    """The history of a run from its events, complete or broken off anywhere."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.history


class _Reader:
    def __init__(self) -> None:
        self.history = RunHistory()
        self._text = ""
        self._by_id: dict[str, Call] = {}
        self._last: float | None = None

    def read(self, event: Event) -> None:
        self._clock(event)
        if within := event.data.get("within"):
            self._read_nested(event, within.partition("/")[0])
        elif handler := getattr(self, f"on_{event.type}", None):
            handler(event.data)

    def _read_nested(self, event: Event, call: str) -> None:
        """What a task that was asked as a tool told: it counts, and is no step of this run."""
        data = event.data
        match event.type:
            case "usage":
                self.history.model_calls += 1
                self.history.tokens += (data["input_tokens"] or 0) + (data["output_tokens"] or 0)
            case "tool_started":
                self.history.nested.add(data["id"])
            case "sources":
                self.on_sources({**data, "call": call})
            case "approval":
                self.history.asked[data["id"]] = Approval(**data)
            case _:
                pass

    def _clock(self, event: Event) -> None:
        """An end that others wrote, and the user's decisions, come when nobody was at work."""
        if event.type == "started" or self._last is None:
            self._last = event.time
        elif event.type not in ENDS and event.data.get("state") not in _DECISIONS:
            self.history.seconds += max(0.0, event.time - self._last)
            self._last = event.time

    def on_started(self, _data: dict[str, Any]) -> None:
        """What a model was saying when its process was killed, it will say again."""
        self._text = ""

    def on_token(self, data: dict[str, Any]) -> None:
        self._text += data["text"]

    def on_thought(self, data: dict[str, Any]) -> None:
        self._text = "" if data.get("replaces") else self._text

    def on_usage(self, data: dict[str, Any]) -> None:
        self.history.model_calls += 1
        self.history.tokens += (data["input_tokens"] or 0) + (data["output_tokens"] or 0)
        self.history.steps.append(Step(self._text))
        self._text = ""

    def on_sources(self, data: dict[str, Any]) -> None:
        first = len(self.history.documents) + 1
        documents = [from_source(source, number) for number, source in enumerate(data["sources"], first)]
        self.history.documents += documents
        if (call := self._by_id.get(data.get("call", ""))) is not None:
            call.documents = [*call.documents, *documents]

    def on_approval(self, data: dict[str, Any]) -> None:
        if data["state"] == "needed":
            call = self._call(data)
            call.tried = call.tried or call.state == "started"
            call.state = "needed"
        elif (call := self._by_id.get(data["id"])) is not None:
            call.state = "rejected" if data["state"] == "rejected" else "approved"
            call.made_with = data["arguments"]

    def on_tool_started(self, data: dict[str, Any]) -> None:
        """What a first try found, nobody has read."""
        call = self._call(data)
        call.state, call.documents = "started", ()

    def on_tool_finished(self, data: dict[str, Any]) -> None:
        if (call := self._by_id.get(data["id"])) is not None:
            call.state, call.result, call.error = "finished", data["result"], data["error"]

    def _call(self, data: dict[str, Any]) -> Call:
        """The call with this id, which it keeps through approval, start, end and a second try."""
        if (call := self._by_id.get(data["id"])) is None:
            call = Call(data["id"], data["tool"], data["arguments"], data["arguments"], "new")
            self._by_id[call.id] = self.history.calls[call.key] = call
            self.history.steps = self.history.steps or [Step()]
            self.history.steps[-1].calls.append(call)
        return call


@dataclass
class Budget:
    """What one run has spent. `stopped_by` is the name of the limit that ended it, None while none did.

    `results`: what each call gave, by `cairn.agents.run_progress.key`; None while it is being made.
    """

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    model_calls: int = 0
    tool_calls: int = 0
    tokens: int = 0
    repeated: int = 0
    results: dict[str, str | None] = field(default_factory=dict[str, str | None])
    stopped_by: str | None = None

    @property
    def seconds_left(self) -> float:
        return self.limits.seconds - (time.monotonic() - self.began)

    def remaining(self) -> Limits:
        """What is left of the limits, for helper calls after the answer."""
        left = {
            "model_calls": max(1, self.limits.model_calls - self.model_calls + 1),
            "tokens": max(1, self.limits.tokens - self.tokens),
            "seconds": max(0.01, self.seconds_left),
        }
        return self.limits.model_copy(update=left)

    def reached(self) -> str | None:
        """The limit that leaves room for only one more model call."""
        checks = {
            "model_calls": self.model_calls >= self.limits.model_calls,
            "tool_calls": self.tool_calls >= self.limits.tool_calls and self.model_calls > 1,
            "tokens": self.tokens >= self.limits.tokens,
            "seconds": self.seconds_left < (1 - _CLOSING_SHARE) * self.limits.seconds,
            "repeats": self.repeated >= self.limits.repeats,
        }
        return next((name for name, hit in checks.items() if hit), None)


def summary(budget: Budget) -> str:
    """What the tools found, for the case that the model has no words for it."""
    found = [text for text in budget.results.values() if text]
    if not found:
        return "I could not find an answer within the limits."
    return "I could not finish within the limits. What the tools returned:\n\n" + "\n\n".join(found)


async def in_time(budget: Budget, work: Awaitable[_T]) -> _T | Reply:
    """What `work` gives, or what was written, else what the tools gave, until the seconds were used up.

    Raises ModelUnavailable where not even a tool was called: the question may be asked again then.
    """

    def found() -> str:
        return summary(budget) if budget.results else ""

    return await in_seconds(budget.seconds_left, work, budget.limits.seconds, found)
