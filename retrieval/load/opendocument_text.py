"""The words of an OpenDocument paragraph: what is hidden or struck out is left out, raised figures keep their mark."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cairn.retrieval.load.office_marks import HIDDEN, STRUCK, Mark, marked

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
TEXT, TABLE, STYLE, OFFICE = (f"{{{_NAMESPACE.format(name)}}}" for name in ("text", "table", "style", "office"))
DC = "{http://purl.org/dc/elements/1.1/}"
PARAGRAPHS = (TEXT + "p", TEXT + "h")
_BREAKS = {TEXT + "tab": "\t", TEXT + "line-break": "\n", TEXT + "soft-page-break": ""}
_DRAWN = f"{{{_NAMESPACE.format('drawing')}}}"
_SHAPE_NAMES = tuple(f"{{{_NAMESPACE.format('svg-compatible')}}}{name}" for name in ("title", "desc"))
_NOT_READ = {TEXT + "tracked-changes", TEXT + "note-citation", _DRAWN + "object", *_SHAPE_NAMES}
_BLANKS = re.compile(r"\s+")
_MOST_BLANKS = 100
READINGS = "the readings of characters (ruby) are left out"


class _Look(NamedTuple):
    """Each None where nothing is said."""

    hidden: bool | None = None
    struck: bool | None = None
    position: Mark | None = None

    def over(self, other: _Look) -> _Look:
        return _Look(
            other.hidden if self.hidden is None else self.hidden,
            other.struck if self.struck is None else self.struck,
            other.position if self.position is None else self.position,
        )


_PLAIN = _Look()


class Words:
    """Reads text by the styles of its document; `notices` tells what was left out.

    `notes` and `comments` are those that were met on the way, for whoever writes them elsewhere.
    """

    def __init__(self, parts: Iterable[Any]) -> None:
        self.notices: dict[str, None] = {}
        self.notes: list[str] = []
        self.comments: list[str] = []
        self._styles = {style.get(STYLE + "name"): style for part in parts for style in part.iter(STYLE + "style")}
        self._looks = {name: self._styled(name) for name in self._styles}

    def of(self, element: Any) -> str:
        return marked(self._pieces(element, _PLAIN, element)).strip()

    def line(self, element: Any) -> str:
        return " ".join(self.of(element).split())

    def bases(self, name: str | None) -> Iterator[str]:
        """A style's name and those that it is made from, as they are shown."""
        for _ in range(10):
            style = self._styles.get(name)
            if style is None:
                break
            yield style.get(STYLE + "display-name") or style.get(STYLE + "name")
            name = style.get(STYLE + "parent-style-name")

    def _styled(self, name: str) -> _Look:
        look, at = _PLAIN, name
        for _ in range(10):
            style = self._styles.get(at)
            if style is None:
                break
            properties = style.find(STYLE + "text-properties")
            look = look.over(_look_of(properties)) if properties is not None else look
            at = style.get(STYLE + "parent-style-name")
        return look

    def _pieces(self, element: Any, outer: _Look, root: Any) -> Iterator[tuple[str, Mark]]:
        """Of an element without the text behind it."""
        look = self._looks.get(element.get(TEXT + "style-name"), _PLAIN).over(outer)
        if look.hidden or look.struck:
            if "".join(element.itertext()).strip():
                self.notices[HIDDEN if look.hidden else STRUCK] = None
            return
        if element.tag in PARAGRAPHS and element is not root:
            yield " ", ""
        if element.text:
            yield _BLANKS.sub(" ", element.text), look.position or ""
        for child in element:
            if isinstance(child.tag, str):  # else a comment of XML
                yield from self._inside(child, look, root)
            if child.tail:
                yield _BLANKS.sub(" ", child.tail), look.position or ""

    def _inside(self, child: Any, look: _Look, root: Any) -> Iterator[tuple[str, Mark]]:
        if child.tag in _BREAKS:
            yield _BREAKS[child.tag], ""
        elif child.tag == TEXT + "s":
            count = child.get(TEXT + "c", "1")
            yield " " * min(int(count) if count.isdecimal() else 1, _MOST_BLANKS), ""
        elif child.tag == TEXT + "note":
            self.notes += filter(None, [self.line(body) for body in child.iter(TEXT + "note-body")])
        elif child.tag == OFFICE + "annotation":
            said = " ".join(self.line(part) for part in child if part.tag in (*PARAGRAPHS, TEXT + "list"))
            self.comments += [": ".join(filter(None, (child.findtext(DC + "creator"), said)))] * bool(said)
        elif child.tag in (TEXT + "hidden-text", TEXT + "hidden-paragraph"):
            self.notices[HIDDEN] = None
        elif child.tag == TEXT + "ruby-text":
            self.notices[READINGS] = None
        elif child.tag not in _NOT_READ:
            yield from self._pieces(child, look, root)


def _look_of(properties: Any) -> _Look:
    line, position = (properties.get(STYLE + name) for name in ("text-line-through-style", "text-position"))
    display = properties.get(TEXT + "display")
    return _Look(
        None if display is None else display == "none",
        None if line is None else line != "none",
        None if position is None else _position(position),
    )


def _position(told: str) -> Mark:
    """Of `super 58%`, `sub 58%`, `33% 58%`, `-33% 58%`."""
    first = told.split(maxsplit=1)[0] if told.split() else ""
    if first.startswith(("sub", "-")):
        return "lowered"
    return "raised" if first.startswith("super") or first.strip("0%") else ""
