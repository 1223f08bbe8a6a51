"""The home that the page shows: the one of its server, so that page and API have one, else its own."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.settings import load_settings
from cairn.ui.web import deleted_things

_shared: list[Cairn] = []
_keys: list[str] = []


def share(home: Cairn, key: str) -> None:
    """From now on the page of this process shows `home`, which stays the caller's to close.

    `key` is what its script sends to the API.
    """
    _shared[:], _keys[:] = [home], [key]


def page_key() -> str | None:
    """None where no server of ours is behind the page."""
    return _keys[0] if _keys else None


def page_home() -> Cairn:
    """Raises SettingsError, StorageError."""
    return _shared[0] if _shared else Cairn(load_settings())


@st.cache_resource(show_spinner=False)
def open_home() -> Cairn:
    """The home, open for all sessions; what was deleted a day ago is gone from now on. Raises as `page_home` does."""
    cairn = page_home()
    deleted_things.empty(cairn)
    with suppress(CairnError):  # so that the first question need not wait; what is wrong it will be told
        build(cairn.workspace, cairn.settings.task)
    return cairn
