"""Two templates side by side on saved questions: what each answers, with its tokens and seconds."""

from __future__ import annotations

import streamlit as st

from cairn.agents.service import Cairn
from cairn.agents.template_trial import ask_with
from cairn.core.answer import Answer
from cairn.core.errors import CairnError, UsageError
from cairn.ui.web import page_messages, safe, template_editor
from cairn.ui.web.page_texts import text

_MOST = 20
Tried = list[tuple[str, list[Answer]]]


def view(cairn: Cairn, task: str, template: str) -> None:
    live = cairn.prompts.task(task).template
    known = template_editor.names(cairn.prompts.templates(task), live)
    left, right = st.columns(2, gap="medium")
    first = left.selectbox(text("trials.first"), known, 0, key=f"trial_first:{task}")
    other = known.index(template) if template != live else min(1, len(known) - 1)
    second = right.selectbox(text("trials.second"), known, other, key=f"trial_second:{task}")
    asked = st.text_area(
        text("trials.questions", count=_MOST),
        "\n".join(cairn.prompts.questions(task)),
        key=f"trial_questions:{task}",
        placeholder=text("prompts.question_example"),
    )
    questions = [line for line in asked.splitlines() if line.strip()][:_MOST]
    key = f"tried:{task}"
    if st.button(text("trials.ask"), type="primary", icon=":material/play_arrow:"):
        with page_messages.telling_here():
            if not questions:
                raise UsageError(text("trials.no_question"))
            cairn.prompts.set_questions(task, questions)
            st.session_state[key] = ((first, second), _tried(cairn, task, (first, second), questions))
    if key in st.session_state:
        _results(cairn, task, *st.session_state[key])


def _tried(cairn: Cairn, task: str, templates: tuple[str, str], questions: list[str]) -> Tried:
    """One question after the other, so that what was answered already can be counted."""
    found: Tried = []
    bar = st.progress(0.0, text("trials.running"))
    for number, question in enumerate(questions, 1):
        found.append((question, [_answer(cairn, task, template, question) for template in templates]))
        bar.progress(number / len(questions), text("trials.done_of", done=number, total=len(questions)))
    bar.empty()
    return found


def _answer(cairn: Cairn, task: str, template: str, question: str) -> Answer:
    try:
        return ask_with(cairn.workspace, task, template, question, st.session_state.get("model"))
    except CairnError as error:
        return Answer(run=None, error=page_messages.sentence(error))


def _results(cairn: Cairn, task: str, templates: tuple[str, str], tried: Tried) -> None:
    live = cairn.prompts.task(task).template
    for side, template in zip(st.columns(2, gap="medium"), templates, strict=True):
        with side.container(horizontal=True, vertical_alignment="center"):
            st.html(safe.verbatim(text("prompts.live", name=template) if template == live else template, "side"))
            if template != live:
                st.button(
                    text("prompts.swap"),
                    key=f"swap:{template}",
                    icon=":material/swap_horiz:",
                    on_click=template_editor.swap,
                    args=(cairn, task, template),
                )
    for question, answers in tried:
        st.html(safe.verbatim(question, "asked"))
        for side, answer in zip(st.columns(2, gap="medium"), answers, strict=True):
            with side.container(border=True):
                _shown(answer)


def _shown(answer: Answer) -> None:
    st.html(safe.html(answer.answer) if answer.answer else safe.note(answer.error or "", "problem"))
    usage = answer.usage
    told = [f"{len(answer.sources)} · " + text("trials.sources")] if answer.sources else []
    if usage.input_tokens is not None and usage.output_tokens is not None:
        told.append(text("trials.tokens", sent=f"{usage.input_tokens:,}", written=f"{usage.output_tokens:,}"))
    if answer.seconds is not None:
        told.append(f"{answer.seconds:.1f} s" if answer.seconds >= 1 else f"{answer.seconds * 1000:.0f} ms")
    st.html(safe.verbatim(" · ".join(told), "caption"))
