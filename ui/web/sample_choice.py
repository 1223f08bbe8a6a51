"""Whether the samples are searched beside documents of the user's own: told, and chosen."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.retrieval.search_pipeline import SAMPLES
from cairn.ui.web import page_messages, safe
from cairn.ui.web.page_texts import text


def searched(cairn: Cairn) -> bool:
    """Whether the samples' documents are. Raises CairnError."""
    return SAMPLES in cairn.workspace.library.searched()


def left_out(cairn: Cairn) -> bool:
    """Whether they are there and step aside; also no where the documents can't be looked at."""
    try:
        return cairn.workspace.library.left_out()
    except CairnError:
        return False


def search(cairn: Cairn, too: bool) -> None:
    """From now on beside the user's own documents and databases, or only while there are none. Raises CairnError."""
    cairn.change(samples="always" if too else True)


def choice(cairn: Cairn, now: bool) -> None:
    """Whether they are searched `now`, with a button for the other."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(safe.note(text("documents.samples_too" if now else "ask.samples_off"), "note"))
        st.button(text("documents.samples_leave" if now else "ask.samples_on"), on_click=_chosen, args=(cairn, not now))


def _chosen(cairn: Cairn, too: bool) -> None:
    with page_messages.telling():
        search(cairn, too)
