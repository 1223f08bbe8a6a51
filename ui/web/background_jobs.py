"""What takes longer than a page is drawn: done in a thread of its own, watched by any number of pages, stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from cairn.core.errors import CairnError
from cairn.ui.web import page_messages, safe
from cairn.ui.web.html_pieces import Words
from cairn.ui.web.page_hints import said_here
from cairn.ui.web.page_texts import text

_TICK_SECONDS = 1.0


class Stopped(Exception):
    """Its user wants no more of it."""


@dataclass
class Job:
    """`done` of `total` steps, the last of which `doing` names; `total` 0 is unknown. `told`: what is to be known.

    `counted`: whether the numbers stand beside `doing`.
    """

    name: str
    doing: str = ""
    done: int = 0
    total: int = 0
    told: list[str] = field(default_factory=list[str])
    error: CairnError | None = None
    result: Any = None
    over: bool = False
    stopping: bool = False
    counted: bool = True

    def progress(self, done: int, total: int, doing: str) -> None:
        """Say how far it is. Raises Stopped when it is to end."""
        if self.stopping:
            raise Stopped
        self.done, self.total, self.doing = done, total, doing

    def step(self, doing: str) -> None:
        """One more step is done. Raises Stopped when it is to end."""
        self.progress(self.done + 1, self.total, doing)

    def tell_known(self, known: int, count: int, say: Words) -> None:
        """So many of the answers were there before, if any."""
        if known:
            self.told.append(say("jobs.known", known=known, count=count))


@st.cache_resource(show_spinner=False)
def _jobs() -> dict[str, Job]:
    """Those of all sessions: a page that is opened anew finds its job again."""
    return {}


def job(name: str) -> Job | None:
    """The last one of that name, at work or over."""
    return _jobs().get(name)


def start(name: str, work: Callable[[Job], Any]) -> bool:
    """Begin, unless one of that name is at work; whether it did. What it ends with is its `result`."""
    if (known := job(name)) is not None and not known.over:
        return False
    _jobs()[name] = new = Job(name)
    threading.Thread(target=_run, args=(new, work), name=f"page job {name}", daemon=True).start()
    return True


def _run(new: Job, work: Callable[[Job], Any]) -> None:
    try:
        new.result = work(new)
    except Stopped:
        pass
    except CairnError as error:
        new.error = error
    except Exception:
        new.error = CairnError(text("jobs.broke", "en"))
        raise
    finally:
        new.over = True


def follow(name: str, show: Callable[[Job], object] | None = None) -> Job | None:
    """Draw how far the job is, with a button that stops it; the page is drawn anew at its end. The job, once over.

    `show` draws below it what of the result is there already.
    """
    known = job(name)
    if known is None:
        return None
    if not known.over:
        _watch(name, show)
        return None
    for told in known.told:
        st.html(safe.note(said_here(told, text), "notice"))
    if known.error is not None:
        page_messages.problem(known.error)
    return known


@st.fragment(run_every=_TICK_SECONDS)
def _watch(name: str, show: Callable[[Job], object] | None) -> None:
    known = job(name)
    if known is None or known.over:
        st.rerun()
    share = min(1.0, known.done / known.total) if known.total else 0.0
    count = f" {known.done}/{known.total}" if known.total else f" {known.done}" if known.done else ""
    count = count if known.counted else ""
    st.progress(share, safe.label(f"{known.doing}{count}" if known.doing else text("jobs.begins")))
    told = text("jobs.stopping" if known.stopping else "jobs.stop")
    icon = ":material/stop_circle:"
    st.button(told, key=f"stop:{name}", icon=icon, disabled=known.stopping, on_click=_stop, args=(known,))
    if show is not None:
        show(known)


def _stop(known: Job) -> None:
    known.stopping = True
