"""Evaluation: the ladder, what was measured, the sets that measure, and what is live."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.ui.web import climb_view, evaluation_runs, page_messages, question_sets, safe, sample_choice
from cairn.ui.web.page_texts import text

_VIEWS = {
    "climb": ("evaluation.view_climb", climb_view.view),
    "runs": ("evaluation.view_runs", evaluation_runs.view),
    "sets": ("evaluation.view_sets", question_sets.view),
}


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.evaluation"), "title"))
    page_messages.undo_bar()
    if sample_choice.left_out(cairn):
        sample_choice.choice(cairn, False)
    view = st.segmented_control(
        text("prompts.view"),
        list(_VIEWS),
        default="climb",
        required=True,
        format_func=lambda name: text(_VIEWS[name][0]),
        key="evaluation_view",
        label_visibility="collapsed",
    )
    _VIEWS[str(view)][1](cairn)
