"""How well the passages that an answer was given hold the case's gold sources, in the order in which they were found.

Definitions as in Manning, Raghavan and Schütze, "Introduction to Information Retrieval", chapter 8, with binary
relevance. `k` None: all the passages that the answer was given, which is the task's `retrieval.k`. A gold source that
several passages match is found once, by the first of them, so that no figure exceeds 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from cairn.core.answer import Answer
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.passage_matching import found_by_rank


def hit(case: Case, answer: Answer, k: int | None = None) -> Score:
    """Whether any passage is a gold source."""
    rank = _first(found_by_rank(case, answer, k))
    return Score(float(rank is not None), _told(case, answer, k))


def recall(case: Case, answer: Answer, k: int | None = None) -> Score:
    """The share of the gold sources that a passage is."""
    found = frozenset[int]().union(*found_by_rank(case, answer, k))
    return Score(len(found) / len(case.sources), _told(case, answer, k))


def precision(case: Case, answer: Answer, k: int | None = None) -> Score:
    """The share of the passages that are a gold source; 0 without passages."""
    ranks = found_by_rank(case, answer, k)
    return Score(sum(map(bool, ranks)) / len(ranks) if ranks else 0.0, _told(case, answer, k))


def mrr(case: Case, answer: Answer, k: int | None = None) -> Score:
    """One over the rank of the first passage that is a gold source; 0 where none is."""
    rank = _first(found_by_rank(case, answer, k))
    return Score(1 / rank if rank else 0.0, _told(case, answer, k))


def ndcg(case: Case, answer: Answer, k: int | None = None) -> Score:
    """Gains discounted by log2(rank + 1), over what the best order would give (Järvelin and Kekäläinen 2002)."""
    ranks = found_by_rank(case, answer, k)
    known = set[int]()
    gain = 0.0
    for rank, found in enumerate(ranks, 1):
        gain += bool(found - known) / log2(rank + 1)
        known |= found
    most = len(case.sources) if k is None else min(k, len(case.sources))
    best = sum(1 / log2(rank + 1) for rank in range(1, most + 1))
    return Score(gain / best, _told(case, answer, k))


def _first(ranks: Sequence[frozenset[int]]) -> int | None:
    return next((rank for rank, found in enumerate(ranks, 1) if found), None)


def _told(case: Case, answer: Answer, k: int | None) -> str:
    if not answer.sources:
        return "no passage was found"
    found = frozenset[int]().union(*found_by_rank(case, answer, k))
    lacking = [str(gold) for n, gold in enumerate(case.sources) if n not in found]
    return f"not among the passages: {'; '.join(lacking)}" if lacking else ""
