"""The library: everything the other rooms may ask of documents."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from langchain_core.vectorstores import VectorStore

from cairn.database import Database
from cairn.errors import CairnError, StorageError, UsageError
from cairn.events import emit
from cairn.hit import Hit
from cairn.home import Home
from cairn.settings import Settings
from cairn.task import RetrievalMode
from cairn.text import clean
from models.embedder import Embedder
from retrieval.catalog import Catalog, SourceInfo
from retrieval.dense import Dense
from retrieval.derived import DamageError, Derived, Progress, follow, remake
from retrieval.index import owner
from retrieval.ingest import AddReport, ingest
from retrieval.lexical import lexical_at
from retrieval.locks import exclusive
from retrieval.search import DEPTH, Scored, fuse, ranks, within

SAMPLES = "samples"
_COLLECTION = re.compile(r"[^\s/\\](?:[^/\\\n]{0,62}[^\s/\\])?")
_CATCH_UP_SECONDS = 20.0
_MEND_SECONDS = 60.0
_SPARE = 20
_T = TypeVar("_T")


class Library:
    """Documents in collections: added, listed, removed, searched. Safe to use from several threads and processes."""

    def __init__(self, home: Home, settings: Settings, database: Database, embedder: Embedder) -> None:
        self._settings = settings
        self._catalog = Catalog(database)
        self._chroma = owner(home, settings)
        self._lexical = lexical_at(home.index.resolve() / "words")
        self._dense = Dense(self._chroma, embedder)
        self._adding = home.locks / "add.lock"
        self._checked: set[str] = set()

    def add(
        self, paths: Sequence[str | Path], collection: str = "default", progress: Progress | None = None
    ) -> AddReport:
        """Add files and folders; those added before are replaced where they changed. Waits for others who add.

        Can be interrupted anywhere: done again it comes to the same end. Raises UsageError, StorageError, ModelError.
        """
        if not _COLLECTION.fullmatch(clean(collection)):
            raise UsageError(f"{collection!r} can't name a collection.", "Use 1 to 64 characters without slashes.")
        with exclusive(self._adding):
            report = ingest(self._catalog, [Path(path) for path in paths], clean(collection), progress)
            self._follow(progress)
        return report

    def sources(self) -> list[SourceInfo]:
        return self._catalog.sources()

    def remove(self, source: str | Path) -> int:
        """Forget a document, or every one below a folder; how many there were. The files are not touched."""
        if not str(source).strip():
            return 0
        with exclusive(self._adding):
            names = dict.fromkeys([clean(str(source)), clean(str(Path(source).expanduser().resolve()))])
            gone = sum(self._catalog.remove(name) for name in names)
            if gone:
                self._follow(None)
        return gone

    def text(self, source: str) -> str:
        """A document's whole text, in which the hits' spans lie. Raises UsageError for one that is not there."""
        if (text := self._catalog.text(source)) is None:
            raise UsageError(f"There is no document {source}.", "`cairn sources` lists them.")
        return text

    def rebuild(self) -> None:
        """Make both indexes anew from the catalog."""
        with exclusive(self._adding):
            for index in (self._lexical, self._dense):
                index.discard(self._catalog.position().birth)
            self._follow(None)

    def vector_store(self, name: str) -> VectorStore:
        """A LangChain vector store that keeps its vectors between runs, for example selectors and facts."""
        from retrieval.store import ChromaStore

        return ChromaStore(name, self._chroma, self._dense.embedder)

    def close(self) -> None:
        """Close the index; it is opened again when it is needed."""
        self._chroma.close()

    def search(
        self,
        query: str,
        *,
        mode: RetrievalMode = "fused",
        k: int = 5,
        max_tokens: int = 3000,
        collections: Sequence[str] | None = None,
    ) -> list[Hit]:
        """The best passages for a query, at most `k` and `max_tokens` of text; any text is a query.

        Without `collections`, the user's own are searched, or the samples as long as there are none of these.
        """
        started = time.perf_counter()
        query = clean(query).strip()
        scope = self._scope(collections)
        found = self._retrieve(query, mode, scope) if query and scope else {}
        scored = _one_list(found)
        hits = within(self._hits(scored[: 2 * k + _SPARE], found), k, max_tokens)
        counts = ", ".join(f"{name} {len(results)}" for name, results in found.items())
        detail = f"{mode}: {len(hits)} passages (of {counts or 'none'})"
        emit("rung", {"name": "search", "detail": detail, "milliseconds": (time.perf_counter() - started) * 1000})
        return hits

    def _scope(self, chosen: Sequence[str] | None) -> list[str]:
        there = self._catalog.collections()
        if chosen is not None:
            if missing := [name for name in chosen if name not in there]:
                emit("notice", {"text": f"There are no documents in the collection {', '.join(missing)}."})
            return [name for name in dict.fromkeys(chosen) if name in there]
        own = [name for name in there if name != SAMPLES]
        return own or (there if self._settings.samples else [])

    def _retrieve(self, query: str, mode: RetrievalMode, scope: list[str]) -> dict[str, Scored]:
        found: dict[str, Scored] = {}
        if mode != "dense":
            found["lexical"] = self._ask(self._lexical, lambda: self._lexical.search(query, scope, DEPTH))
        if mode == "dense" or (mode == "fused" and self._dense.embedder.covers(query)):
            try:
                found["dense"] = self._ask(self._dense, lambda: self._by_meaning(query, scope))
            except CairnError as error:
                if mode == "dense":
                    raise
                emit("notice", {"text": f"Searched by words alone: {error}"})
        return found

    def _by_meaning(self, query: str, scope: list[str]) -> Scored:
        return self._dense.search(self._catalog.position().birth, query, scope, DEPTH)

    def _hits(self, scored: Scored, found: dict[str, Scored]) -> list[Hit]:
        """Chunks that were removed since an index last followed are left out."""
        places, chunks = ranks(found), self._catalog.hits(id for id, _ in scored)
        return [replace(chunks[id], score=score, found_by=places[id]) for id, score in scored if id in chunks]

    def _ask(self, index: Derived, search: Callable[[], _T]) -> _T:
        """Search an index that is up to date, as far as no one else is adding."""
        try:
            self._refresh(index)
            return search()
        except DamageError as damage:
            return self._mended(index, search, damage)

    def _mended(self, index: Derived, search: Callable[[], _T], damage: DamageError) -> _T:
        """Another one may have made it anew while this one waited; Chroma's folder is put away already."""
        try:
            with exclusive(self._adding, _MEND_SECONDS):
                try:
                    if follow(self._catalog, index, seconds=0) == 0:
                        return search()
                except DamageError as again:
                    damage = again
                remake(self._catalog, index, damage, seconds=_CATCH_UP_SECONDS)
                return search()
        except (TimeoutError, DamageError) as error:
            raise StorageError(f"The {index.name} is damaged: {error}.", "Try again when nobody is adding.") from None

    def _refresh(self, index: Derived) -> None:
        position = self._catalog.position()
        applied = index.applied(position.birth)
        if applied == position.head and index.name in self._checked:
            return
        try:
            with exclusive(self._adding, timeout=0):
                if not applied:
                    emit("notice", {"text": f"The {index.name} is being made from the catalog."})
                left = follow(self._catalog, index, seconds=_CATCH_UP_SECONDS)
        except TimeoutError:
            if applied != position.head:
                emit("notice", {"text": "Documents are being added right now: the newest may not be found yet."})
            return
        if left:
            emit("notice", {"text": f"The {index.name} is still {left} changes behind; the next search goes on."})
        else:
            self._checked.add(index.name)

    def _follow(self, progress: Progress | None) -> None:
        for index in (self._lexical, self._dense):
            follow(self._catalog, index, progress)
            self._checked.add(index.name)


def _one_list(found: dict[str, Scored]) -> Scored:
    if "lexical" in found and "dense" in found:
        return fuse(found["lexical"], found["dense"])
    return next(iter(found.values()), [])
