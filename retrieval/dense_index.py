"""Dense search: the chunks' embeddings in Chroma, two of its collections for each of ours.

One holds the model's vectors; the other holds vectors of letters (`HashedEmbeddings`) of the chunks in a script that
the model does not know. A question is compared with those that were made as its own was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.catalog_records import Changes, Chunk
from cairn.retrieval.chroma_index import Chroma, collection, made_collection
from cairn.retrieval.derived_index import hashed
from cairn.retrieval.ranked_lists import Scored, deepened

if TYPE_CHECKING:
    from chromadb.api import ClientAPI


Vector = npt.NDArray[np.float32]
Kind = Literal["letters", "model"]
_KINDS: tuple[Kind, ...] = ("letters", "model")
_PLACES: dict[Kind, str] = {"letters": "letters-", "model": ""}
"""What stands before a collection's name; the model's vectors lie where they lay before there were others."""
_MOST = 20_000
_SPACE = 3
"""Version of what is embedded of a chunk, and of the graph it goes into."""
_EMBED = 100
"""Chunks embedded at once: a second or two between two signs of life."""
_EXACT = 1000
"""Chunks whose vectors are all compared: no slower than the graph."""
_FETCH = 500


class Vectors:
    """The vectors that were asked for lately, by the index they are in and the chunk's number."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Vector] = {}
        self._mutex = threading.Lock()

    def of(
        self, index: str, ids: Sequence[int], fetch: Callable[[Sequence[int]], Mapping[int, Vector]]
    ) -> dict[int, Vector]:
        """The vectors of the chunks as far as there are any; those not in memory are fetched."""
        with self._mutex:
            found = {id: vector for id in ids if (vector := self._kept.get((index, id))) is not None}
        if missing := [id for id in ids if id not in found]:
            fetched = fetch(missing)
            found |= fetched
            with self._mutex:
                if len(self._kept) + len(fetched) > _MOST:
                    self._kept.clear()
                self._kept |= {(index, id): vector for id, vector in fetched.items()}
        return found


def nearest(vectors: Mapping[int, Vector], query: Sequence[float], k: int) -> list[tuple[int, float]]:
    """The chunks by their cosine similarity to the query, best first."""
    if not vectors:
        return []
    matrix, wanted = np.stack(list(vectors.values())), np.asarray(query, dtype=np.float32)
    lengths = np.linalg.norm(matrix, axis=1) * max(float(np.linalg.norm(wanted)), 1e-12)
    similar = (matrix @ wanted) / np.maximum(lengths, 1e-12)
    ids = list(vectors)
    return [(ids[row], float(similar[row])) for row in np.argsort(-similar, kind="stable")[:k]]


