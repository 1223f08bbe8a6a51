"""The one writer of a process: what all its runs have waiting is stored in one transaction, on one thread.

It also keeps the runs that the process works on alive, and hears which of them are to be stopped: a statement for all.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from cairn.core import event_loop
from cairn.core.app_database import Database
from cairn.core.errors import CairnError, StorageError
from cairn.core.events import Event
from cairn.memory.run_rows import HEARTBEAT, beat, deleted, insert_events, stops_asked

LOOK_SECONDS = 0.25
"""How often it is looked which runs are to be stopped."""
T = TypeVar("T")
Work = Callable[[Session], T]


@dataclass(eq=False, slots=True)
class _Job:
    """`tell` is called, on `loop` if there is one, with nothing once the job is stored, or with why it is not."""

    work: Work[Any] | None
    tell: Callable[[BaseException | None], None]
    loop: asyncio.AbstractEventLoop | None = None
    events: Sequence[Event] = ()
    result: Any = field(default=None, init=False)
    error: BaseException | None = field(default=None, init=False)


class Writer:
    """Stores the work of many callers together; a failure is only that of the work which failed.

    Work is done in the order in which it was given, and events are stored before it. When the database itself is locked
    or away, all that waits for it fails at once, so that nobody waits for it twice.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Job] = []
        self._busy = False
        self._thread = ThreadPoolExecutor(1, "cairn-writer")
        self._live: dict[str, Callable[[StorageError | None], None]] = {}
        self._watching: asyncio.Task[None] | None = None

    def write(self, work: Work[T]) -> T:
        """Do `work` in a transaction and wait for it, from any thread but the loop's. Raises what it raises."""
        done: Future[None] = Future()
        job = _Job(work, lambda error: done.set_exception(error) if error else done.set_result(None))
        self._put(job)
        done.result()
        return job.result

    async def awrite(self, work: Work[T]) -> T:
        """The same, on any loop; when the waiting is cancelled, the work is not."""
        return await self._later(work)

    async def append(self, events: Sequence[Event]) -> None:
        """Store events, those of all runs in one statement, on any loop; when the waiting is cancelled, this is not."""
        await self._later(None, events)

    async def _later(self, work: Work[Any] | None, events: Sequence[Event] = ()) -> Any:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()

        def tell(error: BaseException | None) -> None:
            if not done.done():
                done.set_exception(error) if error else done.set_result(None)

        job = _Job(work, tell, loop, events)
        self._put(job)
        await done
        return job.result

    def watch(self, run: str, end: Callable[[StorageError | None], None]) -> None:
        """This process works on `run`, until `unwatch`; on the loop.

        Args:
            run: Its id.
            end: Called on the loop when another process wants it to stop, or with the error when its thread is gone.
        """
        self._live[run] = end
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    def unwatch(self, run: str) -> None:
        """Nothing is asked about this run any more."""
        self._live.pop(run, None)

    def unwatch_all(self) -> None:
        """Nothing is asked about any run any more: the home closes; from any thread."""
        if self._live:
            event_loop.soon(self._live.clear)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        beaten = loop.time()
        while runs := await self._live_soon():
            try:
                if loop.time() - beaten >= HEARTBEAT:
                    beaten = loop.time()
                    await self.awrite(lambda session, runs=runs: beat(session, runs))
                self._tell_live(runs, await asyncio.to_thread(self._stops_asked, runs))
            except CairnError:  # whoever has something to store will meet it, and tell
                continue
        self._watching = None

    async def _live_soon(self) -> list[str]:
        await asyncio.sleep(LOOK_SECONDS)
        return list(self._live)

    def _stops_asked(self, runs: Sequence[str]) -> Mapping[str, bool]:
        with self._database.session() as session:
            return stops_asked(session, runs)

    def _tell_live(self, runs: Sequence[str], asked: Mapping[str, bool]) -> None:
        for run in runs:
            if asked.get(run, True) and (end := self._live.get(run)) is not None:
                end(None if run in asked else deleted())

    def _put(self, job: _Job) -> None:
        with self._lock:
            self._waiting.append(job)
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._work)

    def _take(self) -> list[_Job]:
        with self._lock:
            jobs, self._waiting = self._waiting, []
            self._busy = bool(jobs)
        return jobs

    def _work(self) -> None:
        while jobs := self._take():
            if self._store(jobs):
                _tell(jobs)
            else:
                late = self._take_rest(jobs[-1].error)
                _tell([*jobs, *late])

    def _take_rest(self, error: BaseException | None) -> list[_Job]:
        """What came while the database was away has waited for it already."""
        with self._lock:
            jobs, self._waiting = self._waiting, []
        return _failed(jobs, error)

    def _store(self, jobs: Sequence[_Job]) -> bool:
        """All of it or, where that fails, each by itself. False if the database is away."""
        try:
            with self._database.session() as session:
                insert_events(session, [event for job in jobs for event in job.events])
                for job in jobs:
                    job.result = job.work(session) if job.work else None
        except Exception as error:
            if len(jobs) == 1 or _away(error):
                _failed(jobs, error)
                return not _away(error)
        else:
            return True
        for done, job in enumerate(jobs, 1):
            if not self._store([job]):
                _failed(jobs[done:], job.error)
                return False
        return True


@cache
def writer_of(database: Database) -> Writer:
    """The one of this process."""
    return Writer(database)


def _away(error: BaseException) -> bool:
    """Whether it is the database that does not work, and not what was to be written."""
    return isinstance(error.__cause__, OperationalError | InterfaceError)


def _failed(jobs: Sequence[_Job], error: BaseException | None) -> list[_Job]:
    for job in jobs:
        job.error = error
    return list(jobs)


def _tell(jobs: Sequence[_Job]) -> None:
    """Those of a loop are told in one go: to wake it costs as much as a small statement."""
    for loop in dict.fromkeys(job.loop for job in jobs):
        told = [job for job in jobs if job.loop is loop]
        if loop is None:
            _tell_each(told)
        else:
            with suppress(RuntimeError):  # a loop that was closed waits no more
                loop.call_soon_threadsafe(_tell_each, told)


def _tell_each(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        job.tell(job.error)
