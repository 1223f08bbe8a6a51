"""The runner: turns any strategy into stored events, which is all that a user interface or an evaluation ever sees."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from cairn.agents.event_feed import Feed
from cairn.agents.event_log import EventLog, Outcome, failed, replied, stopped
from cairn.agents.run_progress import storing
from cairn.agents.tool_calls import ApprovalNeeded
from cairn.core import event_loop
from cairn.core.errors import StorageError
from cairn.core.events import Event, listening
from cairn.core.passages import citing
from cairn.core.strategy import Reply
from cairn.memory.run_store import Runs

FLUSH_SECONDS = 0.04


class Recorder(EventLog):
    """The events of one run, stored in batches, and only then shown to readers by its feed.

    `emit` and `stop` are called from any thread, everything else on the loop.
    """

    def __init__(self, run: str, runs: Runs, earlier: Sequence[Event] = (), spent: float = 0.0) -> None:
        """`earlier`: the events that are stored already, and the seconds the run has worked."""
        super().__init__(run, earlier, spent, lambda: event_loop.soon(self._store_soon))
        self.feed = Feed(earlier)
        self.stopped = False
        self.problem: Exception | None = None
        self.halted = event_loop.future()
        self._runs = runs
        self._paused = False
        self._ending = False
        self._flushing = asyncio.Lock()
        self._at_work: set[asyncio.Future[None]] = set()
        self._next = 0.0

    @property
    def paused(self) -> bool:
        """Whether the run waits for its user: what comes then is not told here."""
        return self._paused

    def stop(self) -> None:
        """The user wants no more of it."""
        event_loop.soon(self.halt)

    def halt(self, problem: Exception | None = None) -> None:
        """End the run before its work is done: for its user or, with a problem, since it can't go on."""
        if not self.halted.done():
            self.stopped, self.problem = problem is None, problem
            self.halted.set_result(None)

    async def flush(self, store: Callable[[list[Event]], Awaitable[None]] | None = None) -> None:
        """Store what waits, then show it. Raises StorageError; then it still waits."""
        async with self._flushing:  # no batch overtakes the one before it
            batch = self.take()
            if not batch and store is None:
                return
            self._next = asyncio.get_running_loop().time() + FLUSH_SECONDS
            try:
                await (store or self._runs.append)(batch)
            except BaseException:
                self.put_back(batch)
                raise
            self.feed.show(batch)

    async def stored(self) -> None:
        """Flush, for whoever must not go on before. If the waiting is cancelled, the storing is not."""
        await asyncio.shield(self._begin_flush())

    def _store_soon(self) -> None:
        """The first news at once, then at most every `FLUSH_SECONDS`; none once the end is being written."""
        loop = asyncio.get_running_loop()
        if self._next > loop.time():
            loop.call_at(self._next, self._store_soon)
        elif not self._ending:
            self._begin_flush()

    def _begin_flush(self) -> asyncio.Future[None]:
        flushing = asyncio.ensure_future(self.flush())
        self._at_work.add(flushing)
        flushing.add_done_callback(self._flushed)
        return flushing

    def _flushed(self, flushing: asyncio.Future[None]) -> None:
        self._at_work.discard(flushing)
        if not flushing.cancelled() and isinstance(problem := flushing.exception(), Exception):
            self.halt(problem)

    async def stop_flushing(self) -> None:
        """What is being stored is stored to its end: the next batch must not overtake it."""
        self._ending = True
        await asyncio.gather(*self._at_work, return_exceptions=True)

    def pause(self) -> None:
        """Nothing more comes from this process: who waits for it need not."""
        self._paused = True

    def show_unstored(self) -> None:
        """Readers in this process get what could not be stored; others will find the run's process gone."""
        self.feed.show(self.take())


async def record(recorder: Recorder, runs: Runs, work: Callable[[], Awaitable[Reply]]) -> None:
    """Run `work` to its end, whatever end that is, and leave a run that says which. Nothing cancels this."""
    runs.writer.watch(recorder.run, recorder.halt)
    try:
        answering = asyncio.create_task(_answer(recorder, work))
        await asyncio.wait({answering, recorder.halted}, return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await recorder.stop_flushing()
        if _waits(answering) and not recorder.stopped:
            await _pause(recorder, runs)
        else:
            await _close(recorder, runs, _outcome(recorder, answering))
    finally:
        runs.writer.unwatch(recorder.run)
        recorder.feed.close()


def _waits(answering: asyncio.Task[Reply]) -> bool:
    return not answering.cancelled() and isinstance(answering.exception(), ApprovalNeeded)


async def _pause(recorder: Recorder, runs: Runs) -> None:
    """The run waits for its user, and this process lets go of it."""
    try:
        await recorder.flush(lambda events: runs.pause(recorder.run, events))
    except StorageError as error:
        await _close(recorder, runs, failed(recorder, error))
    else:
        recorder.pause()


async def _answer(recorder: Recorder, work: Callable[[], Awaitable[Reply]]) -> Reply:
    with listening(recorder.emit), storing(recorder.stored), citing(recorder.sources):
        return await work()


def _outcome(recorder: Recorder, answering: asyncio.Task[Reply]) -> Outcome:
    error = asyncio.CancelledError() if answering.cancelled() else answering.exception()
    if error is None:
        return replied(recorder, answering.result())
    if recorder.stopped:
        return stopped(recorder)
    if answering.cancelled():
        error = recorder.problem or error
    return failed(recorder, error)


async def _close(recorder: Recorder, runs: Runs, outcome: Outcome) -> None:
    """The last events, the run's state and the thread's messages: all of it is stored, or nothing."""
    state, type, data = outcome
    answer = data["answer"] if state != "failed" else None
    recorder.emit(type, data)
    try:
        await recorder.flush(lambda events: runs.end(recorder.run, state, answer or None, events))
    except Exception as error:
        recorder.fail(failed(recorder, error)[2])
        with suppress(Exception):
            await recorder.flush(lambda events: runs.end(recorder.run, "failed", None, events))
        recorder.show_unstored()
