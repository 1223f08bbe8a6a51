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
from cairn.core.passages import label_of, metadata_of, with_number, write_passages
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
    number = max(1, ceil(sum(sizes) / size))
    while max(_sums(placed := _shared(sizes, number), sizes), default=0) > size and number < len(passages):
        number += 1
    groups = [[passage for passage, at in zip(passages, placed, strict=True) if at == n] for n in range(number)]
    return [_piece(n, group) for n, group in enumerate(filter(None, groups), 1)]


def _shared(sizes: Sequence[int], number: int) -> list[int]:
    """For each passage in which of so many pieces of equal shares its middle lies."""
    share, before, placed = max(1, sum(sizes)) / number, 0, list[int]()
    for size in sizes:
        placed.append(min(number - 1, int((before + size / 2) / share)))
        before += size
    return placed


def _sums(placed: Sequence[int], sizes: Sequence[int]) -> list[int]:
    sums: dict[int, int] = {}
    for at, size in zip(placed, sizes, strict=True):
        sums[at] = sums.get(at, 0) + size
    return list(sums.values())


def _piece(number: int, group: Sequence[Document]) -> Piece:
    shown = [with_number(passage, place) for place, passage in enumerate(group, 1)]
    first, last = label_of(shown[0]), label_of(shown[-1])
    title = f"{metadata_of(shown[0])['title']} > "
    to = last.removeprefix(title) if first.startswith(title) else last
    return Piece(number, shown, write_passages(shown), first if first == last else f"{first} – {to}")
