"""The chat: the side bar and the open conversation."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.retrieval.search_pipeline import SAMPLES
from cairn.samples import QUESTIONS
from cairn.ui.web import safe, sidebar
from cairn.ui.web.conversation import conversation
from cairn.ui.web.page_texts import text


def page(cairn: Cairn) -> None:
    sidebar.sidebar(cairn)
    thread = _open_thread(cairn)
    conversation(thread, () if thread else _examples(cairn))


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


def _examples(cairn: Cairn) -> tuple[str, ...]:
    """Questions to begin with, while it is the samples that answer."""
    try:
        own = any(source.collection != SAMPLES for source in cairn.workspace.library.sources())
        own = own or any(not database.sample for database in cairn.workspace.databases.list())
    except CairnError:
        return ()
    return QUESTIONS if cairn.settings.samples and not own else ()
