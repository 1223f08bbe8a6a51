"""From a question to the passages that answer it: one stage after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from langchain_core.documents import Document

from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, SettingsError
from cairn.core.events import emit
from cairn.core.filters import Filters, parse_filters
from cairn.core.settings import Settings
from cairn.core.task import Retrieval
from cairn.retrieval.catalog import Catalog
from cairn.retrieval.collection_routing import routed
from cairn.retrieval.dense_index import Dense
from cairn.retrieval.hit import Hit, as_documents, before_gap, in_sections, within
from cairn.retrieval.lexical_index import Lexical
from cairn.retrieval.ranked_lists import Scored, cosines, ranks, reciprocal_ranks
from cairn.retrieval.reranking import by_cross_encoder, by_marginal_relevance, likeness_of_words, newest_first
from cairn.retrieval.retriever_candidates import Ask, Candidates, Found, Place
from cairn.retrieval.search_terms import query_weights

SAMPLES = "samples"
_SPARE = 20
_TERMS = 100
_MOST_READ = 100_000
"""Passages of what is read as a whole; no limits of a task allow as many."""
_NO_FILTERS = Filters()

Judge = Callable[[str, list[Document]], list[Document]]
"""Given the question and the passages, the passages in the order a chat model gives them."""


class Search:
    """Searches the indexes of one library. `folder` holds what was tuned."""

    def __init__(
        self, catalog: Catalog, lexical: Lexical, dense: Dense, ask: Ask, settings: Settings, folder: Path
    ) -> None:
        self._catalog = catalog
        self.settings = settings
        self.candidates = Candidates(catalog, lexical, dense, ask, folder)

    def search(
        self,
        query: str,
        spec: Retrieval,
        also: Sequence[str] = (),
        where: Filters = _NO_FILTERS,
        judge: Judge | None = None,
    ) -> list[Hit]:
        """See `Library.search`."""
        query, asked = _narrowed(clean(query).strip(), spec)
        filters = [one for one in (asked, where) if one != _NO_FILTERS]
        scope = self.scope(spec.collections)
        if not scope or not (query or filters):
            return self._told(spec, Found(), [])
        if spec.route and len(scope) > 1 and query:
            scope = self._routed(query, scope)
        place = Place(scope, self._passing(filters, scope))
        if place.sources is not None and not place.sources:
            emit("notice", {"text": f"No document passes {' '.join(map(str, filters))}."})
            return []
        if not query:
            return self._listed(place, spec)
        return self._ranked(query, spec, place, [text for phrase in also if (text := clean(phrase).strip())], judge)

    def whole(self, query: str, spec: Retrieval) -> tuple[str, list[Hit]]:
        """See `Library.whole`."""
        query, filters = _narrowed(clean(query).strip(), spec)
        scope = self.scope(spec.collections)
        sources = self._passing([filters], scope) if scope else frozenset[int]()
        if sources is not None and not sources:
            if scope:
                emit("notice", {"text": f"No document passes {filters}."})
            return query, []
        ids = self._catalog.chunk_ids(scope, sources, _MOST_READ)
        hits = self._hits([(id, 0.0) for id in ids], {})
        return query, sorted(hits, key=lambda hit: (hit.collection, hit.source, hit.start))

    def scope(self, chosen: Sequence[str] | None) -> list[str]:
        """The collections to search: the chosen ones, else the user's own, or the samples as the settings say."""
        there = self._catalog.collections()
        if chosen is not None:
            if missing := [name for name in chosen if name not in there]:
                emit("notice", {"text": f"There are no documents in the collection {', '.join(missing)}."})
            return [name for name in dict.fromkeys(chosen) if name in there]
        own = [name for name in there if name != SAMPLES]
        return there if self.settings.samples_used(bool(own)) else own

    def _passing(self, filters: Sequence[Filters], scope: Sequence[str]) -> frozenset[int] | None:
        """The numbers of the documents that pass all of them; None when there is nothing to filter by."""
        passing = [found for one in filters if (found := self._catalog.matching(one, scope)) is not None]
        return frozenset.intersection(*passing) if passing else None

    def _routed(self, query: str, scope: list[str]) -> list[str]:
        with _stage("route") as told:
            chosen = routed(self.candidates.frequencies(list(query_weights(query, _TERMS)), scope)) or scope
            told.append(f"{', '.join(chosen)} (of {len(scope)} collections)")
        return chosen

    def _listed(self, place: Place, spec: Retrieval) -> list[Hit]:
        """Filters without a question: what passes them, from the start."""
        ids = sorted(self._catalog.chunk_ids(place.collections, place.sources, 2 * spec.k + _SPARE))
        return within(list(self._hits([(id, 1.0) for id in ids], {})), spec.k, spec.max_tokens)

    def _ranked(self, query: str, spec: Retrieval, place: Place, also: Sequence[str], judge: Judge | None) -> list[Hit]:
        started = time.perf_counter()
        founds = [self.candidates.of(phrase, spec, place) for phrase in dict.fromkeys([query, *also])]
        found = founds[0] if len(founds) == 1 else _together(founds)
        hits = self._hits(found.scored[: 2 * spec.k + _SPARE], found.lists)
        self._told(spec, found, hits[: spec.k], (time.perf_counter() - started) * 1000)
        if spec.floor is not None and found.confidence < spec.floor:
            with _stage("floor") as told:
                told.append(f"nothing found: confidence {found.confidence:.2f} is below {spec.floor:g}")
            return []
        return self._shaped(self._reranked(query, hits, spec, judge), spec)

    def _told(self, spec: Retrieval, found: Found, hits: list[Hit], milliseconds: float = 0.0) -> list[Hit]:
        counts = ", ".join(f"{name} {len(results)}" for name, results in found.lists.items())
        detail = f"{spec.mode}: {len(hits)} passages (of {counts or 'none'}), confidence {found.confidence:.2f}"
        emit("stage", {"name": "search", "detail": detail, "milliseconds": milliseconds})
        return hits

    def _hits(self, scored: Scored, lists: dict[str, Scored]) -> list[Hit]:
        """Without chunks that were removed since an index last followed; a passage of several collections once."""
        places, chunks = ranks(lists), self._catalog.hits(id for id, _ in scored)
        found: dict[tuple[str, int, str], Hit] = {}
        for id, score in scored:
            if (hit := chunks.get(id)) and (key := (hit.source, hit.start, hit.text)) not in found:
                found[key] = replace(hit, score=score, found_by=places.get(id, {}))
        return list(found.values())

    def _reranked(self, query: str, hits: list[Hit], spec: Retrieval, judge: Judge | None) -> list[Hit]:
        if spec.gap is not None:
            with _stage("gap") as told:
                kept = before_gap(hits, spec.gap)
                told.append(f"{min(len(kept), spec.k)} of {min(len(hits), spec.k)} passages kept")
                hits = kept
        for name in spec.rerank:
            with _stage(name) as told:
                before = [hit.chunk for hit in hits[: spec.k]]
                match name:
                    case "mmr":
                        hits = by_marginal_relevance(hits, self._likeness(query, hits))
                    case "newest":
                        hits = newest_first(hits)
                    case "cross_encoder":
                        hits = self._by_cross_encoder(query, hits)
                    case "judge":
                        hits = _judged(query, hits, judge)
                new = sum(hit.chunk not in before for hit in hits[: spec.k])
                told.append(f"of {len(hits)} passages, {new} new among the first {min(spec.k, len(hits))}")
        return hits

    def _likeness(self, query: str, hits: list[Hit]) -> npt.NDArray[np.floating]:
        ids = [hit.chunk for hit in hits]
        try:
            vectors = self.candidates.vectors(query, ids)
        except CairnError:
            vectors = {}
        if any(id not in vectors for id in ids):
            return likeness_of_words([hit.text for hit in hits])
        rows = np.stack([vectors[id] for id in ids]) if ids else np.zeros((0, 1))
        return np.clip(cosines(rows), 0, 1)

    def _by_cross_encoder(self, query: str, hits: list[Hit]) -> list[Hit]:
        from cairn.models.onnx_files import cross_encoder

        if (folder := self.settings.cross_encoder_dir) is None:
            raise SettingsError(
                "The reranker `cross_encoder` has no model.",
                "Set `cross_encoder_dir` to a folder with a cross-encoder's model.onnx and tokenizer.json.",
            )
        return by_cross_encoder(query, hits, cross_encoder(folder).score)

    def _shaped(self, hits: list[Hit], spec: Retrieval) -> list[Hit]:
        if spec.parents:
            with _stage("parents") as told:
                hits = in_sections(hits, self._catalog.parents(hit.chunk for hit in hits))
                told.append(f"{min(spec.k, len(hits))} sections")
        return within(hits, spec.k, spec.max_tokens)


