"""The conversations that were deleted in the last day: had back, or gone for good."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.ui.web import page_messages, safe
from cairn.ui.web.page_texts import text


def view(cairn: Cairn) -> None:
    cairn.threads.empty()
    away = cairn.threads.away()
    if not away:
        st.html(safe.note(text("settings.nothing_deleted"), "note"))
    for thread in away:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(safe.verbatim(thread.name, "undo"))
            back, gone = partial(cairn.threads.put_back, thread.id), partial(cairn.threads.delete, thread.id)
            st.button(text("undo.back"), key=f"back:{thread.id}", icon=":material/undo:", on_click=_do, args=(back,))
            st.button(text("undo.now"), key=f"gone:{thread.id}", type="tertiary", on_click=_do, args=(gone,))


def _do(what: partial[None]) -> None:
    with page_messages.telling():
        what()
