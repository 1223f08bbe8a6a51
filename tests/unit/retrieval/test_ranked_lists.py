from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.collection_routing import routed
from cairn.retrieval.ranked_lists import BACKGROUND, confidence

FLAT = [(number, 0.2) for number in range(2, 2 + BACKGROUND)]


def test_a_passage_with_the_question_s_rare_words_that_stands_out_is_sure() -> None:
    sure = confidence([(1, 8.0)], 10.0, [(1, 0.8), *FLAT])
    unsure = confidence([(1, 1.0)], 10.0, [(1, 0.25), *FLAT])
    assert sure > 0.7 > 0.2 > unsure


def test_where_one_of_the_two_is_not_asked_the_other_decides() -> None:
    assert confidence([(1, 5.0)], 10.0, None) == 0.5
    assert confidence(None, 0.0, [(1, 0.6), *FLAT]) == pytest.approx(0.5)


def test_few_passages_show_no_background() -> None:
    assert confidence([(1, 5.0)], 10.0, [(1, 0.9), (2, 0.1)]) == 0.5


def test_nothing_found_is_not_sure_at_all() -> None:
    assert confidence([], 10.0, []) == confidence(None, 0.0, None) == confidence([], 0.0, []) == 0.0


scored = st.lists(st.tuples(st.integers(0, 50), st.floats(-1, 60)), max_size=30)


@given(scored, st.floats(0, 100), st.none() | scored)
def test_it_is_a_share(lexical: list[tuple[int, float]], ceiling: float, dense: list[tuple[int, float]] | None) -> None:
    assert 0 <= confidence(lexical, ceiling, dense) <= 1


def test_a_question_goes_to_the_collection_that_speaks_so() -> None:
    assert routed({"law": [100, 60, 40], "boats": [100, 0, 1]}) == ["law"]


def test_a_question_that_two_may_answer_goes_to_both() -> None:
    assert routed({"law": [100, 9, 1], "tax": [80, 12, 1], "boats": [500, 0, 0]}) == ["tax", "law"]


def test_a_question_of_unknown_words_goes_everywhere() -> None:
    assert routed({"law": [100, 0], "tax": [80, 0]}) == ["law", "tax"]
    assert routed({}) == []


def test_a_small_collection_without_the_words_does_not_win() -> None:
    assert routed({"handbook": [200, 20, 30, 25], "menu": [1, 0, 0, 0]})[0] == "handbook"
    assert routed({"handbook": [200, 2, 3, 2], "menu": [1, 0, 0, 0]}) == ["handbook", "menu"], "one can't tell"
