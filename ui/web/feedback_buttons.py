"""A thumb up under an answer with a query: question and query become an example, which is found the next time."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.strategy import Example
from cairn.evals.feedback import forget, is_learned, learn, pair_of
from cairn.ui.web import safe
from cairn.ui.web.run_view import View

_UP = 1


def thumbs(cairn: Cairn, run: str, seen: View) -> None:
    """Nothing to press where there is nothing that could be learned. That it was given, the examples remember."""
    pair = pair_of(cairn.workspace, seen.question, seen.answer) if seen.answer.tables else None
    if pair is None:
        return
    key = f"thumb:{run}"
    if key not in st.session_state and is_learned(cairn.workspace, pair, seen.answer.task):
        st.session_state[key] = _UP
    st.feedback("thumbs", key=key, on_change=_given, args=(cairn, key, pair, seen.answer.task))


def _given(cairn: Cairn, key: str, pair: Example, task: str | None) -> None:
    """Up teaches the pair; down, or taking the thumb away, takes it back."""
    database = pair.get("database", "")
    try:
        if st.session_state[key] == _UP:
            pool = learn(cairn.workspace, pair["input"], pair["output"], database, task)
            st.toast(f"Learned: task {pool} finds it with questions like this one.", icon=":material/thumb_up:")
        else:
            forget(cairn.workspace, pair["input"], database, task)
    except CairnError as error:
        st.session_state[key] = None
        st.toast(safe.label(str(error), limit=300), icon=":material/error:")
