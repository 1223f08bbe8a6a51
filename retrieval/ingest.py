"""Files and pages into the catalog. An unchanged one costs no write; several documents are one transaction."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from cairn.core.errors import SourceError, UsageError
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry, Known, Note, loading, read_as_of, recipe
from cairn.retrieval.derived_index import Progress
from cairn.retrieval.document_filters import as_tag
from cairn.retrieval.file_discovery import (
    Found,
    Refused,
    find,
    is_address,
    name_of,
    place_of,
    resolved,
    same_stamp,
    stamp_of,
)
from cairn.retrieval.load import MAX_BYTES, Document, ReadAs
from cairn.retrieval.load.parser_pool import Job, Parsers
from cairn.retrieval.splitting import OVERLAP, SIZE, split, splitting

_BATCH = 50
"""Documents of one transaction."""
_BATCH_CHARACTERS = 4_000_000
_BATCH_SECONDS = 5.0
_RESPLIT = 10


@dataclass(frozen=True, slots=True)
class Request:
    """What to add, and how. `paths` are files, folders and addresses of pages.

    `tags` come on top of those that folders give. `retry`: what failed before is read again though it is unchanged;
    without paths, all of the collection that failed. `prune`: documents below the paths whose files are gone are
    removed. `read_as` is remembered for each document; with `as_before` it comes on top of what is remembered.
    `size` and `overlap` of chunks are in tokens.
    """

    paths: Sequence[str | Path]
    collection: str = "default"
    tags: tuple[str, ...] = ()
    retry: bool = False
    prune: bool = False
    size: int = SIZE
    overlap: int = OVERLAP
    read_as: ReadAs = field(default_factory=ReadAs)
    as_before: bool = True


@dataclass
class AddReport:
    """What `add` did: numbers of documents, of chunks written; who failed, was read in part, or was passed over.

    `resplit` counts documents that got other chunks because the setting changed, `removed` those that vanished.
    `unopened` are folders, and what is no file, with the reason: no documents, so the catalog knows nothing of them.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    chunks: int = 0
    removed: int = 0
    resplit: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unopened: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    partial: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    skipped: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def ingest(catalog: Catalog, request: Request, progress: Progress | None = None) -> AddReport:
    """Put what is asked for into the catalog. Raises UsageError for a path that is not there, StorageError."""
    work = _Ingestion(catalog, request, progress)
    work.add()
    if request.prune:
        work.prune()
    work.resplit()
    return work.report


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A document as it was read, to be parsed. `date` is that of the file's last change."""

    found: Found
    data: bytes
    name: str
    read_as: ReadAs
    stamp: str = ""
    date: str | None = None

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


