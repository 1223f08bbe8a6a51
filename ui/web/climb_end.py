"""Where a climb ended: what would be otherwise, made live and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.promotion import promote_climb, promotions, rollback
from cairn.evals.sample_home import NAME as SAMPLES
from cairn.ui.web import climb_words, page_messages, safe
from cairn.ui.web.page_texts import text

Climb = Mapping[str, Any]


def end(cairn: Cairn, file: Path, climbed: Climb) -> None:
    """What was kept, and what it does otherwise: made live, or live and taken back."""
    if not climbed["kept"]:
        return
    task, changes = climbed["task"], climb_words.changes(climbed)
    told = {"task": task, "kept": " + ".join(climbed["kept"])}
    if is_live(cairn, file, climbed):
        st.html(safe.note(text("climb.live", **told, changes=changes), "fine"))
        st.button(text("climb.back"), icon=":material/undo:", on_click=_taken_back, args=(cairn, task))
        return
    st.html(safe.note(text("climb.otherwise", changes=changes), "note"))
    if task not in cairn.prompts.tasks():
        if task != SAMPLES:
            st.html(safe.note(text("climb.no_task", task=task), "note"))
            return
        st.html(safe.note(text("climb.copied", task=task), "note"))
    st.button(
        text("climb.promote", **told),
        type="primary" if climb_words.is_proven(climbed) else "secondary",
        icon=":material/publish:",
        help=text("climb.promote_help", task=task),
        on_click=_promoted,
        args=(cairn, file, climbed),
    )


def is_live(cairn: Cairn, file: Path, climbed: Climb) -> bool:
    """Whether the task's last promotion is of this report."""
    known = promotions(cairn.workspace, climbed["task"]) if climbed["task"] in cairn.prompts.tasks() else []
    return bool(known) and known[-1].evaluation == file.stem


def _promoted(cairn: Cairn, file: Path, climbed: Climb) -> None:
    with page_messages.telling():
        promotion = promote_climb(cairn.workspace, file, climbed)
        undo = partial(_take_back, cairn, promotion.task)
        page_messages.undoable(partial(text, "climb.promoted", task=promotion.task), undo)


def _taken_back(cairn: Cairn, task: str) -> None:
    st.session_state.pop("done", None)
    with page_messages.telling():
        _take_back(cairn, task)


def _take_back(cairn: Cairn, task: str) -> None:
    rollback(cairn.workspace, task)
    page_messages.toast(text("climb.undone", task=task))