class Dense:
    """The vector index. Its collections are named by catalog and embedder: vectors of different ones never meet."""

    name = "vector index"
    batch = 1000

    def __init__(self, chroma: Chroma, catalog: Catalog, embedder: Embedder) -> None:
        self._chroma = chroma
        self._catalog = catalog
        self._vectors = Vectors()
        self.embedder = embedder
        self.letters = HashedEmbeddings()

    def kind(self, text: str) -> Kind:
        """Which vectors stand for this text."""
        return "model" if self.embedder.covers(text) else "letters"

    def maker(self, kind: Kind) -> Embedder:
        return self.embedder if kind == "model" else self.letters

    def applied(self, birth: int) -> int:
        return self._chroma.read(lambda client: _applied(client, self._prefix(birth)))

    def count(self, birth: int) -> int:
        return self._chroma.read(
            lambda client: sum(found.count() for found in _collections(client, self._prefix(birth)))
        )

    def apply(self, birth: int, changes: Changes, tick: Callable[[int], None]) -> None:
        """Embeds first, alike long ones together: the index is locked for the write alone."""
        prefix = self._prefix(birth)
        added: list[tuple[Kind, Chunk]] = [(self.kind(chunk.text), chunk) for chunk in changes.added]
        added.sort(key=lambda row: (row[0], row[1].collection, len(row[1].text)))
        places = [_PLACES[kind] + hashed(chunk.collection) for kind, chunk in added]
        chunks = [chunk for _, chunk in added]
        vectors: list[list[float]] = []
        for kind in _KINDS:
            texts = [_embedded_text(chunk) for known, chunk in added if known == kind]
            for start in range(0, len(texts), _EMBED):
                vectors += self.maker(kind).embed_documents(texts[start : start + _EMBED])
                tick(len(vectors))
        gone = [str(id) for id in changes.removed]

        def work(client: ClientAPI) -> None:
            for found in _collections(client, prefix) if gone else ():
                found.delete(ids=gone)
            rows = zip(places, chunks, vectors, strict=True)
            for place, group in groupby(rows, key=lambda row: row[0]):
                some = list(group)
                embeddings: Any = [vector for *_, vector in some]
                made_collection(client, prefix + place).upsert(
                    ids=[str(chunk.id) for _, chunk, _ in some], embeddings=embeddings
                )
            made_collection(client, prefix + "state").modify(metadata={"applied": changes.last})

        self._chroma.write(work)

    def search(
        self, birth: int, query: str, collections: Sequence[str], k: int, sources: Collection[int] | None = None
    ) -> Scored:
        """Chunk ids with their cosine similarity, best first."""
        kind = self.kind(query)
        return self.search_vector(birth, self.maker(kind).embed_query(query), collections, k, sources, kind)

    def search_vector(
        self,
        birth: int,
        vector: Sequence[float],
        collections: Sequence[str],
        k: int,
        sources: Collection[int] | None = None,
        kind: Kind = "model",
    ) -> Scored:
        """The chunks nearest to a vector of that kind; of the documents with these numbers only, if they are given.

        Among few chunks the search is exact, among many by the graph, which now and then misses one.
        """
        few = self._few(collections, sources)
        if few is not None:
            return nearest(self.vectors(birth, few, kind), vector, k)

        def search(depth: int) -> Scored:
            return self._by_graph(birth, vector, collections, depth, kind)

        if sources is None:
            return search(k)
        return deepened(search, lambda ids: self._catalog.among(ids, sources), k)

    def _few(self, collections: Sequence[str], sources: Collection[int] | None) -> list[int] | None:
        """The chunks to search in; None when they are many."""
        if sources is None and self._catalog.are_more(collections, _EXACT):
            return None
        ids = self._catalog.chunk_ids(collections, sources, _EXACT + 1)
        return ids if len(ids) <= _EXACT else None

    def _by_graph(self, birth: int, vector: Sequence[float], collections: Sequence[str], k: int, kind: Kind) -> Scored:
        wanted: Any = [vector]
        names = [self._prefix(birth) + _PLACES[kind] + hashed(name) for name in collections]

        def work(client: ClientAPI) -> list[tuple[int, float]]:
            scored: list[tuple[int, float]] = []
            for found in filter(None, (collection(client, name) for name in names)):
                result = found.query(query_embeddings=wanted, n_results=k, include=["distances"])
                distances = (result["distances"] or [[]])[0]
                scored += [(int(id), 1 - float(far)) for id, far in zip(result["ids"][0], distances, strict=True)]
            return sorted(scored, key=lambda pair: -pair[1])[:k]

        return self._chroma.read(work)

    def vectors(self, birth: int, ids: Sequence[int], kind: Kind = "model") -> dict[int, Vector]:
        """The vectors of that kind of those of the chunks that are in the index."""
        prefix = self._prefix(birth)

        def work(client: ClientAPI, wanted: Sequence[int]) -> dict[int, Vector]:
            vectors: dict[int, Vector] = {}
            for found in _collections(client, prefix, (kind,)):
                for start in range(0, len(wanted), _FETCH):
                    names = [str(id) for id in wanted[start : start + _FETCH]]
                    got: Any = found.get(ids=names, include=["embeddings"])
                    rows = zip(got["ids"], got["embeddings"], strict=True)
                    vectors |= {int(id): np.asarray(row, dtype=np.float32) for id, row in rows}
            return vectors

        place = prefix + _PLACES[kind]
        return self._vectors.of(place, ids, lambda missing: self._chroma.read(lambda client: work(client, missing)))

    def discard(self, birth: int) -> None:
        prefix = self._prefix(birth)

        def work(client: ClientAPI) -> None:
            for found in client.list_collections():
                if found.name.startswith(prefix):
                    client.delete_collection(found.name)

        self._chroma.write(work)

    def _prefix(self, birth: int) -> str:
        return f"chunks-{birth}-{hashed(f'{_SPACE} {self.embedder.fingerprint}')}-"


def _embedded_text(chunk: Chunk) -> str:
    return f"{chunk.label}\n{chunk.text}" if chunk.label else chunk.text


def _applied(client: ClientAPI, prefix: str) -> int:
    state = collection(client, prefix + "state")
    return int(((state.metadata if state else None) or {}).get("applied", 0))  # pyright: ignore[reportArgumentType]


def _collections(client: ClientAPI, prefix: str, kinds: Collection[Kind] = _KINDS) -> list[Any]:
    there = [found for found in client.list_collections() if found.name.startswith(prefix)]
    of_letters = [found for found in there if found.name.startswith(prefix + _PLACES["letters"])]
    of_model = [found for found in there if found not in of_letters and found.name != prefix + "state"]
    return (of_letters if "letters" in kinds else []) + (of_model if "model" in kinds else [])
