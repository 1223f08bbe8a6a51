"""How good ranked lists are, and how to choose between ways of making them without fooling oneself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.corpora import Question

AT = (1, 3, 5, 10)
METRICS = (*(f"R@{k}" for k in AT), "MRR", "nDCG")
SPLITS = 50
Scores = npt.NDArray[np.float64]
"""One row a question, one column a metric."""


def scores(ranked: Sequence[Sequence[str]], questions: Sequence[Question]) -> Scores:
    return np.array([_score(names, question.gold) for names, question in zip(ranked, questions, strict=True)])


def _score(names: Sequence[str], gold: frozenset[str]) -> list[float]:
    recalls = [len(gold.intersection(names[:k])) / len(gold) for k in AT]
    first = next((1 / rank for rank, name in enumerate(names, 1) if name in gold), 0.0)
    gained = sum(1 / np.log2(rank + 1) for rank, name in enumerate(names[:10], 1) if name in gold)
    best = sum(1 / np.log2(rank + 1) for rank in range(1, min(10, len(gold)) + 1))
    return [*recalls, first, gained / best]


def held_out(
    by_configuration: Mapping[str, Scores], metric: str = "nDCG", splits: int = SPLITS, seed: int = 0
) -> tuple[Scores, dict[str, int]]:
    """The chosen configuration's metrics on the other half, one row a split, and how often each was chosen."""
    random = np.random.default_rng(seed)
    column, names = METRICS.index(metric), list(by_configuration)
    table = np.stack([by_configuration[name] for name in names])
    rows: list[Any] = []
    chosen: dict[str, int] = {}
    for _ in range(splits):
        order = random.permutation(table.shape[1])
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        best = int(table[:, first, column].mean(axis=1).argmax())
        chosen[names[best]] = chosen.get(names[best], 0) + 1
        rows.append(table[best, second].mean(axis=0))
    return np.array(rows), chosen


def interval(values: Scores) -> tuple[float, float]:
    """Where 95 of 100 of the values lie."""
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)
