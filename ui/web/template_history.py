"""What a template said before, what has changed since, and the way back; also against another template."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
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
    sides = [(_told(chosen), before), (text("versions.now", template=template), now)]
    if isinstance(chosen, Version) and chosen.saved > _saved(cairn, task, template, now, known):
        sides.reverse()
    (old, old_text), (new, new_text) = sides
    if changed := _changes(old_text, new_text):
        st.html(safe.verbatim(text("versions.colours", old=old, new=new), "caption"))
    st.code(changed or text("versions.same"), language="diff", wrap_lines=True)
    if isinstance(chosen, Version):
        st.button(
            text("versions.restore"), icon=":material/history:", on_click=_restore, args=(cairn, task, template, before)
        )


def _saved(cairn: Cairn, task: str, template: str, now: str, known: Sequence[Version]) -> float:
    """When the text that holds now was saved; a packaged one is older than all that was saved."""
    found = cairn.prompts.template_file(task, template)
    alike = [one.saved for one in known if one.text == now]
    return max(alike, default=found.path.stat().st_mtime) if found.own else 0.0


def _changes(old: str, new: str) -> str:
    """The lines that went and that came, with some around them; `…` stands for what is the same."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm=""))[3:]
    return "\n".join("…" if line.startswith("@@") else line for line in lines)


def _told(choice: Version | str) -> str:
    return choice if isinstance(choice, str) else f"{datetime.fromtimestamp(choice.saved):%Y-%m-%d %H:%M:%S}"


def _restore(cairn: Cairn, task: str, template: str, before: str) -> None:
    with page_messages.telling():
        template_editor.keep(cairn, task, template, before)
