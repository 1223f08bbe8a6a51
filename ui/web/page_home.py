"""The home that the page shows: the one of its server, so that page and API have one, else its own."""

from __future__ import annotations

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings

_shared: list[Cairn] = []


def share(home: Cairn) -> None:
    """From now on the page of this process shows `home`, which stays the caller's to close."""
    _shared[:] = [home]


def page_home() -> Cairn:
    """Raises SettingsError, StorageError."""
    return _shared[0] if _shared else Cairn(load_settings())
