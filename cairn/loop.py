"""The one event loop of a process, in a thread of its own: model clients can't be shared between loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="cairn-loop", daemon=True).start()
    return loop


def here() -> bool:
    """Whether the caller is running on the loop, where `wait` would wait for itself."""
    try:
        return asyncio.get_running_loop() is _loop()
    except RuntimeError:
        return False


def start(work: Coroutine[Any, Any, T]) -> Future[T]:
    """Run `work` on the loop, without waiting; cancelling the future cancels it."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


def wait(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on the loop and wait for its result. Not to be called on the loop itself."""
    future = start(work)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
