"""The chat: the side bar, the open conversation, and the question. It owns no logic; it draws stored runs."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.retrieval.search_pipeline import SAMPLES
from cairn.samples import QUESTIONS
from cairn.ui.web import conversation_view, safe, sidebar
from cairn.ui.web.page_texts import text

_BUSY = {"running": "chat.running", "waiting": "chat.waiting"}


def page(cairn: Cairn) -> None:
    sidebar.sidebar(cairn)
    thread = _open_thread(cairn)
    busy = conversation_view.conversation(cairn, thread) if thread else None
    if "refused" in st.session_state:
        conversation_view.refused(*st.session_state.refused)
    elif not thread:
        _welcome(cairn)
    key = f"question:{thread or ''}"  # of each conversation its own: a draft does not follow into another
    st.chat_input(
        text(_BUSY.get(busy or "", "chat.ask")),
        key=key,
        disabled=busy is not None,
        on_submit=lambda: conversation_view.ask(cairn, st.session_state[key]),
    )


def _open_thread(cairn: Cairn) -> str | None:
    thread = st.query_params.get("thread")
    if thread is None:
        return None
    try:
        return cairn.threads.get(thread).id
    except CairnError as error:
        st.query_params.pop("thread", None)
        st.html(safe.note(f"{error.message} {text('chat.no_thread')}", "problem"))
        return None


def _welcome(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("chat.welcome"), "welcome"))
    for number, question in enumerate(_examples(cairn)):
        st.button(
            question, key=f"example:{number}", type="secondary", on_click=conversation_view.ask, args=(cairn, question)
        )


def _examples(cairn: Cairn) -> tuple[str, ...]:
    """Questions to begin with, while it is the samples that answer."""
    try:
        own = any(source.collection != SAMPLES for source in cairn.workspace.library.sources())
        own = own or any(not database.sample for database in cairn.workspace.databases.list())
    except CairnError:
        return ()
    return QUESTIONS if cairn.settings.samples and not own else ()
