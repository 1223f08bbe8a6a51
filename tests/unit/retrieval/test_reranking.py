from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.hit import Hit, before_gap, in_sections
from cairn.retrieval.reranking import by_cross_encoder, by_marginal_relevance, likeness_of_words, newest_first


def hit(chunk: int, score: float = 1.0, text: str = "text", date: str | None = None) -> Hit:
    return Hit(chunk, f"{chunk % 3}.md", None, None, None, 0, len(text), text, score, date=date)


def chunks(hits: list[Hit]) -> list[int]:
    return [found.chunk for found in hits]


def test_a_repetition_of_the_best_passage_steps_back() -> None:
    hits = [hit(1, 1.0, "trains are fast"), hit(2, 0.99, "trains are fast"), hit(3, 0.9, "boats need water")]
    assert chunks(by_marginal_relevance(hits, likeness_of_words([found.text for found in hits]))) == [1, 3, 2]


def test_without_repetition_the_order_stays() -> None:
    hits = [hit(1, 3.0), hit(2, 2.0), hit(3, 1.0)]
    assert chunks(by_marginal_relevance(hits, np.eye(3))) == [1, 2, 3]
    assert by_marginal_relevance([], np.zeros((0, 0))) == []


def test_newer_passages_come_first_among_near_equals_only() -> None:
    hits = [
        hit(1, 1.0, date="2020-01-01"),
        hit(2, 0.98, date="2024-01-01"),
        hit(3, 0.97),
        hit(4, 0.5, date="2025-01-01"),
    ]
    assert chunks(newest_first(hits)) == [2, 1, 3, 4]


def test_a_cross_encoder_s_scores_decide() -> None:
    hits = [hit(1, 9.0, "a"), hit(2, 8.0, "bbb")]
    ordered = by_cross_encoder("q", hits, lambda _, texts: [float(len(text)) for text in texts])
    assert [(found.chunk, found.score) for found in ordered] == [(2, 3.0), (1, 1.0)]


def test_a_fall_in_score_ends_the_list() -> None:
    hits = [hit(1, 1.0), hit(2, 0.9), hit(3, 0.3), hit(4, 0.29)]
    assert chunks(before_gap(hits, 0.5)) == [1, 2]
    assert chunks(before_gap(hits, 0.9)) == [1, 2, 3, 4]
    assert before_gap([], 0.5) == []


def test_a_section_comes_once_with_its_best_passage() -> None:
    parents = {1: (0, 50, "whole"), 4: (0, 50, "whole"), 2: (5, 9, "part")}
    found = in_sections([hit(1), hit(4), hit(2), hit(3)], parents)
    assert [(one.chunk, one.start, one.end, one.text) for one in found] == [
        (1, 0, 50, "whole"),
        (2, 5, 9, "part"),
        (3, 0, 4, "text"),
    ]


@given(st.lists(st.tuples(st.floats(-5, 5), st.sampled_from([None, "2024-01-01", "2025-06-30"])), max_size=12))
def test_reordering_loses_and_doubles_nothing(made: list[tuple[float, str | None]]) -> None:
    hits = sorted((hit(n, score, date=date) for n, (score, date) in enumerate(made)), key=lambda found: -found.score)
    likeness = np.ones((len(hits), len(hits)))
    for ordered in (newest_first(hits), by_marginal_relevance(hits, likeness)):
        assert sorted(chunks(ordered)) == sorted(chunks(hits))
