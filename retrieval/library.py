"""The library: everything the other rooms may ask of documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from langchain_core.vectorstores import VectorStore

from cairn.core.app_database import Database
from cairn.core.clean_text import clean
from cairn.core.errors import SettingsError, StorageError, UsageError
from cairn.core.events import emit
from cairn.core.filters import Filters
from cairn.core.settings import Home, Settings
from cairn.core.task import Retrieval
from cairn.models.embedder import Embedder
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import SourceInfo
from cairn.retrieval.chroma_index import owner
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.derived_index import DamageError, Derived, Progress, follow, remake
from cairn.retrieval.file_discovery import name_of, place_of
from cairn.retrieval.hit import Hit
from cairn.retrieval.ingest import AddReport, Request, ingest
from cairn.retrieval.lexical_index import lexical_at
from cairn.retrieval.load import ReadAs, known_encoding
from cairn.retrieval.process_locks import exclusive
from cairn.retrieval.retriever_candidates import Candidates
from cairn.retrieval.search_pipeline import SAMPLES, Judge, Search

if TYPE_CHECKING:
    from cairn.retrieval.learned_search import KnownQuestion
    from cairn.retrieval.tuned_settings import Matrix

_RETRIEVAL = Retrieval()
_NO_FILTERS = Filters()
_COLLECTION = re.compile(r"[^\s/\\](?:[^/\\\n]{0,62}[^\s/\\])?")
_CATCH_UP_SECONDS = 20.0
_MEND_SECONDS = 60.0
_T = TypeVar("_T")


class Library:
    """Documents in collections: added, listed, removed, searched. Safe to use from several threads and processes."""

    def __init__(self, home: Home, settings: Settings, database: Database, embedder: Embedder) -> None:
        self._settings = settings
        self._catalog = Catalog(database, settings.user)
        self._chroma = owner(home, settings)
        self._lexical = lexical_at(home.index.resolve() / "words")
        self._dense = Dense(self._chroma, self._catalog, embedder)
        self._adding = home.locks / "add.lock"
        self._index = home.index
        self._checked: set[str] = set()
        self._search = Search(self._catalog, self._lexical, self._dense, self._ask, settings, home.index)

    def add(
        self,
        paths: Sequence[str | Path],
        collection: str = "default",
        progress: Progress | None = None,
        *,
        tags: Sequence[str] = (),
        retry: bool = False,
        prune: bool = False,
        encoding: str | None = None,
        whole_page: bool = False,
        read_as: ReadAs | None = None,
    ) -> AddReport:
        """Add files, folders and pages by address; those added before are replaced where they changed.

        Waits for others who add. `tags`, `retry`, `prune`: see `ingest.Request`. `encoding` is that of their
        text, `whole_page` keeps the menus of pages; both are remembered. `read_as` stands for both, whatever was
        said before. Can be interrupted anywhere: done again it comes to the same end. Raises UsageError, StorageError,
        ModelError.
        """
        if not _COLLECTION.fullmatch(clean(collection)):
            raise UsageError(f"{collection!r} can't name a collection.", "Use 1 to 64 characters without slashes.")
        size, overlap = self._settings.chunk_tokens, self._settings.chunk_overlap
        if 2 * overlap > size:
            raise SettingsError(
                f"`chunk_overlap` ({overlap}) is more than half of `chunk_tokens` ({size}).", "Make it smaller."
            )
        said = read_as or ReadAs(encoding, whole_page)
        said = ReadAs(_encoding(said.encoding), said.whole_page)
        request = Request(
            paths, clean(collection), tuple(tags), retry, prune, size, overlap, said, as_before=read_as is None
        )
        with self._alone(progress):
            report = ingest(self._catalog, request, progress)
            self._follow(progress)
        return report

    @contextmanager
    def _alone(self, progress: Progress | None = None) -> Generator[None]:
        """Hold the lock for adding; who has to wait for it is told so."""
        with ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self._adding, timeout=0))
            except TimeoutError:
                if progress:
                    progress(0, 0, "waiting for another process that adds documents")
                stack.enter_context(exclusive(self._adding))
            yield

    def sources(self) -> list[SourceInfo]:
        return self._catalog.sources()

    def searched(self) -> list[str]:
        """The collections that are searched where a task names none."""
        return self._search.scope(None)

    def left_out(self) -> bool:
        """Whether the samples are there and step aside."""
        return SAMPLES in set(self._catalog.collections()).difference(self.searched())

    def apply(self, settings: Settings) -> None:
        """Other settings of searching from now on; those of adding and of the index hold from the next start."""
        self._search.settings = settings

    def holds_passages(self) -> bool:
        """Whether there is anything to find, the samples included."""
        return self._catalog.count() > 0

    def fingerprint(self) -> str:
        """Another one whenever a search may find something else."""
        position = self._catalog.position()
        tuned = sorted((file.name, file.stat().st_mtime_ns) for file in self._index.glob("tuned-*"))
        return f"{position} {self._dense.embedder.fingerprint} {tuned} {self.searched()}"

    def remove(self, source: str | Path) -> int:
        """Forget a document, or every one below a folder; how many there were. The files are not touched."""
        if not str(source).strip():
            return 0
        with self._alone():
            names = dict.fromkeys([name_of(source), name_of(place_of(str(source)).expanduser().resolve())])
            gone = sum(self._catalog.remove(name) for name in names)
            if gone:
                self._follow(None)
        return gone

    def text(self, source: str) -> str:
        """A document's whole text, in which the hits' spans lie. Raises UsageError for one that is not there."""
        if (text := self._catalog.text(source)) is None:
            raise UsageError(f"There is no document {source}.", "`cairn sources` lists them.")
        return text

    def passages(self, source: str) -> list[Hit]:
        """What a document was split into, in its order; nothing for one that is not there."""
        return self._catalog.passages(source)

    def rebuild(self) -> None:
        """Make both indexes anew from the catalog."""
        with self._alone():
            for index in (self._lexical, self._dense):
                index.discard(self._catalog.position().birth)
            self._follow(None)

    def example_store(self, name: str) -> VectorStore:
        """A LangChain vector store for a prompt's examples, whose vectors are kept between runs.

        It never holds a document: those are found by a `CairnRetriever`.

        Args:
            name: One set of examples; the collections' names mean nothing here.

        Returns:
            The store, empty until texts are added to it.
        """
        from cairn.retrieval.vector_store import ChromaStore

        return ChromaStore(f"examples-{name}", self._chroma, self._dense.embedder)

    def close(self) -> None:
        """Close the index; it is opened again when it is needed."""
        self._chroma.close()

    def search(
        self,
        query: str,
        spec: Retrieval = _RETRIEVAL,
        *,
        also: Sequence[str] = (),
        where: Filters = _NO_FILTERS,
        judge: Judge | None = None,
    ) -> list[Hit]:
        """The best passages for a query, at most `spec.k` and `spec.max_tokens` of text; any text is a query.

        `also`: further phrasings, sub-questions or made-up answers, whose results are fused with the query's. Filters
        are read from the query, and hold beside those of `where`; reranking compares with it. `judge` is called for the
        reranker of that name. Without `spec.collections`, the user's own are searched, or the samples as long as there
        are none. Above this room a library is searched by a `CairnRetriever`.
        """
        return self._search.search(query, spec, also, where, judge)

    def whole(self, query: str, spec: Retrieval = _RETRIEVAL) -> tuple[str, list[Hit]]:
        """The question without its filters, and every passage of the documents that pass them, in their order."""
        return self._search.whole(query, spec)

    def known_question(
        self, question: str, is_right: Callable[[Hit], bool], collections: Sequence[str] | None = None
    ) -> KnownQuestion:
        """What is found for a question, and which of it is right: what a search can learn from."""
        from cairn.retrieval.learned_search import known_question

        return known_question(
            self._search.candidates, self._catalog, self._search.scope(collections), question, is_right
        )

    def keep_map(self, matrix: Matrix) -> str:
        """Keep a map of question vectors for the embedding model in use; its name, for a task's `adapter`."""
        from cairn.retrieval.tuned_settings import keep_map

        return keep_map(self._index, self._dense.embedder.fingerprint, matrix)

    @property
    def candidates(self) -> Candidates:
        """What is found before it becomes passages: for tuning and measuring."""
        return self._search.candidates

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


def _encoding(name: str | None) -> str | None:
    if not name:
        return None
    if (known := known_encoding(name)) is None:
        raise UsageError(f"There is no encoding {name!r}.", "Such as utf-8, windows-1252, shift_jis, gb18030, koi8-r.")
    return known
