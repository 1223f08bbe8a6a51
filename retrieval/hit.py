"""What the index finds, and how much of it is kept and shown. Above retrieval a passage is a LangChain `Document`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from langchain_core.documents import Document

from cairn.core.clean_text import approximate_tokens
from cairn.core.passages import passage


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk of a document that was found; see `core.passages.PassageMetadata`."""

    chunk: int
    source: str
    title: str | None
    page: int | None
    heading: str | None
    start: int
    end: int
    text: str
    score: float
    found_by: dict[str, int] = field(default_factory=dict[str, int])
    collection: str = ""
    date: str | None = None
    tags: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """That of its Document."""
        return str(self.chunk)

    def as_document(self, number: int) -> Document:
        return passage(
            self.id,
            self.text,
            self.source,
            title=self.title,
            page=self.page,
            heading=self.heading,
            start=self.start,
            end=self.end,
            score=float(self.score),
            number=number,
            found_by=dict(self.found_by),
            collection=self.collection,
            date=self.date,
            tags=list(self.tags),
            notices=self.notices,
        )


def as_documents(hits: list[Hit]) -> list[Document]:
    """The hits as Documents, numbered from 1."""
    return [hit.as_document(number) for number, hit in enumerate(hits, 1)]


def within(hits: Sequence[Hit], k: int, max_tokens: int) -> list[Hit]:
    """The first `k` hits as far as they fit into `max_tokens`; the best one always stays.

    Tokens are counted as passages were split: what is found does not depend on the model that reads it.
    """
    kept: list[Hit] = []
    for hit in hits[:k]:
        max_tokens -= approximate_tokens(hit.text)
        if kept and max_tokens < 0:
            break
        kept.append(hit)
    return kept


def before_gap(hits: Sequence[Hit], gap: float) -> list[Hit]:
    """The hits before the first whose score is by more than the share `gap` below the one before it."""
    for place, (hit, after) in enumerate(pairwise(hits), 1):
        if after.score < hit.score * (1 - gap):
            return list(hits[:place])
    return list(hits)


def in_sections(hits: Sequence[Hit], parents: Mapping[int, tuple[int, int, str]]) -> list[Hit]:
    """Each passage as its whole section (start, end, text); of passages that share one only the best is kept."""
    kept: list[Hit] = []
    for hit in hits:
        start, end, text = parents.get(hit.chunk, (hit.start, hit.end, hit.text))
        inside = (other for other in kept if (other.source, other.collection) == (hit.source, hit.collection))
        if not any(other.start <= start and end <= other.end for other in inside):
            kept.append(replace(hit, start=start, end=end, text=text))
    return kept
