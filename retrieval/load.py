"""Files become documents: text, title and the sections in it. One loader a format, found by suffix."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cairn.errors import SourceError
from cairn.text import clean

MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document's text that no chunk reaches across; `heading` is a path such as `Leave > Parental`."""

    start: int
    end: int
    heading: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    title: str | None
    text: str
    sections: list[Section]


Loader = Callable[[bytes, str], Document]

_SIGNATURES: Mapping[bytes, str] = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3\x00": "a SQLite database",
}
_BOMS: Mapping[bytes, str] = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")


def load(data: bytes, name: str) -> Document:
    """The document that the bytes of the file `name` hold. Raises SourceError, which says what they are instead."""
    return LOADERS.get(Path(name).suffix.lower(), load_text)(data, Path(name).stem)


def load_text(data: bytes, name: str) -> Document:
    text = decode(data)
    return Document(name, text, [Section(0, len(text))])


def load_markdown(data: bytes, name: str) -> Document:
    """Sections are what stands under each heading; the title is the front matter's, else the first top heading."""
    text = decode(data)
    front = _FRONT_MATTER.match(text)
    start = front.end() if front else 0
    headings = list(_headings(text, start))
    named = _TITLE.search(front[0]) if front else None
    first = next((heading.words for heading in headings if heading.level == 1 and heading.words), name)
    title = named[1].strip("'\"") if named else first
    return Document(title, text, list(_sections(text, start, headings, title)) or [Section(0, len(text))])


LOADERS: dict[str, Loader] = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx"), load_markdown),
    **dict.fromkeys((".txt", ".text", ".rst", ".log", ".org", ".adoc", ".asciidoc", ".tex"), load_text),
}


def decode(data: bytes) -> str:
    """Bytes as text with plain line ends, by byte order mark, else the first of a few encodings that fits."""
    text = None if data.startswith(b"%PDF") else _decoded(data)
    if text is None:
        kind = next((kind for signature, kind in _SIGNATURES.items() if data.startswith(signature)), "binary data")
        raise SourceError(f"It is not text but {kind}.", "Save it as plain text or Markdown.")
    text = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise SourceError("It holds no text.", "Remove it, or add it again when it has some.")
    return text


def _decoded(data: bytes) -> str | None:
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), None) or _wide(data)
    for name in (encoding,) if encoding else ("utf-8", "gb18030", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if _plausible(text, name):
            return text
    return None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    most = 0.2 * len(data[:4096])
    if odd > most and not even:
        return "utf-16-le"
    return "utf-16-be" if even > most and not odd else None


def _plausible(text: str, encoding: str) -> bool:
    """Whether decoding gave text. GB18030 takes nearly any bytes: what it reads from Western ones is not in GB 2312."""
    if _NOT_IN_TEXT.search(text):
        return False
    foreign = [letter for letter in text if letter > "\x7f"] if encoding == "gb18030" else []
    return len("".join(foreign).encode("gb2312", "ignore")) / 2 >= 0.3 * len(foreign)


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


_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_TITLE = re.compile(r"^title:[ \t]*(.*\S)[ \t]*$", re.MULTILINE | re.IGNORECASE)
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
