"""The difference of two configurations: known values, one method for interval and p, groups that are reckoned in."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.errors import UsageError
from cairn.evals.paired_comparison import compare, interval, t_quantile, t_share

DIFFERENCES = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.25, 1.0]), min_size=3, max_size=60)


def test_paired_shares_are_bonett_and_prices() -> None:
    """Of 40 cases 12 gained and 2 lost: their formula, by hand."""
    gained, lost, cases = 12, 2, 40
    a, b = (gained + 1) / (cases + 2), (lost + 1) / (cases + 2)
    half = 1.959964 * math.sqrt((a + b - (a - b) ** 2) / (cases + 2))
    low, high, p = interval([1.0] * gained + [-1.0] * lost + [0.0] * 26)
    assert (low, high) == (pytest.approx(a - b - half, abs=1e-6), pytest.approx(a - b + half, abs=1e-6))
    assert 0.001 < p < 0.05


@pytest.mark.parametrize(("freedom", "value"), [(1, 12.706205), (4, 2.776445), (9, 2.262157), (39, 2.022691)])
def test_students_quantiles(freedom: float, value: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(value, abs=1e-5)
    assert t_share(value, freedom) == pytest.approx(0.975, abs=1e-6)


@given(DIFFERENCES, st.integers(2, 9) | st.none())
def test_interval_and_p_say_the_same(differences: list[float], groups: int | None) -> None:
    names = None if groups is None else [n % groups for n in range(len(differences))]
    low, high, p = interval(differences, names)
    assert -1 <= low <= high <= 1 and 0 <= p <= 1
    assert (low > 0 or high < 0) == (p < 0.05)


@given(DIFFERENCES)
def test_exchanging_the_two_mirrors_it(differences: list[float]) -> None:
    low, high, p = interval(differences)
    other_low, other_high, other_p = interval([-one for one in differences])
    assert (other_low, other_high, other_p) == (pytest.approx(-high), pytest.approx(-low), pytest.approx(p))


def test_cases_of_one_group_are_one_witness() -> None:
    """Twenty cases that all gain prove something, unless they all come from two documents."""
    old, new = {str(n): 0.0 for n in range(40)}, {str(n): float(n < 20) for n in range(40)}
    alone = compare(old, new)
    grouped = compare(old, new, {str(n): n // 10 for n in range(40)})
    assert alone.verdict == "better" and alone.groups is None and alone.warning is None
    assert grouped.verdict == "open" and grouped.groups == 4
    assert grouped.warning is not None and "4 groups" in grouped.warning


def test_cases_without_a_group_are_their_own() -> None:
    old, new = {str(n): 0.0 for n in range(30)}, {str(n): float(n < 9) for n in range(30)}
    assert compare(old, new, {}).groups is None
    assert compare(old, new, {"0": "x", "1": "x"}).groups == 29


def test_only_cases_that_both_have_count() -> None:
    found = compare({"a": 0, "b": 1, "c": 1, "d": 0}, {"a": 1, "b": 1, "c": 0, "e": 1})
    assert (found.cases, found.gained, found.lost, found.missing) == (3, ("a",), ("c",), ("d", "e"))
    assert found.difference == 0
    with pytest.raises(UsageError, match="fewer than two"):
        compare({"a": 1}, {"a": 0})


def test_how_many_more_cases_would_tell() -> None:
    """A gain of .10 with .15 better and .05 worse takes about 150 cases for a power of .80."""
    old = {str(n): float(n < 2) for n in range(40)}
    new = {str(n): float(2 <= n < 8) for n in range(40)}
    found = compare(old, new)
    assert found.verdict == "open"
    assert 90 < (found.further_cases() or 0) < 200
    assert compare(old, old).further_cases() is None