class _Ingestion:
    def __init__(self, catalog: Catalog, request: Request, progress: Progress | None) -> None:
        self.report = AddReport()
        self._catalog = catalog
        self._request = request
        self._progress = progress
        self._tags = frozenset(filter(None, map(as_tag, request.tags)))
        self._known = catalog.known(request.collection)
        self._attached = _attached(self._known)
        self._found = list(find(self._paths()))
        self._entries: list[Entry] = []
        self._notes: list[Note] = []
        self._stale: list[str] = []
        self._done = 0
        self._written = time.monotonic()

    def _paths(self) -> Sequence[str | Path]:
        if self._request.paths:
            return self._request.paths
        if not self._request.retry:
            raise UsageError("Nothing to add is named.", "Name files, folders or addresses of pages.")
        failed = [source for source, known in self._known.items() if known.error]
        gone = {source for source in failed if _is_gone(source)}
        self.report.failed += [(source, "The file is gone. `cairn remove` forgets it.") for source in sorted(gone)]
        return [source for source in failed if source not in gone]

    def add(self) -> None:
        fresh: dict[str, _Fresh] = {}
        with Parsers() as parsers:
            for job, parsed in parsers.map(self._jobs(fresh)):
                self._take(fresh.pop(job.key), parsed)
                self._tick()
        self._write()

    def _jobs(self, fresh: dict[str, _Fresh]) -> Iterator[Job]:
        """What is new or changed; the rest is seen to on the way."""
        for item in self._found:
            read = self._refuse(item) if isinstance(item, Refused) else self._look(item)
            if read is None:
                self._tick()
            else:
                fresh[item.source] = read
                yield Job(item.source, read.name, read.data, read.read_as)

    def _refuse(self, item: Refused) -> None:
        (self.report.unopened if item.failed else self.report.skipped).append((item.source, item.reason))

    def _look(self, found: Found) -> _Fresh | None:
        """What is to be parsed; None when nothing changed, or it can't be read."""
        known = self._known.get(found.source)
        read_as = self._read_as(known)
        again = (
            known is None or _loading(known.recipe) != loading(read_as) or (self._request.retry and bool(known.error))
        )
        if known and not again and _vouches(found.stamp, known):
            return self._unchanged(found, known, found.stamp)
        try:
            fresh = _fetched(found, read_as) if isinstance(found.place, str) else _read(found, found.place, read_as)
        except SourceError as error:
            return self._unreadable(found, known, str(error), self._recipe(read_as))
        if known and not again and fresh.digest == known.digest:
            return self._unchanged(found, known, fresh.stamp)
        return fresh

    def _read_as(self, known: Known | None) -> ReadAs:
        """As is wanted now, else as it was wanted before."""
        as_before = known and self._request.as_before
        now, before = self._request.read_as, read_as_of(known.recipe) if known and as_before else ReadAs()
        return ReadAs(now.encoding or before.encoding, now.whole_page or before.whole_page)

    def _recipe(self, read_as: ReadAs) -> str:
        return recipe(self._request.size, self._request.overlap, loading(read_as))

    def _unchanged(self, found: Found, known: Known, stamp: str) -> None:
        error = known.error if known.state == "failed" else None
        if error is not None:
            self.report.failed.append((found.source, error))
        else:
            self.report.unchanged += 1
        tags = found.tags | self._tags
        if not same_stamp(stamp, known.stamp) or not tags <= known.tags or error != known.error:
            self._notes.append(Note(found.source, stamp, tags, error))
        self._notes += [
            Note(name, "", tags) for name in self._attached.get(found.source, ()) if not tags <= self._known[name].tags
        ]

    def _unreadable(self, found: Found, known: Known | None, error: str, recipe: str) -> None:
        """What an earlier version said stays, with the reason why there is no newer one."""
        self.report.failed.append((found.source, error))
        if known is None:
            self._entries.append(Entry(found.source, "", recipe, error=error, tags=found.tags | self._tags))
        elif known.error != error:
            self._notes.append(Note(found.source, known.stamp, frozenset(), error))

    def _take(self, fresh: _Fresh, parsed: Document | SourceError) -> None:
        source, tags, recipe = fresh.found.source, fresh.found.tags | self._tags, self._recipe(fresh.read_as)
        if isinstance(parsed, SourceError):
            self.report.failed.append((source, str(parsed)))
            entries = [Entry(source, fresh.digest, recipe, error=str(parsed), stamp=fresh.stamp, tags=tags)]
        else:
            entries = [self._entry(name, fresh, document, tags, recipe) for name, document in _flat(source, parsed)]
        self._entries += entries
        self._stale += set(self._attached.get(source, ())) - {entry.source for entry in entries}
        size = sum(len(entry.document.text) for entry in self._entries if entry.document)
        late = time.monotonic() - self._written > _BATCH_SECONDS
        if len(self._entries) >= _BATCH or size > _BATCH_CHARACTERS or late:
            self._write()

    def _entry(self, source: str, fresh: _Fresh, document: Document, tags: frozenset[str], recipe: str) -> Entry:
        pieces = tuple(split(document, self._request.size, self._request.overlap))
        tags |= frozenset(filter(None, map(as_tag, document.tags)))
        stamp = fresh.stamp if source == fresh.found.source else ""
        entry = Entry(source, fresh.digest, recipe, document, pieces, None, stamp, fresh.date, tags)
        self._count(source, entry)
        return entry

    def _count(self, source: str, entry: Entry) -> None:
        self.report.chunks += len(entry.pieces)
        if source in self._known:
            self.report.changed += 1
        else:
            self.report.added += 1
        if entry.document and (notice := entry.document.notice):
            self.report.partial.append((source, notice))

    def _write(self) -> None:
        if self._stale:
            self._catalog.forget(self._request.collection, self._stale)
        if self._entries:
            self._catalog.put(self._request.collection, self._entries)
        if self._notes:
            self._catalog.note(self._request.collection, self._notes)
        self._entries, self._notes, self._stale, self._written = [], [], [], time.monotonic()

    def _tick(self) -> None:
        self._done += 1
        if self._progress:
            self._progress(self._done, len(self._found), "reading")

    def prune(self) -> None:
        """Only what is certainly not there any more: a folder that can't be read keeps its documents."""
        there = {item.source for item in self._found} | {name for names in self._attached.values() for name in names}
        below = tuple(f"{name_of(folder)}{os.sep}" for folder in map(resolved, self._request.paths) if folder)
        gone = [name for name in self._known if name.startswith(below) and name not in there and _is_gone(name)]
        gone += [name for source in gone for name in self._attached.get(source, ())]
        self.report.removed = self._catalog.forget(self._request.collection, gone)

    def resplit(self) -> None:
        """Documents that were split another way get their chunks anew, from their stored text."""
        size, overlap = self._request.size, self._request.overlap
        now = splitting(size, overlap)
        while stale := self._catalog.otherwise_split(now, _RESPLIT):
            self._catalog.resplit(
                [(id, f"{_loading(old)}/{now}", split(document, size, overlap)) for id, old, document in stale]
            )
            self.report.resplit += len(stale)
            if self._progress:
                self._progress(self.report.resplit, 0, "splitting anew")


