"""A task's examples as a table to change, and which of them a question is sent with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.strategy import Example
from cairn.ui import deletions
from cairn.ui.web import climb_words, page_messages, safe
from cairn.ui.web.page_texts import text


def view(cairn: Cairn, task: str, _template: str) -> None:
    known = cairn.prompts.examples(task)
    spec = cairn.prompts.task(task).examples
    chosen = "examples.not_sent" if spec.selector == "none" else "examples.chosen_by"
    told = text(chosen, selector=climb_words.value_words("selector", spec.selector), count=spec.k)
    st.html(safe.note(told, "note"))
    names = ["input", "output"] + (["database"] if cairn.prompts.task(task).strategy == "sql" else [])
    rows = [{name: dict(one).get(name, "") for name in names} for one in known]
    edited: list[dict[str, Any]] = st.data_editor(
        rows or [dict.fromkeys(names, "")],
        num_rows="dynamic",
        width="stretch",
        column_config={
            "input": st.column_config.TextColumn(text("examples.input"), width="large"),
            "output": st.column_config.TextColumn(text("examples.output"), width="large"),
            "database": st.column_config.TextColumn(text("examples.database")),
        },
        key=(key := f"examples:{task}:{len(known)}"),
    )
    new = _examples(edited, known)
    if st.button(text("examples.save"), type="primary", disabled=new == known):
        with page_messages.telling():
            gone = [known[row] for row in st.session_state[key]["deleted_rows"] if row < len(known)]
            kept = [deletions.keep(cairn, "example", one["input"], {"task": task, "example": one}) for one in gone]
            cairn.prompts.set_examples(task, new)
            told = partial(text, "examples.saved", count=len(new))
            undo, undone = partial(_take_back, cairn, task, known, kept), partial(text, "examples.undone", task=task)
            page_messages.undoable(told, undo, partial(text, "examples.undo"), undone)
            st.rerun()


def _take_back(cairn: Cairn, task: str, known: list[Example], kept: list[str]) -> None:
    cairn.prompts.set_examples(task, known)
    for id in kept:
        deletions.forget(cairn, id)


def _examples(rows: list[dict[str, Any]], known: Sequence[Example]) -> list[Example]:
    """Rows without a question or an answer are left out; one that is as it was keeps who taught it, and when."""
    found: list[Example] = []
    for row in rows:
        if (asked := str(row.get("input") or "")).strip() and (said := str(row.get("output") or "")).strip():
            example: Example = {"input": asked, "output": said}
            if database := str(row.get("database") or "").strip():
                example["database"] = database
            found.append(next((one for one in known if example == _without_origin(one)), example))
    return found


def _without_origin(example: Example) -> dict[str, str]:
    return {name: str(value) for name, value in example.items() if name not in ("by", "at")}
