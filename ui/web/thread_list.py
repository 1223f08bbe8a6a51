"""The conversations in the side bar: by date, searched, pinned, renamed, written out, deleted with undo."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from itertools import groupby

import streamlit as st

from cairn.agents.service import Cairn
from cairn.memory.thread_store import Thread
from cairn.ui import deletions
from cairn.ui.web import deleted_things, page_choices, page_messages, safe, thread_export
from cairn.ui.web.page_texts import text

SHOWN = 25
_TICK_SECONDS = 3
_OTHERS = {"terminal": "threads.terminal", "program": "threads.program"}
_CLOSE = """<script>
if (innerWidth <= 768) document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click()
</script>"""


def threads(cairn: Cairn) -> None:
    page_messages.undo_bar()
    words = st.text_input(
        text("threads.search"),
        key="thread_search",
        placeholder=text("threads.search"),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    busy = _busy(cairn)
    _follow(cairn, busy)
    known = cairn.threads.search(words) if words.strip() else _listed(cairn, cairn.threads.list(), busy)
    if words.strip() and not known:
        st.html(safe.note(text("threads.none_found"), "note"))
    shown = len(known) if st.session_state.get("all_threads") else SHOWN
    names = _names(known)
    for title, some in _by_date(known):
        st.html(safe.verbatim(title, "heading"))
        for thread in some[: max(0, shown)]:
            _thread(cairn, thread, names[thread.id], busy=thread.id in busy)
        shown -= len(some)
    if shown < 0:
        told = text("threads.show_all", count=len(known))
        st.button(told, key="all_threads_button", type="tertiary", on_click=_show_all)


@st.fragment(run_every=_TICK_SECONDS)
def _follow(cairn: Cairn, busy: set[str]) -> None:
    """The list is drawn anew when something begins or ends to be answered elsewhere, by whatever process."""
    if _busy(cairn) != busy:
        st.rerun()


def _busy(cairn: Cairn) -> set[str]:
    """The conversations that are being answered, or wait for a yes; the open one shows that itself."""
    return cairn.workspace.runs.busy_threads() - {st.query_params.get("thread", "")}


def _listed(cairn: Cairn, known: Sequence[Thread], busy: set[str]) -> Sequence[Thread]:
    """Those of the page, and where that is chosen the others; what is open, pinned or being answered always is."""
    others = {thread.id for thread in known if thread.origin in _OTHERS}
    if not others:
        return known
    chosen = bool(page_choices.read(cairn).get("other_threads"))
    label = text("threads.others", count=len(others))
    if st.toggle(label, chosen, key="others_shown", on_change=_keep_others, args=(cairn,)):
        return known
    stay = busy | {st.query_params.get("thread")}
    return [thread for thread in known if thread.id not in others - stay or thread.pinned]


def _keep_others(cairn: Cairn) -> None:
    with page_messages.telling():
        page_choices.keep(cairn, other_threads=st.session_state.others_shown or None)


def _by_date(known: Sequence[Thread]) -> list[tuple[str, list[Thread]]]:
    """The pinned ones first, then by when they were last used."""
    ordered = sorted(known, key=lambda thread: not thread.pinned)
    return [(title, list(some)) for title, some in groupby(ordered, _title)]


def _title(thread: Thread) -> str:
    if thread.pinned:
        return text("threads.pinned")
    used = date.fromtimestamp(thread.updated)
    days = (date.today() - used).days
    if days < 1:
        return text("threads.today")
    if days < 2:
        return text("threads.yesterday")
    return text("threads.week") if days < 7 else f"{used:%Y-%m}"


def _names(known: Sequence[Thread]) -> dict[str, str]:
    """With where those of others began; conversations that are called alike are told apart by when they began."""
    count = Counter(thread.name for thread in known)
    return {thread.id: _told(thread, alone=count[thread.name] == 1) for thread in known}


def _told(thread: Thread, *, alone: bool) -> str:
    began = datetime.fromtimestamp(thread.created)
    when = f"{began:%H:%M}" if began.date() == date.today() else f"{began:%m-%d %H:%M}"
    name = thread.name if alone else f"{when} · {thread.name}"
    return f"{text(_OTHERS[thread.origin])} · {name}" if thread.origin in _OTHERS else name


def _thread(cairn: Cairn, thread: Thread, name: str, *, busy: bool) -> None:
    if thread.id == st.query_params.get("thread"):
        _current(cairn, thread, name)
        return
    st.button(
        safe.label(name),
        key=f"thread:{thread.id}",
        icon=":material/pending:" if busy else None,
        help=text("threads.busy") if busy else None,
        type="tertiary",
        width="stretch",
        on_click=open_thread,
        args=(thread.id,),
    )


def _current(cairn: Cairn, thread: Thread, name: str) -> None:
    title, menu = st.columns([5, 1], vertical_alignment="center", gap="small")
    title.html(safe.verbatim(name, "current"))
    with menu.popover("", icon=":material/more_vert:", type="tertiary", help=text("threads.menu")):
        of = (cairn, thread.id)
        st.text_input(text("threads.name"), thread.name, key=f"name:{thread.id}", on_change=_rename, args=of)
        told = text("threads.unpin" if thread.pinned else "threads.pin")
        icon = ":material/keep_off:" if thread.pinned else ":material/keep:"
        st.button(told, icon=icon, key=f"pin:{thread.id}", on_click=_pin, args=(*of, not thread.pinned))
        for form, label in thread_export.FORMS.items():
            st.download_button(
                text("threads.export", form=label),
                partial(thread_export.written, cairn, thread, form),
                thread_export.file_name(thread, form),
                icon=":material/download:",
                key=f"export:{form}:{thread.id}",
                on_click="ignore",
            )
        told = text("threads.delete")
        st.button(told, icon=":material/delete:", key=f"delete:{thread.id}", on_click=_delete, args=(cairn, thread))


def open_thread(thread: str | None) -> None:
    """Open a conversation, or None for a new one."""
    st.session_state.pop("refused", None)
    st.session_state.chosen_at = time.time()
    st.session_state.threads_chosen = st.session_state.get("threads_chosen", 0) + 1
    if thread is None:
        st.query_params.pop("thread", None)
    else:
        st.query_params["thread"] = thread


def close_on_a_phone() -> None:
    """Where the side bar lies over the page, it goes away once something was chosen in it."""
    if (chosen := st.session_state.pop("chosen_at", None)) is not None:
        st.html(f"{_CLOSE}<!-- {chosen} -->", unsafe_allow_javascript=True)


def _show_all() -> None:
    st.session_state.all_threads = True


def _rename(cairn: Cairn, thread: str) -> None:
    with page_messages.telling():
        cairn.threads.rename(thread, st.session_state[f"name:{thread}"])


def _pin(cairn: Cairn, thread: str, pinned: bool) -> None:
    with page_messages.telling():
        cairn.threads.pin(thread, pinned)


def _delete(cairn: Cairn, thread: Thread) -> None:
    with page_messages.telling():
        deleted_things.tell(cairn, deletions.delete_thread(cairn, thread.id), partial(open_thread, thread.id))
    open_thread(None)
