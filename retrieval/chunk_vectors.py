"""Chunks' vectors in memory, for what is computed exactly. They never change, so nothing here grows old."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]
_MOST = 20_000


class Vectors:
    """The vectors that were asked for lately, by the index they are in and the chunk's number."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Vector] = {}
        self._mutex = threading.Lock()

    def of(
        self, index: str, ids: Sequence[int], fetch: Callable[[Sequence[int]], Mapping[int, Vector]]
    ) -> dict[int, Vector]:
        """The vectors of the chunks as far as there are any; those not in memory are fetched."""
        with self._mutex:
            found = {id: vector for id in ids if (vector := self._kept.get((index, id))) is not None}
        if missing := [id for id in ids if id not in found]:
            fetched = fetch(missing)
            found |= fetched
            with self._mutex:
                if len(self._kept) + len(fetched) > _MOST:
                    self._kept.clear()
                self._kept |= {(index, id): vector for id, vector in fetched.items()}
        return found


def nearest(vectors: Mapping[int, Vector], query: Sequence[float], k: int) -> list[tuple[int, float]]:
    """The chunks by their cosine similarity to the query, best first."""
    if not vectors:
        return []
    matrix, wanted = np.stack(list(vectors.values())), np.asarray(query, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=1) * max(float(np.linalg.norm(wanted)), 1e-12)
    similar = (matrix @ wanted) / np.maximum(lengths, 1e-12)
    ids = list(vectors)
    return [(ids[row], float(similar[row])) for row in np.argsort(-similar, kind="stable")[:k]]
