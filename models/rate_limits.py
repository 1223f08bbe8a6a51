"""Requests and tokens a minute: what the user allows, what the server's headers say, and the line in which calls wait.

`RateLimits` is the arithmetic, without a clock of its own. A `RateLimiter` is the line of one model at one address, for
all of this process. Calls of answers that are under way go before those of new questions: an answer's time is limited,
and it must not be spent on waiting for others.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from functools import cache
from heapq import heappop, heappush
from itertools import count

from cairn.core.context_values import inside

_SHARE = 50
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)?")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "": 1.0}
_LONGEST = 600.0
"""Seconds. Whoever is asked to wait until tomorrow may be asked otherwise by then: it is tried again."""
_ROUNDING = 1e-9


class _Bucket:
    """At most `limit` a minute, evenly, with a fiftieth of it at once.

    What is larger than that passes when it is full, and those after it wait until it is made up for.
    """

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self._room = max(1, limit // _SHARE)
        self._rate = (limit - self._room + 1) / 60
        self._level, self._at = float(self._room), now

    def delay(self, amount: float, now: float) -> float:
        """Seconds until so much can be taken."""
        self._level = min(self._room, self._level + (now - self._at) * self._rate)
        self._at = now
        missing = min(amount, self._room) - self._level
        return missing / self._rate if missing > _ROUNDING else 0.0

    def take(self, amount: float) -> None:
        """A negative amount gives back."""
        self._level = min(self._room, self._level - amount)


class RateLimits:
    """The arithmetic. Times are seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self._requests: _Bucket | None = None
        self._tokens: _Bucket | None = None
        self._held_until = 0.0
        self._tokens_left: tuple[float, float] | None = None
        self._answer_tokens = 0.0

    def allow(self, requests: int | None, tokens: int | None, now: float) -> None:
        """What the user allows in a minute from now on; None is as much as the server takes."""
        self._requests = _changed(self._requests, requests, now)
        self._tokens = _changed(self._tokens, tokens, now)

    def take(self, prompt: int, now: float) -> float:
        """Take a request with so many tokens: 0 when it may go, else the seconds after which to ask again."""
        tokens = prompt + self._answer_tokens
        waits = [self._held_until - now, self._told(tokens, now)]
        waits += [self._requests.delay(1, now)] if self._requests else []
        waits += [self._tokens.delay(tokens, now)] if self._tokens else []
        if (wait := max(waits)) > 0:
            return wait
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(tokens)
        if self._tokens_left:
            self._tokens_left = self._tokens_left[0] - tokens, self._tokens_left[1]
        return 0.0

    @property
    def counts_tokens(self) -> bool:
        return self._tokens is not None or self._tokens_left is not None

    def add_tokens(self, prompt: int) -> None:
        """A request that was taken without its tokens, which were not known then, has so many."""
        if self._tokens:
            self._tokens.take(prompt)

    def used(self, prompt: int, input_tokens: int, output_tokens: int) -> None:
        """What a request for which `prompt` was taken has cost: the next ones are estimated by it."""
        taken = prompt + self._answer_tokens
        self._answer_tokens += (output_tokens - self._answer_tokens) / 10
        if self._tokens:
            self._tokens.take(input_tokens + output_tokens - taken)

    def hold(self, seconds: float, now: float) -> None:
        """Nothing goes out for so long."""
        self._held_until = max(self._held_until, now + min(seconds, _LONGEST))

    def held(self, now: float) -> float:
        """For how long nothing goes out."""
        return max(0.0, self._held_until - now)

    def told(self, headers: Mapping[str, str], now: float) -> None:
        """What the server says is left: with no request, or not enough tokens, the next one waits for the reset.

        The limits that it names are not taken for ones a minute: of some servers they are a day's.
        """
        requests, tokens = (_left(headers, kind) for kind in ("requests", "tokens"))
        if requests and requests[0] < 1:
            self.hold(requests[1], now)
        if tokens:
            self._tokens_left = tokens[0], now + tokens[1]

    def _told(self, tokens: float, now: float) -> float:
        if self._tokens_left is None:
            return 0.0
        left, until = self._tokens_left
        if now >= until:
            self._tokens_left = None
            return 0.0
        return until - now if tokens > left else 0.0


