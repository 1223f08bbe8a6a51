"""How found passages are numbered, and how they are written into a prompt.

One format for the search tool's result and for a template's `{{context}}`:

    [1] Leave > Parental leave <handbook/leave.md>
    The text of the passage, each line indented by two spaces,
      whatever it contains.

The indentation keeps a passage from forging the head of another one before a model. Nothing reads passages back out of
a text: who needs them has their Documents.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from langchain_core.documents import Document

from cairn.core.events import Sources, emit
from cairn.core.passage_documents import as_source, metadata_of, number_of, with_number

NOTHING_FOUND = "Nothing was found."
INDENT = "  "


def label_of(document: Document) -> str:
    """Title, heading and page in one line: `Leave > Parental leave, page 3`."""
    known = metadata_of(document)
    parts = [known["title"] or "", known["heading"] or ""]
    label = " > ".join(dict.fromkeys(part for part in parts if part)) or known["source"]
    return _one_line(f"{label}, page {known['page']}" if known["page"] else label)


_numbers: ContextVar[dict[str, int] | None] = ContextVar("cairn_numbers", default=None)
_numbering = threading.Lock()  # searches run in parallel threads: a number is a place in the list of what was told
_call: ContextVar[str | None] = ContextVar("cairn_call", default=None)


@contextmanager
def citing(given: int = 0) -> Generator[None]:
    """One numbering of passages for everything inside: a run's `[3]` means one passage, whichever search found it.

    `given`: so many numbers were given before the run was broken off; which passages have them is not asked any more.
    """
    token = _numbers.set({f"given-{number}": number for number in range(1, given + 1)})
    try:
        yield
    finally:
        _numbers.reset(token)


def is_citing() -> bool:
    """Whether a numbering is under way."""
    return _numbers.get() is not None


@contextmanager
def finding(call: str) -> Generator[None]:
    """What is found inside is found by the tool call with this id, and told so."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


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
    source = _one_line(metadata_of(document)["source"])
    head = f"[{number_of(document)}] {label_of(document)} <{source}>"
    return "\n".join([head, *(INDENT + line for line in document.page_content.splitlines())])


def _one_line(text: str) -> str:
    return " ".join(text.split())
