"""The sets that measure: brought, checked, looked through, deleted with undo."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.evals.cases import GOLDS
from cairn.evals.evaluation_request import Wanted, placed_cases
from cairn.evals.set_check import check_set
from cairn.evals.set_library import SUFFIXES, QuestionSet, add_set, remove_set, sets
from cairn.evals.set_review import REVIEWED, Draft, change_of
from cairn.ui import deletions
from cairn.ui.web import deleted_things, page_messages, safe
from cairn.ui.web.page_hints import said_here
from cairn.ui.web.page_texts import text

EXAMPLE = """id,question,answers,sources,contains,refuse
leave,How many days of leave are there?,30 days,handbook.pdf,30,
parking,May guests park here?,,,,true
"""
"""Rows of the commonest kinds; each leaves out what it does not know."""


def view(cairn: Cairn) -> None:
    brought = st.file_uploader(
        text("sets.bring"), [suffix[1:] for suffix in SUFFIXES], accept_multiple_files=True, key=_upload_key()
    )
    st.html(safe.note(text("sets.columns", golds=", ".join(GOLDS)), "note"))
    st.download_button(
        text("sets.example"), EXAMPLE, "questions.csv", "text/csv", icon=":material/download:", type="tertiary"
    )
    for file in brought:
        with page_messages.telling():
            st.session_state.set_shown = kept = add_set(cairn.settings, file.name, file.getvalue())
            page_messages.toast(text("sets.kept", name=kept.name))
    if brought:
        st.session_state.sets_brought = st.session_state.get("sets_brought", 0) + 1
        st.rerun()
    known = sets(cairn.settings)
    chosen = st.selectbox(text("climb.set"), known, format_func=lambda one: one.name, key="set_shown")
    _set(cairn, chosen)


def _upload_key() -> str:
    """Another one after each upload, so that the field is empty again."""
    return f"sets_upload:{st.session_state.get('sets_brought', 0)}"


def _set(cairn: Cairn, chosen: QuestionSet) -> None:
    with st.container(horizontal=True):
        check = st.button(text("sets.check"), icon=":material/fact_check:")
        if not chosen.packaged:
            st.button(text("sets.delete"), icon=":material/delete:", on_click=_delete, args=(cairn, chosen))
    if check:
        _check(cairn, chosen)
    draft = Draft(chosen.file)
    if chosen.packaged or not (waiting := draft.waiting()):
        return
    st.html(safe.verbatim(text("sets.waiting", count=len(waiting)), "heading"))
    number = waiting[0]
    values = {name: value for name, value in draft.values(number).items() if name != REVIEWED}
    with st.form("review"):
        st.html(safe.verbatim("\n".join(f"{name}: {value}" for name, value in values.items()), "arguments"))
        key = f"right:{chosen.name}:{number}"
        st.text_input(text("sets.right"), key=key, placeholder=text("sets.right_example"))
        with st.container(horizontal=True):
            st.form_submit_button(
                text("sets.accept"), type="primary", on_click=_decide, args=(chosen, number, True, key)
            )
            st.form_submit_button(text("sets.refuse"), on_click=_decide, args=(chosen, number, False, key))


def _check(cairn: Cairn, chosen: QuestionSet) -> None:
    with page_messages.telling():
        found = check_set(placed_cases(cairn, Wanted(chosen.file)), cairn.workspace)
        golds = ", ".join(f"{name} {count}" for name, count in found.golds.items())
        st.html(safe.verbatim(text("sets.counted", count=found.cases, golds=golds), "caption"))
        for one in found.findings:
            told = f"{one.told} ({', '.join(one.cases)})" if one.cases else one.told
            st.html(safe.note(said_here(told, text), "problem" if one.wrong else "notice"))
        if not found.wrong:
            st.html(safe.note(text("sets.fine"), "note"))


def _decide(chosen: QuestionSet, number: int, accepted: bool, key: str) -> None:
    with page_messages.telling():
        draft, right = Draft(chosen.file), st.session_state[key]
        if accepted and not (right or draft.has_gold(number)):
            raise UsageError(text("sets.no_gold"))
        if accepted and right:
            draft.edit(number, change_of(right))
        else:
            draft.decide(number, accepted)


def _delete(cairn: Cairn, chosen: QuestionSet) -> None:
    with page_messages.telling():
        remove = partial(remove_set, cairn.settings, chosen.name)
        deleted_things.delete(cairn, "set", chosen.name, deletions.file_data(chosen.file), remove)
