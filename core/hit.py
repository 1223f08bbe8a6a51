"""What retrieval finds, and how it is shown to a model and to people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from typing_extensions import TypedDict


class Source(TypedDict):
    """A found passage as events and answers carry it. `start` and `end` are characters in the document's text."""

    source: str
    title: str | None
    page: int | None
    heading: str | None
    start: int | None
    end: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk of a document that was found.

    `source` is its path or address; `start` and `end` are the character span in the document's extracted text;
    `score` orders hits of one search and means nothing across searches; `found_by` tells each retriever's rank from 1,
    for example `{"lexical": 2, "dense": 7}`; `collection`, `date` (the document's, ISO) and `tags` are what it was
    filed under.
    """

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

    def as_source(self) -> Source:
        return Source(
            source=self.source,
            title=self.title,
            page=self.page,
            heading=self.heading,
            start=self.start,
            end=self.end,
            quote=self.text,
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
