"""How the two retrievers' results become one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cairn.hit import Hit
from cairn.text import approximate_tokens

DEPTH = 100
"""How many passages each retriever contributes."""
DENSE_WEIGHT = 0.3
"""Against .7 for lexical search. MiniLM differs by .01 or less from .3 to .5 on three data sets; `hash` loses above."""

Scored = Sequence[tuple[int, float]]


def fuse(lexical: Scored, dense: Scored, dense_weight: float = DENSE_WEIGHT) -> list[tuple[int, float]]:
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
    return sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))


def ranks(found: Mapping[str, Scored]) -> dict[int, dict[str, int]]:
    """Each chunk's rank from 1 with each retriever that found it."""
    placed: dict[int, dict[str, int]] = {}
    for name, scored in found.items():
        for rank, (id, _) in enumerate(scored, 1):
            placed.setdefault(id, {})[name] = rank
    return placed


def within(hits: Sequence[Hit], k: int, max_tokens: int) -> list[Hit]:
    """The first `k` hits as far as they fit into `max_tokens`; the best one always stays."""
    kept: list[Hit] = []
    for hit in hits[:k]:
        max_tokens -= approximate_tokens(hit.text)
        if kept and max_tokens < 0:
            break
        kept.append(hit)
    return kept
