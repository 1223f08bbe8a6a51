"""The pages: `cairn web`, or `streamlit run ui/web/web_app.py`. They own no logic; they read and call what there is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.ui.web import (
    chat_page,
    databases_page,
    documents_page,
    evaluation_page,
    page_choices,
    page_messages,
    prompts_page,
    settings_page,
)
from cairn.ui.web.page_home import open_home
from cairn.ui.web.page_texts import text

HERE = Path(__file__).parent
_WITHOUT_SIDE = """<style>
.stMainBlockContainer { max-width: 76rem; }
@media (min-width: 769px) {
  .stAppHeader { padding-left: 300px; }
  .stAppHeader::before { content: "Cairn"; position: absolute; left: 30px; font-size: 1.35rem; font-weight: 650; }
}
</style>"""
"""Pages with two columns take more room than the chat; their menu stays where the chat's side bar leaves it."""


def run() -> None:
    st.set_page_config(page_title="Cairn", page_icon=HERE / "cairn.svg", layout="centered")
    st.html(HERE / "page.css")
    try:
        cairn = open_home()
        page_choices.load(cairn)
        pages = _pages(cairn)
        st.session_state.pages = {page.url_path: page for page in pages}  # for who leads from one to another
        page = st.navigation(pages, position="top")
        _keep_thread(page.url_path)
        page_choices.stay(away=bool(page.url_path))
        if page.url_path:
            st.html(_WITHOUT_SIDE)
        page.run()
    except CairnError as error:
        page_messages.problem(error)


def _pages(cairn: Cairn) -> list[st.Page]:
    def page(draw: Callable[[Cairn], None], title: str, icon: str, path: str) -> st.Page:
        return st.Page(partial(draw, cairn), title=title, icon=f":material/{icon}:", url_path=path, default=not path)

    return [
        page(chat_page.page, text("pages.chat"), "forum", ""),
        page(documents_page.page, text("pages.documents"), "description", "documents"),
        page(databases_page.page, text("pages.databases"), "database", "databases"),
        page(prompts_page.page, text("pages.prompts"), "edit_note", "prompts"),
        page(evaluation_page.page, text("pages.evaluation"), "stairs", "evaluation"),
        page(settings_page.page, text("pages.settings"), "settings", "settings"),
    ]


def _keep_thread(path: str) -> None:
    """Who comes back to the chat from another page finds the conversation that was open: an address forgets it."""
    state = st.session_state
    before, state.last_page = state.get("last_page", path), path
    if path:
        return
    if before and "thread" not in st.query_params and state.get("last_thread"):
        st.query_params["thread"] = state.last_thread
    state.last_thread = st.query_params.get("thread")


run()
