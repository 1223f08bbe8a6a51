"""The page prompts."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.ui.web import safe
from cairn.ui.web.page_texts import text


def page(_cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.prompts"), "title"))
