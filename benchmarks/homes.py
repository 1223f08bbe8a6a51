"""Libraries filled with the public sets, straight into the catalog: what is measured is the search."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.corpora import Corpus, Text
from cairn.core.app_database import open_database
from cairn.core.settings import Home, load_settings
from cairn.models.embedder import Embedder
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.library import Library
from cairn.retrieval.load import Document, Section
from cairn.retrieval.splitting import Piece, split


class CachedEmbedder(Embedder):
    """Embeds each text once, however many homes it goes into. `open` forgets no more and asks the model each time."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, list[float]] = {}
        self.open = False

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    def covers(self, text: str) -> bool:
        return self._embedder.covers(text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.open:
            return self._embedder.embed_documents(texts)
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(missing, self._embedder.embed_documents(missing), strict=True) if missing else ())
        return [self._known[text] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


class Filled(NamedTuple):
    """`names` tells of each passage's number which text it is of."""

    library: Library
    names: dict[int, str]


@contextmanager
def filled(corpora: Mapping[str, Corpus], embedder: Embedder, *, whole: bool = True) -> Generator[Filled]:
    """One home with a collection for each set; `whole`: a text is one passage, else as many as `cairn add` makes."""
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        settings = load_settings(home.root)
        database = open_database(settings.app_database)
        library = Library(home, settings, database, embedder)
        for name, corpus in corpora.items():
            Catalog(database).put(name, [_entry(key, text, whole) for key, text in corpus.texts.items()])
        library.rebuild()
        catalog = Catalog(database)
        hits = catalog.hits(catalog.chunk_ids(list(corpora), None, 10**6))
        yield Filled(library, {id: hit.source for id, hit in hits.items()})
        library.close()
        database.close()


def _entry(name: str, text: Text, whole: bool) -> Entry:
    written = f"{text.title}\n\n{text.body}".strip()
    document = Document(text.title or None, written, [Section(0, len(written), text.title or None, None)])
    pieces = [Piece(written, 0, len(written), text.title or None, None)] if whole else split(document)
    return Entry(name, "", "benchmark", document, tuple(pieces))
