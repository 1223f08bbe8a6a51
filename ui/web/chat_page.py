"""The chat page: `cairn web`, or `streamlit run ui/web/chat_page.py`. It owns no logic; it draws stored runs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import streamlit as st

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.retrieval.search_pipeline import SAMPLES
from cairn.samples import QUESTIONS
from cairn.ui.web import answer_view, conversation_view, sidebar
from cairn.ui.web.page_home import page_home

HERE = Path(__file__).parent
_BUSY = {"running": "An answer is being written…", "waiting": "An answer waits for your decision"}


@st.cache_resource(show_spinner="Opening your documents and databases…")
def open_home() -> Cairn:
    cairn = page_home()
    with suppress(CairnError):  # so that the first question need not wait; what is wrong it will be told
        build(cairn.workspace, cairn.settings.task)
    return cairn


def page() -> None:
    st.set_page_config(page_title="Cairn", page_icon=HERE / "cairn.svg", layout="centered")
    st.html(HERE / "page.css")
    try:
        cairn = open_home()
        sidebar.sidebar(cairn)
        main(cairn)
    except CairnError as error:
        answer_view.problem(error.message, error.hint)


def main(cairn: Cairn) -> None:
    thread = _open_thread(cairn)
    busy = conversation_view.conversation(cairn, thread) if thread else None
    if "refused" in st.session_state:
        conversation_view.refused(*st.session_state.refused)
    elif not thread:
        _welcome(cairn)
    st.chat_input(
        _BUSY.get(busy or "", "Ask about your documents and databases"),
        key="question",
        disabled=busy is not None,
        on_submit=lambda: conversation_view.ask(cairn, st.session_state.question),
    )


def _open_thread(cairn: Cairn) -> str | None:
    thread = st.query_params.get("thread")
    if thread is None:
        return None
    try:
        return cairn.threads.get(thread).id
    except CairnError as error:
        st.query_params.pop("thread", None)
        answer_view.problem(error.message, "It may have been deleted. Start a new one below.")
        return None


def _welcome(cairn: Cairn) -> None:
    st.html('<div class="cairn-welcome">What would you like to know?</div>')
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


page()
