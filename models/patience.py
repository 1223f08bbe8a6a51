"""How long a model may take to begin: as long as the setting says, less once it is known how long it takes.

A request that got lost is asked again soon, then, in place of holding a question until its time is over.
"""

from __future__ import annotations

from collections import deque

_KNOWN = 20
_KEPT = 200
_LEAST_SECONDS = 30.0
_TIMES = 4.0


class Patience:
    """Of one model in one process: how long its latest answers took to begin, waiting in its server's line included."""

    def __init__(self) -> None:
        self._took: deque[float] = deque(maxlen=_KEPT)

    def learn(self, seconds: float) -> None:
        self._took.append(seconds)

    def seconds(self, most: float, last: bool) -> float:
        """How long to wait for the next one. The `last` try waits for the `most` that is allowed."""
        if last or len(self._took) < _KNOWN:
            return most
        return min(most, max(_LEAST_SECONDS, _TIMES * max(self._took)))
