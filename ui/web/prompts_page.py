"""Prompts: a task's templates edited with what a model will be sent, tried side by side, swapped; all can be undone."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.registry import listed
from cairn.ui.web import example_editor, page_messages, safe, template_editor, template_history, template_trials
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
    chosen = cairn.prompts.task(task)
    told = text("prompts.answers_with", description=chosen.description, template=f"`{chosen.template}`")
    st.html(safe.note(told, "note"))
    view = st.segmented_control(
        text("prompts.view"),
        list(_VIEWS),
        default="edit",
        required=True,
        format_func=lambda name: text(_VIEWS[name][0]),
        key="prompts_view",
        label_visibility="collapsed",
    )
    _VIEWS[str(view)][1](cairn, task, template)


def _choice(cairn: Cairn) -> tuple[str, str]:
    """The task and the template that the page is about; the one that answers now is marked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tasks = cairn.prompts.tasks()
        first = tasks.index(cairn.settings.task) if cairn.settings.task in tasks else 0
        task = st.selectbox(text("menus.task"), tasks, first, key="prompts_task", format_func=page_messages.line)
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
