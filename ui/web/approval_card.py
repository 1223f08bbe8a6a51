"""What an answer needs the user's yes for, as a card with the arguments to change, and a yes or no."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn, Decision
from cairn.core.errors import CairnError
from cairn.core.events import Approval
from cairn.ui.web import safe

_LONG = 60


def card(cairn: Cairn, run: str, asked: Approval) -> None:
    """Drawn anew from the stored events, it is there after a reload and in every window; the first decision counts."""
    with st.container(border=True):
        st.html(safe.note(f"May `{asked['tool']}` be called with this?", "asked"))
        for name, value in asked["arguments"].items():
            text, key = _text(value), _key(run, asked, name)
            field = st.text_area if len(text) > _LONG or "\n" in text else st.text_input
            field(safe.label(name), text, key=key)
        with st.container(horizontal=True):
            of = f"{run}:{asked['id']}"
            yes, no = (cairn, run, asked, "approve"), (cairn, run, asked, "reject")
            st.button("Approve", key=f"approve:{of}", type="primary", on_click=_decide, args=yes)
            st.button("Reject", key=f"reject:{of}", on_click=_decide, args=no)


def go_on(cairn: Cairn, run: str) -> None:
    """A button under an answer that was broken off."""
    st.button("Go on", key=f"resume:{run}", icon=":material/play_circle:", on_click=_resume, args=(cairn, run))


def _decide(cairn: Cairn, run: str, asked: Approval, decision: Decision) -> None:
    arguments = {name: _typed(run, asked, name, value) for name, value in asked["arguments"].items()}
    edited = decision == "approve" and arguments != asked["arguments"]
    try:
        cairn.decide(run, asked["id"], "edit" if edited else decision, arguments if edited else None)
    except CairnError as error:
        _tell(error)


def _resume(cairn: Cairn, run: str) -> None:
    try:
        cairn.resume(run)
    except CairnError as error:
        _tell(error)


def _tell(error: CairnError) -> None:
    st.toast(safe.label(str(error), limit=300), icon=":material/error:")


def _typed(run: str, asked: Approval, name: str, value: Any) -> Any:
    """What stands in the field; of what was no text, JSON."""
    text = st.session_state.get(_key(run, asked, name), _text(value))
    if isinstance(value, str) or text == _text(value):
        return value if text == _text(value) else text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _key(run: str, asked: Approval, name: str) -> str:
    return f"argument:{run}:{asked['id']}:{name}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
