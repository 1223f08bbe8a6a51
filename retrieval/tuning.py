"""What helps on the user's own questions: the weight of the vectors for each script, and a map of question vectors.

Each is chosen on one half of the questions and told on the other, over many random splits, so that what is told is
what new questions may expect. Told and compared is the reciprocal rank of the first right passage among ten (MRR@10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cairn.core.errors import UsageError
from cairn.core.task import Retrieval
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.dense_index import Vector
from cairn.retrieval.query_map import Matrix, adapted, learned
from cairn.retrieval.question_pairs import Pair
from cairn.retrieval.ranked_lists import Scored, among_neighbours, script_of, weighted
from cairn.retrieval.retriever_candidates import Candidates, Place
from cairn.retrieval.tuned_settings import Tuned

LEAST = 20
WEIGHTS = tuple(step / 20 for step in range(21))
_SPLITS = 50
_ADAPTER_SPLITS = 20
_RESAMPLES = 2000
_AMONG = 10

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was tried. `before` and `after` are MRR@10 on questions it was not chosen on, `low` and `high`
    the 95 % interval of their difference (bootstrap over the questions); it helps when all of that is above zero."""

    name: str
    questions: int
    old: float | None
    new: float | None
    before: float
    after: float
    low: float
    high: float

    @property
    def helps(self) -> bool:
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`unknown` questions name nothing that was found at all. `tuned` is what is in force with all that helps."""

    questions: int
    unknown: int
    changes: list[Change]
    tuned: Tuned


@dataclass(frozen=True, slots=True)
class _Case:
    script: str
    question: Vector
    lexical: Scored
    dense: Scored
    vectors: Mapping[int, Vector]
    gold: frozenset[int]

    def score(self, weight: float, dense: Scored | None = None) -> float:
        scored = weighted(self.lexical, self.dense if dense is None else dense, weight)
        ranked = among_neighbours(scored, self.vectors)[:_AMONG]
        return next((1 / rank for rank, (id, _) in enumerate(ranked, 1) if id in self.gold), 0.0)

    def moved(self, matrix: Matrix) -> Scored:
        """The passages as the adapted question would order them: of those that either retriever found."""
        vector = np.array(adapted(self.question.tolist(), matrix))
        near = [(id, float(vector @ row / max(float(np.linalg.norm(row)), 1e-9))) for id, row in self.vectors.items()]
        return sorted(near, key=lambda pair: -pair[1])[: len(self.dense)]

    def answer(self) -> Vector | None:
        """The vector of the right passage that is nearest to the question."""
        right = [id for id, _ in self.dense if id in self.gold] or [id for id in self.vectors if id in self.gold]
        return self.vectors[right[0]] if right else None


def tune(
    candidates: Candidates,
    catalog: Catalog,
    scope: Sequence[str],
    pairs: Sequence[Pair],
    tick: Callable[[int], None] = lambda done: None,
) -> Outcome:
    """Raises UsageError where there is too little to learn from, and what searching raises."""
    cases: list[_Case] = []
    for done, pair in enumerate(pairs, 1):
        cases.append(_case(candidates, catalog, Place(scope), pair))
        tick(done)
    known = [case for case in cases if case.gold]
    if len(known) < LEAST:
        raise UsageError(
            f"Of {len(pairs)} questions {len(known)} find a passage that the file names as right; {LEAST} are needed.",
            "Is each `source` or `passage` in the collection that is searched? `cairn sources` lists them.",
        )
    force, weights, changes = candidates.tuned.load(), dict[str, float](), list[Change]()
    for script in sorted({case.script for case in known}):
        some = [case for case in known if case.script == script]
        weights[script] = candidates.weight(script)
        if len(some) >= LEAST and any(case.dense for case in some):
            change = _weighed(script, some, weights[script])
            changes.append(change)
            weights[script] = change.new if change.helps and change.new is not None else weights[script]
    able = [case for case in known if case.dense and case.answer() is not None]
    adapter = force.adapter
    if len(able) >= LEAST:
        change = _adapted(able, weights)
        changes.append(change)
        adapter = _map(able) if change.helps else adapter
    better = {change.name: change.new for change in changes if change.helps and change.new is not None}
    return Outcome(len(pairs), len(pairs) - len(known), changes, Tuned({**force.weights, **better}, adapter))


def _case(candidates: Candidates, catalog: Catalog, place: Place, pair: Pair) -> _Case:
    found = candidates.of(pair.question, Retrieval(), place)
    ids = list(dict.fromkeys(id for scored in found.lists.values() for id, _ in scored))
    gold = frozenset(id for id, hit in catalog.hits(ids).items() if pair.names(hit))
    dense = found.lists.get("dense", ())
    vectors = candidates.vectors(ids) if dense else {}
    question = np.array(candidates.vector(pair.question) if dense else [], dtype=np.float32)
    return _Case(script_of(pair.question), question, found.lists.get("lexical", ()), dense, vectors, gold)


def _weighed(script: str, cases: Sequence[_Case], old: float) -> Change:
    choices = sorted({*WEIGHTS, old}, key=lambda weight: abs(weight - old))  # of equal ones the nearest
    table = np.array([[case.score(weight) for case in cases] for weight in choices])
    random, after, counts = np.random.default_rng(0), np.zeros(len(cases)), np.zeros(len(cases))
    for _ in range(_SPLITS):
        first, second = _halves(random, len(cases))
        after[second] += table[int(table[:, first].mean(axis=1).argmax()), second]
        counts[second] += 1
    return _change(script, old, choices[int(table.mean(axis=1).argmax())], table[0], after / np.maximum(counts, 1))


def _adapted(cases: Sequence[_Case], weights: Mapping[str, float]) -> Change:
    before = np.array([case.score(weights[case.script]) for case in cases])
    random, after, counts = np.random.default_rng(0), np.zeros(len(cases)), np.zeros(len(cases))
    for _ in range(_ADAPTER_SPLITS):
        first, second = _halves(random, len(cases))
        matrix = _map([cases[row] for row in first])
        after[second] += [cases[row].score(weights[cases[row].script], cases[row].moved(matrix)) for row in second]
        counts[second] += 1
    return _change("adapter", None, None, before, after / np.maximum(counts, 1))


def _map(cases: Sequence[_Case]) -> Matrix:
    pairs = [(case.question, answer) for case in cases if (answer := case.answer()) is not None]
    return learned([question for question, _ in pairs], [answer for _, answer in pairs])


def _halves(random: np.random.Generator, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    order = random.permutation(count)
    return order[: count // 2], order[count // 2 :]


def _change(name: str, old: float | None, new: float | None, before: Numbers, after: Numbers) -> Change:
    random, gain = np.random.default_rng(0), after - before
    means = gain[random.integers(0, len(gain), (_RESAMPLES, len(gain)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Change(name, len(gain), old, new, float(before.mean()), float(after.mean()), float(low), float(high))
