"""Cases of a set, each folded: what two configurations answered, why it counts as right or wrong, what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.evals.climb.ladder import Group
from cairn.evals.eval_records import Record
from cairn.ui.web import climb_start, climb_words, safe
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import text

Told = Mapping[str, Any]
_SHOWN = 20
_VIEWS = {"instructions": "edit", "examples": "examples"}
"""What is made by hand on the page Prompts, and where there."""


def told(record: Record, metric: str) -> dict[str, Any]:
    """A record in the form that a climb's report has its answers in."""
    score = record.scores.get(metric) or record.scores.get("refused")
    return {
        "id": record.id,
        "question": record.question,
        "answer": record.answer.get("answer"),
        "error": record.answer.get("error"),
        "score": score.value if score else None,
        "reason": score.reason if score else "",
        "sources": record.answer.get("sources", []),
        "steps": record.answer.get("steps", []),
    }


def cases(pairs: Sequence[tuple[Told | None, Told]], names: tuple[str, str], own: str = "") -> None:
    """At most so many of them, more on demand; without a first one the second stands alone. `own`: the home's task."""
    shown = st.session_state.get("cases_shown", _SHOWN)
    for before, after in pairs[:shown]:
        marks = " → ".join(_mark(one) for one in (before, after) if one)
        with st.expander(f"{safe.label(after['question'], 120)} · {marks}"):
            sides = [(name, one) for name, one in zip(names, (before, after), strict=True) if one]
            for column, (name, one) in zip(st.columns(len(sides), gap="medium"), sides, strict=True):
                with column:
                    _answer(name, one)
            _advice(after, own)
    if len(pairs) > shown:
        more = {"cases_shown": shown + _SHOWN}
        st.button(
            text("cases.more", count=len(pairs) - shown),
            type="tertiary",
            on_click=st.session_state.update,
            args=(more,),
        )


def _advice(one: Told, own: str) -> None:
    """What the diagnosis calls the failure, and the ways to what can mend it."""
    if (kind := KINDS.get(one.get("failure") or "")) is None:
        return
    st.html(safe.note(report_here(kind.says, text), "next"))
    if kind.groups:
        ways(kind.groups[0], own, one["id"])


def ways(group: Group, own: str, key: str) -> None:
    """To a climb by such steps, and to the page where they are made by hand."""
    with st.container(horizontal=True):
        told = text("cases.climb", group=climb_words.group(group))
        st.button(told, key=f"advice:{key}", icon=":material/stairs:", on_click=climb_start.propose, args=(group,))
        page = st.session_state.get("pages", {}).get("prompts") if own and group in _VIEWS else None
        if page is not None and st.button(text("cases.edit"), key=f"edit:{key}", icon=":material/edit_note:"):
            st.session_state.prompts_task, st.session_state.prompts_view = own, _VIEWS[group]
            st.switch_page(page)


def _mark(one: Told) -> str:
    return "–" if one["score"] is None else f"{one['score']:.2g}"


def _answer(name: str, one: Told) -> None:
    st.html(safe.verbatim(f"{name} · {_mark(one)}", "side"))
    st.html(safe.html(str(one["answer"])) if one["answer"] else safe.note(str(one["error"] or ""), "problem"))
    if one["reason"]:
        st.html(safe.verbatim(text("cases.why", reason=report_here(one["reason"], text)), "caption"))
    for step in one["steps"]:
        st.html(safe.verbatim(f"{step['tool']}: {step['arguments']}", "arguments"))
    for source in one["sources"]:
        st.html(safe.passage(str(source["quote"]), ()))
