"""What is remembered of the user: to be read, added to, corrected and forgotten, with an undo."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.memory.fact_store import LONGEST, Fact
from cairn.tools.memory_tools import tell
from cairn.ui import deletions
from cairn.ui.web import deleted_things, page_messages, safe
from cairn.ui.web.page_texts import text

_SHOWN = 30


def remembered(cairn: Cairn) -> None:
    st.text_input(
        text("memory.add"),
        key="fact:new",
        max_chars=LONGEST,
        placeholder=text("memory.example"),
        on_change=_add,
        args=(cairn,),
    )
    facts = cairn.workspace.facts.list()
    shown = len(facts) if st.session_state.get("all_facts") else _SHOWN
    for fact in facts[:shown]:
        _fact(cairn, fact)
    if len(facts) > shown:
        told = text("memory.show_all", count=len(facts))
        st.button(told, type="tertiary", on_click=st.session_state.update, kwargs={"all_facts": True})
    if not facts:
        st.html(safe.note(text("memory.nothing"), "note"))


def _fact(cairn: Cairn, fact: Fact) -> None:
    field, button = st.columns([12, 1], vertical_alignment="center", gap="small")
    st.session_state.setdefault(f"fact:{fact.id}", fact.text)
    said = text("memory.said_by_user" if fact.said_by == "user" else "memory.said_by_model")
    field.text_input(
        text("memory.fact"),
        key=f"fact:{fact.id}",
        max_chars=LONGEST,
        label_visibility="collapsed",
        help=f"{said}, {datetime.fromtimestamp(fact.created):%Y-%m-%d %H:%M}",
        on_change=_correct,
        args=(cairn, fact.id),
    )
    button.button(
        "",
        icon=":material/delete:",
        key=f"forget:{fact.id}",
        type="tertiary",
        help=text("memory.forget"),
        on_click=_forget,
        args=(cairn, fact),
    )


def _add(cairn: Cairn) -> None:
    if not (said := st.session_state["fact:new"]).strip():
        return
    with page_messages.telling():
        page_messages.toast(tell(cairn.workspace.facts.add(said)))
        st.session_state["fact:new"] = ""


def _correct(cairn: Cairn, fact: str) -> None:
    """A field that goes with its fact, as when a model replaced it, may report a change that nobody made."""
    key = f"fact:{fact}"
    held = next((one.text for one in cairn.workspace.facts.list() if one.id == fact), None)
    said = st.session_state.get(key)
    if held is None or said is None or said == held:
        return
    try:
        page_messages.toast(tell(cairn.workspace.facts.correct(fact, said)))
    except CairnError as error:
        st.session_state[key] = held
        page_messages.toast(page_messages.sentence(error))


def _forget(cairn: Cairn, fact: Fact) -> None:
    with page_messages.telling():
        deleted_things.tell(cairn, deletions.forget_facts(cairn, fact.id))
