"""The events of one run: numbered, tokens joined, without secrets. Who stores or shows them takes them from here."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from cairn.core.events import ENDS, VERSION, Event, EventType
from cairn.core.secrets import all_scrubbed


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
            if type == "token" and self._waiting and self._waiting[-1].type == "token":
                last = self._waiting.pop()
                data = {"text": last.data["text"] + data["text"]}
                self._seq -= 1
            self._seq += 1
            self._waiting.append(Event(VERSION, self.run, self._seq, time.time(), type, data))
        if news:
            self._on_news()

    def _track(self, type: EventType, data: Any) -> None:
        """What the model has said since its last tool call: the answer so far, should the run be stopped."""
        if type == "token":
            self.said += data["text"]
        elif type == "tool_started":
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
