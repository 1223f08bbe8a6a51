"""What the scores of one metric amount to: a mean with its interval, and what could not be judged apart from it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from cairn.evals.paired_comparison import t_quantile

_SHARE = 0.975


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric over many cases.

    Args:
        mean: Over the cases that could be judged; None where none could.
        low: Where the 95 % interval of the mean begins: Wilson's of a share, Student's else, over groups where there
            are any.
        high: Where it ends.
        cases: How many were judged.
        unjudged: How many could not be.
        worst: The mean if all of these were 0.
        best: The mean if all of these were 1.
        of_answered: The mean over the cases that were answered; None where nothing is known of that.
        groups: How many groups the interval rests on, None where each case stands for itself.
    """

    mean: float | None
    low: float
    high: float
    cases: int
    unjudged: int = 0
    worst: float = 0.0
    best: float = 1.0
    of_answered: float | None = None
    groups: int | None = None


def figure(
    scores: Mapping[str, float | None],
    groups: Mapping[str, Hashable] | None = None,
    answered: Mapping[str, float] | None = None,
) -> Figure:
    """`scores` by case, None where it could not be judged; `groups` and `answered` by case, where known."""
    judged = {case: score for case, score in scores.items() if score is not None}
    every, total = len(scores), math.fsum(judged.values())
    if not every:
        return Figure(None, 0.0, 1.0, 0)
    of = {name: (groups or {}).get(name, (name,)) for name in judged}
    grouped = len(set(of.values())) < len(judged)
    low, high = interval(list(judged.values()), list(of.values()) if grouped else None)
    given = [score for case, score in judged.items() if (answered or {}).get(case, 0.0) > 0]
    return Figure(
        mean=total / len(judged) if judged else None,
        low=low,
        high=high,
        cases=len(judged),
        unjudged=every - len(judged),
        worst=total / every,
        best=(total + every - len(judged)) / every,
        of_answered=math.fsum(given) / len(given) if given else None,
        groups=len(set(of.values())) if grouped else None,
    )


def interval(values: Sequence[float], groups: Sequence[Hashable] | None = None) -> tuple[float, float]:
    """The 95 % interval of a mean of values between 0 and 1."""
    if not values:
        return 0.0, 1.0
    if groups is None and all(value in (0.0, 1.0) for value in values):
        return wilson(sum(values), len(values))
    mean = math.fsum(values) / len(values)
    sums: dict[Hashable, float] = defaultdict(float)
    for value, group in zip(values, groups or range(len(values)), strict=True):
        sums[group] += value - mean
    count = len(sums)
    if count < 2:
        return 0.0, 1.0
    spread = sqrt(count / (count - 1) * math.fsum(total * total for total in sums.values())) / len(values)
    if not spread:  # all alike: that says as much as so many shares that are
        return wilson(mean * count, count)
    half = t_quantile(_SHARE, count - 1) * spread
    return max(0.0, mean - half), min(1.0, mean + half)


def wilson(right: float, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927), 95 % with this `z`; (0, 1) where there is nothing to count."""
    if of == 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def brier(pairs: Iterable[tuple[float, float]]) -> float | None:
    """The Brier score (Brier, 1950) of pairs of a confidence and a score, both from 0 to 1: their mean squared
    difference, so less is better. None without any pair."""
    squares = [(confidence - score) ** 2 for confidence, score in pairs]
    return sum(squares) / len(squares) if squares else None
