"""The best results within a filter that lets many through: search deeper until enough of them have passed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from cairn.retrieval.fusion import Scored

_FIRST, _STEP = 3, 4


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
