"""The task and the template of the next question: each conversation has its own, and begins with what answered last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.task import Task
from cairn.prompts.task_store import packaged_task
from cairn.ui.web import page_choices
from cairn.ui.web.page_texts import reader_language, section


def task_key(cairn: Cairn, tasks: Sequence[str]) -> str:
    """The key of the menu, where the open conversation's choice, or what it begins with, stands afterwards.

    It is set anew each time: a menu that is drawn again after another page shows only what was set in the same run.
    """
    key = _task_key()
    task = st.session_state.get(key)
    if task not in tasks:
        wanted = (_last(cairn).get("task"), st.session_state.get("chat_task"), cairn.settings.task, *tasks)
        task = next((name for name in wanted if name in tasks), None)
    st.session_state[key] = task
    return key


def chat_task(cairn: Cairn) -> str:
    """The task that answers in the chat: of the conversation that is open, or was last."""
    return st.session_state[task_key(cairn, cairn.prompts.tasks())]


def purpose(task: Task) -> str:
    """What a task is for; of a packaged one in the reader's language, unless the home says otherwise of it."""
    known = section("tasks", reader_language())
    packaged = task.name in known and task.description == packaged_task(task.name).description
    return str(known[task.name]) if packaged else task.description


def use(cairn: Cairn, task: str) -> None:
    """Have a task answer in the conversation that was open last, and in each new one. Raises StorageError."""
    st.session_state[_task_key()] = st.session_state.chat_task = task
    page_choices.keep(cairn, chat_task=task)


def template_key(cairn: Cairn, task: str, templates: Sequence[str]) -> str:
    """The same for the template; None is the task's own."""
    key = _template_key(task)
    template = st.session_state.get(key, "")
    if template not in (None, *templates):
        last = _last(cairn)
        template = (last.get("patch") or {}).get("template") if last.get("task") == task else None
    st.session_state[key] = template if template in templates else None
    return key


def chosen() -> tuple[str | None, str | None]:
    """The task and the template of the menus."""
    task = st.session_state.get(_task_key())
    return task, st.session_state.get(_template_key(task))


def keep(task: str | None, template: str | None) -> None:
    """The conversation that was just begun goes on with these; its first event may not be stored yet."""
    st.session_state[_task_key()] = task
    st.session_state[_template_key(task)] = template


def _last(cairn: Cairn) -> dict[str, Any]:
    """How the last run of the open conversation was started."""
    runs = cairn.workspace.runs.of_thread(_thread())
    events = cairn.events(runs[-1][0])[:1] if runs else []
    return events[0].data if events and events[0].type == "started" else {}


def _thread() -> str:
    """The conversation that is open; on other pages the one that coming back to the chat opens again."""
    away = st.session_state.get("last_thread") if st.session_state.get("last_page") else None
    return st.query_params.get("thread") or away or ""


def _task_key() -> str:
    return f"task:{_thread()}"


def _template_key(task: str | None) -> str:
    return f"template:{_thread()}:{task}"
