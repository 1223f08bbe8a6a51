"""Two configurations on the same cases: the difference, its interval and its p, all three by one method.

Without groups it is the interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37:479) for the difference of paired
shares, which is the interval of the mean of the differences after a case that gained and a case that lost were added;
written so, it holds for scores between 0 and 1 as well. Cases that share a document or a database are no independent
witnesses: with groups, so many cases count as would tell as much if they were (their number over the design effect),
and the quantile is Student's, with the degrees of freedom that groups of such sizes leave. The design effect is what
the groups' sums show, never below 1, and what a correlation of .2 would give, which has the weight of eight groups: a
few groups that happen to agree say little of the next one. `benchmarks.statistics` tries how often the interval holds
the truth, and was used to choose these two figures.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

from cairn.core.errors import UsageError

LEVEL = 0.95
_POWER = 0.8
_NORMAL = NormalDist()
_FEW_GROUPS = 10
_EXPECTED_CORRELATION, _EXPECTED_WEIGHT = 0.2, 8


def p_told(p: float) -> str:
    """`= 0.012`, `< 0.001`: never that it is 0."""
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the second configuration is worth beside the first.

    Args:
        cases: How many both have a score for.
        first: The mean score of the first.
        second: The mean score of the second.
        low: Where the 95 % interval of the difference `second - first` begins.
        high: Where it ends.
        p: How often a difference like this would be seen if there were none.
        gained: The cases whose score rose.
        lost: The cases whose score fell.
        groups: How many groups the cases come from, None where each stands for itself.
        missing: Cases that only one of the two has a score for; they are left out.
    """

    cases: int
    first: float
    second: float
    low: float
    high: float
    p: float
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    groups: int | None = None
    missing: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        return self.second - self.first

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `open`: on which side of zero the interval lies, if on one."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "open"

    @property
    def warning(self) -> str | None:
        """What makes the interval worth less than it seems."""
        if self.groups is None or self.groups >= _FEW_GROUPS:
            return None
        return (
            f"Only {self.groups} groups: the interval rests on them alone, however many cases they have, and is wide. "
            "Cases from further documents or databases would narrow it."
        )

    def further_cases(self) -> int | None:
        """About how many more would make this difference clear four times of five; None where it is clear or nil."""
        if self.verdict != "open" or not self.difference:
            return None
        width = (self.high - self.low) / 2
        sigma = width / _NORMAL.inv_cdf((1 + LEVEL) / 2) * math.sqrt(self.cases)  # of one case, groups reckoned in
        effect = _NORMAL.inv_cdf((1 + LEVEL) / 2) + _NORMAL.inv_cdf(_POWER)
        return max(1, math.ceil((effect * sigma / self.difference) ** 2) - self.cases)


def compare(
    first: Mapping[str, float],
    second: Mapping[str, float],
    groups: Mapping[str, Hashable] | None = None,
    inflation: float = 1.0,
) -> Comparison:
    """Compare two configurations by the scores of the same cases.

    >>> old = {str(n): 0.0 for n in range(40)}
    >>> new = old | {str(n): 1.0 for n in range(12)}
    >>> compare(old, new).verdict
    'better'

    Args:
        first: Each case's score in the first, between 0 and 1; repeats of a case averaged.
        second: The same of the second.
        groups: What each case shares with others, such as its document; a case that has none is its own group.
        inflation: By how much the variance is more than that of cases that have nothing to do with each other.

    Returns:
        The comparison, over the cases that both have.

    Raises:
        UsageError: They share fewer than two cases.
    """
    shared = [case for case in first if case in second]
    if len(shared) < 2:
        raise UsageError("The two have fewer than two cases in common.", "Compare two runs of the same set.")
    differences = [second[case] - first[case] for case in shared]
    sizes = _sizes(shared, groups)
    low, high, p = interval(differences, sizes, inflation=inflation)
    count = len(shared)
    return Comparison(
        cases=count,
        first=math.fsum(first[case] for case in shared) / count,
        second=math.fsum(second[case] for case in shared) / count,
        low=low,
        high=high,
        p=p,
        gained=tuple(case for case, change in zip(shared, differences, strict=True) if change > 0),
        lost=tuple(case for case, change in zip(shared, differences, strict=True) if change < 0),
        groups=None if sizes is None else len(set(sizes)),
        missing=tuple(case for case in {**first, **second} if (case in first) != (case in second)),
    )


