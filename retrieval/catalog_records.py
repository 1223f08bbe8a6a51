"""What goes into the catalog and what comes out of it; and its recipes, which say how a document was made:
`3/2-240-30`, `3+cp1251/2-240-30`, `3+whole/2-240-30`.
"""

from __future__ import annotations

from dataclasses import dataclass

from cairn.retrieval.load import Document, ReadAs
from cairn.retrieval.splitting import OVERLAP, SIZE, Piece, splitting

LOADING = "3"
"""Names how files become documents; another one makes `add` load them again."""
_WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """`state` is ready or failed; `error` says why it, or its newest version, could not be read; `notice` what of it
    could not. `date` is ISO, `language` ISO 639-1, `added` in Unix seconds. `encoding` and `whole_page` are what its
    user said of it.
    """

    source: str
    title: str | None
    collection: str
    state: str
    error: str | None
    chunks: int
    added: float
    author: str | None = None
    date: str | None = None
    language: str | None = None
    notice: str | None = None
    tags: tuple[str, ...] = ()
    encoding: str | None = None
    whole_page: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog remembers of a file, to see whether it changed."""

    digest: str
    stamp: str
    recipe: str
    state: str
    error: str | None
    tags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A document to be stored with its chunks, or one that failed: then `error` says why and `document` is None.

    `stamp` tells of size and times of the file as it was read; `date` is the file's, for a document without its own.
    """

    source: str
    digest: str
    recipe: str
    document: Document | None = None
    pieces: tuple[Piece, ...] = ()
    error: str | None = None
    stamp: str = ""
    date: str | None = None
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Note:
    """What is new of a document whose text is not: the stamp of its file, tags it gains, why it can't be read now."""

    source: str
    stamp: str
    tags: frozenset[str] = frozenset()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk with what an index needs to find it by; `source` is its document's number."""

    id: int
    source: int
    collection: str
    title: str | None
    heading: str | None
    text: str

    @property
    def label(self) -> str:
        """Where the chunk stands, in words: `Handbook > Leave > Parental leave`."""
        return " > ".join(dict.fromkeys(part for part in (self.title, self.heading) if part))


@dataclass(frozen=True, slots=True)
class Position:
    """`birth` is a random number that tells this catalog from others, 0 while it is empty; `head` the newest change."""

    birth: int
    head: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the log, as it amounts to now: chunks that were added and still exist, and ids that were removed."""

    added: list[Chunk]
    removed: list[int]
    last: int


def recipe(size: int = SIZE, overlap: int = OVERLAP, loaded: str = LOADING) -> str:
    return f"{loaded}/{splitting(size, overlap)}"


def loading(read_as: ReadAs) -> str:
    return "+".join(filter(None, (LOADING, read_as.encoding, _WHOLE if read_as.whole_page else "")))


def read_as_of(recipe: str) -> ReadAs:
    """What the user once said of a document."""
    _, *said = recipe.partition("/")[0].split("+")
    return ReadAs(next((word for word in said if word != _WHOLE), None), _WHOLE in said)