def _narrowed(query: str, spec: Retrieval) -> tuple[str, Filters]:
    if not spec.filters:
        return query, _NO_FILTERS
    with _stage("filters") as told:
        query, filters = parse_filters(query)
        if filters != _NO_FILTERS:
            told.append(str(filters))
    return query, filters


def _together(founds: Sequence[Found]) -> Found:
    """Several phrasings as one: by reciprocal ranks, as sure as the surest. The question's own places are told."""
    lists: dict[str, Scored] = {}
    for found in reversed(founds):
        lists |= found.lists
    return Found(lists, reciprocal_ranks([found.scored for found in founds]), max(found.confidence for found in founds))


def _judged(query: str, hits: list[Hit], judge: Judge | None) -> list[Hit]:
    """What the judge leaves out follows in its old order; what it makes up is left out."""
    if judge is None:
        emit("notice", {"text": "There is no model here to judge the passages: their order stays."})
        return hits
    known = {hit.id: hit for hit in hits}
    order = [one.id for one in judge(query, as_documents(hits)) if one.id in known]
    return [known[id] for id in dict.fromkeys([*order, *known])]


@contextmanager
def _stage(name: str) -> Generator[list[str]]:
    """What is put into the list is told, with the time it took; nothing when nothing is put there."""
    told: list[str] = []
    started = time.perf_counter()
    yield told
    if told:
        spent = (time.perf_counter() - started) * 1000
        emit("stage", {"name": name, "detail": "; ".join(told), "milliseconds": spent})
