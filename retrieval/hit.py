"""What the index finds. Above retrieval a passage is a LangChain `Document`."""

from __future__ import annotations

from dataclasses import dataclass, field

from langchain_core.documents import Document

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
        )


def as_documents(hits: list[Hit]) -> list[Document]:
    """The hits as Documents, numbered from 1."""
    return [hit.as_document(number) for number, hit in enumerate(hits, 1)]
