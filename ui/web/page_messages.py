"""What a page says of what was done, and of what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from cairn.core.errors import CairnError
from cairn.ui.web import safe
from cairn.ui.web.page_hints import hint_here, said_here
from cairn.ui.web.page_texts import text


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done last, and on which page; `undone` says what holds again, `beside` draws what else can be done."""

    told: Callable[[], str]
    undo: Callable[[], object] | None
    label: Callable[[], str] | None = None
    undone: Callable[[], str] | None = None
    beside: Callable[[], object] | None = None
    for_good: Callable[[], object] | None = None
    still: Callable[[], bool] = lambda: True
    page: str | None = field(default_factory=lambda: st.session_state.get("last_page"))


def problem(error: CairnError) -> None:
    """What went wrong, and what to do."""
    st.html(safe.note(sentence(error), "problem"))


def sentence(error: CairnError) -> str:
    """An error as the page tells it, without the advice to go where one is."""
    here = text(f"hints.{st.session_state.get('last_page') or 'chat'}")
    told = (said_here(error.message, text), hint_here(error.hint, text).replace(here, "").strip())
    return " ".join(part for part in told if part)


def toast(told: str) -> None:
    """A sentence that goes away by itself; every sign in it stands for itself."""
    st.toast(safe.label(told, limit=500))


@contextmanager
def telling() -> Generator[None]:
    """What goes wrong inside is told as a toast: for the callbacks of widgets."""
    try:
        yield
    except CairnError as error:
        toast(sentence(error))


@contextmanager
def telling_here() -> Generator[None]:
    """What goes wrong inside is told in its place on the page."""
    try:
        yield
    except CairnError as error:
        problem(error)


def undoable(
    told: Callable[[], str],
    undo: Callable[[], object],
    label: Callable[[], str] | None = None,
    undone: Callable[[], str] | None = None,
    beside: Callable[[], object] | None = None,
) -> None:
    """Tell of what was done, with a button that undoes it.

    Args:
        told: Says it, in the language of the moment.
        undo: Takes it back.
        label: Names what is undone.
        undone: Says what holds again; it stays where `told` stood.
        beside: Draws what else can be done now.
    """
    st.session_state.done = _Done(told, undo, label, undone, beside)


def deleted(what: str, undo: Callable[[], object], for_good: Callable[[], object], still: Callable[[], bool]) -> None:
    """The same of what was deleted, while it `still` is, with a button that ends the chance to have it back."""
    st.session_state.done = _Done(partial(text, "undo.deleted", what=what), undo, for_good=for_good, still=still)


def undo_bar() -> None:
    """What was done last on this page, and can be undone."""
    last: _Done | None = st.session_state.get("done")
    if last is None or last.page != st.session_state.get("last_page") or not last.still():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="undo_bar"):
        st.html(safe.verbatim(last.told(), "undo"))
        if last.undo is not None:
            of = (last.undo, last.undone)
            named = last.label() if last.label else text("undo.undo")
            st.button(named, key="undo", icon=":material/undo:", on_click=_finish, args=of)
        if last.beside is not None:
            last.beside()
        if last.for_good is not None:
            st.button(text("undo.now"), key="undo_now", type="tertiary", on_click=_finish, args=(last.for_good,))


def _finish(do: Callable[[], object], undone: Callable[[], str] | None = None) -> None:
    st.session_state.pop("done", None)
    with telling():
        do()
        if undone is not None:
            st.session_state.done = _Done(undone, None)


def line(name: str, limit: int = 90) -> str:
    """One line for a menu's option, which is no Markdown."""
    short = " ".join(name.split())
    return short if len(short) <= limit else short[: limit - 1].rstrip() + "…"
