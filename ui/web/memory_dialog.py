"""What is remembered of the user: to be read, added to, corrected and forgotten."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.memory.fact_store import LONGEST, Fact
from cairn.tools.memory_tools import tell
from cairn.ui.web import safe

_SHOWN = 30


def remembered(cairn: Cairn) -> None:
    with st.expander("Remembered of you", icon=":material/bookmark:"):
        st.text_input(
            "Remember",
            key="fact:new",
            max_chars=LONGEST,
            placeholder="prefers metric units",
            on_change=_add,
            args=(cairn,),
        )
        facts = cairn.workspace.facts.list()
        for fact in facts[:_SHOWN]:
            _fact(cairn, fact)
        if len(facts) > _SHOWN:
            st.html(safe.note(f"{len(facts) - _SHOWN} more: `cairn memory list`", "note"))


def _fact(cairn: Cairn, fact: Fact) -> None:
    text, button = st.columns([5, 1], vertical_alignment="center", gap="small")
    st.session_state.setdefault(f"fact:{fact.id}", fact.text)
    text.text_input(
        "A fact, to be corrected",
        key=f"fact:{fact.id}",
        max_chars=LONGEST,
        label_visibility="collapsed",
        help=f"Said by the {fact.said_by}, {datetime.fromtimestamp(fact.created):%Y-%m-%d %H:%M}.",
        on_change=_correct,
        args=(cairn, fact.id),
    )
    button.button(
        "",
        icon=":material/delete:",
        key=f"forget:{fact.id}",
        type="tertiary",
        help="Forget this",
        on_click=_forget,
        args=(cairn, fact.id),
    )


def _add(cairn: Cairn) -> None:
    if not (text := st.session_state["fact:new"]).strip():
        return
    try:
        _toast(tell(cairn.workspace.facts.add(text)))
        st.session_state["fact:new"] = ""
    except CairnError as error:
        _toast(str(error))


def _correct(cairn: Cairn, fact: str) -> None:
    """A field that goes with its fact, as when a model replaced it, may report a change that nobody made."""
    key = f"fact:{fact}"
    held = next((one.text for one in cairn.workspace.facts.list() if one.id == fact), None)
    text = st.session_state.get(key)
    if held is None or text is None or text == held:
        return
    try:
        _toast(tell(cairn.workspace.facts.correct(fact, text)))
    except CairnError as error:
        st.session_state[key] = held
        _toast(str(error))


def _forget(cairn: Cairn, fact: str) -> None:
    try:
        _toast(f"Forgotten: {cairn.workspace.facts.forget(fact).text}")
    except CairnError as error:
        _toast(str(error))


def _toast(text: str) -> None:
    st.toast(safe.label(text, limit=500))
