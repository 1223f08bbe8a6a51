"""LangChain's vector store over the house's one Chroma, for texts that are no documents: the examples of prompts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from cairn.core.clean_text import clean
from cairn.models.embedder import Embedder
from cairn.retrieval.chroma_index import Chroma, collection, made_collection
from cairn.retrieval.derived_index import DamageError

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

_BATCH = 1000
_IDS = 500


class ChromaStore(VectorStore):
    """Texts with metadata (anything JSON can hold) and cosine similarity. Adding what is there costs no embedding.

    Another embedder sees another store. When the index was damaged the store is empty: add the texts again.
    """

    def __init__(self, name: str, chroma: Chroma, embedder: Embedder) -> None:
        self._name = f"store-{sha256(json.dumps([name, embedder.fingerprint]).encode()).hexdigest()[:24]}"
        self._chroma = chroma
        self._embedder = embedder

    @property
    def embeddings(self) -> Embedder:
        return self._embedder

    @classmethod
    def from_texts(
        cls, texts: list[str], embedding: Any, metadatas: list[dict[str, Any]] | None = None, **kwargs: Any
    ) -> ChromaStore:
        raise NotImplementedError("A store belongs to a library: use Library.example_store(name).add_texts(...)")

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Keep texts under `ids`, else under a digest of text and metadata; what is there unchanged is left alone."""
        rows = [(clean(text), _json(meta)) for text, meta in _paired(texts, metadatas)]
        names = ids or [sha256(f"{text}\0{meta}".encode()).hexdigest()[:32] for text, meta in rows]
        wanted = dict(zip(names, rows, strict=True))
        there = self._rows(list(wanted))
        new = [(id, row) for id, row in wanted.items() if there.get(id) != row]
        for start in range(0, len(new), _BATCH):
            self._upsert(new[start : start + _BATCH])
        return names

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Forget the texts under `ids`, all of them without."""

        def work(client: ClientAPI) -> None:
            if found := collection(client, self._name):
                if ids is None:
                    client.delete_collection(self._name)
                else:
                    for start in range(0, len(ids), _BATCH):
                        found.delete(ids=ids[start : start + _BATCH])

        if ids != []:
            self._chroma.write(work)
        return True

    def ids(self) -> list[str]:
        """Everything that is kept."""

        def work(client: ClientAPI) -> list[str]:
            found = collection(client, self._name)
            return found.get(include=[])["ids"] if found else []

        return self._read(work)

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        return [_document(id, *row) for id, row in self._rows(list(ids)).items()]

    def similarity_search(self, query: str, k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k)]

    def similarity_search_with_score(self, query: str, k: int = 4, **kwargs: Any) -> list[tuple[Document, float]]:
        """The nearest texts with their cosine similarity."""
        return [(document, score) for document, score, _ in self._nearest(self._embedder.embed_query(query), k)]

    def similarity_search_by_vector(self, embedding: list[float], k: int = 4, **kwargs: Any) -> list[Document]:
        return [document for document, _, _ in self._nearest(embedding, k)]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """Near texts that differ from one another (Carbonell and Goldstein 1998)."""
        vector = self._embedder.embed_query(query)
        near = self._nearest(vector, fetch_k)
        chosen = maximal_marginal_relevance(np.array(vector), [row[2] for row in near], lambda_mult, k) if near else []
        return [near[place][0] for place in chosen]

    def _nearest(self, vector: list[float], k: int) -> list[tuple[Document, float, list[float]]]:
        def work(client: ClientAPI) -> list[tuple[Document, float, list[float]]]:
            found = collection(client, self._name)
            if found is None or k < 1:
                return []
            wanted: Any = [vector]
            include: Any = ["documents", "metadatas", "distances", "embeddings"]
            result: Any = found.query(query_embeddings=wanted, n_results=k, include=include)
            keys = ("ids", "documents", "metadatas", "distances", "embeddings")
            rows = zip(*(result[key][0] for key in keys), strict=True)
            return [(_document(id, text, meta["json"]), 1 - float(far), list(at)) for id, text, meta, far, at in rows]

        return self._read(work)

    def _rows(self, ids: list[str]) -> dict[str, tuple[str, str]]:
        def work(client: ClientAPI) -> dict[str, tuple[str, str]]:
            rows: dict[str, tuple[str, str]] = {}
            if found := collection(client, self._name):
                for start in range(0, len(ids), _IDS):
                    got: Any = found.get(ids=ids[start : start + _IDS], include=["documents", "metadatas"])
                    for id, text, meta in zip(got["ids"], got["documents"], got["metadatas"], strict=True):
                        rows[id] = text, meta["json"]
            return rows

        return self._read(work)

    def _upsert(self, rows: list[tuple[str, tuple[str, str]]]) -> None:
        texts = [text for _, (text, _) in rows]
        vectors: Any = self._embedder.embed_documents(texts)
        metadatas: Any = [{"json": meta} for _, (_, meta) in rows]

        def work(client: ClientAPI) -> None:
            made_collection(client, self._name).upsert(
                ids=[id for id, _ in rows], embeddings=vectors, documents=texts, metadatas=metadatas
            )

        try:
            self._chroma.write(work)
        except DamageError:
            self._chroma.write(work)

    def _read(self, work: Any) -> Any:
        """A damaged index was put away: what is read of the fresh one is nothing."""
        try:
            return self._chroma.read(work)
        except DamageError:
            return self._chroma.read(work)


def _paired(texts: Iterable[str], metadatas: list[dict[str, Any]] | None) -> Iterable[tuple[str, dict[str, Any]]]:
    listed = list(texts)
    return zip(listed, metadatas or [{} for _ in listed], strict=True)


def _json(metadata: dict[str, Any]) -> str:
    return clean(json.dumps(metadata, sort_keys=True, ensure_ascii=True))


def _document(id: str, text: str, metadata: str) -> Document:
    return Document(id=id, page_content=text, metadata=json.loads(metadata))
