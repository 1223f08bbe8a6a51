"""Ranked lists of passages: how several become one, how one is searched deeper, and how sure what they found is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from cairn.core.clean_text import has_cjk

Scored = Sequence[tuple[int, float]]
"""Chunk ids with their scores, best first."""

RRF_K = 60
NEIGHBOURS = 5
NEIGHBOUR_SHARE = 0.3

_PACKAGED = {"hash": 0.1, "minilm": 0.3}
_UNKNOWN = 0.5
_FIRST, _STEP = 3, 4
BACKGROUND = 20
"""Fewer passages don't show how near a question is to any passage at all."""


def script_of(text: str) -> str:
    """What weights are kept by: `cjk` or `other`."""
    return "cjk" if has_cjk(text) else "other"


def packaged_weight(fingerprint: str) -> float:
    """What the vectors of an embedding model count against the words, 0 to 1. `hash` and MiniLM were measured."""
    return _PACKAGED.get(fingerprint.split("-")[0], _UNKNOWN)


def weighted(lexical: Scored, dense: Scored, dense_weight: float) -> list[tuple[int, float]]:
    """Chunk ids by the weighted sum of their scores, each list's scaled to 0..1; a chunk not in a list gets 0 of it.

    BM25 is scaled from its own zero, so that two near equal passages stay so; cosines from the list's lowest, since
    each model has a zero of its own (Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid
    Retrieval").
    """
    lowest = min((score for _, score in dense), default=0.0)
    total: dict[int, float] = {}
    for found, low, weight in ((lexical, 0.0, 1 - dense_weight), (dense, lowest, dense_weight)):
        span = max((score for _, score in found), default=0.0) - low
        for id, score in found:
            total[id] = total.get(id, 0.0) + weight * ((score - low) / span if span > 0 else 1.0)
    return _sorted(total)


def reciprocal_ranks(lists: Sequence[Scored]) -> list[tuple[int, float]]:
    """Chunk ids by the sum of 1 / (60 + rank) over the lists, scaled to at most 1 (Cormack, Clarke and Büttcher 2009,
    "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods")."""
    total: dict[int, float] = {}
    for found in lists:
        for rank, (id, _) in enumerate(found, 1):
            total[id] = total.get(id, 0.0) + (RRF_K + 1) / (RRF_K + rank) / len(lists)
    return _sorted(total)


def among_neighbours(scored: Scored, vectors: Mapping[int, npt.NDArray[Any]]) -> list[tuple[int, float]]:
    """Scores smoothed among passages that are alike: three tenths of each is the mean of its five nearest in the list,
    weighted by their cosine (Diaz 2005, "Regularizing Ad Hoc Retrieval Scores"). What stands among good ones rises.
    """
    ids = [id for id, _ in scored if id in vectors]
    if len(ids) <= NEIGHBOURS:
        return list(scored)
    scores = dict(scored)
    own = np.array([scores[id] for id in ids])
    rows = np.stack([vectors[id] for id in ids])
    alike = cosines(rows)
    np.fill_diagonal(alike, -1.0)
    nearest = np.argpartition(-alike, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    weights = np.clip(np.take_along_axis(alike, nearest, 1), 1e-9, None)
    around = (weights * own[nearest]).sum(axis=1) / weights.sum(axis=1)
    smooth = (1 - NEIGHBOUR_SHARE) * own + NEIGHBOUR_SHARE * around
    return _sorted(scores | dict(zip(ids, smooth.tolist(), strict=True)))


def cosines(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Of each row with each. Not by `@`, which wakes a thread on every core: on a busy machine 36 ms against 0.7."""
    units = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.einsum("ik,jk->ij", units, units)


def ranks(found: Mapping[str, Scored]) -> dict[int, dict[str, int]]:
    """Each chunk's rank from 1 with each retriever that found it."""
    placed: dict[int, dict[str, int]] = {}
    for name, scored in found.items():
        for rank, (id, _) in enumerate(scored, 1):
            placed.setdefault(id, {})[name] = rank
    return placed


def _sorted(total: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))


def deepened(search: Callable[[int], Scored], passing: Callable[[Sequence[int]], Collection[int]], k: int) -> Scored:
    """The first `k` of what passes. `search(depth)` gives at most so many, best first, and fewer when that is all."""
    depth = _FIRST * k
    while True:
        found = search(depth)
        passed = set(passing([id for id, _ in found]))
        kept = [(id, score) for id, score in found if id in passed]
        if len(kept) >= k or len(found) < depth:
            return kept[:k]
        depth *= _STEP


def confidence(lexical: Scored | None, ceiling: float, dense: Scored | None) -> float:
    """The mean of what words and vectors say, or what one of them says where the other is not asked.

    Words: the best BM25 score as a share of the question's ceiling, which rare words of the question that no passage
    has pull down. Vectors: how far the best cosine stands above the last one of the list, as a share of the way to 1.
    """
    said: list[float] = []
    if lexical is not None and ceiling > 0:
        said.append(lexical[0][1] / ceiling if lexical else 0.0)
    if dense is not None and len(dense) >= BACKGROUND:
        best, background = dense[0][1], dense[-1][1]
        said.append((best - background) / max(1 - background, 1e-9))
    if not said:
        return 1.0 if lexical or dense else 0.0
    return sum(min(1.0, max(0.0, value)) for value in said) / len(said)
