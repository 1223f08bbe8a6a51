"""Markdown: sections are what stands under each heading; the front matter says title, author, date and tags.

Of the front matter a field that is broken loses only itself. Marks that change what a text means are written into it:
~~struck out~~, <del>, <sup>, <sub>, comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cairn.retrieval.load.html_marks import HIDDEN, STRUCK
from cairn.retrieval.load.loaded_document import Document, Section, iso_date
from cairn.retrieval.load.math_notation import subscript, superscript
from cairn.retrieval.load.text_decoding import decode

_CODE = (
    r"(?P<code>^(?P<fence> {0,3}(?:`{3,}|~{3,}))[^\n]*(?:\n|\Z).*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|(?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=ticks)(?!`))"
)
_LEFT_OUT = (
    r"(?:<!--(?P<hidden>.{0,20000}?)-->|~~(?=\S)(?P<struck>[^\n]*?\S)~~"
    r"|<(?P<tag>s|del|strike)>(?P<deleted>(?:(?!\n\s*\n).)*?)</(?P=tag)>)(?P<blank> ?)"
)
_MARKS = re.compile(
    rf"{_CODE}|{_LEFT_OUT}|<sup>(?P<raised>[^<]*)</sup>|<sub>(?P<lowered>[^<]*)</sub>",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MARKED = re.compile(r"<!--|~~|<(?:s|del|strike|sup|sub)>", re.IGNORECASE)
_FRONT_OPENS = re.compile(r"---[ \t]*\n")
_FRONT_CLOSES = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)
_FRONT_SIZE = 65536
_FIELD = re.compile(r"^([\w-]+)[ \t]*:(?=\s|$)(.*(?:\n(?![\w-]+[ \t]*:(?:\s|$)).*)*)", re.MULTILINE)
"""A name at the start of a line, and all up to the next one."""


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


def written_marks(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it is meant, outside of code, and what was left out of it."""
    if not _MARKED.search(text):
        return text, ()
    told: dict[str, None] = {}

    def write(match: re.Match[str]) -> str:
        if match["code"] is not None:
            return match[0]
        if match["raised"] is not None:
            return superscript(match["raised"], text[match.start() - 1 : match.start()])
        if match["lowered"] is not None:
            return subscript(match["lowered"])
        said = next(words for words in (match["hidden"], match["struck"], match["deleted"]) if words is not None)
        if re.search(r"\w", said):
            told[HIDDEN if match["hidden"] is not None else STRUCK] = None
        return "" if text[match.start() - 1 : match.start()].isspace() else match["blank"]

    return _MARKS.sub(write, text), tuple(told)


def read_front(text: str) -> tuple[dict[str, Any], int, list[str]]:
    """The fields by their names in lower case, where the text begins after them, and what could not be read.

    Values are strings as they are written (a date is no date, `yes` no truth), or lists and mappings of them.
    """
    opening = _FRONT_OPENS.match(text)
    closing = _FRONT_CLOSES.search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return {}, 0, []
    fields, lost = _fields(text[opening.end() : closing.start()])
    return fields, closing.end(), lost


def _fields(text: str) -> tuple[dict[str, Any], list[str]]:
    if len(text) > _FRONT_SIZE:
        return {}, ["its front matter is too long to be read"]
    front = _parsed(text)
    if isinstance(front, dict):
        return {str(key).lower(): value for key, value in front.items()}, []
    fields: dict[str, Any] = {}
    lost: list[str] = []
    for name, written in _FIELD.findall(text):
        alone = _parsed(f"{name}:{written}")
        words = written.strip()
        if isinstance(alone, dict):
            fields[name.lower()] = alone.get(name)
        elif words and "\n" not in words and words[0] not in "[{&*!|>%@`":
            fields[name.lower()] = words.strip("\"'")
        else:
            lost.append(f"`{name}` in its front matter could not be read")
    return fields, lost


def _parsed(text: str) -> Any:
    """As YAML, every value as it is written; None for what is none."""
    from yaml import BaseLoader, YAMLError, load

    try:
        return load(text, BaseLoader)  # noqa: S506 (it makes only strings, lists and mappings)
    except (YAMLError, ValueError, RecursionError, TypeError):  # TypeError: a list as a key
        return None
