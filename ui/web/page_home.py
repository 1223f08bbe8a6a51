"""The home that the page shows: the one of its server, so that page and API have one, else its own."""

from __future__ import annotations

import threading
from contextlib import suppress

import streamlit as st

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.settings import load_settings
from cairn.ui import deletions

_shared: list[Cairn] = []
_keys: list[str] = []
_preparing: list[threading.Thread] = []


def share(home: Cairn, key: str) -> None:
    """From now on the page of this process shows `home`, which stays the caller's to close.

    `key` is what its script sends to the API. What the first question needs is made meanwhile, so that the page
    is drawn before it is there: a new home reads its samples first.
    """
    _shared[:], _keys[:] = [home], [key]
    _preparing[:] = [threading.Thread(target=_prepare, args=(home,), name="page home", daemon=True)]
    _preparing[0].start()


def is_ready() -> bool:
    """Whether the documents and databases can be looked at without waiting for them to be made."""
    return not any(thread.is_alive() for thread in _preparing)


def _prepare(home: Cairn) -> None:
    with suppress(CairnError):  # what is wrong the first question will be told
        build(home.workspace, home.settings.task)
        home.workspace.library.searched()
        home.workspace.databases.list()


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
    deletions.empty(cairn)
    return cairn
