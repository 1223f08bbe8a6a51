"""Small promises about files and foreign failures that both indexes need."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

from cairn.core.errors import CairnError

_TROUBLE = re.compile(r"is full|no space|read.?only|permission|denied|too many open|is locked|out of memory", re.I)


def replace_file(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new text, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{uuid4().hex}")
    draft.write_text(text, "utf-8")
    draft.replace(path)


def is_failure(error: BaseException) -> bool:
    """Whether a library failed by itself. A panic in Rust is a BaseException, as Ctrl-C is; ours are not meant."""
    panic = type(error).__name__ == "PanicException"
    return panic or (isinstance(error, Exception) and not isinstance(error, CairnError | TimeoutError))


def is_trouble(error: BaseException) -> bool:
    """Whether the machine is to blame: making the index anew would not help."""
    return isinstance(error, PermissionError | MemoryError) or _TROUBLE.search(str(error)) is not None
