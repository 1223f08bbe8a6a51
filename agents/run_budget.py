"""What one run has spent of its limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from cairn.core.events import emit
from cairn.core.strategy import Reply
from cairn.core.task import Limits

_T = TypeVar("_T")
_CLOSING_SHARE = 0.8


@dataclass
class Budget:
    """What one run has spent. `stopped_by` is the name of the limit that ended it, None while none did.

    `results`: what each call gave, by `cairn.agents.run_history.key`; None while it is being made.
    """

    limits: Limits
    began: float = field(default_factory=time.monotonic)
    model_calls: int = 0
    tool_calls: int = 0
    tokens: int = 0
    repeated: int = 0
    results: dict[str, str | None] = field(default_factory=dict[str, str | None])
    stopped_by: str | None = None

    @property
    def seconds_left(self) -> float:
        return self.limits.seconds - (time.monotonic() - self.began)

    def remaining(self) -> Limits:
        """What is left of the limits, for helper calls after the answer."""
        left = {
            "model_calls": max(1, self.limits.model_calls - self.model_calls + 1),
            "tokens": max(1, self.limits.tokens - self.tokens),
            "seconds": max(0.01, self.seconds_left),
        }
        return self.limits.model_copy(update=left)

    def reached(self) -> str | None:
        """The limit that leaves room for only one more model call."""
        checks = {
            "model_calls": self.model_calls >= self.limits.model_calls,
            "tool_calls": self.tool_calls >= self.limits.tool_calls and self.model_calls > 1,
            "tokens": self.tokens >= self.limits.tokens,
            "seconds": self.seconds_left < (1 - _CLOSING_SHARE) * self.limits.seconds,
            "repeats": self.repeated >= self.limits.repeats,
        }
        return next((name for name, hit in checks.items() if hit), None)


def summary(budget: Budget) -> str:
    """What the tools found, for the case that the model has no words for it."""
    found = [text for text in budget.results.values() if text]
    if not found:
        return "I could not find an answer within the limits."
    return "I could not finish within the limits. What the tools returned:\n\n" + "\n\n".join(found)


async def in_time(budget: Budget, work: Awaitable[_T]) -> _T | Reply:
    """What `work` gives, or what the tools gave until the seconds were used up."""
    deadline = asyncio.timeout(max(0.0, budget.seconds_left))
    try:
        async with deadline:
            return await work
    except TimeoutError:
        if not deadline.expired():
            raise
        emit("notice", {"text": f"Limit reached: {budget.limits.seconds:g} seconds."})
        return Reply(summary(budget), "seconds")
