"""What was learned of questions: a linear map that moves a question's vector towards the passages that answer such, and
what earlier versions' `cairn tune` left in a file beside the index, which is read on and never written.

The map is ridge regression towards the identity, in closed form: where nothing was learned, nothing moves. It makes of
any embedding model one that fits the user's own questions, without training and without embedding a passage anew. Each
embedding model has its own. `cairn climb` learns it, as a rung.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_VERSION = 1
Matrix = npt.NDArray[np.float32]
STRENGTH = 5.0
"""Of the pull towards the identity, in question-passage pairs. From 1 to 30 all helped or did no harm."""


@dataclass(frozen=True)
class Tuned:
    """`weights`: of the vectors, by script. `adapter`: the map of question vectors. Empty where nothing was learned."""

    weights: Mapping[str, float] = field(default_factory=dict[str, float])
    adapter: Matrix | None = None


class TunedFile:
    """The file for one embedding model's fingerprint. What another one learned is never read."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self.path = folder / f"tuned-{sha256(fingerprint.encode()).hexdigest()[:12]}.json"
        self._read: tuple[int, Tuned] | None = None

    def load(self) -> Tuned:
        """What is in force now; nothing if there is no such file, or it can't be read."""
        try:
            stamp = self.path.stat().st_mtime_ns
        except OSError:
            return Tuned()
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, self._parsed()
        return self._read[1]

    def _parsed(self) -> Tuned:
        try:
            written = json.loads(self.path.read_text("utf-8"))
            if (written["version"], written["fingerprint"]) != (_VERSION, self._fingerprint):
                return Tuned()
            weights = {str(script): min(1.0, max(0.0, float(w))) for script, w in written["weights"].items()}
            return Tuned(weights, _matrix(written["adapter"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return Tuned()


def _matrix(written: Any) -> Matrix | None:
    if written is None:
        return None
    numbers = np.frombuffer(b64decode(written), dtype="<f4")
    side = round(len(numbers) ** 0.5)
    return numbers.reshape(side, side)


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
