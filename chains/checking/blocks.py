"""Markdown as blocks: paragraphs, list items and table rows, each knowing where its characters stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from cairn.rows import cells

Kind = Literal["text", "item", "row", "gap", "heading", "rule"]

_PREFIX = re.compile(r"(?:[ \t]*>[ \t]?)*[ \t]*")
_BULLET = re.compile(r"(?:[-*+•]|\d{1,3}[.)、])[ \t]+(?:\[[ xX]\][ \t]+)?")
_FENCE = re.compile(r"`{3,}|~{3,}")
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*]+\*\*[:：]?\s*$|[=_*-]{3,}\s*$")
_RULE = re.compile(r"\|[|\s:-]*$")
_ATTRIBUTION = re.compile(r"(?:—|--|–|\(?(?:sources?|see|来源|出处|参见|见)\s*[:：]?\s*(?=[\[［【(]))", re.IGNORECASE)


@dataclass(slots=True)
class Block:
    """`at[i]` is where `text[i]` stands. `quoted`: in a block quote. `head`: the first row of the table it is in."""

    kind: Kind
    quoted: bool
    head: str = ""
    text: str = ""
    at: list[int] = field(default_factory=list[int])

    @property
    def attribution(self) -> bool:
        """Whether it only says where what stands before it is from."""
        return _ATTRIBUTION.match(self.text) is not None

    def add(self, line: str, start: int) -> None:
        if self.text:
            self.text += "\n"
            self.at.append(start)
        self.text += line
        self.at += range(start, start + len(line))


class _Line(NamedTuple):
    """Without the marks of a block quote; `start` is where `text` begins."""

    text: str
    start: int
    quoted: bool


def blocks(text: str) -> list[Block]:
    """All but headings, rules and code; gaps are blank lines."""
    reader = _Reader()
    for line in _lines(text):
        reader.take(line)
    return reader.found


def _lines(text: str) -> Iterator[_Line]:
    offset = 0
    for raw in text.splitlines(keepends=True):
        line = raw.rstrip("\r\n")
        match = _PREFIX.match(line)
        prefix = match[0] if match else ""
        yield _Line(line[len(prefix) :], offset + len(prefix), ">" in prefix)
        offset += len(raw)


class _Reader:
    def __init__(self) -> None:
        self.found: list[Block] = []
        self._fence = ""
        self._head = ""
        self._open = False

    def take(self, line: _Line) -> None:
        if self._in_code(line.text):
            self._open, self._head = False, ""
            return
        kind = _kind(line.text)
        if kind in ("heading", "rule"):
            self._open = False
        elif kind == "gap":
            self._add(Block("gap", line.quoted))
        elif kind == "row":
            self._row(line)
        else:
            self._prose(line, kind)
        if kind not in ("row", "rule"):
            self._head = ""

    def _in_code(self, text: str) -> bool:
        """The fences are code, too."""
        match = _FENCE.match(text)
        if not self._fence:
            self._fence = match[0] if match else ""
            return bool(match)
        if match and match[0].startswith(self._fence):
            self._fence = ""
        return True

    def _row(self, line: _Line) -> None:
        """A table's first row is its head and says nothing by itself."""
        if not self._head:
            self._head, self._open = line.text, False
            return
        self._add(Block("row", line.quoted, self._head)).add(line.text, line.start)
        self._open = False

    def _prose(self, line: _Line, kind: Kind) -> None:
        """A line that begins nothing goes on with the block before it."""
        bullet = _BULLET.match(line.text)
        skip = bullet.end() if bullet else 0
        goes_on = self._open and kind == "text" and self.found[-1].quoted == line.quoted
        block = self.found[-1] if goes_on and not _ATTRIBUTION.match(line.text) else self._add(Block(kind, line.quoted))
        block.add(line.text[skip:], line.start + skip)
        self._open = not cells(line.text)

    def _add(self, block: Block) -> Block:
        self.found.append(block)
        self._open = False
        return block


def _kind(text: str) -> Kind:
    if not text.strip():
        return "gap"
    if text.startswith("|"):
        return "rule" if _RULE.match(text) else "row"
    if _BULLET.match(text) or cells(text):
        return "item"
    return "heading" if _HEADING.match(text) else "text"
