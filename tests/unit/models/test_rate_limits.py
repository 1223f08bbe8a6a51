"""Limits a minute, with a clock of the test's own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.models.rate_limits import RateLimiter, RateLimits, retry_after, seconds_of

LIMITS = st.integers(1, 5000)
PAUSES = st.lists(st.floats(0, 90), max_size=30)


def sent(limits: RateLimits, tokens: list[int], pauses: list[float]) -> list[float]:
    """When each request goes, asked for after these pauses, each as soon as it may."""
    now, times = 1000.0, list[float]()
    for number, amount in enumerate(tokens):
        now += pauses[number % len(pauses)] if pauses and number % 7 == 0 else 0.0
        while wait := limits.take(amount, now):
            now += wait
        times.append(now)
    return times


@given(LIMITS, PAUSES)
def test_no_minute_has_more_requests_than_are_allowed(limit: int, pauses: list[float]) -> None:
    limits = RateLimits()
    limits.allow(limit, None, 1000.0)
    times = sent(limits, [0] * min(3 * limit, 400), pauses)
    most = max(sum(first <= time < first + 60 - 1e-6 for time in times) for first in times)
    assert most <= limit


@given(LIMITS)
def test_a_busy_minute_has_nearly_as_many_as_are_allowed(limit: int) -> None:
    limits = RateLimits()
    limits.allow(limit, None, 1000.0)
    count = min(3 * limit, 400)
    seconds = sent(limits, [0] * count, [])[-1] - 1000.0
    assert seconds <= count / limit * 60 / 0.97


@given(st.integers(100, 100_000), st.lists(st.integers(1, 3000), min_size=1, max_size=60))
def test_no_minute_has_more_tokens_than_are_allowed_and_one_request(limit: int, tokens: list[int]) -> None:
    limits = RateLimits()
    limits.allow(None, limit, 1000.0)
    times = sent(limits, tokens, [])
    for first in times:
        within = [amount for time, amount in zip(times, tokens, strict=True) if first <= time < first + 60 - 1e-6]
        assert sum(within) <= limit + max(tokens)


def test_what_a_request_really_cost_counts() -> None:
    limits = RateLimits()
    limits.allow(None, 5000, 0.0)
    assert limits.take(10, 0.0) == 0
    limits.used(10, 10, 90)
    assert limits.take(10, 0.0) > 0
    assert limits.counts_tokens


def test_what_the_server_has_left_is_kept() -> None:
    limits = RateLimits()
    limits.told({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2s"}, 100.0)
    assert limits.take(1, 100.0) == 62
    limits = RateLimits()
    limits.told({"x-ratelimit-remaining-tokens": "50", "x-ratelimit-reset-tokens": "500ms"}, 100.0)
    assert limits.take(40, 100.0) == 0
    assert limits.take(40, 100.0) == pytest.approx(0.5)
    assert limits.take(40, 100.6) == 0


def test_headers_that_say_nothing_are_passed_over() -> None:
    limits = RateLimits()
    limits.told({"x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "soon"}, 0.0)
    assert limits.take(1, 0.0) == 0


@pytest.mark.parametrize(("text", "seconds"), [("6m0s", 360), ("120ms", 0.12), ("7", 7), ("1m2.5s", 62.5), ("2h", 600)])
def test_times_of_headers(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


def test_retry_after_in_milliseconds_goes_first() -> None:
    assert retry_after({"retry-after-ms": "50", "retry-after": "7"}) == 0.05
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after": "soon"}) is None


async def test_after_a_429_all_wait() -> None:
    limiter = RateLimiter()
    limiter.hold(0.05)
    waited = await asyncio.gather(*(limiter.enter(1) for _ in range(5)))
    assert min(waited) > 0.04
    assert await limiter.enter(1) == 0


async def test_calls_of_answers_under_way_go_before_new_questions() -> None:
    limiter, order = RateLimiter(), list[str]()

    async def wait(name: str, new: bool) -> None:
        await (limiter.admit() if new else limiter.enter(1))
        order.append(name)

    limiter.hold(0.05)
    await asyncio.gather(wait("new", True), wait("second call", False))
    assert order == ["second call", "new"]


async def test_the_first_call_of_an_admitted_question_does_not_wait_again() -> None:
    limiter = RateLimiter()
    limiter.allow(60, None)
    await limiter.admit()
    with limiter.admitted():
        assert await limiter.enter(1) == 0
        async with asyncio.timeout(5):
            assert await limiter.enter(1) > 0.5


async def test_who_gives_up_does_not_keep_others_waiting() -> None:
    limiter = RateLimiter()
    limiter.hold(0.05)
    first = asyncio.create_task(limiter.enter(1))
    second = asyncio.create_task(limiter.enter(1))
    await asyncio.sleep(0)
    first.cancel()
    assert await second > 0
