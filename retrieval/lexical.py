"""Lexical search: BM25 (k1 = 1.2, b = .75) by tantivy, on disk. A user's text is never parsed as a query."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from math import log
from pathlib import Path
from typing import Any, TypeVar

import tantivy

from cairn.errors import StorageError
from retrieval.deepening import Scored, deepened
from retrieval.derived import DamageError
from retrieval.files import is_failure, is_trouble, replace_file
from retrieval.records import Changes
from retrieval.words import VERSION, query_weights, terms

STATE = "cairn.json"
_HEAP_BYTES = 32_000_000
_MOST_TERMS = 512
_K1 = 1.2
_NEARLY_ALL = 0.9
_MOST_SOURCES = 1000
_FORMAT = f"{VERSION}/2"
"""Of the terms and of the fields: an index made with another one is made anew."""
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
            return int(state["applied"]) if state["of"] == [birth, _FORMAT] else 0
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
            state = {"of": [birth, _FORMAT], "applied": changes.last}
            _guarded(lambda: replace_file(self._state, json.dumps(state)))

    def _write(self, changes: Changes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        writer = self._opened().writer(_HEAP_BYTES, 1)
        for id in [*changes.removed, *(chunk.id for chunk in changes.added)]:
            writer.delete_documents_by_term("id", id)
        for chunk in changes.added:
            document = tantivy.Document()
            document.add_integer("id", chunk.id)
            document.add_integer("source", chunk.source)
            document.add_text("collection", chunk.collection)
            document.add_text("label", " ".join(terms(chunk.label)))
            document.add_text("body", " ".join(terms(chunk.text)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()

    def search(self, query: str, collections: Sequence[str], k: int, sources: Collection[int] | None = None) -> Scored:
        """Chunk ids with their scores, best first; of the documents with these numbers only, if they are given."""
        words = query_weights(query, _MOST_TERMS)
        if not words or not collections or sources == frozenset():
            return []
        return self._reading(lambda index: _within(index, words, collections, k, sources), [])

    def rarities(self, query: str, collections: Sequence[str]) -> dict[str, float]:
        """The most that each term of the query can add to a passage's score."""
        words = query_weights(query, _MOST_TERMS)
        return self._reading(lambda index: _rarities(index, words, collections), {})

    def frequencies(self, words: Sequence[str], collections: Sequence[str]) -> dict[str, list[int]]:
        """Of each collection: how many passages it has, then how many of them have each of the words."""
        return self._reading(lambda index: _frequencies(index, words, collections), {})

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


def _within(
    index: tantivy.Index,
    words: Mapping[str, float],
    collections: Sequence[str],
    k: int,
    sources: Collection[int] | None,
) -> Scored:
    """Few documents are a part of the query; where many may pass, those that do are picked from a longer list."""
    inside = [("collection", list(collections))]
    if sources is None:
        return _search(index, words, inside, k)
    if len(sources) <= _MOST_SOURCES:
        return _search(index, words, [*inside, ("source", list(sources))], k)
    homes: dict[int, int] = {}

    def passing(ids: Sequence[int]) -> list[int]:
        return [id for id in ids if homes[id] in sources]

    return deepened(lambda depth: _search(index, words, inside, depth, homes), passing, k)


def _search(
    index: tantivy.Index,
    words: Mapping[str, float],
    inside: Sequence[tuple[str, list[Any]]],
    k: int,
    homes: dict[int, int] | None = None,
) -> Scored:
    """The best chunks whose fields have one of the given values; `homes` is told the document of each."""
    schema, query = index.schema, tantivy.Query
    word = [
        (tantivy.Occur.Should, query.boost_query(query.term_query(schema, field, term, "freq"), weight))
        for field, weights in _in_scope(index, words, inside[0][1]).items()
        for term, weight in weights.items()
    ]
    within = [
        (tantivy.Occur.Must, query.const_score_query(query.term_set_query(schema, field, values), 0.0))
        for field, values in inside
    ]
    searcher = index.searcher()
    matching = query.boolean_query([(tantivy.Occur.Must, query.boolean_query(word)), *within])
    hits = searcher.search(matching, k, count=False).hits
    places = [address for _, address in hits]
    ids = [int(id or 0) for id in searcher.fast_field_values("id", places)]
    if homes is not None:
        homes.update(zip(ids, (int(home or 0) for home in searcher.fast_field_values("source", places)), strict=True))
    return [(id, float(score)) for id, (score, _) in zip(ids, hits, strict=True)]


def _rarities(index: tantivy.Index, words: Mapping[str, float], collections: Sequence[str]) -> dict[str, float]:
    searcher, here = index.searcher(), _in_scope(index, words, collections)["body"]
    return {
        term: (_K1 + 1) * weight * _rarity(searcher.num_docs, searcher.doc_freq("body", term))
        for term, weight in here.items()
    }


def _in_scope(
    index: tantivy.Index, words: Mapping[str, float], collections: Sequence[str]
) -> dict[str, Mapping[str, float]]:
    """The words' weights in each field, so that a word is as rare as it is in these collections, not in all."""
    schema, query = index.schema, tantivy.Query
    searcher: Any = index.searcher()  # its type forgets that results are counted
    inside = query.term_set_query(schema, "collection", list(collections))
    count, all_of_them = searcher.search(inside, 1).count, searcher.num_docs
    if not 0 < count < _NEARLY_ALL * all_of_them:
        return {"body": words, "label": words}

    def weight(field: str, term: str, before: float) -> float:
        one = query.term_query(schema, field, term, "basic")
        both = query.boolean_query([(tantivy.Occur.Must, inside), (tantivy.Occur.Must, one)])
        here = _rarity(count, searcher.search(both, 1).count)
        return before * here / _rarity(all_of_them, searcher.doc_freq(field, term))

    return {field: {term: weight(field, term, w) for term, w in words.items()} for field in ("body", "label")}


def _rarity(count: int, having: int) -> float:
    """BM25's: of a term that so many of the passages have."""
    return log(1 + (max(count - having, 0) + 0.5) / (having + 0.5))


def _frequencies(index: tantivy.Index, words: Sequence[str], collections: Sequence[str]) -> dict[str, list[int]]:
    schema, query = index.schema, tantivy.Query
    searcher: Any = index.searcher()  # its type forgets that results are counted

    def count(name: str, term: str | None) -> int:
        inside = query.term_query(schema, "collection", name, "basic")
        if term is None:
            return searcher.search(inside, 1).count
        either = [(tantivy.Occur.Should, query.term_query(schema, field, term, "basic")) for field in ("body", "label")]
        both = [(tantivy.Occur.Must, inside), (tantivy.Occur.Must, query.boolean_query(either))]
        return searcher.search(query.boolean_query(both), 1).count

    return {name: [count(name, term) for term in (None, *words)] for name in collections}


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)  # deleting by an unsigned one deletes nothing
    builder.add_integer_field("source", indexed=True, fast=True)
    builder.add_text_field("collection", tokenizer_name="raw", index_option="basic")
    for field in ("label", "body"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


@cache
def lexical_at(folder: Path) -> Lexical:
    """The one object of this process for the folder."""
    return Lexical(folder)
