"""Found passages in another order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from cairn.retrieval.hit import Hit
from cairn.retrieval.search_terms import terms

RELEVANCE = 0.7
NEAR_EQUAL = 0.05


def by_marginal_relevance(
    hits: Sequence[Hit], likeness: npt.NDArray[np.floating], relevance: float = RELEVANCE
) -> list[Hit]:
    """Each next passage is the one that fits best and repeats least of those before it (Carbonell and Goldstein 1998,
    "The Use of MMR, Diversity-Based Reranking").

    `likeness[i, j]`, 0 to 1, is of passages i and j; `relevance`, 0 to 1, what fitting counts against not repeating.
    """
    if not hits:
        return []
    best = max(abs(hit.score) for hit in hits) or 1.0
    gain = relevance * np.array([hit.score / best for hit in hits])
    repeated = np.zeros(len(hits))
    left, order = list(range(len(hits))), list[int]()
    while left:
        chosen = max(left, key=lambda row: (gain[row] - (1 - relevance) * repeated[row], -row))
        order.append(chosen)
        left.remove(chosen)
        repeated = np.maximum(repeated, likeness[:, chosen])
    return [hits[row] for row in order]


def likeness_of_words(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """The share of terms that two texts have in common (Jaccard), for texts without vectors."""
    sets = [set(terms(text)) for text in texts]
    return np.array([[len(a & b) / max(1, len(a | b)) for b in sets] for a in sets]).reshape(len(sets), len(sets))


def newest_first(hits: Sequence[Hit], near: float = NEAR_EQUAL) -> list[Hit]:
    """Newer passages first among near equals: whose score is at most by the share `near` below the best of them.

    Those without a date come last among theirs.
    """
    ordered: list[Hit] = []
    left = list(hits)
    while left:
        least = left[0].score - near * abs(left[0].score)
        count = next((place for place, hit in enumerate(left) if hit.score < least), len(left))
        ordered += sorted(left[:count], key=lambda hit: hit.date or "", reverse=True)
        left = left[count:]
    return ordered


def by_cross_encoder(
    question: str, hits: Sequence[Hit], score: Callable[[str, Sequence[str]], list[float]]
) -> list[Hit]:
    """In the order of the model's scores, which become the hits' own."""
    headed = ["\n".join(part for part in (hit.heading or hit.title, hit.text) if part) for hit in hits]
    scored = [replace(hit, score=score) for hit, score in zip(hits, score(question, headed), strict=True)]
    return sorted(scored, key=lambda hit: -hit.score)
