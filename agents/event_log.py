"""The events of one run, from the first to the last: numbered, tokens joined, without secrets. Who stores or shows
them takes them from here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, ModelAnswerError
from cairn.core.events import ENDS, VERSION, Event, EventType
from cairn.core.secrets import all_scrubbed, scrubbed
from cairn.core.strategy import Reply

if TYPE_CHECKING:
    from cairn.agents.assembly import Assistant


class EventLog:
    """What a run has told and nobody has taken yet; `emit` and `take` are called from any thread.

    Args:
        run: Its id.
        earlier: The events of a run that is gone on with.
        spent: The seconds that it has worked.
        on_news: Told of the first event that waits; whoever it tells takes all there is.
    """

    def __init__(
        self,
        run: str,
        earlier: Sequence[Event] = (),
        spent: float = 0.0,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        self.run = run
        self.began = time.monotonic() - spent
        self.said = ""
        self.sources = sum(len(event.data["sources"]) for event in earlier if event.type == "sources")
        self._on_news = on_news
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._seq = len(earlier)
        self._ended = False

    @property
    def seconds(self) -> float:
        """How long the run has worked."""
        return round(time.monotonic() - self.began, 3)

    def emit(self, type: EventType, data: Any) -> None:
        """What a tool's thread, which can't be stopped, says after the end is not heard."""
        data = all_scrubbed(data)
        with self._lock:
            if self._ended:
                return
            self._ended = type in ENDS
            self._track(type, data)
            news = not self._waiting
            if type in ("token", "thought") and self._waiting and self._waiting[-1].type == type and len(data) == 1:
                last = self._waiting.pop()
                data = {**last.data, "text": last.data["text"] + data["text"]}
                self._seq -= 1
            self._seq += 1
            self._waiting.append(Event(VERSION, self.run, self._seq, time.time(), type, data))
        if news:
            self._on_news()

    def _track(self, type: EventType, data: Any) -> None:
        """What the model has said since its last tool call: the answer so far, should the run be stopped."""
        if type == "token":
            self.said += data["text"]
        elif type == "tool_started" or (type == "thought" and data.get("replaces")):
            self.said = ""

    def fail(self, data: dict[str, Any]) -> None:
        """The end that waits is no end after all: it is this failure."""
        with self._lock:
            last = self._waiting.pop()
            self._waiting.append(replace(last, type="failed", data=data))

    def take(self) -> list[Event]:
        """What was told since the last time."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        return batch

    def put_back(self, batch: list[Event]) -> None:
        """What was taken, but could not be stored, waits again, before all that came since."""
        with self._lock:
            self._waiting = batch + self._waiting


def started(
    assistant: Assistant,
    question: str,
    thread: str = "",
    patch: Mapping[str, Any] | None = None,
    parent: str | None = None,
) -> dict[str, Any]:
    """The data of a run's first event."""
    said: dict[str, Any] = {
        "question": question,
        "task": assistant.task.name,
        "strategy": assistant.task.strategy,
        "template": assistant.task.template,
        "template_hash": assistant.template.hash,
        "model": assistant.model,
        "thread": thread,
    }
    return said | ({"patch": dict(patch)} if patch else {}) | ({"parent": parent} if parent else {})


Outcome = tuple[str, EventType, dict[str, Any]]
"""The run's state, and its last event."""


def replied(log: EventLog, reply: Reply) -> Outcome:
    """An empty reply is a failure."""
    if (error := failure(reply)) is not None:
        return failed(log, error)
    return "finished", "finished", finished(log, scrubbed(clean(reply.text)), reply.stopped_by)


def failure(reply: Reply) -> ModelAnswerError | None:
    """What is wrong with a reply that says nothing, unless a limit ended the work."""
    if reply.text.strip() or reply.stopped_by:
        return None
    return ModelAnswerError("The model's answer was empty.", "Ask again, or use another model.")


def stopped(log: EventLog) -> Outcome:
    """By its user: what was said so far is the answer."""
    return "stopped", "finished", finished(log, scrubbed(log.said.strip()), "user")


def finished(log: EventLog, answer: str, stopped_by: str | None) -> dict[str, Any]:
    return {"answer": answer, "stopped_by": stopped_by, "seconds": log.seconds}


def failed(log: EventLog, error: BaseException) -> Outcome:
    """An error that is none of Cairn's own is told as one that should not be."""
    error = error if isinstance(error, CairnError) else _unexpected(error)
    data = {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
        "seconds": log.seconds,
    }
    return "failed", "failed", data


def _unexpected(error: BaseException) -> CairnError:
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return CairnError(f"Something went wrong that should not: {detail}.", "Please report it; asking again may help.")
