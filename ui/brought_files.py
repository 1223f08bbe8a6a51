"""Where the documents lie that were brought by the page or the API."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from cairn.agents.service import Cairn


def folder_of(home: Cairn) -> Path:
    """The folder of the home's user; each user has another one."""
    folder = home.settings.home / "uploads" / sha256(home.settings.user.encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()
