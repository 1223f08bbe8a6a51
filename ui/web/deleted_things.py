"""What was deleted in the last day, of every kind: had back, or gone for good."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.recently_deleted import Deleted, RecentlyDeleted
from cairn.evals.evaluation_request import records_folder
from cairn.evals.set_library import add_set
from cairn.memory.fact_store import Fact
from cairn.prompts.template_versions import TemplateVersions
from cairn.retrieval.load import ReadAs
from cairn.ui.web import document_upload, page_messages, safe
from cairn.ui.web.document_upload import Reading
from cairn.ui.web.page_texts import text

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a kind is called, how it is put back, and what of it lies elsewhere and goes for good."""

    name: str
    back: Callable[[Cairn, Data], object]
    gone: Callable[[Cairn, Data], object] = lambda _cairn, _data: None


def delete(
    cairn: Cairn,
    kind: str,
    name: str,
    data: Data,
    remove: Callable[[], object],
    then: Callable[[], object] | None = None,
) -> None:
    """Delete something so that it can be had back for a day, and say so with an undo.

    Args:
        cairn: The home.
        kind: Which of the kinds below.
        name: As people know it.
        data: What it takes to put it back.
        remove: Deletes it.
        then: Called once the undo that is shown has put it back.

    Raises:
        CairnError: It can't be deleted; then nothing has changed.
    """
    empty(cairn)
    kept = _all(cairn).delete(kind, name, data, remove)

    def undo() -> None:
        put_back(cairn, kept.id)
        if then is not None:
            then()

    def still() -> bool:
        return _all(cairn).get(kept.id) is not None

    page_messages.deleted(name, undo, partial(delete_now, cairn, kept.id), still)


def keep(cairn: Cairn, kind: str, name: str, data: Data) -> str:
    """Keep what is about to be deleted together with others; its id. Raises StorageError."""
    return _all(cairn).keep(kind, name, data).id


def forget(cairn: Cairn, id: str) -> None:
    """It was put back otherwise."""
    _all(cairn).forget(id)


def put_back(cairn: Cairn, id: str) -> None:
    """Nothing happens where it is back already, or gone. Raises CairnError; then it can still be had back."""
    if (one := _all(cairn).get(id)) is not None:
        _KINDS[one.kind].back(cairn, one.data)
        _all(cairn).forget(id)


def delete_now(cairn: Cairn, id: str) -> None:
    """At once and for good, in the home's files as well."""
    if (one := _all(cairn).get(id)) is not None:
        _delete_now(cairn, one)


def empty(cairn: Cairn) -> None:
    """What was deleted a day ago is gone from now on."""
    cairn.threads.empty()
    for one in _all(cairn).old():
        _delete_now(cairn, one)


def view(cairn: Cairn) -> None:
    """All of them, what was deleted last first, each with its two buttons."""
    empty(cairn)
    known = [one for one in _all(cairn).list() if one.kind in _KINDS]
    if not known:
        st.html(safe.note(text("settings.nothing_deleted"), "note"))
    for one in known:
        with st.container(horizontal=True, vertical_alignment="center"):
            when = f"{datetime.fromtimestamp(one.deleted):%H:%M}"
            st.html(safe.verbatim(f"{text(_KINDS[one.kind].name)} · {one.name} · {when}", "undo"))
            back, gone = partial(put_back, cairn, one.id), partial(delete_now, cairn, one.id)
            st.button(text("undo.undo"), key=f"back:{one.id}", icon=":material/undo:", on_click=_do, args=(back,))
            st.button(text("undo.now"), key=f"gone:{one.id}", type="tertiary", on_click=_do, args=(gone,))


def file_data(file: Path) -> dict[str, str]:
    """What it takes to write a file anew."""
    return {"file": file.name, "bytes": b64encode(file.read_bytes()).decode()}


def _all(cairn: Cairn) -> RecentlyDeleted:
    return RecentlyDeleted(cairn.settings.home, cairn.settings.user)


def _delete_now(cairn: Cairn, one: Deleted) -> None:
    if kind := _KINDS.get(one.kind):
        kind.gone(cairn, one.data)
    _all(cairn).forget(one.id)
    cairn.workspace.database.overwrite_deleted()


def _do(what: Callable[[], None]) -> None:
    with page_messages.telling():
        what()


def _read_again(cairn: Cairn, data: Data) -> None:
    """A document: from where it lies, read as it was, into each collection that had it. Raises UsageError."""
    source = data["source"]
    if not source.startswith(("http://", "https://")) and not Path(source).exists():
        raise UsageError(text("documents.file_gone", name=Path(source).name))
    readings = [
        Reading([source], place["collection"], place["tags"], ReadAs(place["encoding"], place["whole_page"]))
        for place in data["places"]
    ]
    document_upload.start(cairn, *readings)


def _add_example(cairn: Cairn, data: Data) -> None:
    known = cairn.prompts.examples(data["task"])
    if data["example"] not in known:
        cairn.prompts.set_examples(data["task"], [*known, data["example"]])


def _forget_versions(cairn: Cairn, data: Data) -> None:
    """Unless there is a template of that name again."""
    if data["template"] not in cairn.prompts.templates(data["task"]):
        TemplateVersions(cairn.workspace.home, cairn.prompts).forget(data["task"], data["template"])


def _write_record(cairn: Cairn, data: Data) -> None:
    (records_folder(cairn.settings) / data["file"]).write_bytes(b64decode(data["bytes"]))


_KINDS = {
    "thread": _Kind(
        "deleted.thread",
        lambda cairn, data: cairn.threads.put_back(data["thread"]),
        lambda cairn, data: cairn.threads.delete_away(data["thread"]),
    ),
    "document": _Kind(
        "deleted.document", _read_again, lambda cairn, data: document_upload.remove_file(cairn, data["source"])
    ),
    "database": _Kind(
        "deleted.database",
        lambda cairn, data: cairn.workspace.databases.add(data["name"], data["url"], hidden=data["hidden"]),
    ),
    "template": _Kind(
        "deleted.template",
        lambda cairn, data: cairn.prompts.save_text(data["task"], data["template"], data["text"]),
        _forget_versions,
    ),
    "example": _Kind("deleted.example", _add_example),
    "fact": _Kind(
        "deleted.fact", lambda cairn, data: cairn.workspace.facts.put_back([Fact(**fact) for fact in data["facts"]])
    ),
    "set": _Kind("deleted.set", lambda cairn, data: add_set(cairn.settings, data["file"], b64decode(data["bytes"]))),
    "evaluation": _Kind("deleted.evaluation", _write_record),
}
