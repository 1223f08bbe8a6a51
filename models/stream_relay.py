"""A stream that runs on Cairn's one loop, read from anywhere: clients' connections must never change their loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import aclosing
from queue import SimpleQueue
from typing import Any, TypeVar

from cairn.core import event_loop

T = TypeVar("T")
_END: Any = object()


async def from_loop(stream: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """`stream`, as an iterator for the loop of the caller."""
    if event_loop.here():
        async with aclosing(stream):
            async for item in stream:
                yield item
        return
    here = asyncio.get_running_loop()
    queue: asyncio.Queue[T] = asyncio.Queue()
    future = _pump(stream, lambda item: here.call_soon_threadsafe(queue.put_nowait, item))
    try:
        while (item := await queue.get()) is not _END:
            yield item
        await asyncio.wrap_future(future)
    finally:
        future.cancel()


def from_thread(stream: AsyncGenerator[T]) -> Iterator[T]:
    """`stream`, as an iterator for a thread without a loop."""
    _not_on_the_loop()
    queue: SimpleQueue[T] = SimpleQueue()
    future = _pump(stream, queue.put)
    try:
        while (item := queue.get()) is not _END:
            yield item
        future.result()
    finally:
        future.cancel()


async def on_loop(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, done on Cairn's loop, for a caller on any loop."""
    return await (work if event_loop.here() else asyncio.wrap_future(event_loop.start(work)))


def wait(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, done on Cairn's loop, for a caller in any other thread."""
    try:
        _not_on_the_loop()
    except RuntimeError:
        work.close()
        raise
    return event_loop.wait(work)


def _pump(stream: AsyncGenerator[T], put: Callable[[T], Any]) -> Future[None]:
    async def pump() -> None:
        try:
            async with aclosing(stream):
                async for item in stream:
                    put(item)
        finally:
            put(_END)

    return event_loop.start(pump())


def _not_on_the_loop() -> None:
    if event_loop.here():
        raise RuntimeError(
            "A model was called synchronously on Cairn's own loop, which would wait for itself for ever."
        )
