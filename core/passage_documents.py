"""A found passage as LangChain's `Document`: what everything above retrieval hands on."""

from __future__ import annotations

from typing import cast

from langchain_core.documents import Document

from cairn.core.source import Place, Source


class PassageMetadata(Place):
    """The metadata of a passage's `Document`.

    `source` is its path or address; `start` and `end` are the character span in the document's extracted text.
    `score` orders the passages of one search and means nothing across searches. `number` is the passage's place in
    this search, from 1, or the number by which a run cites it; `found_by` tells each retriever's rank from 1, for
    example `{"lexical": 2, "dense": 7}`; `collection`, `date` (the document's, ISO) and `tags` are what it was filed
    under.
    """

    score: float
    number: int
    found_by: dict[str, int]
    collection: str
    date: str | None
    tags: list[str]


def passage(
    id: str,
    text: str,
    source: str,
    *,
    title: str | None = None,
    page: int | None = None,
    heading: str | None = None,
    start: int | None = None,
    end: int | None = None,
    score: float = 0.0,
    number: int = 1,
    found_by: dict[str, int] | None = None,
    collection: str = "",
    date: str | None = None,
    tags: list[str] | None = None,
) -> Document:
    """A passage: `id` is the same whichever search finds it, all else is as `PassageMetadata` says."""
    metadata = PassageMetadata(
        source=source,
        title=title,
        page=page,
        heading=heading,
        start=start,
        end=end,
        score=score,
        number=number,
        found_by=found_by or {},
        collection=collection,
        date=date,
        tags=tags or [],
    )
    return Document(id=id, page_content=text, metadata=dict(metadata))


def metadata_of(document: Document) -> PassageMetadata:
    """The metadata of a passage, with its types."""
    return cast(PassageMetadata, document.metadata)  # pyright: ignore[reportUnknownMemberType] (a bare dict there)


def is_passage(document: Document) -> bool:
    """Whether it is one of ours, and not a Document that others made in their own way."""
    return document.id is not None and PassageMetadata.__required_keys__ <= metadata_of(document).keys()


def number_of(document: Document) -> int:
    """The number by which a passage is cited."""
    return metadata_of(document)["number"]


def with_number(document: Document, number: int) -> Document:
    """The same passage under another number."""
    return document.model_copy(update={"metadata": {**metadata_of(document), "number": number}})


def as_source(document: Document) -> Source:
    """A passage as events and answers carry it."""
    known = metadata_of(document)
    return Source(
        source=known["source"],
        title=known["title"],
        page=known["page"],
        heading=known["heading"],
        start=known["start"],
        end=known["end"],
        quote=document.page_content,
    )


def from_source(source: Source, number: int) -> Document:
    """A passage as a run's stored events remember it: what was found, without how."""
    return passage(
        f"source-{number}",
        source["quote"],
        source["source"],
        title=source["title"],
        page=source["page"],
        heading=source["heading"],
        start=source["start"],
        end=source["end"],
        number=number,
    )
