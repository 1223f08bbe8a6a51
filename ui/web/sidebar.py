"""The side bar: threads, and what the next question is answered with."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.memory.thread_store import Thread
from cairn.models.model_registry import Choice
from cairn.ui.web import memory_dialog, safe, thread_choices

SHOWN = 25
BUILTIN = (
    "Cairn's built-in stand-in answers. It looks things up, calculates and quotes what it finds; it is not a language "
    "model. For one, set OPENAI_API_KEY, start Ollama, or choose a model above. `cairn doctor` tells more."
)


def sidebar(cairn: Cairn) -> None:
    with st.sidebar:
        st.html('<div class="cairn-name">Cairn</div>')
        st.button("New conversation", icon=":material/add:", width="stretch", on_click=_open, args=(None,))
        _menus(cairn)
        memory_dialog.remembered(cairn)
        _threads(cairn)


def _menus(cairn: Cairn) -> None:
    """Each choice holds from the next question on."""
    tasks = cairn.prompts.tasks()
    task = st.selectbox("Task", tasks, key=thread_choices.task_key(cairn, tasks), format_func=safe.label)
    try:
        chosen = cairn.prompts.task(task)
        templates = cairn.prompts.templates(task)
    except CairnError as error:
        st.html(safe.note(str(error), "problem"))
        return
    if chosen.description:
        st.html(safe.note(chosen.description, "note"))
    st.selectbox(
        "Template",
        templates,
        index=None,
        placeholder=chosen.template,
        key=thread_choices.template_key(cairn, task, templates),
        format_func=safe.label,
        help="Unless one is chosen here, the task's own: `cairn prompts use` sets it.",
    )
    _model_menu(cairn)


def _model_menu(cairn: Cairn) -> None:
    in_use, names = _models(cairn)
    st.selectbox(
        "Model",
        names,
        index=None,
        key="model",
        placeholder=in_use.name,
        accept_new_options=True,
        format_func=safe.label,
        help="Any `provider:name`; type to add one.",
    )
    name = st.session_state.get("model") or in_use.name
    if name == "builtin":
        st.html(safe.note(BUILTIN, "note"))
    elif name == in_use.name and cairn.settings.model == "auto":
        st.html(safe.note(f"Chosen because {in_use.reason}.", "note"))


@st.cache_data(ttl=30, show_spinner=False)
def _models(_cairn: Cairn) -> tuple[Choice, list[str]]:
    """Not asked for at each redraw, since it looks for servers."""
    return _cairn.model_in_use(), _cairn.choices()


def _threads(cairn: Cairn) -> None:
    threads = cairn.threads.list()
    current = st.query_params.get("thread")
    if threads:
        st.html('<div class="cairn-heading">Conversations</div>')
    shown = len(threads) if st.session_state.get("all_threads") else SHOWN
    for thread in threads[:shown]:
        if thread.id == current:
            _current(cairn, thread)
        else:
            st.button(
                safe.label(thread.name),
                key=f"thread:{thread.id}",
                type="tertiary",
                width="stretch",
                on_click=_open,
                args=(thread.id,),
            )
    if len(threads) > shown:
        st.button(f"Show all {len(threads)}", key="all_threads_button", type="tertiary", on_click=_show_all)


def _current(cairn: Cairn, thread: Thread) -> None:
    name, menu = st.columns([5, 1], vertical_alignment="center", gap="small")
    name.html(safe.verbatim(thread.name, "current"))
    with menu.popover("", icon=":material/more_vert:", type="tertiary"):
        st.text_input("Name", thread.name, key=f"name:{thread.id}", on_change=_rename, args=(cairn, thread.id))
        st.button(
            "Delete this conversation",
            icon=":material/delete:",
            key=f"delete:{thread.id}",
            on_click=_delete,
            args=(cairn, thread.id),
        )


def _open(thread: str | None) -> None:
    st.session_state.pop("refused", None)
    if thread is None:
        st.query_params.pop("thread", None)
    else:
        st.query_params["thread"] = thread


def _show_all() -> None:
    st.session_state.all_threads = True


def _rename(cairn: Cairn, thread: str) -> None:
    try:
        cairn.threads.rename(thread, st.session_state[f"name:{thread}"])
    except CairnError as error:
        st.toast(safe.label(str(error), limit=500))


def _delete(cairn: Cairn, thread: str) -> None:
    if run := cairn.running(thread):
        cairn.stop(run)
    try:
        cairn.threads.delete(thread)
    except CairnError as error:
        st.toast(safe.label(str(error), limit=500))
    _open(None)
