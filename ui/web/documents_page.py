"""Documents: brought with progress, listed with their state, looked into, searched, deleted with undo."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from functools import partial

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, UsageError
from cairn.retrieval.catalog_records import SourceInfo
from cairn.retrieval.load import ReadAs
from cairn.retrieval.search_pipeline import SAMPLES
from cairn.ui import deletions
from cairn.ui.web import (
    background_jobs,
    deleted_things,
    document_search,
    document_upload,
    page_messages,
    safe,
    sample_choice,
)
from cairn.ui.web.document_upload import Reading
from cairn.ui.web.page_hints import said_here
from cairn.ui.web.page_texts import text
from cairn.ui.web.shown_documents import shown_names

_VIEWS = {"documents": "documents.view_list", "search": "documents.view_search"}
_PASSAGES = 30
_ENCODINGS = ("utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "koi8-r", "gb18030", "big5hkscs", "cp932", "cp949")
"""Those that are met most, by the names that they are remembered by; any other can be typed."""


_TO_DOCUMENT = """<script>
document.querySelector(".st-key-document_view")?.scrollIntoView({{behavior: "smooth"}}) // {clicked}
</script>"""
"""What was clicked is seen at once, however long the table."""


def page(cairn: Cairn) -> None:
    st.html(safe.verbatim(text("pages.documents"), "title"))
    page_messages.undo_bar()
    document_upload.bring(cairn)
    background_jobs.follow(document_upload.JOB)
    view = st.segmented_control(
        text("prompts.view"),
        list(_VIEWS),
        default="documents",
        required=True,
        format_func=lambda name: text(_VIEWS[name]),
        key="documents_view",
        label_visibility="collapsed",
    )
    sources = cairn.workspace.library.sources()
    if view == "search":
        document_search.view(cairn, shown_names(sources))
    elif sources:
        _list(cairn, sources)
    else:
        st.html(safe.note(text("documents.none"), "note"))


def _list(cairn: Cairn, sources: Sequence[SourceInfo]) -> None:
    names = shown_names(sources)
    searched = _samples(cairn, sources)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        collections = sorted({source.collection for source in sources})
        which = st.selectbox(
            text("documents.collection"), collections, None, placeholder=text("documents.all_collections")
        )
        words = st.text_input(text("documents.filter"), placeholder=text("documents.filter_example"))
    shown = [source for source in sources if which in (None, source.collection) and _fits(source, names, words)]
    table = f"documents:{st.session_state.get('documents_table', 0)}:{hash(tuple(one.source for one in shown))}"
    st.html(safe.note(text("documents.click"), "note"))
    st.dataframe(
        {
            text("documents.name"): [names[source.source] for source in shown],
            text("documents.title"): [source.title for source in shown],
            text("documents.collection"): [source.collection for source in shown],
            text("documents.tags"): [", ".join(source.tags) for source in shown],
            text("documents.added"): [f"{date.fromtimestamp(source.added)}" for source in shown],
            text("documents.date"): [source.date for source in shown],
            text("documents.passages"): [source.chunks for source in shown],
            text("documents.state"): [_state(source, searched) for source in shown],
        },
        hide_index=True,
        height="content" if len(shown) <= 12 else 420,
        key=table,
        on_select=partial(_choose, shown, table),
        selection_mode="single-cell",  # a click anywhere in a row; rows are chosen only by their boxes
    )
    if shown:
        with st.container(key="document_view"):
            _document(cairn, shown, names, searched)
    if clicked := st.session_state.pop("document_clicked", ""):
        st.html(_TO_DOCUMENT.format(clicked=clicked), unsafe_allow_javascript=True)


def _samples(cairn: Cairn, sources: Sequence[SourceInfo]) -> bool:
    """Whether they are searched; beside documents of the user's own that is told, with the other choice."""
    searched = sample_choice.searched(cairn)
    if len({source.collection == SAMPLES for source in sources if source.chunks}) > 1:
        sample_choice.choice(cairn, searched)
    return searched


def _choose(shown: Sequence[SourceInfo], table: str) -> None:
    """The row that was clicked is looked into."""
    if cells := st.session_state[table].selection.cells:
        st.session_state.document = shown[cells[0][0]]
        st.session_state.document_clicked = uuid.uuid4().hex


def _unmark() -> None:
    """Another one was chosen than the row that is marked in the table."""
    st.session_state.documents_table = st.session_state.get("documents_table", 0) + 1


