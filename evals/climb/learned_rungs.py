"""Rungs whose value is learned of the cases that choose, and which model may be judged on which case.

What was learned of a case can't be judged on it. So each part of the cases is answered with what was learned of the
others (cross-fitting); cases that taught nothing, as those of a held-out part, with what was learned of all.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cairn.core.passages import as_source
from cairn.evals.cases import Case
from cairn.evals.climb.ladder import NOTHING, Learned, Rung
from cairn.evals.climb.ladder_verdicts import fold
from cairn.evals.metrics.passage_matching import matches
from cairn.models.training_notes import model_without
from cairn.retrieval.hit import Hit
from cairn.retrieval.learned_search import KnownQuestion, best_map, best_weight
from cairn.retrieval.library import Library
from cairn.retrieval.ranked_lists import script_of

ENOUGH = 20
"""Cases with a source from which on a search can learn of them."""


@dataclass
class Learner:
    """Learns what a rung is to change.

    Args:
        library: What is searched.
        cases: All that may be learned of, by id.
        collections: That are searched; None for the user's own.
        groups: What cases share, by case: those of a group are in one part.
        seed: Of the division into parts.
    """

    library: Library
    cases: Mapping[str, Case]
    collections: Sequence[str] | None = None
    groups: Mapping[str, Hashable] | None = None
    seed: int = 0
    _known: dict[str, KnownQuestion] = field(default_factory=dict[str, KnownQuestion])

    def __call__(self, rung: Rung, cases: Sequence[str]) -> Learned:
        """What the rung changes beside its patch: learned of all these cases, and for each of them of the others."""
        if rung.learns is None:
            return NOTHING
        taught = [case for case in cases if self.cases[case].sources]
        apart: dict[str, Mapping[str, Any]] = {}
        for part in fold(taught, self.groups, self.seed):
            out = set(part)
            apart |= dict.fromkeys(part, self._patch(rung, [case for case in taught if case not in out]))
        return Learned(self._patch(rung, taught), apart)

    def _patch(self, rung: Rung, cases: Sequence[str]) -> dict[str, Any]:
        questions = [self._question(self.cases[case]) for case in cases]
        if rung.learns == "dense_weight":
            now = self.library.candidates.weight(script_of(self.cases[cases[0]].question))
            return {"retrieval": {"fusion": "weighted", "dense_weight": best_weight(questions, now)}}
        matrix = best_map(questions)
        return {"retrieval": {"adapter": False if matrix is None else self.library.keep_map(matrix)}}

    def _question(self, case: Case) -> KnownQuestion:
        if case.id not in self._known:

            def is_right(hit: Hit) -> bool:
                source = as_source(hit.as_document(1))
                return any(matches(gold, source) for gold in case.sources)

            self._known[case.id] = self.library.known_question(case.question, is_right, self.collections)
        return self._known[case.id]


def taught_by(model: str | None, cases: Sequence[Case]) -> list[str]:
    """The cases that neither this model nor one trained without a part of them may be judged on."""
    return [case.id for case in cases if model and model_without(case.question, model) is None]
