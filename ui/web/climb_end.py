"""Where a climb ended: what would be otherwise, made live and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
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
    task, changes = climbed["task"], climb_words.changes(climbed)
    told = {"task": task, "kept": " + ".join(climbed["kept"])}
    if made_live.is_live(cairn, task, file.stem):
        made_live.live(cairn, task, text("climb.live", **told, changes=changes))
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
        on_click=made_live.make,
        args=(partial(promote_climb, cairn.workspace, file, climbed),),
    )
