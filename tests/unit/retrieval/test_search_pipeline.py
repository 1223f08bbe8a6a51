from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.hit import Hit, within
from cairn.retrieval.ranked_lists import ranks, reciprocal_ranks, weighted


def hit(chunk: int, text: str) -> Hit:
    return Hit(chunk, "a.md", None, None, None, 0, len(text), text, 1.0)


def test_what_both_find_comes_first() -> None:
    assert next(id for id, _ in weighted([(1, 9.0), (2, 8.0)], [(2, 0.9), (3, 0.8)], 0.3)) == 2


def test_without_a_second_opinion_the_order_stays() -> None:
    assert [id for id, _ in weighted([(3, 2.0), (1, 1.5), (2, 0.1)], [], 0.3)] == [3, 1, 2]


def test_ranks_tell_each_retrievers_place() -> None:
    assert ranks({"lexical": [(5, 2.0), (6, 1.0)], "dense": [(6, 0.5)]}) == {
        5: {"lexical": 1},
        6: {"lexical": 2, "dense": 1},
    }


def test_passages_stop_at_the_token_budget_but_never_at_none() -> None:
    hits = [hit(1, "word " * 50), hit(2, "word " * 50), hit(3, "word")]
    assert within(hits, 5, 100) == hits[:2]
    assert within(hits, 1, 100) == hits[:1]
    assert within(hits, 5, 1) == hits[:1]


def scored(low: float, high: float) -> st.SearchStrategy[list[tuple[int, float]]]:
    return st.lists(st.tuples(st.integers(1, 30), st.floats(low, high)), unique_by=lambda pair: pair[0])


@given(scored(0, 50), scored(-1, 1))
def test_fusion_keeps_every_chunk_once_with_a_score_in_0_to_1(
    lexical: list[tuple[int, float]], dense: list[tuple[int, float]]
) -> None:
    for fused in (weighted(lexical, dense, 0.3), reciprocal_ranks([lexical, dense])):
        assert sorted(id for id, _ in fused) == sorted({id for id, _ in [*lexical, *dense]})
        assert all(-1e-9 <= score <= 1 + 1e-9 for _, score in fused)
