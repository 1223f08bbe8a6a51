"""Lexical search: BM25 (k1 = 1.2, b = .75) by tantivy, on disk. A user's text is never parsed as a query."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import tantivy

from cairn.errors import StorageError
from retrieval.catalog import Changes
from retrieval.derived import DamageError
from retrieval.files import is_failure, is_trouble, replace_file
from retrieval.words import VERSION, query_terms, terms

STATE = "cairn.json"
_HEAP_BYTES = 32_000_000
_MOST_TERMS = 512
_T = TypeVar("_T")


class Lexical:
    """The word index in one folder. Passages are found by the words in them and in their title and headings."""

    name = "word index"
    batch = 2000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / STATE
        self._mutex = threading.RLock()
        self._open: tuple[str, tantivy.Index] | None = None

    def applied(self, birth: int) -> int:
        try:
            state = json.loads(self._state.read_text("utf-8"))
            return int(state["applied"]) if state["of"] == [birth, VERSION] else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def count(self, birth: int) -> int:
        return self._reading(lambda index: index.searcher().num_docs, 0) if self.applied(birth) else 0

    def apply(self, birth: int, changes: Changes, tick: Callable[[int], None]) -> None:
        del tick
        with self._mutex:
            if self.applied(birth) == 0:
                self.discard(birth)
            _guarded(lambda: self._write(changes))
            state = {"of": [birth, VERSION], "applied": changes.last}
            _guarded(lambda: replace_file(self._state, json.dumps(state)))

    def _write(self, changes: Changes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        writer = self._opened().writer(_HEAP_BYTES, 1)
        for id in [*changes.removed, *(chunk.id for chunk in changes.added)]:
            writer.delete_documents_by_term("id", id)
        for chunk in changes.added:
            document = tantivy.Document()
            document.add_integer("id", chunk.id)
            document.add_text("collection", chunk.collection)
            document.add_text("label", " ".join(terms(chunk.label)))
            document.add_text("body", " ".join(terms(chunk.text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    def search(self, query: str, collections: Sequence[str], k: int) -> list[tuple[int, float]]:
        """Chunk ids with their scores, best first."""
        words = query_terms(query)[:_MOST_TERMS]
        if not words or not collections:
            return []
        return self._reading(lambda index: _search(index, words, collections, k), [])

    def discard(self, birth: int) -> None:
        del birth
        with self._mutex:
            self._open = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _reading(self, work: Callable[[tantivy.Index], _T], empty: _T) -> _T:
        """Files vanish when another process makes the index anew: a failure counts when opening again does not help."""
        with self._mutex:
            if not self._stamp():
                return empty
            try:
                return work(self._opened())
            except BaseException as error:
                if not is_failure(error):
                    raise
                self._open = None
            return _guarded(lambda: work(self._opened())) if self._stamp() else empty

    def _opened(self) -> tantivy.Index:
        """Opened anew after each commit, by whichever process: its state file tells."""
        stamp = self._stamp()
        if self._open is None or self._open[0] != stamp:
            folder = str(self._folder)
            self._open = stamp, tantivy.Index.open(folder) if stamp else tantivy.Index(_schema(), folder)
        return self._open[1]

    def _stamp(self) -> str:
        try:
            stat = self._state.stat()
            return f"{stat.st_mtime_ns}-{stat.st_ino}"
        except OSError:
            return ""


def _guarded(work: Callable[[], _T]) -> _T:
    """Raises DamageError; StorageError for what is no fault of the index's."""
    try:
        return work()
    except BaseException as error:
        if not is_failure(error):
            raise
        if is_trouble(error):
            raise StorageError(f"The word index does not work: {error}.", "Is there room on the disk?") from error
        raise DamageError(str(error)[:200]) from error


def _search(index: tantivy.Index, words: Sequence[str], collections: Sequence[str], k: int) -> list[tuple[int, float]]:
    schema, query = index.schema, tantivy.Query
    word = [
        (tantivy.Occur.Should, query.term_query(schema, field, term, "freq"))
        for term in words
        for field in ("body", "label")
    ]
    inside = query.const_score_query(query.term_set_query(schema, "collection", list(collections)), 0.0)
    matching = query.boolean_query([(tantivy.Occur.Must, query.boolean_query(word)), (tantivy.Occur.Must, inside)])
    searcher = index.searcher()
    hits = searcher.search(matching, k, count=False).hits
    ids = searcher.fast_field_values("id", [address for _, address in hits])
    return [(int(id), float(score)) for id, (score, _) in zip(ids, hits, strict=True) if id is not None]


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)  # deleting by an unsigned one deletes nothing
    builder.add_text_field("collection", tokenizer_name="raw", index_option="basic")
    for field in ("label", "body"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


@cache
def lexical_at(folder: Path) -> Lexical:
    """The one object of this process for the folder."""
    return Lexical(folder)
