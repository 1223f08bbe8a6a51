"""Where a climb ended: what would be otherwise, made live and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.promotion import promote_climb
from cairn.evals.sample_home import NAME as SAMPLES
from cairn.ui.web import climb_words, made_live, safe
from cairn.ui.web.page_texts import text

Climb = Mapping[str, Any]


def end(cairn: Cairn, file: Path, climbed: Climb) -> None:
    """What was kept, and what it does otherwise: made live, or live and taken back."""
    if not climbed["kept"]:
        return
    st.html(_changes(climbed))
    task = climbed["task"]
    told = {"task": task, "kept": " + ".join(map(climb_words.rung, climbed["kept"]))}
    if made_live.is_live(cairn, task, file.stem):
        made_live.live(cairn, task, text("climb.live", **told))
        return
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
        on_click=made_live.make,
        args=(partial(promote_climb, cairn.workspace, file, climbed),),
    )


def _changes(climbed: Climb) -> str:
    """Each in words, and behind them the setting, for who writes tasks."""
    if not (changes := climb_words.changes(climbed)):
        return ""
    lines = "".join(
        f'<li>{escape(words)} <span class="cairn-setting">{escape(setting)}</span></li>' for words, setting in changes
    )
    return f'<div class="cairn-markdown">{escape(text("climb.otherwise"))}<ul>{lines}</ul></div>'
