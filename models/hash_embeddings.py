"""`hash`: embeddings from character n-grams, for any language, with nothing to download.

Feature hashing (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning"): each n-gram of the
normalised text adds a signed weight to one of a fixed number of dimensions. It finds shared words and word parts, not
shared meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from cairn.core.clean_text import CJK, clean, normalise
from cairn.models.embedder import Embedder

DIMENSION = 512
_VERSION = 1
_RUNS = re.compile(rf"[{CJK}]+|[^\W{CJK}]+")
_IS_CJK = re.compile(f"[{CJK}]")


class HashedEmbeddings(Embedder):
    """Vectors of `DIMENSION` numbers, L2-normalised; every text without a letter or digit gets the same one."""

    @property
    def fingerprint(self) -> str:
        return f"hash-{_VERSION}-{DIMENSION}"

    def covers(self, text: str) -> bool:
        return True

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        counts = Counter(_grams(text))
        vector = np.zeros(DIMENSION, dtype=np.float32)
        if not counts:
            vector[0] = 1.0  # cosine distance is undefined at zero
            return vector.tolist()
        cells = np.array([_cell(gram) for gram in counts])
        weights = np.sqrt(np.fromiter(counts.values(), dtype=np.float32))
        np.add.at(vector, cells >> 1, np.where(cells & 1, weights, -weights))
        return (vector / max(float(np.linalg.norm(vector)), 1e-9)).tolist()


def _grams(text: str) -> list[str]:
    """Words with their 3- and 4-letter parts; single CJK characters and pairs of them."""
    grams: list[str] = []
    for run in _RUNS.findall(normalise(clean(text))):
        if _IS_CJK.match(run):
            grams += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        else:
            word = f"<{run}>"
            grams += [word, *(word[i : i + n] for n in (3, 4) for i in range(len(word) - n + 1) if n < len(word))]
    return grams


@lru_cache(maxsize=200_000)
def _cell(gram: str) -> int:
    """Dimension and sign in one number; stable across processes, unlike `hash`."""
    return int.from_bytes(blake2b(gram.encode(), digest_size=8).digest(), "big") % (2 * DIMENSION)
