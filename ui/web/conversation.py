"""The conversation on the page: one component, whose script draws what `conversation_routes.py` sends it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer

from cairn.ui.web import page_messages, plan_drawing, thread_choices
from cairn.ui.web.page_home import open_home, page_key
from cairn.ui.web.page_texts import reader_language, section, text

KEY = "conversation"
_SCRIPT = """
const script = import(new URL("/api/page/conversation.js", location.href));
export default (component) => {
  script.then((page) => page.draw(component));
  return () => script.then((page) => page.leave(component));
};
"""
_NOT_DRAWN = re.compile(
    r"//|<|@\{|%%\{|^\s*---|\bclick\b|\bhref\b|\burl\b|\bstyle\b|classDef|linkStyle|import|\\u|&#",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST_DRAWING = 20_000


def conversation(thread: str | None, examples: Sequence[str]) -> None:
    """The open thread, or where a new one begins.

    Args:
        thread: Its id, None for a new one.
        examples: Questions to begin with.
    """
    task, template = thread_choices.chosen()
    data = {
        "key": page_key(),
        "thread": thread,
        "begun": st.session_state.get("begun"),
        "chosen": st.session_state.get("threads_chosen", 0),
        "task": task,
        "template": template,
        "model": st.session_state.get("model"),
        "language": reader_language(),
        "examples": list(examples),
        "texts": section("ask", reader_language()),
    }
    _component()(
        key=KEY,
        data=data,
        on_opened_change=_opened,
        on_drawing_change=_drawn,
        on_planned_change=_planned,
        on_brought_change=lambda: None,  # the page is drawn anew: what the samples answer is another thing now
    )


@cache
def _component() -> ComponentRenderer:
    return component("conversation", js=_SCRIPT, isolate_styles=False)


def _opened() -> None:
    """A question began a thread, or a branch of one: it goes on with what the menus say.

    Unless another one was chosen since: what was pressed last is what is open.
    """
    opened = st.session_state[KEY].opened
    if opened["chosen"] != st.session_state.get("threads_chosen", 0):
        return
    task, template = thread_choices.chosen()
    st.query_params["thread"] = st.session_state.begun = opened["thread"]
    thread_choices.keep(task, template)


def _drawn() -> None:
    """A diagram that a model wrote."""
    drawing = st.session_state[KEY].drawing
    if len(drawing) > _LONGEST_DRAWING or not drawable(drawing):
        page_messages.toast(text("ask.undrawable"))
    else:
        _show(drawing)


def _planned() -> None:
    """The plan of a run, which `plan_drawing` drew."""
    answer = open_home().answer(st.session_state[KEY].planned)
    if drawing := plan_drawing.graph(answer.plan or []):
        _show(drawing)


def _show(drawing: str) -> None:
    @st.dialog(text("ask.drawing"), width="large")
    def show() -> None:
        st.mermaid_chart(drawing)

    show()


def drawable(drawing: str) -> bool:
    """Whether nothing in it names an address, a style, a click or HTML: Mermaid would load or run some of these."""
    return _NOT_DRAWN.search(drawing) is None
