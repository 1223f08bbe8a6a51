"""The runner: turns any strategy into stored events, which is all that a user interface or an evaluation ever sees."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from cairn.agents import run_outcome
from cairn.agents.event_log import EventLog
from cairn.agents.run_outcome import Outcome
from cairn.agents.run_progress import storing
from cairn.agents.tool_calls import ApprovalNeeded
from cairn.core import event_loop
from cairn.core.errors import StorageError
from cairn.core.events import ENDS, Event, listening
from cairn.core.passages import citing
from cairn.core.strategy import Reply
from cairn.memory.run_store import HEARTBEAT, Runs

FLUSH_SECONDS = 0.04


class Recorder(EventLog):
    """The events of one run, stored in batches, and only then shown to readers.

    `emit`, `stop` and the readers' methods are called from any thread, everything else on the loop.
    """

    def __init__(self, run: str, runs: Runs, earlier: Sequence[Event] = (), spent: float = 0.0) -> None:
        """`earlier`: the events of a run that is gone on with, and the seconds it has worked."""
        super().__init__(run, earlier, spent, lambda: event_loop.soon(self._news.set))
        self.stopped = asyncio.Event()
        self._runs = runs
        self._stored: list[Event] = list(earlier)
        self._paused = False
        self._flushing = asyncio.Lock()
        self._at_work: set[asyncio.Future[None]] = set()
        self._news = asyncio.Event()
        self._closing = asyncio.Event()
        self._changed = threading.Condition()

    @property
    def over(self) -> bool:
        """Whether its last event was shown."""
        return bool(self._stored) and self._stored[-1].type in ENDS

    @property
    def paused(self) -> bool:
        """Whether the run waits for its user: what comes then is not told here."""
        return self._paused

    def stop(self) -> None:
        """The user wants no more of it."""
        event_loop.soon(self.stopped.set)

    async def flush(self, store: Callable[[list[Event]], None] | None = None) -> None:
        """Store what waits, then show it. Raises StorageError; then it still waits."""
        async with self._flushing:  # no batch overtakes the one before it
            batch = self.take()
            if not batch and store is None:
                return
            try:
                await asyncio.to_thread(store or self._runs.append, batch)
            except BaseException:
                self.put_back(batch)
                self._news.set()
                raise
            self._show(batch)

    async def stored(self) -> None:
        """Flush, for whoever must not go on before. If the waiting is cancelled, the storing is not."""
        flushing = asyncio.ensure_future(self.flush())
        self._at_work.add(flushing)
        flushing.add_done_callback(self._at_work.discard)
        await asyncio.shield(flushing)

    def pause(self) -> None:
        """Nothing more comes from this process: who waits for it need not."""
        with self._changed:
            self._paused = True
            self._changed.notify_all()

    def show_unstored(self) -> None:
        """Readers in this process get what could not be stored; others will find the run's process gone."""
        self._show(self.take())

    def _show(self, batch: list[Event]) -> None:
        with self._changed:
            self._stored.extend(batch)
            self._changed.notify_all()

    async def keep_flushing(self) -> None:
        """Until closing: the first news at once, then at most every `FLUSH_SECONDS`; a heartbeat when it is quiet."""
        while not self._closing.is_set():
            if not await _within(HEARTBEAT, self._news):
                await asyncio.to_thread(self._runs.beat, self.run)
                continue
            self._news.clear()
            await self.flush()
            await _within(FLUSH_SECONDS, self._closing)

    def stop_flushing(self) -> None:
        """Not by cancelling: a batch that is being stored must not be overtaken by the next one."""
        self._closing.set()
        self._news.set()

    def after(self, seq: int) -> list[Event]:
        """The shown events with a `seq` above this one."""
        with self._changed:
            return self._stored[seq:]

    def wait_after(self, seq: int, timeout: float) -> list[Event]:
        """The same, waiting for at least one as long as any can come."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._stored) > seq or self.over or self._paused, timeout)
            return self._stored[seq:]


async def _within(seconds: float, event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(seconds):  # `wait_for` would make a task of it
            await event.wait()
    except TimeoutError:
        return False
    return True


async def record(recorder: Recorder, runs: Runs, work: Callable[[], Awaitable[Reply]]) -> None:
    """Run `work` to its end, whatever end that is, and leave a run that says which. Nothing cancels this."""
    flushing = asyncio.create_task(recorder.keep_flushing())
    answering = asyncio.create_task(_answer(recorder, work))
    stopping = asyncio.create_task(recorder.stopped.wait())
    await asyncio.wait({flushing, answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
    answering.cancel()
    stopping.cancel()
    await asyncio.gather(answering, stopping, return_exceptions=True)
    recorder.stop_flushing()
    await asyncio.gather(flushing, return_exceptions=True)
    if _waits(answering) and not recorder.stopped.is_set():
        await _pause(recorder, runs)
    else:
        await _close(recorder, runs, _outcome(recorder, answering, flushing))


def _waits(answering: asyncio.Task[Reply]) -> bool:
    return not answering.cancelled() and isinstance(answering.exception(), ApprovalNeeded)


async def _pause(recorder: Recorder, runs: Runs) -> None:
    """The run waits for its user, and this process lets go of it."""
    try:
        await recorder.flush(lambda events: runs.pause(recorder.run, events))
    except StorageError as error:
        await _close(recorder, runs, run_outcome.failed(recorder, error))
    else:
        recorder.pause()


async def _answer(recorder: Recorder, work: Callable[[], Awaitable[Reply]]) -> Reply:
    with listening(recorder.emit), storing(recorder.stored), citing(recorder.sources):
        return await work()


def _outcome(recorder: Recorder, answering: asyncio.Task[Reply], flushing: asyncio.Task[None]) -> Outcome:
    error = asyncio.CancelledError() if answering.cancelled() else answering.exception()
    if error is None:
        return run_outcome.replied(recorder, answering.result())
    if recorder.stopped.is_set():
        return run_outcome.stopped(recorder)
    if answering.cancelled():
        error = flushing.exception() or error
    return run_outcome.failed(recorder, error)


async def _close(recorder: Recorder, runs: Runs, outcome: Outcome) -> None:
    """The last events, the run's state and the thread's messages: all of it is stored, or nothing."""
    state, type, data = outcome
    answer = data["answer"] if state != "failed" else None
    recorder.emit(type, data)
    try:
        await recorder.flush(lambda events: runs.end(recorder.run, state, answer or None, events))
    except Exception as error:
        recorder.fail(run_outcome.failed(recorder, error)[2])
        with suppress(Exception):
            await recorder.flush(lambda events: runs.end(recorder.run, "failed", None, events))
        recorder.show_unstored()
