"""The pieces that a text is read in: passages that follow each other, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol, cast, runtime_checkable

from langchain_core.documents import Document
from langchain_core.tools import BaseTool

from cairn.core.clean_text import TokenCount
from cairn.core.errors import TaskError
from cairn.core.passages import label_of, with_number, write_passages
from cairn.core.task import Retrieval
from cairn.retrieval.hit import Hit, as_documents
from cairn.tools.search_tool import SearchTool


@runtime_checkable
class Readable(Protocol):
    """What is asked of a `Library`."""

    def whole(self, query: str, spec: Retrieval) -> tuple[str, list[Hit]]: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """`text`: its passages as a prompt shows them, numbered from 1; `place`: from where to where it goes."""

    number: int
    passages: Sequence[Document]
    text: str
    place: str


def named_passages(tools: Sequence[BaseTool], question: str, spec: Retrieval) -> tuple[str, list[Document]]:
    """The question without its filters, and all passages of the documents that pass them; may block.

    Raises TaskError where the task has no documents to read.
    """
    search = next((tool for tool in tools if isinstance(tool, SearchTool)), None)
    library = cast(object, search.retriever.library) if search else None
    if not isinstance(library, Readable):
        raise TaskError("This way of answering needs documents to read.", "Add `search` to `tools` in the task.")
    asked, hits = library.whole(question, spec)
    return asked or question, as_documents(_without_overlap(hits))


def _without_overlap(hits: Sequence[Hit]) -> list[Hit]:
    """What a passage repeats of the one before it is shown once. What is wholly inside another one is left out."""
    kept: list[Hit] = []
    ends: dict[tuple[str, str], int] = {}
    for hit in hits:
        place = (hit.collection, hit.source)
        begins = max(hit.start, ends.get(place, 0))
        if begins < hit.end and (text := hit.text[begins - hit.start :].strip()):
            kept.append(replace(hit, start=begins, text=text))
            ends[place] = hit.end
    return kept


def cut(passages: Sequence[Document], size: int, count: TokenCount) -> list[Piece]:
    """The passages in as few pieces of about the same size as `size` tokens allow; one that is larger stands alone."""
    sizes = [count(write_passages([passage])) for passage in passages]
    aim = sum(sizes) / max(1, ceil(sum(sizes) / size))
    groups: list[list[Document]] = []
    tokens = 0
    for passage, own in zip(passages, sizes, strict=True):
        if not groups or tokens + own > size or tokens >= aim:
            groups.append([])
            tokens = 0
        groups[-1].append(passage)
        tokens += own
    return [_piece(number, group) for number, group in enumerate(groups, 1)]


def _piece(number: int, group: Sequence[Document]) -> Piece:
    shown = [with_number(passage, place) for place, passage in enumerate(group, 1)]
    first, last = label_of(shown[0]), label_of(shown[-1])
    return Piece(number, shown, write_passages(shown), first if first == last else f"{first} – {last}")
