"""What a loader makes of a file: text, the sections in it, and what the file says about itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from cairn.core.clean_text import readable
from cairn.core.errors import SourceError

MAX_BYTES = 64 * 1024 * 1024
"""Of a file."""
MAX_TEXT = 64 * 1024 * 1024
"""Characters of a document's text."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document's text that no chunk reaches across.

    `heading` is a path such as `Leave > Parental`, a sheet's or a function's name; `page` a page's or slide's number.
    """

    start: int
    end: int
    heading: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """`date` is ISO (yyyy-mm-dd), `language` ISO 639-1; `notices` tell what could not be read of it, or was guessed.

    `attached` are documents that came in it, each with its name as a file.
    """

    title: str | None
    text: str
    sections: list[Section]
    author: str | None = None
    date: str | None = None
    language: str | None = None
    notices: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attached: tuple[tuple[str, Document], ...] = ()

    @property
    def notice(self) -> str | None:
        """All there is to tell, in one line; `; ` stands only between two notices, so it can be taken apart there."""
        return "; ".join(dict.fromkeys(one.replace("; ", ", ") for one in self.notices)) or None


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What the user says of a file: the encoding of its text, and that of a web page all is wanted."""

    encoding: str | None = None
    whole_page: bool = False


_DATE = re.compile(r"(?:D:)?(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)(?!\d{1,5}$)")

Loader = Callable[[bytes, str], Document]
"""From a file's bytes and its name without suffix. Raises SourceError, or whatever its parser raises."""


class Writer:
    """A document's text as it grows, line by line, in sections. Raises SourceError when it grows too large."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._sections: list[Section] = []
        self._current = Section(0, 0)
        self._notices: list[str] = []

    def tell(self, *notices: str) -> None:
        """What could not be carried over: each is told once."""
        self._notices += [notice for notice in notices if notice not in self._notices]

    def section(self, heading: str | None = None, page: int | None = None) -> None:
        """What is written from here on belongs to another section."""
        self._close()
        self._current = Section(self._length, self._length, heading, page)

    def line(self, text: str) -> None:
        """One line, or several; a blank one is left out where a section begins or another blank one was."""
        text = (text if text.isascii() and "\0" not in text else readable(text)).rstrip()
        if text or self._length > self._current.start:
            self._append(text + "\n")

    def gap(self) -> None:
        """A blank line, as between paragraphs."""
        if self._length > self._current.start and self._parts[-1] != "\n":
            self._append("\n")

    def paragraph(self, text: str) -> None:
        if text.strip():
            self.line(text)
            self.gap()

    def part(self, heading: str, paragraphs: Iterable[str]) -> None:
        """A section of what stands apart from the text, if there is any."""
        filled = list(filter(None, paragraphs))
        if filled:
            self.section(heading)
        for paragraph in filled:
            self.paragraph(paragraph)

    @property
    def is_empty(self) -> bool:
        return not any(part.strip() for part in self._parts)

    def document(
        self,
        title: str | None,
        *,
        author: str | None = None,
        date: str | None = None,
        language: str | None = None,
        notices: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
    ) -> Document:
        """What was written. Raises SourceError if that is nothing."""
        if self.is_empty:
            raise no_text()
        self._close()
        self.tell(*notices)
        return Document(title, "".join(self._parts), self._sections, author, date, language, tuple(self._notices), tags)

    def _append(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_TEXT:
            raise SourceError(
                f"It holds more than {MAX_TEXT >> 20} million characters.", "Split it into several files."
            )
        self._parts.append(text)

    def _close(self) -> None:
        if self._length > self._current.start:
            current = self._current
            self._sections.append(Section(current.start, self._length, current.heading, current.page))
            self._current = Section(self._length, self._length, current.heading, current.page)


def no_text() -> SourceError:
    return SourceError("It holds no text.", "Remove it, or add it again when it has some.")


class Outline:
    """Where one is among headings, as a path without the document's own title."""

    def __init__(self, title: str | None) -> None:
        self._title = title
        self._path: list[tuple[int, str]] = []

    def enter(self, level: int, words: str) -> str | None:
        self._path = [*(part for part in self._path if part[0] < level), (level, words)]
        return " > ".join(part for _, part in self._path if part and part != self._title) or None


class HeadingWriter(Writer):
    """A writer of formats that mark headings; `first` is the first title or heading of the first level."""

    def __init__(self) -> None:
        super().__init__()
        self.first: str | None = None
        self.outline = Outline(None)

    def heading(self, words: str, level: int) -> None:
        """A heading with what is below it; level 0 is the document's title."""
        if level <= 1 and self.first is None:
            self.first = words
            self.outline = Outline(words)
        self.gap()
        self.section(self.outline.enter(max(level, 1), words) if level else None)
        self.paragraph(f"{'#' * max(level, 1)} {words}")


def iso_date(value: object) -> str | None:
    """The day of a date or time, or of an ISO or a PDF text of one, as yyyy-mm-dd."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    match = _DATE.match(value.strip()) if isinstance(value, str) else None
    try:
        return date(int(match[1]), int(match[2]), int(match[3])).isoformat() if match else None
    except ValueError:
        return None
