"""Lexical search: BM25 (k1 = 1.2, b = .75) by tantivy, on disk. A user's text is never parsed as a query.

Each collection has an index of its own, so that a passage's length is compared with those beside it.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from heapq import nlargest
from itertools import groupby
from math import log
from pathlib import Path
from typing import Any, TypeVar, cast

import tantivy

from cairn.core.errors import StorageError
from cairn.core.whole_files import write_whole
from cairn.retrieval.catalog_records import Changes, Chunk
from cairn.retrieval.derived_index import DamageError, hashed, is_failure, is_trouble
from cairn.retrieval.ranked_lists import Scored, deepened
from cairn.retrieval.search_terms import VERSION, query_weights, terms

STATE = "cairn.json"
_HEAP_BYTES = 32_000_000
_MOST_TERMS = 512
_K1 = 1.2
_MOST_SOURCES = 1000
_FORMAT = f"{VERSION}/3"
"""Of the terms, the fields and the folders: an index made with another one is made anew."""
_T = TypeVar("_T")
Parts = Mapping[str, tantivy.Index]
Weights = Mapping[str, float]
_FIELDS = ("label", "body")


class Lexical:
    """The word index in one folder. Passages are found by the words in them and in their title and headings.

    `cairn.json` names its parts, one for each collection, and the last change that all of them have.
    """

    name = "word index"
    batch = 2000

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / STATE
        self._mutex = threading.RLock()
        self._open: tuple[str, Parts] | None = None

    def applied(self, birth: int) -> int:
        try:
            state = json.loads(self._state.read_text("utf-8"))
            return int(state["applied"]) if state["of"] == [birth, _FORMAT] else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0

    def count(self, birth: int) -> int:
        return self._reading(lambda parts: sum(map(_size, parts.values())), 0) if self.applied(birth) else 0

    def apply(self, birth: int, changes: Changes, tick: Callable[[int], None]) -> None:
        del tick
        with self._mutex:
            if self.applied(birth) == 0:
                self.discard(birth)
            parts = _guarded(lambda: self._write(changes))
            state = {"of": [birth, _FORMAT], "applied": changes.last, "parts": parts}
            _guarded(lambda: write_whole(self._state, json.dumps(state)))

    def _write(self, changes: Changes) -> list[str]:
        """The parts that hold something now. Of a batch that broke off a part may have its share: it gets it again."""
        parts = dict(self._opened())
        added = {name: list(some) for name, some in groupby(sorted(changes.added, key=_part), key=_part)}
        for name in {*added, *(parts if changes.removed else ())}:
            parts[name] = parts.get(name) or _made(self._folder / name)
            writer = parts[name].writer(_HEAP_BYTES, 1)
            for id in [*changes.removed, *(chunk.id for chunk in added.get(name, ()))]:
                writer.delete_documents_by_term("id", id)
            for chunk in added.get(name, ()):
                writer.add_document(_document(chunk))
            writer.commit()
            writer.wait_merging_threads()
            parts[name].reload()
        return sorted(name for name, part in parts.items() if _size(part))

    def search(self, query: str, collections: Sequence[str], k: int, sources: Collection[int] | None = None) -> Scored:
        """Chunk ids with their scores, best first; of the documents with these numbers only, if they are given."""
        words = query_weights(query, _MOST_TERMS)
        if not words or sources == frozenset():
            return []
        return self._reading(lambda parts: _search(_chosen(parts, collections), words, k, sources), [])

    def rarities(self, query: str, collections: Sequence[str]) -> dict[str, float]:
        """The most that each term of the query can add to a passage's score."""
        words = query_weights(query, _MOST_TERMS)
        return self._reading(lambda parts: _rarities(_chosen(parts, collections), words), {})

    def frequencies(self, words: Sequence[str], collections: Sequence[str]) -> dict[str, list[int]]:
        """Of each collection: how many passages it has, then how many of them have each of the words."""
        return self._reading(lambda parts: {name: _counts(_chosen(parts, [name]), words) for name in collections}, {})

    def discard(self, birth: int) -> None:
        del birth
        with self._mutex:
            self._open = None
            shutil.rmtree(self._folder, ignore_errors=True)

    def _reading(self, work: Callable[[Parts], _T], empty: _T) -> _T:
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

    def _opened(self) -> Parts:
        """Opened anew after each commit, by whichever process: the state file tells."""
        stamp = self._stamp()
        if self._open is None or self._open[0] != stamp:
            names = json.loads(self._state.read_text("utf-8")).get("parts", []) if stamp else []
            self._open = stamp, {name: tantivy.Index.open(str(self._folder / name)) for name in names}
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


