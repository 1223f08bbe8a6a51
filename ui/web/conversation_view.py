"""The conversation: what was asked and answered in a thread, and the answer that is being written now."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError
from cairn.core.events import Event
from cairn.core.source import Source
from cairn.core.task import task_patch
from cairn.memory.run_store import INTERRUPTED, WAITING
from cairn.ui.web import answer_view, approval_card, passage_dialog, safe, thread_choices
from cairn.ui.web.feedback_buttons import thumbs
from cairn.ui.web.run_view import View, view

SHOWN = 20
TICK_SECONDS = 0.2
WATCH_SECONDS = 2.0


def ask(cairn: Cairn, question: str) -> None:
    """Start an answer in the open thread, or in a new one, which is then open."""
    state = st.session_state
    state.pop("refused", None)
    task, template = thread_choices.chosen()
    try:
        handle = cairn.start(
            question,
            thread=st.query_params.get("thread"),
            task=task,
            patch=task_patch(template=template),
            model=state.get("model"),
        )
    except CairnError as error:
        state.refused = (question, error)
    else:
        st.query_params["thread"] = handle.thread
        thread_choices.keep(task, template)


def conversation(cairn: Cairn, thread: str) -> str | None:
    """Draw the thread; `running` while an answer is being written in it, `waiting` while one waits for a decision."""
    running = cairn.running(thread)
    runs = cairn.workspace.runs.of_thread(thread)
    hidden = max(0, len(runs) - st.session_state.get(f"shown:{thread}", SHOWN))
    if hidden and st.button(f"Show {min(hidden, SHOWN)} earlier questions", type="tertiary"):
        st.session_state[f"shown:{thread}"] = len(runs) - hidden + SHOWN
        st.rerun()
    chosen = {message.run: message.text for message in cairn.threads.messages(thread) if message.role == "assistant"}
    for run, question, state in runs[hidden:]:
        _question(question)
        with st.chat_message("assistant", avatar=":material/landscape:"):
            if state == WAITING:
                _waiting(cairn, run)
            elif state == INTERRUPTED:
                _interrupted(cairn, run, last=run == runs[-1][0])
            elif run == running or not _view(cairn, run).over:
                _view.clear(cairn, run)
                follow(cairn, run)
            else:
                _finished(cairn, run, chosen.get(run))
    waiting = any(state == WAITING for _, _, state in runs)
    return WAITING if waiting else running and "running"


def refused(question: str, error: CairnError) -> None:
    """A question that could not even be started: it stays on the page."""
    _question(question)
    answer_view.problem(error.message, error.hint)


@st.fragment(run_every=TICK_SECONDS)
def follow(cairn: Cairn, run: str) -> None:
    """The running answer, redrawn from its stored events as they come; any number of pages can follow it."""
    events: list[Event] = st.session_state.setdefault(f"events:{run}", [])
    events.extend(cairn.events(run, len(events)))
    seen = view(events)
    if seen.over or (seen.answer.approval and cairn.workspace.runs.state(run) == WAITING):
        del st.session_state[f"events:{run}"]
        st.rerun()
    answer_view.answer(seen, run)
    if not seen.text:
        st.html(safe.verbatim("Working on it…", "waiting"))
    st.button("Stop", key=f"stop:{run}", icon=":material/stop_circle:", on_click=cairn.stop, args=(run,))


def _waiting(cairn: Cairn, run: str) -> None:
    """What there is so far, and what is to be decided."""
    answer_view.answer(view(cairn.events(run)), run)
    for asked in cairn.waiting(run):
        approval_card.card(cairn, run, asked)
    st.button("Stop", key=f"stop:{run}", icon=":material/stop_circle:", on_click=cairn.stop, args=(run,))
    _watch(cairn, run, tuple(asked["id"] for asked in cairn.waiting(run)))


@st.fragment(run_every=WATCH_SECONDS)
def _watch(cairn: Cairn, run: str, asked: tuple[str, ...]) -> None:
    """Draws nothing; decided in another window or a terminal, the page is drawn anew."""
    if tuple(one["id"] for one in cairn.waiting(run)) != asked:
        st.rerun()


def _interrupted(cairn: Cairn, run: str, last: bool) -> None:
    """It may still be gone on with, so its view is not kept."""
    answer_view.answer(view(cairn.events(run)), run)
    if last:
        approval_card.go_on(cairn, run)


def _question(text: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.html(safe.verbatim(text, "question"))


def _finished(cairn: Cairn, run: str, text: str | None) -> None:
    seen = _view(cairn, run)

    def open_source(source: Source, quotes: Sequence[str]) -> None:
        passage_dialog.show(cairn, source, quotes)

    def choose(number: int) -> None:
        cairn.choose(run, number)

    answer_view.answer(seen, run, open_source, choose, seen.chosen_as(text))
    thumbs(cairn, run, seen)


@st.cache_resource(max_entries=500, show_spinner=False)
def _view(_cairn: Cairn, run: str) -> View:
    """A finished run never changes."""
    return view(_cairn.events(run))
