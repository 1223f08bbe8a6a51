"""Found passages: LangChain's `Document` with metadata of ours, numbered in a run, and written into a prompt.

One format for the search tool's result and for a template's `{{context}}`:

    [1] Leave > Parental leave <leave.md>
    The text of the passage, each line indented by two spaces,
      whatever it contains.

The indentation keeps a passage from forging the head of another one before a model. Nothing reads passages back out of
a text: who needs them has their Documents.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import cast

from langchain_core.documents import Document

from cairn.core.context_values import inside
from cairn.core.events import Sources, emit
from cairn.core.source import Place, Source, document_name

NOTHING_FOUND = "Nothing was found."
INDENT = "  "
_numbers: ContextVar[dict[str, int] | None] = ContextVar("cairn_numbers", default=None)
_numbering = threading.Lock()  # searches run in parallel threads: a number is a place in the list of what was told
_call: ContextVar[str | None] = ContextVar("cairn_call", default=None)
_NAMED = re.compile(r"[^:\n]{1,60}: \S")


class PassageMetadata(Place):
    """The metadata of a passage's `Document`.

    `source` is its path or address; `start` and `end` are the character span in the document's extracted text.
    `score` orders the passages of one search and means nothing across searches. `number` is the passage's place in
    this search, from 1, or the number by which a run cites it; `found_by` tells each retriever's rank from 1, for
    example `{"lexical": 2, "dense": 7}`; `collection`, `date` (the document's, ISO) and `tags` are what it was filed
    under. `notices`: what of the document could not be read, or was guessed.
    """

    score: float
    number: int
    found_by: dict[str, int]
    collection: str
    date: str | None
    tags: list[str]
    notices: list[str]


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
    notices: Sequence[str] = (),
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
        notices=list(notices),
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
        notices=known["notices"],
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
        notices=source.get("notices", ()),
    )


def label_of(document: Document) -> str:
    """Title, heading and page in one line: `Leave > Parental leave, page 3`."""
    known = metadata_of(document)
    parts = [known["title"] or "", known["heading"] or ""]
    label = " > ".join(dict.fromkeys(part for part in parts if part)) or document_name(known["source"])
    return _one_line(f"{label}, page {known['page']}" if known["page"] else label)


def citing(given: int = 0) -> AbstractContextManager[None]:
    """One numbering of passages for everything inside: a run's `[3]` means one passage, whichever search found it.

    `given`: so many numbers were given before the run was broken off; which passages have them is not asked any more.
    """
    return inside(_numbers, {f"given-{number}": number for number in range(1, given + 1)})


def is_citing() -> bool:
    """Whether a numbering is under way."""
    return _numbers.get() is not None


def numbers_given() -> int:
    """How many passages of this run have a number."""
    return len(_numbers.get() or ())


def call_under_way() -> str | None:
    """The id of the tool call that this code is part of."""
    return _call.get()


def finding(call: str) -> AbstractContextManager[None]:
    """What is found inside is found by the tool call with this id, and told so."""
    return inside(_call, call)


def numbered(documents: Sequence[Document]) -> list[Document]:
    """The passages under the run's numbers, or from 1 where none is on; new ones become the run's sources."""
    known = _numbers.get()
    numbers = {} if known is None else known
    with _numbering:
        new = {document.id or "": document for document in documents if document.id not in numbers}
        for id in new:
            numbers[id] = len(numbers) + 1
        if new:
            told = Sources(sources=[as_source(document) for document in new.values()])
            if (call := _call.get()) is not None:
                told["call"] = call
            emit("sources", told)
    return [with_number(document, numbers[document.id or ""]) for document in documents]


def write_passages(documents: Sequence[Document]) -> str:
    """Numbered passages as text for a prompt or a tool's result."""
    return "\n\n".join(map(_write, documents)) or NOTHING_FOUND


def _write(document: Document) -> str:
    source = _one_line(document_name(metadata_of(document)["source"]))
    head = f"[{number_of(document)}] {label_of(document)} <{source}>"
    return "\n".join([head, *(INDENT + line for line in document.page_content.splitlines())])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def cells(line: str) -> list[str]:
    """The values of `Name: Ada; City: Berlin`, `| Ada | Berlin |` or `Ada | Berlin`; none if the line is no row."""
    line = line.strip()
    if line.startswith("|") or " | " in line:
        return [cell.strip() for cell in line.strip("|").split("|")] if line.count("|") > 1 or line[0] != "|" else []
    found: list[str] = []
    named = 0
    for part in line.split("; "):
        if _NAMED.match(part):
            named += 1
            found.append(part.partition(": ")[2])
        elif not found:
            return []
        else:
            found[-1] += f"; {part}"
    return found if named > 1 else []
