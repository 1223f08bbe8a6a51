"""A search just as a task's tool would make it: what a model would be shown, and how each passage was found."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.passages import metadata_of
from cairn.retrieval.retriever import CairnRetriever
from cairn.ui.web import page_messages, safe
from cairn.ui.web.climb_words import value_words
from cairn.ui.web.page_texts import text


def view(cairn: Cairn, names: dict[str, str]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(text("search.query"), placeholder=text("search.example"), key="document_query")
        tasks = cairn.prompts.tasks()
        first = tasks.index("documents") if "documents" in tasks else 0
        task = st.selectbox(text("search.as_task"), tasks, first, format_func=page_messages.line)
    if not query.strip():
        return
    spec = cairn.prompts.task(task).retrieval
    found = CairnRetriever.from_library(cairn.workspace.library, spec).invoke(query)
    st.html(safe.verbatim(text("search.found", count=len(found), mode=value_words("mode", spec.mode)), "caption"))
    for document in found:
        known = metadata_of(document)
        page = str(known["page"] or "")
        heads = [known["title"] or names.get(known["source"], ""), known["heading"] or "", page]
        by = {value_words("mode", name): rank for name, rank in known["found_by"].items()}
        ranks = text("changed.comma").join(text("search.rank", by=name, rank=rank) for name, rank in by.items())
        title = f"{known['number']} {' › '.join(dict.fromkeys(filter(None, heads)))} · {known['score']:.3f} · {ranks}"
        with st.expander(safe.label(title, 160), expanded=known["number"] == 1):
            st.html(safe.passage(document.page_content, ()))