def _sizes(cases: Sequence[str], groups: Mapping[str, Hashable] | None) -> list[Hashable] | None:
    """Each case's group, None where every case is a group of its own."""
    if groups is None:
        return None
    names = [groups.get(case, (case,)) for case in cases]
    return None if len(set(names)) == len(names) else names


def interval(
    differences: Sequence[float],
    groups: Sequence[Hashable] | None = None,
    level: float = LEVEL,
    inflation: float = 1.0,
) -> tuple[float, float, float]:
    """Where the mean of paired differences lies, and how often one as far from zero would be seen if it were zero.

    Args:
        differences: Of each case, between -1 and 1.
        groups: Of each case; None where each stands for itself.
        level: How often the interval is to hold the truth.
        inflation: As for `compare`.

    Returns:
        (low, high, p). The interval holds zero exactly where p is at least `1 - level`.
    """
    effect, freedom = (1.0, math.inf) if groups is None else _design(differences, groups)
    effect *= inflation
    count = len(differences) / effect + 2  # with the two that are added
    mean = math.fsum(differences) / effect / count
    squares = math.fsum(difference * difference for difference in differences) / effect + 2
    spread = math.sqrt(max(0.0, squares / count - mean * mean) / count)
    half = t_quantile((1 + level) / 2, freedom) * spread
    p = 2 * (1 - t_share(abs(mean) / spread, freedom)) if spread else 1.0
    return max(-1.0, mean - half), min(1.0, mean + half), min(1.0, p)


def _design(differences: Sequence[float], groups: Sequence[Hashable]) -> tuple[float, float]:
    """By how much groups widen the variance of the mean, and the degrees of freedom that they leave."""
    count = len(differences)
    mean = math.fsum(differences) / count
    sums: dict[Hashable, float] = {}
    sizes: dict[Hashable, int] = {}
    for difference, group in zip(differences, groups, strict=True):
        sums[group] = sums.get(group, 0.0) + difference - mean
        sizes[group] = sizes.get(group, 0) + 1
    shares = [size / count for size in sizes.values()]
    alike = math.fsum(share * share for share in shares)  # 1 over how many equal groups would say as much
    expected = 1 + (count * alike - 1) * _EXPECTED_CORRELATION
    if len(sizes) < 2:
        return expected, 1.0
    between = math.fsum(value * value for value in sums.values()) / (1 - alike)
    within = math.fsum((difference - mean) ** 2 for difference in differences) * count / (count - 1)
    seen = max(1.0, between / within) if within else 1.0
    effect = (seen / alike + expected * _EXPECTED_WEIGHT) / (1 / alike + _EXPECTED_WEIGHT)
    return effect, _freedom(shares)


def _freedom(shares: Sequence[float]) -> float:
    """Satterthwaite's, of the variance that is estimated from the sums of groups of these sizes, where cases are
    independent: 2 E² / Var of the sum of their squares. Equal groups give their number less 1."""
    second = math.fsum(share**2 for share in shares)
    third = math.fsum(share**3 for share in shares)
    expected = 1 - second
    variance = second - 2 * third + second * second
    return max(1.0, expected * expected / variance) if variance else math.inf


@lru_cache(1024)
def t_quantile(share: float, freedom: float) -> float:
    """Student's quantile, the normal one for infinite `freedom`."""
    if math.isinf(freedom):
        return _NORMAL.inv_cdf(share)
    low, high = 0.0, 1.0
    while t_share(high, freedom) < share:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_share(middle, freedom) < share else (low, middle)
    return high


def t_share(value: float, freedom: float) -> float:
    """The share of Student's distribution below a `value` of at least 0."""
    if math.isinf(freedom):
        return _NORMAL.cdf(value)
    return 1 - _beta_share(freedom / (freedom + value * value), freedom / 2, 0.5) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_share(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(300):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / ((1 + term * d) or 1e-30)
        c = (1 + term / c) or 1e-30
        fraction *= c * d
        if step and abs(1 - c * d) < 1e-14:
            break
    return front / a * (fraction - 1)
