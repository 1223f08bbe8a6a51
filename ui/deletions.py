"""Deleting, by every door of the house: what is deleted can be had back for a day, then it is gone from its files."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.errors import StorageError, UsageError
from cairn.core.recently_deleted import Deleted, RecentlyDeleted
from cairn.evals.evaluation_request import records_folder
from cairn.evals.set_library import add_set
from cairn.memory.fact_store import Fact
from cairn.prompts.template_versions import TemplateVersions
from cairn.retrieval.load import ReadAs
from cairn.ui.brought_files import folder_of

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """Places to be read into a collection. `read_as` None: as it was said before of what is known."""

    places: Sequence[str]
    collection: str
    tags: Sequence[str] = ()
    read_as: ReadAs | None = None


Read = Callable[[Cairn, Sequence[Reading]], object]
"""Reads documents again. Raises CairnError."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a kind is put back, and what of it lies elsewhere and goes for good."""

    back: Callable[[Cairn, Data, Read], object]
    gone: Callable[[Cairn, Data], object] = lambda _cairn, _data: None


def delete(cairn: Cairn, kind: str, name: str, data: Data, remove: Callable[[], object]) -> Deleted:
    """Delete something so that it can be had back for a day.

    Args:
        cairn: The home.
        kind: Which of the kinds below.
        name: As people know it.
        data: What it takes to put it back.
        remove: Deletes it.

    Returns:
        What was kept.

    Raises:
        CairnError: It can't be deleted; then nothing has changed.
    """
    empty(cairn)
    return _all(cairn).delete(kind, name, data, remove)


def delete_thread(cairn: Cairn, thread: str) -> Deleted:
    """A conversation; what is being answered in it is stopped. Raises CairnError."""
    found = cairn.threads.get(thread)
    if run := cairn.running(found.id):
        cairn.stop(run)
    return delete(cairn, "thread", found.name, {"thread": found.id}, lambda: cairn.threads.put_away(found.id))


def delete_document(cairn: Cairn, source: str, name: str) -> Deleted:
    """A document, out of every collection; a file that was brought stays for the day. Raises CairnError."""
    same = [one for one in cairn.workspace.library.sources() if one.source == source]
    places = [
        {"collection": one.collection, "tags": one.tags, "encoding": one.encoding, "whole_page": one.whole_page}
        for one in same
    ]
    told = {"source": source, "places": places}
    return delete(cairn, "document", name, told, lambda: cairn.workspace.library.remove(source))


def delete_database(cairn: Cairn, name: str) -> Deleted:
    """What is known of a database; the database itself stays as it is. Raises CairnError."""
    databases = cairn.workspace.databases
    hidden = next((one.hidden for one in databases.list() if one.name == name), ())
    data = {"name": name, "url": databases.url(name), "hidden": hidden}
    return delete(cairn, "database", name, data, lambda: databases.remove(name))


def delete_evaluation(cairn: Cairn, file: Path) -> Deleted:
    """An evaluation's records. Raises CairnError."""

    def remove() -> None:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"{file} can't be deleted: {error.strerror}.", "Check its rights.") from None

    return delete(cairn, "evaluation", file.stem, {**file_data(file), "file": str(file.absolute())}, remove)


def forget_facts(cairn: Cairn, fact: str | None) -> Deleted:
    """A fact with those whose place it took; None is all that is remembered. Raises UsageError, StorageError."""
    facts = cairn.workspace.facts
    if fact is not None:
        found = facts.lineage(fact)[0]
        return delete(cairn, "fact", found.text, facts.kept_data(found.id), lambda: facts.forget(found.id))
    name = "; ".join(one.text for one in facts.list())
    everything = {"facts": [asdict(one) for one in facts.list(replaced=True)]}
    return delete(cairn, "fact", name, everything, facts.forget_all)


def keep(cairn: Cairn, kind: str, name: str, data: Data) -> str:
    """Keep what is about to be deleted together with others; its id. Raises StorageError."""
    return _all(cairn).keep(kind, name, data).id


def forget(cairn: Cairn, id: str) -> None:
    """It was put back otherwise."""
    _all(cairn).forget(id)


def known(cairn: Cairn) -> list[Deleted]:
    """What can be had back, what was deleted last first."""
    empty(cairn)
    return [one for one in _all(cairn).list() if one.kind in _KINDS]


def is_kept(cairn: Cairn, id: str) -> bool:
    return _all(cairn).get(id) is not None


def read_now(cairn: Cairn, readings: Sequence[Reading]) -> None:
    """Read documents again and wait for it. Raises CairnError."""
    for one in readings:
        collection = one.collection or "default"
        cairn.workspace.library.add(one.places, collection, tags=one.tags, retry=True, read_as=one.read_as)


def put_back(cairn: Cairn, id: str, read: Read = read_now) -> None:
    """Nothing happens where it is back already, or gone. Raises CairnError; then it can still be had back."""
    if (one := _all(cairn).get(id)) is not None:
        _KINDS[one.kind].back(cairn, one.data, read)
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


def _readings(data: Data) -> list[Reading]:
    """A document: from where it lies, read as it was, into each collection that had it. Raises UsageError."""
    source = data["source"]
    if not source.startswith(("http://", "https://")) and not Path(source).exists():
        told = f"{Path(source).name} is no longer where it was, so it can't be read again."
        raise UsageError(told, "Put it there, and try once more.")
    return [
        Reading([source], place["collection"], place["tags"], ReadAs(place["encoding"], place["whole_page"]))
        for place in data["places"]
    ]


def _remove_file(cairn: Cairn, data: Data) -> None:
    """Where it was brought and is not known again; a file of the user's own stays."""
    file, sources = Path(data["source"]), {one.source for one in cairn.workspace.library.sources()}
    if file.parent == folder_of(cairn) and data["source"] not in sources:
        file.unlink(missing_ok=True)


def _add_example(cairn: Cairn, data: Data, _read: Read) -> None:
    examples = cairn.prompts.examples(data["task"])
    if data["example"] not in examples:
        cairn.prompts.set_examples(data["task"], [*examples, data["example"]])


def _forget_versions(cairn: Cairn, data: Data) -> None:
    """Unless there is a template of that name again."""
    if data["template"] not in cairn.prompts.templates(data["task"]):
        TemplateVersions(cairn.workspace.home, cairn.prompts).forget(data["task"], data["template"])


def _write_record(cairn: Cairn, data: Data, _read: Read) -> None:
    """In the folder of the evaluations, unless it lay elsewhere."""
    (records_folder(cairn.settings) / data["file"]).write_bytes(b64decode(data["bytes"]))


_KINDS = {
    "thread": _Kind(
        lambda cairn, data, _read: cairn.threads.put_back(data["thread"]),
        lambda cairn, data: cairn.threads.delete_away(data["thread"]),
    ),
    "document": _Kind(lambda cairn, data, read: read(cairn, _readings(data)), _remove_file),
    "database": _Kind(
        lambda cairn, data, _read: cairn.workspace.databases.add(data["name"], data["url"], hidden=data["hidden"])
    ),
    "template": _Kind(
        lambda cairn, data, _read: cairn.prompts.save_text(data["task"], data["template"], data["text"]),
        _forget_versions,
    ),
    "example": _Kind(_add_example),
    "fact": _Kind(lambda cairn, data, _read: cairn.workspace.facts.put_back([Fact(**one) for one in data["facts"]])),
    "set": _Kind(lambda cairn, data, _read: add_set(cairn.settings, data["file"], b64decode(data["bytes"]))),
    "evaluation": _Kind(_write_record),
}
