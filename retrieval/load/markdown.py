"""Markdown: sections are what stands under each heading; the front matter says title, author, date and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cairn.retrieval.load.front_matter import read_front
from cairn.retrieval.load.loaded_document import Document, Section, iso_date
from cairn.retrieval.load.markdown_marks import written_marks
from cairn.retrieval.load.text_decoding import decode


def load_markdown(data: bytes, name: str) -> Document:
    """Sections are what stands under each heading; the title is the front matter's, else the first top heading."""
    text = decode(data)
    front, start, lost = read_front(text)
    body, told = written_marks(text[start:])
    text = text[:start] + body
    headings = list(_headings(text, start))
    first = next((heading.words for heading in headings if heading.level == 1 and heading.words), name)
    title = _told(front, "title") or first
    language = _told(front, "lang") or _told(front, "language") or ""
    day = _told(front, "date") or _told(front, "updated")
    if day and iso_date(day) is None:
        lost = [*lost, f"the date {day[:40]} in its front matter could not be read"]
    return Document(
        title,
        text,
        list(_sections(text, start, headings, title)) or [Section(0, len(text))],
        author=_told(front, "author") or _told(front, "authors"),
        date=iso_date(_told(front, "date")) or iso_date(_told(front, "updated")),
        language=language[:2].lower() if language[:2].isalpha() else None,
        notices=(*lost, *told),
        tags=tuple(_listed(front.get("tags"))),
    )


def _told(front: Mapping[str, Any], field: str) -> str | None:
    return ", ".join(_listed(front.get(field))) or None


def _listed(value: Any) -> list[str]:
    """A field's words: one, or a list of them; of a person the name."""
    values = value if isinstance(value, list) else [value]
    named = [item.get("name") if isinstance(item, dict) else item for item in values]
    return [word for item in named if isinstance(item, str) and (word := " ".join(item.split())) not in _NOTHING]


def fenced(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """Each line's span, and whether it belongs to a fenced code block (CommonMark 0.31, section 4.5)."""
    fence: str | None = None
    while start < end:
        stop = text.find("\n", start, end) + 1 or end
        mark = _FENCE.match(text, start, stop)
        yield start, stop, fence is not None or mark is not None
        if mark and fence is None:
            fence = mark[1]
        elif mark and fence and mark[1].startswith(fence) and not text[mark.end() : stop].strip():
            fence = None
        start = stop


@dataclass(frozen=True, slots=True)
class _Heading:
    start: int
    end: int
    level: int
    words: str


_NOTHING = ("", "~", "null", "Null", "NULL")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_PARAGRAPH = re.compile(r" {0,3}[^\s>*+\-|#]")


def _headings(text: str, start: int) -> Iterator[_Heading]:
    """Both kinds: `## Words`, and a line of words with `===` or `---` under it."""
    lines = [
        (begin, stop, "" if code else text[begin:stop].rstrip("\n"))
        for begin, stop, code in fenced(text, start, len(text))
    ]
    for number, (begin, stop, line) in enumerate(lines):
        before = lines[number - 1][2] if number else ""
        if match := _ATX.match(line):
            yield _Heading(begin, stop, len(match[1]), _words(match[2]))
        elif (
            (match := _UNDERLINE.match(line))
            and _PARAGRAPH.match(before)
            and not (number > 1 and lines[number - 2][2].strip())
        ):
            yield _Heading(lines[number - 1][0], stop, 1 if match[1][0] == "=" else 2, _words(before))


def _words(heading: str) -> str:
    """A heading without links' addresses and emphasis."""
    plain = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return " ".join(re.sub(r"[*`]+|\{#[^}]*\}", "", plain).split())


def _sections(text: str, start: int, headings: list[_Heading], title: str) -> Iterator[Section]:
    """A heading with nothing under it goes to the section that follows: alone it says nothing."""
    path: list[_Heading] = []
    body = start
    for heading in [*headings, _Heading(len(text), len(text), 0, "")]:
        if text[body : heading.start].strip():
            words = " > ".join(part.words for part in path if part.words and part.words != title)
            yield Section(start, heading.start, words or None)
            start = heading.start
        path = [*(part for part in path if part.level < heading.level), heading]
        body = heading.end
