from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.chains.tries.voting import Table, clusters, has_values, vote, weighted

ONE, TWO = [[1, "a"], [2, "b"]], [[3, "c"]]


@pytest.mark.parametrize(
    ("results", "winner", "sizes"),
    [
        ([TWO, ONE, ONE], 1, [2, 1]),
        ([None, ONE, None], 1, [1]),
        ([None, None], None, []),
        ([], None, []),
        ([ONE, TWO], 0, [1, 1]),
        ([[], ONE], 1, [1, 1]),
        ([[[None]], ONE], 1, [1, 1]),
        ([[], [], ONE], 0, [2, 1]),
        ([ONE, [["b", 2], ["a", 1]], TWO], 0, [2, 1]),
        ([ONE, [[1, "a"], [2, "b"], [2, "b"]], TWO, TWO], 2, [2, 1, 1]),
        ([[[1]], [[1.0]], [["1"]]], 0, [2, 1]),
    ],
)
def test_the_most_frequent_result_wins(results: list[Table | None], winner: int | None, sizes: list[int]) -> None:
    """Rows and columns in any order; failures don't count; ties to what says something, then to the earliest."""
    first, ranked = vote(results)
    assert first == winner
    assert [len(cluster.members) for cluster in ranked] == sizes


def test_weights_can_outvote_a_majority() -> None:
    assert vote([ONE, TWO, TWO], weighted([3, 1, 1]))[0] == 0
    assert vote([ONE, TWO, TWO], weighted([2, 1, 1]))[0] == 0, "a tie goes to the earliest"
    assert vote([ONE, TWO, TWO], weighted([1, 1, 1]))[0] == 1


def test_a_result_says_something_when_it_has_a_value() -> None:
    assert has_values([[None, 0]])
    assert not has_values([[None, None]])
    assert not has_values([])


RESULTS = st.lists(st.none() | st.lists(st.lists(st.integers(0, 2) | st.none(), min_size=1, max_size=1), max_size=3))


@given(RESULTS)
def test_each_candidate_that_ran_is_in_one_cluster(results: list[Table | None]) -> None:
    found = clusters(results)
    members = [number for cluster in found for number in cluster.members]
    assert sorted(members) == [number for number, rows in enumerate(results) if rows is not None]
    assert [cluster.first for cluster in found] == sorted(cluster.first for cluster in found)


@given(RESULTS)
def test_the_winner_has_as_many_votes_as_any(results: list[Table | None]) -> None:
    winner, ranked = vote(results)
    assert (winner is None) == (not ranked)
    assert all(len(ranked[0].members) >= len(other.members) for other in ranked)
    assert winner is None or winner in ranked[0].members
