"""Events as server-sent events: each with its `seq` as the id, so that who was cut off goes on from there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import asdict
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse

from cairn.agents.service import Cairn
from cairn.core.events import Event

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still there\n\n"
_T = TypeVar("_T")


def event_stream(pieces: AsyncGenerator[bytes]) -> StreamingResponse:
    """A response that no proxy keeps back or stores."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(pieces, media_type="text/event-stream", headers=headers)


async def run_events(home: Cairn, run: str, after: int) -> AsyncGenerator[bytes]:
    """The events of a run after `after`, to its last one, or until it waits for its user."""
    async with aclosing(with_heartbeats(home.afollow(run, after))) as events:
        async for event in events:
            yield HEARTBEAT if event is None else _framed(event)


def _framed(event: Event) -> bytes:
    return f"id: {event.seq}\nevent: {event.type}\ndata: {as_json(asdict(event))}\n\n".encode()


def as_json(value: Any) -> str:
    """On one line, letters as they are; half of a pair of surrogates, which is no text, as `?`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace").decode()


async def with_heartbeats(items: AsyncGenerator[_T], seconds: float = HEARTBEAT_SECONDS) -> AsyncGenerator[_T | None]:
    """`items`, and None whenever none came for so long: proxies cut what is quiet."""
    async with aclosing(items):
        waiting = asyncio.ensure_future(_next(items))
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=seconds)
                if not done:
                    yield None
                    continue
                try:
                    item = waiting.result()
                except StopAsyncIteration:
                    return
                yield item
                waiting = asyncio.ensure_future(_next(items))
        finally:
            waiting.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await waiting


async def _next(items: AsyncIterator[_T]) -> _T:
    return await anext(items)
