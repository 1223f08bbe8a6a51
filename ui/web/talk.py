"""The conversation: what was asked and answered in a thread, and the answer that is being written now."""

from __future__ import annotations

import streamlit as st

from agents.app import Cairn
from cairn.errors import CairnError
from cairn.events import Event
from cairn.hit import Source
from ui.web import draw, reader, safe
from ui.web.view import View, view

SHOWN = 20
TICK_SECONDS = 0.2


def ask(cairn: Cairn, question: str) -> None:
    """Start an answer in the open thread, or in a new one, which is then open."""
    state = st.session_state
    state.pop("refused", None)
    task = state.get("task")
    template = state.get(f"template:{task}")
    try:
        handle = cairn.start(
            question,
            thread=st.query_params.get("thread"),
            task=task,
            patch={"template": template} if template else None,
            model=state.get("model"),
        )
    except CairnError as error:
        state.refused = (question, error)
    else:
        st.query_params["thread"] = handle.thread


def conversation(cairn: Cairn, thread: str) -> bool:
    """Draw the thread; whether an answer is being written in it."""
    running = cairn.running(thread)
    runs = cairn.rooms.runs.of_thread(thread)
    hidden = max(0, len(runs) - st.session_state.get(f"shown:{thread}", SHOWN))
    if hidden and st.button(f"Show {min(hidden, SHOWN)} earlier questions", type="tertiary"):
        st.session_state[f"shown:{thread}"] = len(runs) - hidden + SHOWN
        st.rerun()
    chosen = {message.run: message.text for message in cairn.threads.messages(thread) if message.role == "assistant"}
    for run, question, _state in runs[hidden:]:
        _question(question)
        with st.chat_message("assistant", avatar=":material/landscape:"):
            if run == running or not _view(cairn, run).over:
                _view.clear(cairn, run)
                follow(cairn, run)
            else:
                _finished(cairn, run, chosen.get(run))
    return running is not None


def refused(question: str, error: CairnError) -> None:
    """A question that could not even be started: it stays on the page."""
    _question(question)
    draw.problem(error.message, error.hint)


@st.fragment(run_every=TICK_SECONDS)
def follow(cairn: Cairn, run: str) -> None:
    """The running answer, redrawn from its stored events as they come; any number of pages can follow it."""
    events: list[Event] = st.session_state.setdefault(f"events:{run}", [])
    events.extend(cairn.events(run, len(events)))
    seen = view(events)
    if seen.over:
        del st.session_state[f"events:{run}"]
        st.rerun()
    draw.answer(seen, run)
    if not seen.text:
        st.html(safe.verbatim("Working on it…", "waiting"))
    st.button("Stop", key=f"stop:{run}", icon=":material/stop_circle:", on_click=cairn.stop, args=(run,))


def _question(text: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.html(safe.verbatim(text, "question"))


def _finished(cairn: Cairn, run: str, text: str | None) -> None:
    seen = _view(cairn, run)

    def open_source(source: Source) -> None:
        reader.show(cairn, source)

    def choose(number: int) -> None:
        cairn.choose(run, number)

    draw.answer(seen, run, open_source, choose, seen.chosen_as(text))


@st.cache_resource(max_entries=500, show_spinner=False)
def _view(_cairn: Cairn, run: str) -> View:
    """A finished run never changes."""
    return view(_cairn.events(run))
