"""Ctrl-C where breaking off would do harm."""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def held() -> Generator[list[int]]:
    """Inside, Ctrl-C is noted in the list that is given, and raises nothing. For the main thread.

    An import that is broken off can't be made again in the same process, and a line that was read from a pipe
    as Ctrl-C came would be lost.
    """
    noted: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
