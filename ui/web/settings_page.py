"""The page Settings."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.ui.web import memory_section, page_messages, safe
from cairn.ui.web.page_texts import text


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.settings"), "title"))
    page_messages.undo_bar()
    st.html(safe.verbatim(text("memory.title"), "heading"))
    memory_section.remembered(cairn)
