"""The one event loop of a process, in a thread of its own, and the ways onto it.

Model clients can't be shared between loops: their connections must never change their loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import aclosing, suppress
from functools import cache
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()
_first = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    with _first:  # `cache` alone lets two threads that ask first make a loop each
        return _made()


@cache
def _made() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=_serve, args=(loop,), name="cairn-loop", daemon=True).start()
    return loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """asyncio lets SystemExit through the loop; it must end the task that raised it, not every answer there will be."""
    first = loop.create_task(asyncio.Event().wait())  # anyio keeps its threads as long as a loop's first task lasts
    while True:
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_until_complete(first)


def here() -> bool:
    """Whether the caller is running on the loop, where `wait` would wait for itself."""
    try:
        return asyncio.get_running_loop() is _loop()
    except RuntimeError:
        return False


def start(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run `work` on the loop, without waiting; cancelling the future cancels it."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def soon(callback: Callable[[], object]) -> None:
    """Call `callback` on the loop, from any thread."""
    if here():
        _loop().call_soon(callback)
    else:
        _loop().call_soon_threadsafe(callback)


def future() -> asyncio.Future[None]:
    """Of the loop, for callers of other threads too; only the loop may settle it."""
    return _loop().create_future()


async def from_loop(stream: AsyncGenerator[T]) -> AsyncGenerator[T]:
    """`stream`, as an iterator for the loop of the caller."""
    if here():
        async with aclosing(stream):
            async for item in stream:
                yield item
        return
    own = asyncio.get_running_loop()
    queue: asyncio.Queue[T] = asyncio.Queue()
    future = _pump(stream, lambda item: own.call_soon_threadsafe(queue.put_nowait, item))
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
    return await (work if here() else asyncio.wrap_future(start(work)))


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on the loop and wait for its result. Raises RuntimeError on the loop itself."""
    try:
        _not_on_the_loop()
    except RuntimeError:
        work.close()
        raise
    future = start(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def _pump(stream: AsyncGenerator[T], put: Callable[[T], Any]) -> Future[None]:
    async def pump() -> None:
        try:
            async with aclosing(stream):
                async for item in stream:
                    put(item)
        finally:
            put(_END)

    return start(pump())


def _not_on_the_loop() -> None:
    if here():
        raise RuntimeError(
            "What runs on Cairn's own loop was called synchronously there: it would wait for itself for ever."
        )
