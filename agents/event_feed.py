"""The stored events of a run, handed to its readers as they come: threads, and coroutines of any loop.

with feeds.of(run) as feed:                 # of a run of another process, which is asked for news
    async for event in feed.read(after=3): …
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue

from cairn.core import event_loop
from cairn.core.events import Event
from cairn.memory.run_store import Runs

POLL_SECONDS = 0.1
_PATIENCE = 1.0
_News = Sequence[Event] | Exception | None
"""None after the last event."""
_Push = Callable[[_News], object]


class Feed:
    """`show` and `close` are called on Cairn's loop, the rest from anywhere."""

    def __init__(self, events: Sequence[Event] = ()) -> None:
        self._events = list(events)
        self._lock = threading.Lock()
        self._readers: dict[object, _Push] = {}
        self._closed: list[_News] = []

    def after(self, seq: int) -> list[Event]:
        """The events with a `seq` above this one; of a run under way they have no gaps."""
        with self._lock:
            return self._since(seq)

    def _since(self, seq: int) -> list[Event]:
        return self._events[bisect_right(self._events, seq, key=lambda event: event.seq) :]

    @property
    def last(self) -> int:
        """The number of the newest event, 0 for none."""
        return self._events[-1].seq if self._events else 0

    def show(self, events: Sequence[Event]) -> None:
        with self._lock:
            self._events.extend(events)
            readers = list(self._readers.values())
        for push in readers:
            push(events)

    def close(self, error: Exception | None = None) -> None:
        """Nothing more comes: the run is over, or this process let go of it; or `error` is what readers get."""
        with self._lock:
            self._closed.append(error)
            readers = list(self._readers.values())
        for push in readers:
            push(error)

    async def read(self, after: int = 0) -> AsyncGenerator[Event]:
        """The events after `after` as they come, on any loop, without a thread."""
        queue: asyncio.Queue[_News] = asyncio.Queue()
        own = asyncio.get_running_loop()
        with self._reader(after, queue.put_nowait if event_loop.here() else partial(_hand_over, own, queue)):
            while (news := await queue.get()) is not None:
                for event in _after(news, after):
                    yield event

    def wait(self, after: int = 0) -> Iterator[Event]:
        """The same, for a thread."""
        queue: SimpleQueue[_News] = SimpleQueue()
        with self._reader(after, queue.put):
            while (news := _next(queue)) is not None:
                yield from _after(news, after)

    @contextmanager
    def _reader(self, after: int, push: _Push) -> Generator[None]:
        me = object()
        with self._lock:
            for news in (self._since(after), *self._closed[:1]):
                push(news)
            self._readers[me] = push
        try:
            yield
        finally:
            with self._lock:
                del self._readers[me]


def _after(news: Sequence[Event] | Exception, seq: int) -> Sequence[Event]:
    """A feed that was just opened begins before its reader does."""
    if isinstance(news, Exception):
        raise news
    return [event for event in news if event.seq > seq]


def _hand_over(loop: asyncio.AbstractEventLoop, queue: asyncio.Queue[_News], news: _News) -> None:
    with suppress(RuntimeError):  # a loop that was closed reads no more
        loop.call_soon_threadsafe(queue.put_nowait, news)


def _next(queue: SimpleQueue[_News]) -> _News:
    """Not waiting for ever at once: on Windows nothing breaks that off."""
    while True:
        with suppress(Empty):
            return queue.get(timeout=_PATIENCE)


@dataclass(eq=False)
class _Poll:
    feed: Feed
    readers: int = 0


class Feeds:
    """The feeds of runs that other processes work on, or that are over: one query for all readers of a run."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._polls: dict[str, _Poll] = {}

    @contextmanager
    def of(self, run: str) -> Generator[Feed]:
        """Inside, the run is asked for news. An unknown run's readers get UsageError."""
        with self._lock:
            poll = self._polls.get(run)
            if poll is None:
                poll = self._polls[run] = _Poll(Feed())
                event_loop.start(self._poll(run, poll))
            poll.readers += 1
        try:
            yield poll.feed
        finally:
            with self._lock:
                poll.readers -= 1
                if not poll.readers and self._polls.get(run) is poll:
                    del self._polls[run]

    async def _poll(self, run: str, poll: _Poll) -> None:
        """Until the run is over, waits for its user, or has no readers."""
        error = None
        try:
            while self._polls.get(run) is poll:
                events, at_work = await asyncio.to_thread(self._runs.news, run, poll.feed.last)
                if events:
                    poll.feed.show(events)
                if not at_work:
                    break
                await asyncio.sleep(POLL_SECONDS)
        except Exception as problem:
            error = problem
        with self._lock:
            if self._polls.get(run) is poll:
                del self._polls[run]
        poll.feed.close(error)
