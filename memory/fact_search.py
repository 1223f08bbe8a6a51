"""Which facts are nearest in meaning: by the home's embedder, whose vectors stand beside the facts.

A user has hundreds of facts at most, so all are compared: by the cosine of the vectors, plus the share of the query's
words that are in the fact. A text in a script that the embedder does not know is compared by character n-grams instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Row

from cairn.core.errors import CairnError
from cairn.core.events import emit
from cairn.language.words import content_terms
from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings

Vector = npt.NDArray[np.float32]
StoreVectors = Callable[[dict[str, bytes], str], None]


def nearest(rows: Sequence[Row[Any]], query: str, embedder: Embedder, store: StoreVectors) -> list[Row[Any]]:
    """All of them, best first, equal ones in the order they came in; `store` gets the vectors that had to be made."""
    hashed = HashedEmbeddings()
    known = [row for row in rows if embedder.covers(row.text)] if embedder.covers(query) else []
    try:
        scores = _scores(known, query, embedder, store) if known else {}
    except CairnError as error:
        emit("notice", {"text": f"What is remembered was searched by its letters only: {error.message}"})
        scores = {}
    rest = [row for row in rows if row.id not in scores]
    wanted = _unit(hashed.embed_query(query))
    scores |= {row.id: float(_unit(hashed.embed_query(row.text)) @ wanted) for row in rest}
    words = _words(query)
    return sorted(rows, key=lambda row: -round(scores[row.id] + _shared(words, row.text), 6))


def _shared(words: frozenset[str], text: str) -> float:
    return len(words & _words(text)) / len(words) if words else 0.0


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(content_terms(text))


def _scores(rows: Sequence[Row[Any]], query: str, embedder: Embedder, store: StoreVectors) -> dict[str, float]:
    """Cosine similarities by the facts' ids. Raises what the embedder raises."""
    vectors = {row.id: _read(row.vector) for row in rows if row.vector and row.embedder == embedder.fingerprint}
    missing = [row for row in rows if row.id not in vectors]
    if missing:
        made = embedder.embed_documents([row.text for row in missing])
        new = {row.id: _unit(vector) for row, vector in zip(missing, made, strict=True)}
        store({id: vector.tobytes() for id, vector in new.items()}, embedder.fingerprint)
        vectors |= new
    wanted = _unit(embedder.embed_query(query))
    return {id: float(vector @ wanted) for id, vector in vectors.items()}


def _read(stored: bytes) -> Vector:
    return np.frombuffer(stored, dtype=np.float32)


def _unit(vector: Sequence[float]) -> Vector:
    array = np.asarray(vector, dtype=np.float32)
    return array / max(float(np.linalg.norm(array)), 1e-12)