def _fits(source: SourceInfo, names: dict[str, str], words: str) -> bool:
    told = " ".join(
        [names[source.source], source.title or "", _state(source, True), source.state, source.error or "", *source.tags]
    ).casefold()
    return all(word in told for word in words.casefold().split())


def _state(source: SourceInfo, searched: bool) -> str:
    if source.error:
        key = "documents.failed" if source.state == "failed" else "documents.old_version"
        return text(key, reason=said_here(source.error, text))
    if source.collection == SAMPLES:
        return text("documents.sample" if searched else "documents.sample_unused")
    notice = "; ".join(said_here(one, text) for one in (source.notice or "").split("; "))
    return text("documents.ready_but", notice=notice) if notice else text("documents.ready")


def _document(cairn: Cairn, shown: Sequence[SourceInfo], names: dict[str, str], searched: bool) -> None:
    """One of them: why it failed, its passages, and what can be done with it."""
    chosen = st.selectbox(
        text("documents.look_into"),
        shown,
        format_func=lambda one: names[one.source],
        key="document",
        on_change=_unmark,
    )
    name = names[chosen.source]
    st.html(safe.verbatim(_state(chosen, searched), "problem" if chosen.error else "caption"))
    with st.container(horizontal=True):
        again, gone = partial(_add_again, cairn, chosen), partial(_delete, cairn, chosen, name)
        st.button(text("documents.again"), icon=":material/refresh:", on_click=again)
        st.button(safe.label(text("documents.delete", name=name)), icon=":material/delete:", on_click=gone)
        with st.popover(text("documents.read_as"), icon=":material/translate:"):
            _read_as(cairn, chosen)
        with st.popover(text("documents.tag"), icon=":material/label:"), st.form("tags", border=False):
            st.text_input(text("documents.tags_typed"), key=(key := f"tags:{name}"))
            st.form_submit_button(text("documents.tag_add"), on_click=_tag, args=(cairn, chosen, key))
    passages = cairn.workspace.library.passages(chosen.source)
    st.html(safe.verbatim(text("documents.split_into", count=len(passages)), "heading"))
    for number, hit in enumerate(passages[:_PASSAGES], 1):
        where = " · ".join(part for part in (hit.heading, hit.page and text("documents.page", page=hit.page)) if part)
        with st.expander(safe.label(f"{number} {where}".strip()), type="compact", expanded=number == 1):
            st.html(safe.passage(hit.text, ()))


def _read_as(cairn: Cairn, chosen: SourceInfo) -> None:
    """What its user can say of how it is read; it is read again so, and remembered."""
    of, said = f"{chosen.collection}:{chosen.source}", chosen.encoding or ""
    known = list(dict.fromkeys(["", *_ENCODINGS, said]))
    encoding = st.selectbox(
        text("documents.encoding"),
        known,
        known.index(said),
        format_func=lambda name: name or text("documents.encoding_told"),
        accept_new_options=True,
        key=f"encoding:{of}",
    )
    whole = st.toggle(text("documents.whole_page"), chosen.whole_page, key=f"whole:{of}")
    wanted = ReadAs(str(encoding) or None, whole)
    same = wanted == ReadAs(chosen.encoding, chosen.whole_page)
    st.button(text("documents.again_so"), on_click=_add_again, args=(cairn, chosen, wanted), disabled=same)


def _add_again(cairn: Cairn, chosen: SourceInfo, read_as: ReadAs | None = None) -> None:
    with page_messages.telling():
        document_upload.start(cairn, Reading([chosen.source], chosen.collection, chosen.tags, read_as))


def _tag(cairn: Cairn, chosen: SourceInfo, key: str) -> None:
    with page_messages.telling():
        if not (tags := document_upload.tags_of(st.session_state[key])):
            raise UsageError(text("documents.no_tag"))
        document_upload.start(cairn, Reading([chosen.source], chosen.collection, tags))


def _delete(cairn: Cairn, chosen: SourceInfo, name: str) -> None:
    """What was brought through the page stays in its folder for a day, so that it can be read again."""
    with page_messages.telling():
        try:
            before = sample_choice.searched(cairn)
            deleted_things.tell(cairn, deletions.delete_document(cairn, chosen.source, name))
            if not before and sample_choice.searched(cairn):
                page_messages.toast(text("documents.samples_back"))
        except CairnError:
            page_messages.toast(text("documents.not_deleted", name=name))
            raise
