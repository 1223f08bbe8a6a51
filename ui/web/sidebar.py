"""The side bar of the chat: what the next question is answered with; the conversations are in `thread_list.py`."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.models.model_registry import Choice
from cairn.ui.web import page_choices, page_hints, page_messages, safe, thread_choices, thread_list
from cairn.ui.web.page_texts import text


def sidebar(cairn: Cairn) -> None:
    with st.sidebar:
        st.html('<div class="cairn-name">Cairn</div>')
        st.button(
            text("threads.new"), icon=":material/add:", width="stretch", on_click=thread_list.open_thread, args=(None,)
        )
        _menus(cairn)
        thread_list.threads(cairn)
        thread_list.close_on_a_phone()


def _menus(cairn: Cairn) -> None:
    """Each choice holds from the next question on."""
    tasks = cairn.prompts.tasks()
    task = st.selectbox(
        text("menus.task"), tasks, key=thread_choices.task_key(cairn, tasks), format_func=page_messages.line
    )
    try:
        chosen = cairn.prompts.task(task)
        templates = cairn.prompts.templates(task)
    except CairnError as error:
        page_messages.problem(error)
        return
    if told := thread_choices.purpose(chosen):
        st.html(safe.note(told, "note"))
    st.selectbox(
        text("menus.template"),
        templates,
        index=None,
        placeholder=chosen.template,
        key=thread_choices.template_key(cairn, task, templates),
        format_func=page_messages.line,
        help=text("menus.template_help"),
    )
    model_menu(cairn, "menus.builtin")


def model_menu(cairn: Cairn, builtin: str, place: str | None = None) -> None:
    """The model of the next question, or of what is tried in a `place`: the chat's first, which it leaves as it is.

    `builtin` names the text where no other one answers.
    """
    try:
        in_use, names = models(cairn)
    except CairnError as error:  # a server that is away or refuses: the menu is the way out
        page_messages.problem(error)
        in_use, names = Choice(cairn.settings.model, ""), ["builtin"]
    key = f"model_menu:{place}"
    st.session_state[key] = kept = chosen_model(place)
    st.selectbox(
        text("menus.model_here" if place else "menus.model"),
        names if kept is None or kept in names else [kept, *names],
        index=None,
        key=key,
        placeholder=in_use.name,
        accept_new_options=True,
        format_func=page_messages.line,
        help=text("menus.model_help"),
        on_change=_keep_model,
        args=(cairn, place),
    )
    name = kept or in_use.name
    if name == "builtin":
        st.html(safe.note(text(builtin), "note"))
    elif not kept and in_use.reason and cairn.settings.model == "auto":
        st.html(safe.note(text("menus.chosen_because", reason=page_hints.said_here(in_use.reason, text)), "note"))


def chosen_model(place: str | None = None) -> str | None:
    """What was chosen in a place, else in the chat; None where nothing was."""
    return st.session_state.get(f"model:{place}") or st.session_state.get("model")


def forget_models(cairn: Cairn) -> None:
    """What was chosen in menus steps back, here and when the page is opened again."""
    for key in [str(key) for key in st.session_state if str(key).startswith("model:")]:
        del st.session_state[key]
    st.session_state.model = None
    page_choices.keep(cairn, model=None)


def model_name(cairn: Cairn, task: str, place: str | None = None) -> str:
    """The model that answers a task: the chosen one, else the task's, else the setting's. Raises TaskError."""
    return chosen_model(place) or cairn.prompts.task(task).model or models(cairn)[0].name


def _keep_model(cairn: Cairn, place: str | None) -> None:
    """Beside the menu's own state, which Streamlit forgets where the menu is not drawn."""
    model = st.session_state[f"model_menu:{place}"]
    if place:
        st.session_state[f"model:{place}"] = model
        return
    st.session_state.model = model
    with page_messages.telling():
        page_choices.keep(cairn, model=model)


@st.cache_data(ttl=30, show_spinner=False)
def models(_cairn: Cairn) -> tuple[Choice, list[str]]:
    """Not asked for at each redraw, since it looks for servers."""
    return _cairn.model_in_use(), _cairn.choices()
