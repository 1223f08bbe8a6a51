"""What the two retrievers find for one phrasing of a question, as one list."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from cairn.core.errors import CairnError
from cairn.core.events import emit
from cairn.core.task import Retrieval
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.dense_index import Dense, Vector
from cairn.retrieval.lexical_index import Lexical
from cairn.retrieval.ranked_lists import (
    Scored,
    among_neighbours,
    confidence,
    packaged_weight,
    reciprocal_ranks,
    script_of,
    weighted,
)
from cairn.retrieval.tuned_settings import TunedFile, adapted, kept_map

DEPTH = 100
"""How many passages each retriever contributes."""


class Ask(Protocol):
    """Searches an index when it is up to date and sound."""

    def __call__(self, index: Any, search: Callable[[], Any], /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: in these collections; of the documents with these numbers only, if they are given."""

    collections: Sequence[str]
    sources: Collection[int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`lists` by retriever, and `scored`, the one list they make, best first. `confidence` is 0 to 1."""

    lists: dict[str, Scored] = field(default_factory=dict[str, Scored])
    scored: Scored = ()
    confidence: float = 0.0


class Candidates:
    """Asks the indexes of one library. What was tuned lies in `folder`."""

    def __init__(self, catalog: Catalog, lexical: Lexical, dense: Dense, ask: Ask, folder: Path) -> None:
        self._catalog = catalog
        self._lexical = lexical
        self._dense = dense
        self._ask = ask
        self._folder = folder
        self._file: TunedFile | None = None

    @property
    def tuned(self) -> TunedFile:
        """For the embedding model in use. Raises SettingsError where that can't be read."""
        if self._file is None:
            self._file = TunedFile(self._folder, self._dense.embedder.fingerprint)
        return self._file

    def of(self, query: str, spec: Retrieval, place: Place) -> Found:
        """Raises what the vector index or its model raises only in mode `dense`."""
        lists: dict[str, Scored] = {}
        rarities: dict[str, float] = {}
        vectors: dict[int, Vector] = {}
        if spec.mode != "dense":
            lists["lexical"], rarities = self._by_words(query, place)
        if spec.mode != "lexical":
            try:
                lists["dense"], vectors = self._by_meaning(query, spec, place, lists.get("lexical", ()))
            except CairnError as error:
                if spec.mode == "dense":
                    raise
                emit("notice", {"text": f"Searched by words alone: {error}"})
        sure = confidence(lists.get("lexical"), sum(rarities.values()), lists.get("dense"))
        return Found(lists, self._one_list(query, lists, vectors, spec), sure)

    def covers(self, text: str) -> bool:
        """Whether the model's vectors mean anything for this text; else those of its letters take their place."""
        return self._dense.kind(text) == "model"

    def weight(self, script: str) -> float:
        """Of the vectors in weighted fusion: the tuned one, else the packaged one."""
        tuned = self.tuned.load().weights.get(script)
        return packaged_weight(self._dense.embedder.fingerprint) if tuned is None else tuned

    def vector(self, query: str) -> list[float]:
        """The question's vector before anything moves it."""
        return self._dense.maker(self._dense.kind(query)).embed_query(query)

    def vectors(self, query: str, ids: Sequence[int]) -> dict[int, Vector]:
        """Of the chunks whose vectors can be compared with the question's."""
        birth = self._catalog.position().birth
        return self._ask(self._dense, lambda: self._dense.vectors(birth, ids, self._dense.kind(query)))

    def rarities(self, query: str, collections: Sequence[str]) -> dict[str, float]:
        return self._ask(self._lexical, lambda: self._lexical.rarities(query, collections))

    def frequencies(self, words: Sequence[str], collections: Sequence[str]) -> dict[str, list[int]]:
        return self._ask(self._lexical, lambda: self._lexical.frequencies(words, collections))

    def _by_words(self, query: str, place: Place) -> tuple[Scored, dict[str, float]]:
        def search() -> tuple[Scored, dict[str, float]]:
            found = self._lexical.search(query, place.collections, DEPTH, place.sources)
            return found, self._lexical.rarities(query, place.collections)

        return self._ask(self._lexical, search)

    def _by_meaning(
        self, query: str, spec: Retrieval, place: Place, beside: Scored
    ) -> tuple[Scored, dict[int, Vector]]:
        """The list, and the vectors of the passages in it and in the one beside it, for `weighted` fusion."""
        kind = self._dense.kind(query)
        vector = self._placed(query, spec) if kind == "model" else self.vector(query)
        birth = self._catalog.position().birth
        smooth = spec.mode == "fused" and (spec.fusion == "weighted" or kind == "letters")

        def search() -> tuple[Scored, dict[int, Vector]]:
            found = self._dense.search_vector(birth, vector, place.collections, DEPTH, place.sources, kind)
            wanted = list(dict.fromkeys(id for id, _ in (*found, *beside))) if smooth else []
            return found, self._dense.vectors(birth, wanted, kind)

        return self._ask(self._dense, search)

    def _placed(self, query: str, spec: Retrieval) -> list[float]:
        vector = self.vector(query)
        if not spec.adapter:
            return vector
        started = time.perf_counter()
        fingerprint = self._dense.embedder.fingerprint
        named = spec.adapter if isinstance(spec.adapter, str) else None
        matrix = kept_map(self._folder, fingerprint, named) if named else self.tuned.load().adapter
        usable = matrix is not None and len(matrix) == len(vector)
        detail = "the question's vector moved" if usable else "nothing was learned for this embedding model"
        moved = adapted(vector, matrix) if matrix is not None and usable else vector
        emit("stage", {"name": "adapter", "detail": detail, "milliseconds": (time.perf_counter() - started) * 1000})
        return moved

    def _weight(self, query: str, spec: Retrieval) -> float:
        return self.weight(script_of(query)) if spec.dense_weight is None else spec.dense_weight

    def _one_list(self, query: str, lists: dict[str, Scored], vectors: dict[int, Vector], spec: Retrieval) -> Scored:
        if "lexical" not in lists or "dense" not in lists:
            return next(iter(lists.values()), ())
        covered = self.covers(query)
        if covered and spec.fusion == "rrf":
            return reciprocal_ranks([lists["lexical"], lists["dense"]])
        weight = self._weight(query, spec) if covered else packaged_weight(self._dense.letters.fingerprint)
        scored = weighted(lists["lexical"], lists["dense"], weight)
        return among_neighbours(scored[:DEPTH], vectors)
