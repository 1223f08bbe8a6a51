"""What a template said before, what has changed since, and the way back; also against another template."""

from __future__ import annotations

import difflib
from datetime import datetime

import streamlit as st

from cairn.agents.service import Cairn
from cairn.prompts.template_versions import Version
from cairn.ui.web import page_messages, safe, template_editor
from cairn.ui.web.page_texts import text


def view(cairn: Cairn, task: str, template: str) -> None:
    now = cairn.prompts.text(task, template)
    others = [name for name in cairn.prompts.templates(task) if name != template]
    known = template_editor.versions(cairn).list(task, template)
    choices: list[Version | str] = [*(one for one in known if one.text != now), *others]
    if not choices:
        st.html(safe.note(text("versions.none"), "note"))
        return
    chosen = st.selectbox(text("versions.compare", template=template), choices, format_func=_told)
    before = chosen.text if isinstance(chosen, Version) else cairn.prompts.text(task, chosen)
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), _told(chosen), template, lineterm="")
    st.code("\n".join(lines) or text("versions.same"), language="diff", wrap_lines=True)
    if isinstance(chosen, Version):
        st.button(
            text("versions.restore"), icon=":material/history:", on_click=_restore, args=(cairn, task, template, before)
        )


def _told(choice: Version | str) -> str:
    return choice if isinstance(choice, str) else f"{datetime.fromtimestamp(choice.saved):%Y-%m-%d %H:%M:%S}"


def _restore(cairn: Cairn, task: str, template: str, before: str) -> None:
    with page_messages.telling():
        template_editor.keep(cairn, task, template, before)
        st.session_state.pop(template_editor.draft_key(task, template), None)
