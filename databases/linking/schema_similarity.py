"""How near a schema's names are to a question in meaning, with vectors that are made once for a schema."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from cairn.core.errors import ModelError
from cairn.core.events import emit
from cairn.databases.linking.schema_lexicon import Scores
from cairn.databases.linking.schema_linking import Meaning
from cairn.models.embedder import Embedder

_KEPT = 8
_vectors: dict[tuple[str, int], tuple[Sequence[str], Scores]] = {}
_lock = threading.Lock()


def meaning(embedder: Embedder | None, question: str) -> Meaning | None:
    """None without an embedding model, or where it does not know the question's script."""
    if embedder is None or not embedder.covers(question):
        return None

    def similar(texts: Sequence[str], asked: str) -> Scores:
        try:
            vectors = _of(embedder, texts)
            return vectors @ _unit(np.array([embedder.embed_query(asked)], dtype=np.float32))[0]
        except ModelError as error:
            emit("notice", {"text": f"The schema was linked by words only. {error}"})
            return np.zeros(len(texts), dtype=np.float32)

    return similar


def _of(embedder: Embedder, texts: Sequence[str]) -> Scores:
    """One unit vector a row. Equal texts, such as the many columns called `id`, are embedded once."""
    key = (embedder.fingerprint, id(texts))
    with _lock:
        known = _vectors.get(key)
        if known is not None and known[0] is texts:
            return known[1]
    different = list(dict.fromkeys(texts))
    place = {text: n for n, text in enumerate(different)}
    made = _unit(np.array(embedder.embed_documents(different), dtype=np.float32))
    vectors = made[[place[text] for text in texts]]
    with _lock:
        _vectors[key] = (texts, vectors)
        while len(_vectors) > _KEPT:
            _vectors.pop(next(iter(_vectors)))
    return vectors


def _unit(rows: Scores) -> Scores:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
