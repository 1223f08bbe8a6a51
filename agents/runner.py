"""The runner: turns any strategy into stored events, which is all that a user interface or an evaluation ever sees."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from cairn.errors import CairnError
from cairn.events import ENDS, VERSION, Event, EventType, listening
from cairn.passages import citing
from cairn.strategy import Reply
from cairn.text import clean
from memory.runs import HEARTBEAT, Runs

FLUSH_SECONDS = 0.04


class Recorder:
    """The events of one run: numbered, tokens joined, stored in batches, and only then shown to readers.

    `emit` is called from the loop and from tools' threads; everything else on the loop.
    """

    def __init__(self, run: str, runs: Runs) -> None:
        self.run = run
        self.began = time.monotonic()
        self.said = ""
        self._runs = runs
        self._lock = threading.Lock()
        self._waiting: list[Event] = []
        self._stored: list[Event] = []
        self._seq = 0
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._changed = threading.Condition()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self.began, 3)

    def emit(self, type: EventType, data: Any) -> None:
        with self._lock:
            self._track(type, data)
            if type == "token" and self._waiting and self._waiting[-1].type == "token":
                last = self._waiting.pop()
                data = {"text": last.data["text"] + data["text"]}
                self._seq -= 1
            self._seq += 1
            self._waiting.append(Event(VERSION, self.run, self._seq, time.time(), type, data))
        self._loop.call_soon_threadsafe(self._news.set)

    def _track(self, type: EventType, data: Any) -> None:
        """What the model has said since its last tool call: the answer so far, should the run be stopped."""
        if type == "token":
            self.said += data["text"]
        elif type == "tool_started":
            self.said = ""

    async def flush(self) -> None:
        """Store what waits, then show it. Raises StorageError; readers see the events all the same."""
        with self._lock:
            batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            await asyncio.to_thread(self._runs.append, batch)
        finally:
            with self._changed:
                self._stored.extend(batch)
                self._changed.notify_all()

    async def keep_flushing(self) -> None:
        """Until cancelled: the first news at once, then at most every `FLUSH_SECONDS`; a heartbeat when it is quiet."""
        while True:
            try:
                await asyncio.wait_for(self._news.wait(), HEARTBEAT)
            except TimeoutError:
                await asyncio.to_thread(self._runs.beat, self.run)
                continue
            self._news.clear()
            await self.flush()
            await asyncio.sleep(FLUSH_SECONDS)

    def after(self, seq: int) -> list[Event]:
        """The shown events with a `seq` above this one."""
        with self._changed:
            return self._stored[seq:]

    def wait_after(self, seq: int, timeout: float) -> list[Event]:
        """The same, waiting for at least one."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._stored) > seq, timeout)
            return self._stored[seq:]

    @property
    def over(self) -> bool:
        with self._changed:
            return bool(self._stored) and self._stored[-1].type in ENDS


async def record(recorder: Recorder, runs: Runs, started: dict[str, Any], work: Callable[[], Awaitable[Reply]]) -> None:
    """Run `work` to its end, whatever end that is, and leave a run that says which."""
    recorder.emit("started", started)
    flushing = asyncio.create_task(recorder.keep_flushing())
    answering = asyncio.create_task(_answer(recorder, work))
    try:
        await asyncio.wait({flushing, answering}, return_when=asyncio.FIRST_COMPLETED)
        if flushing.done() and not answering.done():
            answering.cancel()
        state, type, data = await _outcome(recorder, answering, flushing)
    except asyncio.CancelledError:
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        state, type, data = "stopped", "finished", _finished(recorder, recorder.said.strip(), "user")
    flushing.cancel()
    await asyncio.gather(flushing, return_exceptions=True)
    await _close(recorder, runs, state, type, data)


async def _answer(recorder: Recorder, work: Callable[[], Awaitable[Reply]]) -> Reply:
    with listening(recorder.emit), citing():
        return await work()


async def _outcome(
    recorder: Recorder, answering: asyncio.Task[Reply], flushing: asyncio.Task[None]
) -> tuple[str, EventType, dict[str, Any]]:
    try:
        reply = await answering
    except CairnError as error:
        return "failed", "failed", _failed(recorder, error)
    except asyncio.CancelledError:
        if not flushing.done():
            raise
        cause = flushing.exception()
        return "failed", "failed", _failed(recorder, cause if isinstance(cause, CairnError) else _unexpected(cause))
    except Exception as error:
        return "failed", "failed", _failed(recorder, _unexpected(error))
    return "finished", "finished", _finished(recorder, clean(reply.text), reply.stopped_by)


async def _close(recorder: Recorder, runs: Runs, state: str, type: EventType, data: dict[str, Any]) -> None:
    """Messages first, then the last event: who reads the end finds the thread complete."""
    answer = data["answer"] if state != "failed" else None
    try:
        await recorder.flush()
        await asyncio.to_thread(runs.end, recorder.run, state, answer or None)
    except CairnError as error:
        type, data = "failed", _failed(recorder, error)
    recorder.emit(type, data)
    try:
        await recorder.flush()
    except CairnError:
        return  # readers in this process have seen it; others will find the run's owner gone


def _finished(recorder: Recorder, answer: str, stopped_by: str | None) -> dict[str, Any]:
    return {"answer": answer, "stopped_by": stopped_by, "seconds": recorder.seconds}


def _failed(recorder: Recorder, error: CairnError) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
        "seconds": recorder.seconds,
    }


def _unexpected(error: BaseException | None) -> CairnError:
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return CairnError(f"Something went wrong that should not: {detail}.", "Please report it; asking again may help.")