def _attached(known: Iterable[str]) -> dict[str, list[str]]:
    """What came in documents, as `_flat` names it, by the name of the file."""
    there = set(known)
    found: dict[str, list[str]] = {}
    for name in there:
        holder = name
        while (above := holder.rpartition("/")[0]) in there:
            holder = above
        if holder != name:
            found.setdefault(holder, []).append(name)
    return found


def _flat(source: str, document: Document) -> Iterator[tuple[str, Document]]:
    """A document and all that came in it, below its name: `offer.eml/prices.xlsx`."""
    yield source, document
    for name, inner in document.attached:
        dated = replace(inner, author=inner.author or document.author, date=inner.date or document.date)
        yield from _flat(f"{source}/{name.replace('/', '_')}", dated)


def _loading(recipe: str) -> str:
    return recipe.partition("/")[0]


def _vouches(stamp: str, known: Known) -> bool:
    """Whether the file's size and times alone show that it is unchanged."""
    readable = known.error is None or known.state == "failed"
    return readable and bool(stamp) and not stamp.endswith("?") and stamp == known.stamp


def _is_gone(source: str) -> bool:
    if is_address(source):
        return False
    try:
        place_of(source).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def _read(found: Found, path: Path, read_as: ReadAs) -> _Fresh:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(f"It can't be read: {error.strerror}.", "Check its rights.") from None
    if len(data) > MAX_BYTES:
        raise SourceError(f"It is larger than {MAX_BYTES >> 20} MiB.", "Split it into several files.")
    return _Fresh(found, data, path.name, read_as, stamp_of(status), _day(status.st_mtime))


def _fetched(found: Found, read_as: ReadAs) -> _Fresh:
    from cairn.retrieval.web_fetch import fetch

    page = fetch(str(found.place))
    return _Fresh(found, page.bytes, page.name, read_as)


def _day(seconds: float) -> str | None:
    try:
        return date.fromtimestamp(seconds).isoformat()
    except (OverflowError, OSError, ValueError):
        return None
