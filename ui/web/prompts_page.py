"""Prompts: a task's templates edited with what a model will be sent, tried side by side, swapped; all can be undone."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.registry import listed
from cairn.ui.web import (
    example_editor,
    page_messages,
    safe,
    template_editor,
    template_history,
    template_trials,
    thread_choices,
)
from cairn.ui.web.page_texts import text

_VIEWS = {
    "edit": ("prompts.view_edit", template_editor.view),
    "trials": ("prompts.view_trials", template_trials.view),
    "versions": ("prompts.view_versions", template_history.view),
    "examples": ("prompts.view_examples", example_editor.view),
}


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.prompts"), "title"))
    page_messages.undo_bar()
    task, template = _choice(cairn)
    _about(cairn, task)
    st.session_state.setdefault("prompts_view", "edit")
    view = st.segmented_control(
        text("prompts.view"),
        list(_VIEWS),
        required=True,
        format_func=lambda name: text(_VIEWS[name][0]),
        key="prompts_view",
        label_visibility="collapsed",
    )
    _VIEWS[str(view)][1](cairn, task, template)


def _about(cairn: Cairn, task: str) -> None:
    """What the task is for, which template answers, and whether that is what the chat uses."""
    chosen, chat = cairn.prompts.task(task), thread_choices.chat_task(cairn)
    told = [text("prompts.answers_with", description=thread_choices.purpose(chosen), template=f"`{chosen.template}`")]
    told.append(text("prompts.chat_uses" if task == chat else "prompts.chat_other", task=f"`{task}`", chat=f"`{chat}`"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(safe.note(" ".join(told), "note"))
        template_editor.chat_button(cairn, task, "about")


def _choice(cairn: Cairn) -> tuple[str, str]:
    """The task and the template that the page is about; the one that answers now is marked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tasks, chat = cairn.prompts.tasks(), thread_choices.chat_task(cairn)
        if st.session_state.get("prompts_task") not in tasks:
            st.session_state.prompts_task = chat
        task = st.selectbox(text("menus.task"), tasks, key="prompts_task", format_func=partial(_told, chat))
        live = cairn.prompts.task(task).template
        names = cairn.prompts.templates(task)
        key = f"prompts_template:{task}"
        if st.session_state.get(key) not in names:  # none yet, or one that was deleted
            st.session_state[key] = live if live in names else names[0]
        template = st.selectbox(
            text("menus.template"),
            names,
            key=key,
            format_func=page_messages.line,
        )
        with st.popover(text("prompts.new_task"), icon=":material/add:"):
            _new_task(cairn)
    return task, template


def _told(chat: str, task: str) -> str:
    return text("prompts.chat_task", task=task) if task == chat else page_messages.line(task)


def _new_task(cairn: Cairn) -> None:
    with st.form("new_task", border=False):
        name = st.text_input(text("prompts.task_name"), placeholder="tickets")
        description = st.text_input(text("prompts.task_description"))
        strategy = st.selectbox(text("prompts.strategy"), sorted(one.name for one in listed("strategy")))
        if not st.form_submit_button(text("prompts.make")):
            return
    with page_messages.telling():
        cairn.prompts.new_task(name, strategy, description)
        page_messages.toast(text("prompts.made", name=name))
