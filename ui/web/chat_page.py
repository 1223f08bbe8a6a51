"""The chat: the side bar and the open conversation."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.samples import QUESTIONS
from cairn.ui.web import page_home, safe, sample_choice, sidebar
from cairn.ui.web.conversation import conversation
from cairn.ui.web.page_texts import reader_language, text


def page(cairn: Cairn) -> None:
    sidebar.sidebar(cairn)
    thread = _open_thread(cairn)
    ready = page_home.is_ready()
    conversation(thread, _examples(cairn) if ready and not thread else ())
    if not ready:
        _again_when_ready()


@st.fragment(run_every=0.5)
def _again_when_ready() -> None:
    if page_home.is_ready():
        st.rerun()


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
    """Questions to begin with, of what the samples still answer."""
    if not cairn.settings.samples:
        return ()
    try:
        answers = {
            "documents": sample_choice.searched(cairn),
            "database": any(one.sample and one.used for one in cairn.workspace.databases.list()),
            "calculator": True,
        }
    except CairnError:
        return ()
    return tuple(question for question, by in QUESTIONS[reader_language()].items() if answers[by])
