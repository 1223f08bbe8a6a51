"""When two results are the same answer."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.databases.result_comparison import aligned, identical, includes, same

VALUES = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["a", "b", "1", "北京"]), st.sampled_from([0.5, 1.0]))


@st.composite
def tables(draw: st.DrawFn) -> list[list[Any]]:
    width = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=6))


def shuffled(rows: list[list[Any]], seed: int, *, keep_rows: bool) -> list[list[Any]]:
    chance = random.Random(seed)
    order = list(range(len(rows[0]))) if rows else []
    chance.shuffle(order)
    mixed = [[row[n] for n in order] for row in rows]
    if not keep_rows:
        chance.shuffle(mixed)
    return mixed


def by_definition(a: list[list[Any]], b: list[list[Any]], ordered: bool) -> bool:
    """All permutations, one after the other."""
    if not a and not b:
        return True
    if len(a) != len(b) or len(a[0]) != len(b[0]):
        return False
    for order in permutations(range(len(a[0]))):
        rest = [[row[n] for n in order] for row in b]
        if ordered and a == rest:
            return True
        if not ordered:
            left = list(a)
            if all(row in left and not left.remove(row) for row in rest):
                return True
    return False


@given(tables(), tables(), st.booleans())
def test_it_agrees_with_trying_all_orders(a: list[list[Any]], b: list[list[Any]], ordered: bool) -> None:
    assert same(a, b, ordered=ordered) == by_definition(a, b, ordered)


@given(tables(), st.integers(), st.booleans())
def test_the_order_of_columns_and_where_it_is_not_asked_for_of_rows_does_not_matter(
    rows: list[list[Any]], seed: int, ordered: bool
) -> None:
    assert same(rows, shuffled(rows, seed, keep_rows=ordered), ordered=ordered)


@given(tables(), tables(), st.booleans())
def test_it_is_symmetric(a: list[list[Any]], b: list[list[Any]], ordered: bool) -> None:
    assert same(a, b, ordered=ordered) == same(b, a, ordered=ordered)


@given(tables(), tables(), st.booleans())
def test_what_is_identical_is_the_same(a: list[list[Any]], b: list[list[Any]], ordered: bool) -> None:
    assert identical(a, a, ordered=ordered)
    assert same(a, b, ordered=ordered) or not identical(a, b, ordered=ordered)


@pytest.mark.parametrize(
    ("a", "b", "ordered", "expected"),
    [
        ([[1], [1], [2]], [[1], [2], [2]], False, False),  # duplicates count
        ([[1], [2]], [[2], [1]], True, False),
        ([[1], [2]], [[2], [1]], False, True),
        ([[1]], [[1.0]], True, True),
        ([[1]], [["1"]], True, False),
        ([[b"a"]], [["a"]], True, False),
        ([[None]], [[0]], False, False),
        ([[None]], [[""]], False, False),
        ([["北京", 2]], [[2, "北京"]], True, True),
        ([[float("nan")]], [[float("nan")]], True, True),
        ([[[1, 2]], [{"a": 1}]], [[{"a": 1}], [[1, 2]]], False, True),
        ([[1, 2], [2, 1]], [[1, 1], [2, 2]], False, False),  # each column alone is the same
        ([[1]], [[1, 1]], False, False),
        ([[1]], [], False, False),
        ([], [], True, True),
    ],
)
def test_cases(a: list[list[Any]], b: list[list[Any]], ordered: bool, expected: bool) -> None:
    assert same(a, b, ordered=ordered) is expected


def test_strict_wants_columns_in_order_and_types_to_be_equal() -> None:
    assert not identical([[1, 2]], [[2, 1]], ordered=False)
    assert not identical([[1]], [[1.0]], ordered=False)
    assert not identical([[1]], [[True]], ordered=False)
    assert identical([[1], [2]], [[2], [1]], ordered=False)
    assert not identical([[1], [2]], [[2], [1]], ordered=True)


def test_many_like_columns_and_rows_are_compared_in_bounded_work() -> None:
    chance = random.Random(5)
    rows = [[chance.randrange(2) for _ in range(14)] for _ in range(3000)]
    assert same(rows, shuffled(rows, 1, keep_rows=False), ordered=False)
    other = [list(row) for row in rows]
    other[0][0] ^= 1
    assert not same(rows, other, ordered=False)
    square = [[(row * column) % 2 for column in range(14)] for row in range(200)]
    assert same(square, shuffled(square, 2, keep_rows=False), ordered=False)


@pytest.mark.parametrize(
    ("a", "b", "ordered", "right"),
    [
        ([["Ann"], ["Bo"]], [[1, "Bo"], [2, "Ann"]], False, True),
        ([["Ann"], ["Bo"]], [[1, "Bo"], [2, "Ann"]], True, False),
        ([["Ann", 1], ["Bo", 2]], [[1, "x", "Ann"], [2, "y", "Bo"]], True, True),
        ([["Ann", 1], ["Bo", 2]], [[2, "x", "Ann"], [1, "y", "Bo"]], False, False),
        ([["Ann"]], [["Ann"]], False, False),
        ([["Ann"]], [["Ann", 1], ["Ann", 2]], False, False),
        ([], [], False, False),
    ],
)
def test_a_result_with_further_columns(a: list[list[Any]], b: list[list[Any]], ordered: bool, right: bool) -> None:
    assert includes(a, b, ordered=ordered) is right


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (0.1 + 0.2, 0.3, True),
        (5, 5.0000001, True),
        (1.0, 1.000002, False),
        (1e9, 1e9 + 1, True),
        (10_000_000, 10_000_001, False),
        ("x", "x", True),
        (None, 0, False),
    ],
)
def test_numbers_that_differ_by_rounding_alone_are_made_the_same(one: Any, other: Any, alike: bool) -> None:
    """What is counted is exact."""
    a, b = aligned([[one]], [[other]])
    assert (a == b) is alike
