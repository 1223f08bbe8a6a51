"""What a search can learn of questions whose passages are known: a weight of the vectors, a map of question vectors.

What comes of it is a change to a task, which `cairn climb` judges; nothing here says whether it helps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cairn.core.task import Retrieval
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.dense_index import Vector
from cairn.retrieval.hit import Hit
from cairn.retrieval.ranked_lists import Scored, among_neighbours, weighted
from cairn.retrieval.retriever_candidates import Candidates, Place
from cairn.retrieval.tuned_settings import Matrix, learned

WEIGHTS = tuple(step / 20 for step in range(21))
_AMONG = 10


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """A question, what either retriever finds for it, and which of that is right."""

    question: Vector
    lexical: Scored
    dense: Scored
    vectors: Mapping[int, Vector]
    right: frozenset[int]

    def score(self, weight: float) -> float:
        """The reciprocal rank of the first right passage among ten."""
        ranked = among_neighbours(weighted(self.lexical, self.dense, weight), self.vectors)[:_AMONG]
        return next((1 / rank for rank, (id, _) in enumerate(ranked, 1) if id in self.right), 0.0)

    def answer(self) -> Vector | None:
        """The vector of the right passage that is nearest to the question."""
        right = [id for id, _ in self.dense if id in self.right] or [id for id in self.vectors if id in self.right]
        return self.vectors[right[0]] if right else None


def known_question(
    candidates: Candidates, catalog: Catalog, scope: Sequence[str], question: str, is_right: Callable[[Hit], bool]
) -> KnownQuestion:
    """Search for a question, and say which passages are right. Raises what searching raises."""
    found = candidates.of(question, Retrieval(), Place(scope))
    ids = list(dict.fromkeys(id for scored in found.lists.values() for id, _ in scored))
    right = frozenset(id for id, hit in catalog.hits(ids).items() if is_right(hit))
    dense = found.lists.get("dense", ()) if candidates.covers(question) else ()
    vectors = candidates.vectors(question, ids) if dense else {}
    vector = np.array(candidates.vector(question) if dense else [], dtype=np.float32)
    return KnownQuestion(vector, found.lists.get("lexical", ()), dense, vectors, right)


def best_weight(questions: Sequence[KnownQuestion], now: float) -> float:
    """Of the vectors against the words, in weighted fusion; of equal ones the nearest to what it is `now`."""
    choices = sorted({*WEIGHTS, now}, key=lambda weight: abs(weight - now))
    able = [question for question in questions if question.right and question.dense]
    return max(choices, key=lambda weight: sum(question.score(weight) for question in able))


def best_map(questions: Sequence[KnownQuestion]) -> Matrix | None:
    """From questions' vectors towards those of their passages; None where no vector is known."""
    pairs = [(question.question, answer) for question in questions if (answer := question.answer()) is not None]
    return learned([question for question, _ in pairs], [answer for _, answer in pairs]) if pairs else None
