"""A template's text on the left; on the right what a model will be sent with it, for a question of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from cairn.agents.assembly import check_template
from cairn.agents.prompt_preview import Request, render
from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.models.context_window import PromptPart
from cairn.prompts.task_store import packaged_template
from cairn.prompts.template import parse_template
from cairn.prompts.template_fields import BODY, read_fields, with_field
from cairn.prompts.template_versions import TemplateVersions
from cairn.ui.web import deleted_things, page_messages, safe, thread_choices
from cairn.ui.web.page_texts import text

_HEIGHT = 460
_FIELDS = {
    "role": "prompts.field_role",
    "insight": "prompts.field_insight",
    "statement": "prompts.field_statement",
    "personality": "prompts.field_personality",
    BODY: "prompts.field_body",
    "description": "prompts.field_description",
}
_TITLES = {
    "instructions": "prompts.part_system",
    "examples": "prompts.part_example",
    "thread": "prompts.part_thread",
    "question": "prompts.part_question",
}


def view(cairn: Cairn, task: str, template: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left, st.container(key="template_fields"):
        _fields(cairn, task, template)
        _buttons(cairn, task, template)
    with right:
        _preview(cairn, task, template, draft(cairn, task, template))


def draft(cairn: Cairn, task: str, template: str) -> str:
    """The text as it is being edited in this session, else as it is saved."""
    key = draft_key(task, template)
    return st.session_state[key] if key in st.session_state else cairn.prompts.text(task, template)


def is_changed(cairn: Cairn, task: str, template: str) -> bool:
    """Whether there are changes that are not saved."""
    return draft(cairn, task, template) != cairn.prompts.text(task, template)


def draft_key(task: str, template: str) -> str:
    """Where the session has the text that is being edited."""
    return f"draft:{task}:{template}"


def _fields(cairn: Cairn, task: str, template: str) -> None:
    """The template field by field, or its text where that is wished, or has to be set right first."""
    now = draft(cairn, task, template)
    try:
        parts = read_fields(now)
    except CairnError:
        parts = None
    raw = st.toggle(text("prompts.as_text"), key="prompts_as_text", help=text("prompts.text_help"))
    if raw or parts is None:
        _area(cairn, task, template, None, now)
    else:
        for field in _FIELDS:
            _area(cairn, task, template, field, parts[field])
    st.html(safe.note(text("prompts.follows"), "note"))


def _area(cairn: Cairn, task: str, template: str, field: str | None, value: str) -> None:
    key = f"edited:{task}:{template}:{field}"
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    st.text_area(
        text(_FIELDS[field] if field else "prompts.text"),
        key=key,
        height="content" if field else _HEIGHT,
        on_change=_edit,
        args=(cairn, task, template, field, key),
    )


def _edit(cairn: Cairn, task: str, template: str, field: str | None, key: str) -> None:
    with page_messages.telling():
        now, value = draft(cairn, task, template), st.session_state[key]
        st.session_state[draft_key(task, template)] = with_field(now, field, value) if field else value


def _buttons(cairn: Cairn, task: str, template: str) -> None:
    of = (cairn, task, template)
    own = cairn.prompts.template_file(task, template).own
    with st.container(horizontal=True):
        st.button(text("prompts.save"), type="primary", on_click=_save, args=of)
        with st.popover(text("prompts.save_as")), st.form("save_as", border=False):
            st.text_input(text("prompts.new_name"), key=f"new_name:{task}", placeholder="shorter")
            st.form_submit_button(text("prompts.save"), on_click=_save_as, args=of)
        if cairn.prompts.task(task).template != template:
            st.button(text("prompts.swap"), icon=":material/swap_horiz:", on_click=swap, args=of)
        if is_changed(cairn, task, template):  # last: what comes and goes moves nothing under the mouse
            st.button(text("prompts.discard"), type="tertiary", on_click=_discard, args=(task, template))
        if own:
            st.button(text("prompts.delete"), icon=":material/delete:", type="tertiary", on_click=_delete, args=of)
    st.html(safe.note(text("prompts.is_own" if own else "prompts.is_packaged"), "note"))


def _preview(cairn: Cairn, task: str, template: str, wanted: str) -> None:
    st.session_state.setdefault("preview_question", text("prompts.question_example"))
    question = st.text_input(text("prompts.question"), key="preview_question")
    try:
        with cairn.prompts.drafting(task, template, wanted):
            request = render(cairn.workspace, task, question, {"template": template})
    except CairnError as error:
        page_messages.problem(error)
        return
    st.html(safe.verbatim(_sum(request), "caption"))
    for part in request.parts:
        _part(part)
    for tool in request.tools:
        with st.expander(safe.label(text("prompts.tool", name=tool["function"]["name"])), type="compact"):
            st.html(safe.verbatim(str(tool["function"].get("description", "")), "result"))


def _sum(request: Request) -> str:
    tokens = sum(part.tokens for part in request.parts)
    examples = sum(part.kind == "examples" for part in request.parts) // 2
    return text("prompts.sum", tokens=f"{tokens:,}", count=examples, hash=request.hash)


def _part(part: PromptPart) -> None:
    title = text(_TITLES.get(part.kind, "prompts.part_question"), role=part.role, tokens=f"{part.tokens:,}")
    with st.expander(safe.label(title), expanded=part.kind != "thread", type="compact"):
        st.html(safe.verbatim(part.text, "sent"))


def _save(cairn: Cairn, task: str, template: str) -> None:
    with page_messages.telling():
        if is_changed(cairn, task, template):
            keep(cairn, task, template, draft(cairn, task, template))
        else:
            page_messages.toast(text("prompts.unchanged"))


def keep(cairn: Cairn, task: str, template: str, new: str) -> None:
    """Save a template of the home's own; the undo takes the old text back, or the template away where it is new.

    Raises CairnError for a text that the task can't use; then nothing is saved.
    """
    there = template in cairn.prompts.templates(task)
    before = cairn.prompts.text(task, template) if there else None
    own = there and cairn.prompts.template_file(task, template).own
    check_template(cairn.prompts.task(task), parse_template(new, template))
    versions(cairn).save(task, template, new)
    _discard(task, template)

    def undo() -> None:
        if own and before is not None:
            versions(cairn).save(task, template, before)
        else:
            cairn.prompts.forget_text(task, template)
        _discard(task, template)

    live = cairn.prompts.task(task).template == template
    page_messages.undoable(
        partial(text, "prompts.saved" if live else "prompts.saved_aside", task=task, template=template),
        undo,
        partial(text, "prompts.undo_save"),
        partial(text, "prompts.undone_save" if there else "prompts.undone_new", task=task, template=template),
    )


def _save_as(cairn: Cairn, task: str, template: str) -> None:
    """Read in the callback: the form sends the field with the button, or with Enter."""
    with page_messages.telling():
        name = "-".join(st.session_state[f"new_name:{task}"].lower().split())
        keep(cairn, task, name, draft(cairn, task, template))
        _discard(task, template)
        st.session_state[f"prompts_template:{task}"] = name


def _discard(task: str, template: str) -> None:
    st.session_state.pop(draft_key(task, template), None)


def _delete(cairn: Cairn, task: str, template: str) -> None:
    with page_messages.telling():
        if cairn.prompts.task(task).template == template and packaged_template(task, template) is None:
            page_messages.toast(text("prompts.is_live", template=template))
            return
        data = {"task": task, "template": template, "text": cairn.prompts.text(task, template)}
        forget = partial(cairn.prompts.forget_text, task, template)
        deleted_things.delete(cairn, "template", template, data, forget)
        _discard(task, template)


def swap(cairn: Cairn, task: str, template: str) -> None:
    """Make a template the one that answers, from the next question on; the undo takes the task back as it was."""
    with page_messages.telling():
        check_template(cairn.prompts.task(task).patched({"template": template}), cairn.prompts.template(task, template))
        before, live = cairn.prompts.patch(task), cairn.prompts.task(task).template
        cairn.prompts.use(task, {"template": template})
        page_messages.undoable(
            partial(_swapped, cairn, task, template),
            partial(cairn.prompts.set_patch, task, before),
            partial(text, "prompts.undo_swap"),
            partial(text, "prompts.undone_swap", task=task, template=live),
            partial(chat_button, cairn, task, "live"),
        )


def _swapped(cairn: Cairn, task: str, template: str) -> str:
    told, chat = text("prompts.swapped", task=task, template=template), thread_choices.chat_task(cairn)
    return told if task == chat else f"{told} {text('prompts.chat_other', task=task, chat=chat)}"


def chat_button(cairn: Cairn, task: str, place: str) -> None:
    """Has the chat use the task, unless it does."""
    if thread_choices.chat_task(cairn) != task:
        told = safe.label(text("prompts.use_in_chat", task=task))
        st.button(told, key=f"use:{place}", icon=":material/forum:", on_click=_use, args=(cairn, task))


def _use(cairn: Cairn, task: str) -> None:
    with page_messages.telling():
        thread_choices.use(cairn, task)


def versions(cairn: Cairn) -> TemplateVersions:
    """Of the home's templates."""
    return TemplateVersions(cairn.workspace.home, cairn.prompts)


def names(templates: Sequence[str], live: str) -> list[str]:
    """The one that answers now first."""
    return sorted(templates, key=lambda name: (name != live, name))
