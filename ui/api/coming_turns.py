"""What the service will have of its own: versions of an answer, branches of a thread."""

from __future__ import annotations

from typing import Any

from cairn.agents.service import Cairn, Handle
from cairn.core.errors import UsageError


def retry(home: Cairn, run: str, **options: Any) -> Handle:
    if own := getattr(home, "retry", None):
        return own(run, **options)
    raise UsageError("Versions of an answer can't be made yet.")


def branch(home: Cairn, thread: str, run: str | None, name: str | None) -> str:
    if own := getattr(home, "branch", None):
        return own(thread, run, name)
    raise UsageError("Branches can't be made yet.")
