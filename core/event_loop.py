"""The one event loop of a process, in a thread of its own: model clients can't be shared between loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


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
    while True:
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()


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
    _loop().call_soon_threadsafe(callback)


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on the loop and wait for its result. Not to be called on the loop itself."""
    future = start(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