def _changed(bucket: _Bucket | None, limit: int | None, now: float) -> _Bucket | None:
    if limit is None or (bucket is not None and bucket.limit == limit):
        return bucket if limit is not None else None
    return _Bucket(limit, now)


def _left(headers: Mapping[str, str], kind: str) -> tuple[float, float] | None:
    """How many are left, and for how many seconds no more come."""
    try:
        left = float(headers[f"x-ratelimit-remaining-{kind}"])
        return left, seconds_of(headers[f"x-ratelimit-reset-{kind}"])
    except (KeyError, ValueError):
        return None


def seconds_of(text: str) -> float:
    """`1m2.5s`, `120ms`, `7`. Raises ValueError."""
    parts = _PARTS.findall(text.strip())
    if not parts or "".join(number + unit for number, unit in parts) != text.strip():
        raise ValueError(f"no time: {text[:40]!r}")
    return min(_LONGEST, sum(float(number) * _UNITS[unit] for number, unit in parts))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds, which may be a date (RFC 9110, section 10.2.3), or OpenAI's `retry-after-ms`."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
    except ValueError:
        pass
    if (value := headers.get("retry-after")) is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None


_admitted: ContextVar[list[int] | None] = ContextVar("cairn_admitted", default=None)


class RateLimiter:
    """The line of one model at one address. Everything but `allow` happens on Cairn's loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = RateLimits()
        self._clock = clock
        self._line: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None

    def allow(self, requests: int | None, tokens: int | None) -> None:
        self._limits.allow(requests, tokens, self._clock())

    async def enter(self, tokens: int) -> float:
        """Wait until a call whose prompt has so many tokens may go; how many seconds that took.

        The first call of a question that was `admit`ted has waited already.
        """
        if admitted := _admitted.get():
            admitted.clear()
            self._limits.add_tokens(tokens)
            return 0.0
        return await self._wait(0, tokens)

    def admitted(self) -> AbstractContextManager[None]:
        """Inside, the first call of a question goes at once: `admit` was waited for."""
        return inside(_admitted, [1])

    async def admit(self) -> None:
        """Wait until a new question may be begun."""
        await self._wait(1, 0)

    async def _wait(self, rank: int, tokens: int) -> float:
        began = self._clock()
        if not self._line and not self._limits.take(tokens, began):
            return 0.0
        future = asyncio.get_running_loop().create_future()
        heappush(self._line, (rank, next(self._numbers), tokens, future))
        self._release()
        await future
        return self._clock() - began

    def _release(self) -> None:
        """Let go whoever may go; be here again when the next one may."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._line:
            _, _, tokens, future = self._line[0]
            if not future.done() and (wait := self._limits.take(tokens, self._clock())):
                self._timer = asyncio.get_running_loop().call_later(wait, self._release)
                return
            heappop(self._line)
            if not future.done():
                future.set_result(None)

    def used(self, prompt: int, input_tokens: int, output_tokens: int) -> None:
        self._limits.used(prompt, input_tokens, output_tokens)

    @property
    def counts_tokens(self) -> bool:
        """Whether it matters how many a prompt has; else 0 will do."""
        return self._limits.counts_tokens

    def hold(self, seconds: float) -> None:
        """After a 429 all wait, not each for itself."""
        self._limits.hold(seconds, self._clock())

    @property
    def held(self) -> float:
        """For how many seconds nothing goes out."""
        return self._limits.held(self._clock())

    def told(self, headers: Mapping[str, str]) -> None:
        """The headers of a response."""
        self._limits.told(headers, self._clock())


@cache
def limiter_of(address: str | None, model: str) -> RateLimiter:
    """The one of this process."""
    return RateLimiter()
