"""Documents become chunks: exact spans of the text, cut where its structure allows.

In falling order: sections (headings, pages), blocks (paragraphs, fenced code), rows of tables, sentences, clauses, at
last anywhere.
Sizes are in tokens as `cairn.core.clean_text.approximate_tokens` counts them, whichever model will read the passages:
they are in the index's fingerprint, and with another way of counting every document would be split and embedded anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from cairn.core.clean_text import approximate_tokens
from cairn.retrieval.load import Document, Section, fenced

SIZE = 240
OVERLAP = 30
PARENT = 1000
"""The most tokens of what a chunk is read in, see `Piece`."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+|(?<=[。！？；…])[”’」』）]*\s*|\n")
_CLAUSE_END = re.compile(r"(?<=[，、：,;:])\s*|\s+")
_BLANK = re.compile(r"\s*")
_ROW = re.compile(r"\||[^\s:：|][^:：|\n]{0,99}[:：]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk to be: `text == document.text[start:end]`, without white space at its ends.

    `parent_start` and `parent_end` are what it is read in: its section, or of a long one as many whole chunks around.
    """

    text: str
    start: int
    end: int
    heading: str | None
    page: int | None
    parent_start: int = 0
    parent_end: int = 0


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    tokens: int


def splitting(size: int = SIZE, overlap: int = OVERLAP) -> str:
    """Names how documents are split; another one makes `add` split them again from their stored text."""
    return f"2-{size}-{overlap}"


def split(document: Document, size: int = SIZE, overlap: int = OVERLAP) -> list[Piece]:
    """The document's chunks in order, each at most `size` tokens; within a section `overlap` tokens are repeated."""
    return [
        piece
        for section in document.sections
        for piece in _placed(document.text, section, list(_pieces(document.text, section, size, overlap)))
    ]


def _placed(text: str, section: Section, pieces: list[Piece]) -> Iterator[Piece]:
    """The chunks of a section, each with its parent."""
    sizes = [approximate_tokens(piece.text) for piece in pieces]
    fits = sum(sizes) <= PARENT
    for number, piece in enumerate(pieces):
        first, last = (0, len(pieces) - 1) if fits else _around(sizes, number)
        yield replace(piece, parent_start=pieces[first].start, parent_end=pieces[last].end)


def _around(sizes: list[int], number: int) -> tuple[int, int]:
    """The first and last of as many neighbours as fit, taken in turn from behind and before."""
    first = last = number
    room = PARENT - sizes[number]
    while True:
        after = last + 1 < len(sizes) and sizes[last + 1] <= room
        if after:
            last += 1
            room -= sizes[last]
        before = first > 0 and sizes[first - 1] <= room
        if before:
            first -= 1
            room -= sizes[first]
        if not after and not before:
            return first, last


def _pieces(text: str, section: Section, size: int, overlap: int) -> Iterator[Piece]:
    room = size - overlap
    for number, (start, end) in enumerate(_packed(_atoms(text, section.start, section.end, room), room)):
        begin = _reach_back(text, section.start, start, overlap) if number else start
        begin = _BLANK.match(text, begin, end).end()  # pyright: ignore[reportOptionalMemberAccess] (matches always)
        stop = begin + len(text[begin:end].rstrip())
        if stop > begin:
            yield Piece(text[begin:stop], begin, stop, section.heading, section.page)


def _packed(atoms: list[_Span], size: int) -> Iterator[tuple[int, int]]:
    """Neighbours joined into spans of about the same size, so that no crumb is left at the end of a section."""
    total = sum(atom.tokens for atom in atoms)
    aim = total / max(1, ceil(total / size))
    start, tokens = atoms[0].start if atoms else 0, 0
    for atom in atoms:
        if tokens and (tokens >= aim or tokens + atom.tokens > size):
            yield start, atom.start
            start, tokens = atom.start, 0
        tokens += atom.tokens
    if atoms:
        yield start, atoms[-1].end


def _atoms(text: str, start: int, end: int, size: int) -> list[_Span]:
    """The largest parts that fit: whole blocks, of larger ones their sentences, of larger ones their clauses."""

    def parts(
        begin: int, stop: int, cuts: list[Callable[[str, int, int], Iterator[tuple[int, int]]]]
    ) -> Iterator[_Span]:
        tokens = approximate_tokens(text[begin:stop])
        if tokens <= size or not cuts:
            yield _Span(begin, stop, tokens)
            return
        for inner, outer in cuts[0](text, begin, stop):
            yield from parts(inner, outer, cuts[1:])

    anywhere = _every(size)
    return list(parts(start, end, [_blocks, _rows, _cut(_SENTENCE_END), _cut(_CLAUSE_END), anywhere]))


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Paragraphs with the blank lines after them, and fenced code whole."""
    begin, blank, was_code = start, False, False
    for line, stop, code in fenced(text, start, end):
        empty = not code and not text[line:stop].strip()
        if line > begin and ((blank and not empty) or code != was_code) and not empty:
            yield begin, line
            begin = line
        blank, was_code = empty, code
    yield begin, end


def _rows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Rows of a table one by one, and the lines between tables together."""
    lines = [(begin, stop, _row_key(text, begin, stop)) for begin, stop, _ in fenced(text, start, end)]
    keys = [None, *(key for _, _, key in lines), None]
    begin = start
    for number, (line, stop, key) in enumerate(lines, 1):
        if key is not None and key in (keys[number - 1], keys[number + 1]):
            if line > begin:
                yield begin, line
            yield line, stop
            begin = stop
    if end > begin:
        yield begin, end


def _row_key(text: str, start: int, end: int) -> str | None:
    """What the rows of one table begin with: a bar, or the name of the first column."""
    match = _ROW.match(text, start, end)
    return match[0] if match else None


def _cut(pattern: re.Pattern[str]) -> Callable[[str, int, int], Iterator[tuple[int, int]]]:
    def cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        begin = start
        for match in pattern.finditer(text, start, end):
            if match.end() > begin:
                yield begin, match.end()
                begin = match.end()
        if end > begin:
            yield begin, end

    return cut


def _every(size: int) -> Callable[[str, int, int], Iterator[tuple[int, int]]]:
    """A run without any place to cut: `size` characters are at most `size` tokens."""

    def cut(_text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        for begin in range(start, end, size):
            yield begin, min(begin + size, end)

    return cut


def _reach_back(text: str, first: int, start: int, overlap: int) -> int:
    """Where the chunk that begins at `start` begins with its overlap: at a sentence, not before `first`.

    A row stands for itself.
    """
    if _row_key(text, start, len(text)) and text[start - 1 : start] == "\n":
        return start
    window = max(first, start - 6 * overlap)
    ends = [match.end() for match in _SENTENCE_END.finditer(text, window, start) if window < match.end() < start]
    return next((end for end in ends if approximate_tokens(text[end:start]) <= overlap), start)
