"""A passage as the sentences that can be quoted from it: verbatim, a table's row under its head, a list whole."""

from __future__ import annotations

import re
from itertools import takewhile

from cairn.rows import cells

MAX_QUOTE = 600
_ITEMS = 8
_BOUNDARY = re.compile(
    r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)\]]))\s+(?=[\"'“(\[]?[A-Z0-9À-Þ一-鿿])"
    r"|(?<=[。！？])(?![”」』）])|(?<=[。！？][”」』）])|\n+"
)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|Mr|Mrs|Ms|Dr|No|approx|Inc|Ltd|St|[A-Z])\.)$")
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^#{1,6}\s+|^[=\-_*]{3,}$")


def quotable(text: str) -> list[str]:
    """The sentences of a passage; a row of a table stands under its head, a question before what answers it."""
    found: list[str] = []
    head = question = ""
    for sentence in split_sentences(text):
        row = sentence.startswith("|")
        if row and not head:
            head = sentence
        elif row:
            found.append(f"{head}\n{'|---' * (head.count('|') - 1)}|\n{sentence}")
        elif sentence.endswith(("?", "？")):
            question = sentence
        else:
            found.append(f"{question} {sentence}".strip())
            question = ""
        head = head if row else ""
    return found


def split_sentences(text: str) -> list[str]:
    """Sentences, list items and table rows, verbatim but for bullets; what announces a list comes with the list."""
    lines = [line for paragraph in re.split(r"\n\s*\n", text) for line in _lines(paragraph)]
    found: list[str] = []
    for n, line in enumerate(lines):
        pieces = _cut(_BULLET.sub("", line))
        if pieces and pieces[-1].endswith((":", "：")):
            items = takewhile(_BULLET.match, lines[n + 1 : n + 1 + _ITEMS])
            pieces[-1] = "\n".join([pieces[-1], *items])[:MAX_QUOTE]
        found += pieces
    return [sentence for sentence in found if re.search(r"\w", sentence)]


def _lines(paragraph: str) -> list[str]:
    """Lines of wrapped prose are joined again; list items, table rows and headings stay on their own."""
    lines: list[str] = []
    for line in map(str.strip, paragraph.splitlines()):
        own = bool(_BULLET.match(line) or _HEADING.match(line) or line.startswith("|") or cells(line))
        if lines and not own and not lines[-1].startswith(("#", "|")) and _wraps(lines[-1]):
            lines[-1] = f"{lines[-1]} {line}"
        elif line:
            lines.append(line)
    return [line for line in lines if not _HEADING.match(line)]


def _wraps(line: str) -> bool:
    """Whether a line was broken by an editor, and not ended by its writer."""
    return len(line) > 50 and line[-1] not in ".!?。！？；:：" and not cells(line)


def _cut(line: str) -> list[str]:
    if line.startswith("|"):
        return [] if re.fullmatch(r"[|\s:-]+", line) else [line[:MAX_QUOTE]]
    pieces: list[str] = []
    for piece in filter(str.strip, _BOUNDARY.split(line)):
        if pieces and _ABBREVIATION.search(pieces[-1]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece.strip())
    return [piece for piece in pieces if len(piece) <= MAX_QUOTE] or [piece[:MAX_QUOTE] for piece in pieces[:1]]
