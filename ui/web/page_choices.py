"""What a reader of the page chose to have it so: its language, its theme, the model. Kept in the home, for a reload."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import StorageError

_FILE = "page.json"
_STAYING = ("prompts_", "trial_", "preview_question")
_OF_THE_CHAT = ("task:", "template:")


def load(cairn: Cairn) -> None:
    """A session begins with what was kept; what was chosen in it since stays."""
    if "choices" not in st.session_state:
        st.session_state.choices = kept = read(cairn)
        for name, value in kept.items():
            st.session_state.setdefault(name, value)


def stay(away: bool) -> None:
    """What was chosen in menus and fields stays while another page or view is shown: else Streamlit forgets it.

    `away`: also what the open conversation is answered with, since the chat is not shown.
    """
    staying = _STAYING + _OF_THE_CHAT if away else _STAYING
    for key, value in list(st.session_state.items()):
        if isinstance(key, str) and key.startswith(staying):
            st.session_state[key] = value


def read(cairn: Cairn) -> dict[str, Any]:
    """What was kept; nothing where the file is not there or is no longer legible."""
    try:
        found: Any = json.loads((cairn.settings.home / _FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(found) if isinstance(found, Mapping) else {}


def keep(cairn: Cairn, **chosen: Any) -> None:
    """Keep these as well; None is as if it had not been chosen. Raises StorageError."""
    kept = {name: value for name, value in {**read(cairn), **chosen}.items() if value is not None}
    file = cairn.settings.home / _FILE
    draft = file.with_suffix(f".{uuid.uuid4().hex}.new")
    try:
        draft.write_text(json.dumps(kept, ensure_ascii=False, sort_keys=True), "utf-8")
        draft.replace(file)
    except OSError as error:
        raise StorageError(f"{file.name} can't be written: {error.strerror}.", "Free room in the home.") from None
