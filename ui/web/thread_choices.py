"""The task and the template of the next question: each conversation has its own, and begins with what answered last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn


def task_key(cairn: Cairn, tasks: Sequence[str]) -> str:
    """The key of the menu, where the open conversation's choice, or what it begins with, stands afterwards."""
    key = _task_key()
    if st.session_state.get(key) not in tasks:
        wanted = (_last(cairn).get("task"), cairn.settings.task, *tasks)
        st.session_state[key] = next((name for name in wanted if name in tasks), None)
    return key


def template_key(cairn: Cairn, task: str, templates: Sequence[str]) -> str:
    """The same for the template; None is the task's own."""
    key = _template_key(task)
    if st.session_state.get(key, "") not in (None, *templates):
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
    runs = cairn.workspace.runs.of_thread(st.query_params.get("thread", ""))
    events = cairn.events(runs[-1][0])[:1] if runs else []
    return events[0].data if events and events[0].type == "started" else {}


def _task_key() -> str:
    return f"task:{st.query_params.get('thread', '')}"


def _template_key(task: str | None) -> str:
    return f"template:{st.query_params.get('thread', '')}:{task}"
