"""The dialog in which a document opens at a passage."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.source import Source
from cairn.ui.web import answer_view, safe


@st.dialog("Document", width="medium")
def show(cairn: Cairn, source: Source, quotes: Sequence[str] = ()) -> None:
    """The extracted text of a document with the quotes marked, else the passage."""
    page = f", page {source['page']}" if source["page"] else ""
    st.html(safe.verbatim(source["source"] + page, "caption"))
    try:
        text = cairn.workspace.library.text(source["source"])
    except CairnError as error:
        answer_view.problem(error.message, error.hint)
        return
    start, end = _span(text, source)
    st.html(safe.marked(text, safe.spans_of(text[:end], quotes, start) or [(start, end)]))


def _span(text: str, source: Source) -> tuple[int, int]:
    """Where the passage stands now; the document may have changed since the answer."""
    quote, start, end = source["quote"], source["start"], source["end"]
    if start is not None and end is not None and text[start:end].strip() == quote.strip():
        return start, end
    found = text.find(quote)
    return (found, found + len(quote)) if found >= 0 else (0, 0)