def _part(chunk: Chunk) -> str:
    return hashed(chunk.collection)


def _chosen(parts: Parts, collections: Sequence[str]) -> list[tantivy.Index]:
    return [parts[name] for name in dict.fromkeys(map(hashed, collections)) if name in parts]


def _made(folder: Path) -> tantivy.Index:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return tantivy.Index(_schema(), str(folder))


def _document(chunk: Chunk) -> tantivy.Document:
    document = tantivy.Document()
    document.add_integer("id", chunk.id)
    document.add_integer("source", chunk.source)
    document.add_text("label", " ".join(terms(chunk.label)))
    document.add_text("body", " ".join(terms(chunk.text)))
    return document


def _search(parts: Sequence[tantivy.Index], words: Weights, k: int, sources: Collection[int] | None) -> Scored:
    """Few documents are a part of the query; where many may pass, those that do are picked from a longer list."""
    weights = [_as_rare_as_in_all(part, parts, words) for part in parts]

    def search(depth: int, only: Collection[int] | None = None) -> Scored:
        found = (_best(part, mine, depth, only, homes) for part, mine in zip(parts, weights, strict=True))
        return nlargest(depth, (pair for some in found for pair in some), key=lambda pair: pair[1])

    homes: dict[int, int] = {}
    if sources is None:
        return search(k)
    if len(sources) <= _MOST_SOURCES:
        return search(k, sources)
    return deepened(search, lambda ids: [id for id in ids if homes[id] in sources], k)


def _best(
    part: tantivy.Index, words: Mapping[str, Weights], k: int, only: Collection[int] | None, homes: dict[int, int]
) -> Scored:
    """The best chunks of one collection, of these documents `only`; `homes` is told the document of each."""
    schema, query = part.schema, tantivy.Query
    word = [
        (tantivy.Occur.Should, query.boost_query(query.term_query(schema, field, term, "freq"), weight))
        for field, weights in words.items()
        for term, weight in weights.items()
    ]
    wanted = query.boolean_query(word)
    if only is not None:
        inside = query.const_score_query(query.term_set_query(schema, "source", list(only)), 0.0)
        wanted = query.boolean_query([(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, inside)])
    searcher = part.searcher()
    hits = searcher.search(wanted, k, count=False).hits
    places = [address for _, address in hits]
    ids = [int(id or 0) for id in searcher.fast_field_values("id", places)]
    homes.update(zip(ids, (int(home or 0) for home in searcher.fast_field_values("source", places)), strict=True))
    return [(id, float(score)) for id, (score, _) in zip(ids, hits, strict=True)]


def _as_rare_as_in_all(part: tantivy.Index, parts: Sequence[tantivy.Index], words: Weights) -> dict[str, Weights]:
    """The words' weights in each field that undo how rare they are in this collection alone."""
    if len(parts) == 1:
        return dict.fromkeys(_FIELDS, words)

    def weight(field: str, term: str, before: float) -> float:
        return before * _rarity(*_having(parts, field, term)) / _rarity(*_having([part], field, term))

    return {field: {term: weight(field, term, w) for term, w in words.items()} for field in _FIELDS}


def _rarities(parts: Sequence[tantivy.Index], words: Weights) -> dict[str, float]:
    return {term: (_K1 + 1) * weight * _rarity(*_having(parts, "body", term)) for term, weight in words.items()}


def _having(parts: Sequence[tantivy.Index], field: str, term: str) -> tuple[int, int]:
    """How many passages there are, and how many of them have the term."""
    return sum(map(_size, parts)), sum(part.searcher().doc_freq(field, term) for part in parts)


def _rarity(count: int, having: int) -> float:
    """BM25's: of a term that so many of the passages have."""
    return log(1 + (max(count - having, 0) + 0.5) / (having + 0.5))


def _counts(parts: Sequence[tantivy.Index], words: Sequence[str]) -> list[int]:
    """The passages, and of each word those that have it in a field."""

    def count(part: tantivy.Index, term: str) -> int:
        query, searcher = tantivy.Query, cast(Any, part.searcher())  # its type forgets that results are counted
        either = [(tantivy.Occur.Should, query.term_query(part.schema, field, term, "basic")) for field in _FIELDS]
        return searcher.search(query.boolean_query(either), 1).count

    return [sum(map(_size, parts)), *(sum(count(part, term) for part in parts) for term in words)]


def _size(part: tantivy.Index) -> int:
    return part.searcher().num_docs


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("id", indexed=True, fast=True)  # deleting by an unsigned one deletes nothing
    builder.add_integer_field("source", indexed=True, fast=True)
    for field in _FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


lexical_at = cache(Lexical)
"""The one object of this process for the folder."""
