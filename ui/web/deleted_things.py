"""What was deleted in the last day, on the page: told with an undo, listed, had back, or gone for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.recently_deleted import Deleted
from cairn.ui import deletions
from cairn.ui.deletions import Data, Reading
from cairn.ui.web import document_upload, page_messages, safe
from cairn.ui.web.page_texts import text


def delete(cairn: Cairn, kind: str, name: str, data: Data, remove: Callable[[], object]) -> None:
    """Delete something as `deletions.delete` does, and say so with an undo."""
    tell(cairn, deletions.delete(cairn, kind, name, data, remove))


def tell(cairn: Cairn, kept: Deleted, then: Callable[[], object] | None = None) -> None:
    """Of what was deleted, with an undo; `then` is called once that has put it back."""

    def undo() -> None:
        put_back(cairn, kept.id)
        if then is not None:
            then()

    for_good, still = partial(deletions.delete_now, cairn, kept.id), partial(deletions.is_kept, cairn, kept.id)
    page_messages.deleted(kept.name, undo, for_good, still)


def put_back(cairn: Cairn, id: str) -> None:
    """Documents are read again in the background. Raises CairnError; then it can still be had back."""
    deletions.put_back(cairn, id, _read)


def _read(cairn: Cairn, readings: Sequence[Reading]) -> None:
    document_upload.start(cairn, *readings)


def view(cairn: Cairn) -> None:
    """All of them, what was deleted last first, each with its two buttons."""
    if not (known := deletions.known(cairn)):
        st.html(safe.note(text("settings.nothing_deleted"), "note"))
    for one in known:
        with st.container(horizontal=True, vertical_alignment="center"):
            when = f"{datetime.fromtimestamp(one.deleted):%H:%M}"
            st.html(safe.verbatim(f"{text(f'deleted.{one.kind}')} · {one.name} · {when}", "undo"))
            back, gone = partial(put_back, cairn, one.id), partial(deletions.delete_now, cairn, one.id)
            st.button(text("undo.undo"), key=f"back:{one.id}", icon=":material/undo:", on_click=_do, args=(back,))
            st.button(text("undo.now"), key=f"gone:{one.id}", type="tertiary", on_click=_do, args=(gone,))


def _do(what: Callable[[], None]) -> None:
    with page_messages.telling():
        what()
