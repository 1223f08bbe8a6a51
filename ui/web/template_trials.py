"""Two templates side by side on saved questions: what each answers, with its tokens and seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.agents.template_trial import ask_with
from cairn.core.answer import Answer
from cairn.core.errors import CairnError, UsageError
from cairn.ui.web import background_jobs, page_messages, safe, sidebar, template_editor
from cairn.ui.web.background_jobs import Job
from cairn.ui.web.page_texts import text

_MOST = 20
_DRAFT = "draft:"
_PLACE = "trials"
"""What the name of a template that is being edited, and not saved, begins with in the menus here."""


@dataclass
class Trial:
    """What was answered until now: a row a question, with an answer for each side that has one."""

    sides: tuple[str, str]
    model: str
    rows: list[tuple[str, list[Answer | CairnError]]] = field(
        default_factory=list[tuple[str, list[Answer | CairnError]]]
    )


def view(cairn: Cairn, task: str, template: str) -> None:
    sides = _sides(cairn, task, template)
    key = f"trial_questions:{task}"
    st.session_state.setdefault(key, "\n".join(cairn.prompts.questions(task)))
    asked = st.text_area(
        text("trials.questions", count=_MOST),
        key=key,
        placeholder=text("prompts.question_example"),
    )
    sidebar.model_menu(cairn, "trials.builtin", _PLACE)
    if sidebar.model_name(cairn, task, _PLACE) == "builtin":
        settings = st.Page(lambda: None, title=text("pages.settings"), url_path="settings")
        st.page_link(settings, label=text("trials.settings"), icon=":material/settings:")
    questions = [line for line in asked.splitlines() if line.strip()][:_MOST]
    name = f"trial:{task}"
    if st.button(text("trials.ask"), type="primary", icon=":material/play_arrow:"):
        with page_messages.telling_here():
            if not questions:
                raise UsageError(text("trials.no_question"))
            cairn.prompts.set_questions(task, questions)
            texts = [template_editor.draft(cairn, task, side.removeprefix(_DRAFT)) for side in sides]
            trial = Trial(sides, sidebar.model_name(cairn, task, _PLACE))
            background_jobs.start(name, partial(_ask, cairn, task, trial, texts, questions))
    show = partial(_results, cairn, task)
    if (known := background_jobs.follow(name, show)) is not None:
        show(known)


def _sides(cairn: Cairn, task: str, template: str) -> tuple[str, str]:
    """The one that answers now on the left; on the right the one that the page is about, as it is being edited."""
    live = cairn.prompts.task(task).template
    known = template_editor.names(cairn.prompts.templates(task), live)
    known += [_DRAFT + name for name in known if template_editor.is_changed(cairn, task, name)]
    wished = (_DRAFT + template, template if template != live else "", *known[1:], live)
    chosen = (live, next(name for name in wished if name in known))
    sides: list[str] = []
    for place, label, first in zip(st.columns(2, gap="medium"), ("trials.first", "trials.second"), chosen, strict=True):
        key = f"trial_{label.partition('.')[2]}:{task}"
        if st.session_state.get(key) not in known:
            st.session_state[key] = first
        sides.append(place.selectbox(text(label), known, key=key, format_func=_told))
    return sides[0], sides[1]


def _told(side: str) -> str:
    return text("trials.draft", name=side.removeprefix(_DRAFT)) if side.startswith(_DRAFT) else side


def _ask(cairn: Cairn, task: str, trial: Trial, texts: list[str], questions: list[str], job: Job) -> Trial:
    """One question after the other; each answer can be seen at once, and stays when the rest is stopped."""
    job.result = trial
    for question in questions:
        trial.rows.append((question, answers := []))
        for side, template in zip(trial.sides, texts, strict=True):
            job.progress(sum(len(there) for _, there in trial.rows), 2 * len(questions), question[:60])
            answers.append(_answer(cairn, task, side.removeprefix(_DRAFT), template, question, trial.model))
    return trial


def _answer(cairn: Cairn, task: str, template: str, its_text: str, question: str, model: str) -> Answer | CairnError:
    try:
        with cairn.prompts.drafting(task, template, its_text):
            return ask_with(cairn.workspace, task, template, question, model)
    except CairnError as error:
        return error


def _results(cairn: Cairn, task: str, job: Job) -> None:
    trial: Trial | None = job.result
    if trial is None:
        return
    st.html(safe.verbatim(text("trials.answered_by", model=trial.model), "caption"))
    for number, side in enumerate(st.columns(2, gap="medium")):
        with side.container(horizontal=True, vertical_alignment="center"):
            st.html(safe.verbatim(_told(trial.sides[number]), "side"))
            if job.over:
                _live(cairn, task, trial.sides[number], number)
    for question, answers in trial.rows:
        st.html(safe.verbatim(question, "asked"))
        for side, answer in zip(st.columns(2, gap="medium"), answers, strict=False):
            with side.container(border=True):
                _shown(answer)


def _live(cairn: Cairn, task: str, side: str, number: int) -> None:
    """Makes it live; where it is, or is not saved yet, the button says so, so that both sides are alike."""
    is_live = side == cairn.prompts.task(task).template
    st.button(
        text("trials.save_first" if side.startswith(_DRAFT) else "trials.is_live" if is_live else "prompts.swap"),
        key=f"swap:{number}",
        icon=":material/swap_horiz:",
        disabled=is_live or side.startswith(_DRAFT),
        on_click=template_editor.swap,
        args=(cairn, task, side),
    )


def _shown(answer: Answer | CairnError) -> None:
    if isinstance(answer, CairnError):
        page_messages.problem(answer)
        return
    st.html(safe.html(answer.answer) if answer.answer else safe.note(answer.error or "", "problem"))
    usage = answer.usage
    told = [text("trials.sources", count=len(answer.sources))] if answer.sources else []
    if usage.input_tokens is not None and usage.output_tokens is not None:
        told.append(text("trials.tokens", sent=f"{usage.input_tokens:,}", written=f"{usage.output_tokens:,}"))
    if answer.seconds is not None:
        told.append(f"{answer.seconds:.1f} s" if answer.seconds >= 1 else f"{answer.seconds * 1000:.0f} ms")
    st.html(safe.verbatim(" · ".join(told), "caption"))
