"""Ctrl-C where breaking off would do harm. All of it is for the main thread, and leaves Ctrl-C ignored where it is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def held() -> Generator[list[int]]:
    """Inside, Ctrl-C is noted in the list that is given, and raises nothing.

    An import that is broken off can't be made again in the same process, and a line that was read from a pipe
    as Ctrl-C came would be lost.
    """
    noted: list[int] = []
    with _handled(lambda number, _frame: noted.append(number)):
        yield noted


@contextmanager
def stopping(stop: Callable[[], object]) -> Generator[None]:
    """Inside, the first Ctrl-C calls `stop` and raises nothing; the next one raises KeyboardInterrupt.

    An exception may come between any two steps: half of an event would be shown, or a lock be released twice.
    """

    def handler(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    with _handled(handler):
        yield


@contextmanager
def raised() -> Generator[None]:
    """Inside, Ctrl-C raises KeyboardInterrupt, as it does where it is not held."""
    with _handled(signal.default_int_handler):
        yield


@contextmanager
def _handled(handler: _Handler) -> Generator[None]:
    before = signal.getsignal(signal.SIGINT)
    try:
        if before != signal.SIG_IGN:
            signal.signal(signal.SIGINT, handler)
        yield
    finally:
        signal.signal(signal.SIGINT, before)
