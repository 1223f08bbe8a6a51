"""What was measured is made live, and taken back where it was made live."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.evals.promotion import Promotion, promotions, rollback
from cairn.ui.web import page_messages, safe
from cairn.ui.web.page_texts import text
from cairn.ui.web.template_editor import chat_button


def is_live(cairn: Cairn, task: str, evaluation: str) -> bool:
    """Whether the task's last promotion is of this evaluation or climb."""
    known = promotions(cairn.workspace, task) if task in cairn.prompts.tasks() else []
    return bool(known) and known[-1].evaluation == evaluation


def live(cairn: Cairn, task: str, told: str) -> None:
    """What is live, with the way back, and to the chat where another task answers there."""
    st.html(safe.note(told, "fine"))
    with st.container(horizontal=True):
        undo_button(cairn, task)
        chat_button(cairn, task, "made_live")


def undo_button(cairn: Cairn, task: str) -> None:
    """Takes the task's last promotion back."""
    undo = partial(_taken_back, cairn, task)
    st.button(text("undo.undo"), key=f"take_back:{task}", icon=":material/undo:", on_click=undo)


def make(promote: Callable[[], Promotion]) -> None:
    """Make it live, and say so."""
    with page_messages.telling():
        page_messages.toast(text("climb.promoted", task=promote().task))


def _taken_back(cairn: Cairn, task: str) -> None:
    with page_messages.telling():
        rollback(cairn.workspace, task)
        page_messages.toast(text("climb.undone", task=task))
