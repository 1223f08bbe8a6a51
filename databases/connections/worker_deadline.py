"""What a worker does about a request that has had its time (apart: SQLite's workers start without threads)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from threading import Timer

_PATIENCE = 0.5


def end_at(end: float, cancel: Callable[[], None]) -> Timer:
    """At `end` (monotonic seconds) `cancel`; if the request is not answered soon after, answer so and end the process.

    The caller cancels the timer when it has its answer.
    """

    def late() -> None:
        cancel()
        if not timer.finished.wait(_PATIENCE):
            sys.stdout.buffer.write(b'{"error": "interrupted", "kind": "limit"}\n')
            sys.stdout.buffer.flush()
            os._exit(1)

    timer = Timer(max(0.0, end - time.monotonic()), late)
    timer.daemon = True
    timer.start()
    return timer
