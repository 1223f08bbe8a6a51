"""What earlier versions' `cairn tune` learned, in a file beside the index, which is read on and never written.

Each embedding model has its own. `cairn climb` learns the same, as rungs.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from cairn.retrieval.query_map import Matrix

_VERSION = 1


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
