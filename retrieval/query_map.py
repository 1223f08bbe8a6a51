"""A linear map that moves a question's vector towards the passages that answer such questions.

Ridge regression towards the identity, in closed form: where nothing was learned, nothing moves. It makes of any
embedding model one that fits the user's own questions, without training and without embedding a passage anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
STRENGTH = 5.0
"""Of the pull towards the identity, in question-passage pairs. From 1 to 30 all helped or did no harm."""


def learned(questions: npt.ArrayLike, passages: npt.ArrayLike, strength: float = STRENGTH) -> Matrix:
    """The map W (dimension x dimension) with the least |QW - P|² + strength |W - I|².

    Row i of `questions` and of `passages` are the unit vectors of a question and of the passage that answers it.
    """
    asked, answers = np.asarray(questions, dtype=np.float64), np.asarray(passages, dtype=np.float64)
    pull = strength * np.eye(asked.shape[1])
    return np.linalg.solve(asked.T @ asked + pull, asked.T @ answers + pull).astype(np.float32)


def keep_map(folder: Path, fingerprint: str, matrix: Matrix) -> str:
    """Write a map down beside the index; its name, which says the embedding model's fingerprint and what is in it."""
    name = f"{_short(fingerprint.encode())}-{_short(matrix.astype('<f4').tobytes())}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"map-{name}.npy").open("wb") as file:
        np.save(file, matrix.astype("<f4"), allow_pickle=False)
    return name


def kept_map(folder: Path, fingerprint: str, name: str) -> Matrix | None:
    """The map of this name; None where there is none, or it was learned for another embedding model."""
    if not name.startswith(_short(fingerprint.encode())):
        return None
    try:
        return np.load(folder / f"map-{name}.npy", allow_pickle=False)
    except (OSError, ValueError):
        return None


def _short(data: bytes) -> str:
    return sha256(data).hexdigest()[:12]


def adapted(vector: Sequence[float], matrix: Matrix) -> list[float]:
    """The question's vector by the map, of length 1 again."""
    moved = np.asarray(vector, dtype=np.float32) @ matrix
    return (moved / max(float(np.linalg.norm(moved)), 1e-9)).tolist()
