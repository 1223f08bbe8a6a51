"""An answer that nobody stores: the events of an assistant at work, for who reads them while it works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from cairn.agents.assembly import Assistant
from cairn.agents.event_log import EventLog, failed, replied
from cairn.agents.tool_calls import ApprovalNeeded
from cairn.core.app_database import new_id
from cairn.core.events import Event, listening
from cairn.core.passages import citing
from cairn.core.strategy import Reply, Turn


async def unstored_answer(assistant: Assistant, turn: Turn) -> AsyncGenerator[Event]:
    """The events as they come, to `finished` or `failed`; where calls wait for a yes, they are the last ones.

    Who stops reading ends the work.
    """
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        loop.call_soon_threadsafe(news.set)

    log = EventLog(new_id(), on_news=tell)
    working = asyncio.create_task(_work(assistant, turn, log))
    working.add_done_callback(lambda _: news.set())
    try:
        while not working.done():
            await news.wait()
            news.clear()
            for event in log.take():
                yield event
        _end(log, working)
        for event in log.take():
            yield event
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def _work(assistant: Assistant, turn: Turn, log: EventLog) -> Reply:
    with listening(log.emit), citing():
        return await assistant.ainvoke(turn)


def _end(log: EventLog, working: asyncio.Task[Reply]) -> None:
    error = asyncio.CancelledError() if working.cancelled() else working.exception()
    if isinstance(error, ApprovalNeeded):
        return
    _, type, data = replied(log, working.result()) if error is None else failed(log, error)
    log.emit(type, data)
