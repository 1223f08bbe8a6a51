"""DOCX: headings, lists, tables, footnotes and the core properties; tracked insertions are read, deletions are not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from retrieval.load.archive import check_archive
from retrieval.load.document import Document, Outline, Writer, iso_date
from retrieval.load.tables import rows_as_lines

_MAIN = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = {_MAIN + "tab": "\t", _MAIN + "br": "\n", _MAIN + "cr": "\n", _MAIN + "noBreakHyphen": "-"}
_NOT_READ = {_FALLBACK, _MAIN + "moveFrom", _MAIN + "del", _MAIN + "pPr", _MAIN + "rPr"}
_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)


def load_word(data: bytes, name: str) -> Document:
    check_archive(data)
    import docx

    file = docx.Document(BytesIO(data))
    properties = file.core_properties
    title = " ".join((properties.title or "").split())
    levels = _levels(file)
    page = _Page(levels)
    page.read(file.element.body, title or None)
    _footnotes(file, page.writer)
    return page.writer.document(
        title or page.first or name,
        author=properties.author or None,
        date=iso_date(properties.modified) or iso_date(properties.created),
        language=None,
    )


def _levels(file: Any) -> dict[str, int]:
    """Style ids that make a heading, 0 for the document's title. Also styles made from `Heading 1` by the author."""
    parents: dict[str, str | None] = {}
    levels: dict[str, int] = {}
    for style in file.styles.element.iterchildren(_MAIN + "style"):
        id = style.get(_MAIN + "styleId")
        named, base = style.find(_MAIN + "name"), style.find(_MAIN + "basedOn")
        words = named.get(_MAIN + "val", "") if named is not None else ""
        if match := _HEADING.match(words):
            levels[id] = int(match[1])
        elif words.lower() == "title":
            levels[id] = 0
        parents[id] = base.get(_MAIN + "val") if base is not None else None
    for id in parents:
        at: str | None = id
        for _ in range(10):
            if at in levels or at is None:
                break
            at = parents.get(at)
        if at in levels:
            levels[id] = levels[at]
    return levels


class _Page:
    def __init__(self, levels: dict[str, int]) -> None:
        self.writer = Writer()
        self.first: str | None = None
        self._levels = levels
        self._outline = Outline(None)

    def read(self, body: Any, title: str | None) -> None:
        """`first` becomes the first title or heading of the first level."""
        self._outline = Outline(title)
        for block in _blocks(body):
            if block.tag == _MAIN + "p":
                self._paragraph(block)
            else:
                self.writer.gap()
                for line in rows_as_lines(_rows(block)):
                    self.writer.line(line)
                self.writer.gap()

    def _paragraph(self, paragraph: Any) -> None:
        words = _text(paragraph).strip()
        style = paragraph.find(f"{_MAIN}pPr/{_MAIN}pStyle")
        level = self._levels.get(style.get(_MAIN + "val", "")) if style is not None else None
        if not words:
            self.writer.gap()
        elif level is None:
            listed = paragraph.find(f"{_MAIN}pPr/{_MAIN}numPr") is not None or _is_list(style)
            self.writer.line("- " + words) if listed else self.writer.paragraph(words)
        else:
            words = " ".join(words.split())
            if level <= 1 and self.first is None:
                self.first = words
                self._outline = Outline(words)
            self.writer.gap()
            self.writer.section(self._outline.enter(max(level, 1), words) if level else None)
            self.writer.paragraph(f"{'#' * max(level, 1)} {words}")


def _is_list(style: Any) -> bool:
    return style is not None and style.get(_MAIN + "val", "").startswith("List")


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those in content controls and tracked insertions."""
    waiting = list(reversed(parent))
    while waiting:
        block = waiting.pop()
        if block.tag in (_MAIN + "p", _MAIN + "tbl"):
            yield block
        elif block.tag in (_MAIN + "sdt", _MAIN + "sdtContent", _MAIN + "ins", _MAIN + "customXml", _MAIN + "moveTo"):
            waiting.extend(reversed(block))


def _text(element: Any) -> str:
    parts: list[str] = []
    waiting = [element]
    while waiting:
        at = waiting.pop()
        if at.tag == _MAIN + "t":
            parts.append(at.text or "")
        elif at.tag in _BREAKS:
            parts.append(_BREAKS[at.tag])
        elif at.tag not in _NOT_READ:
            if at.tag == _MAIN + "p" and at is not element:
                parts.append(" ")
            waiting.extend(reversed(at))
    return "".join(parts)


def _rows(table: Any) -> Iterator[list[str]]:
    """A cell over several columns counts once; the ones below a cell over several rows are empty."""
    for row in table.iter(_MAIN + "tr"):
        if _nearest(row) is table:
            cells: list[str] = []
            for cell in _cells(row):
                span = cell.find(f"{_MAIN}tcPr/{_MAIN}gridSpan")
                wide = span.get(_MAIN + "val", "1") if span is not None else "1"
                cells += [_text(cell), *[""] * (min(int(wide), 100) - 1 if wide.isdigit() else 0)]
            yield cells


def _nearest(row: Any) -> Any:
    at = row.getparent()
    while at is not None and at.tag != _MAIN + "tbl":
        at = at.getparent()
    return at


def _cells(row: Any) -> Iterable[Any]:
    for child in row:
        if child.tag == _MAIN + "tc":
            yield child
        elif child.tag == _MAIN + "sdt":
            yield from child.iter(_MAIN + "tc")


def _footnotes(file: Any, writer: Writer) -> None:
    from docx.opc.constants import RELATIONSHIP_TYPE
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    for relation in file.part.rels.values():
        if relation.reltype in (RELATIONSHIP_TYPE.FOOTNOTES, RELATIONSHIP_TYPE.ENDNOTES) and not relation.is_external:
            notes = etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))
            texts = [" ".join(_text(note).split()) for note in notes if note.get(_MAIN + "type") is None]
            if any(texts):
                writer.section("Notes")
            for text in filter(None, texts):
                writer.paragraph(text)
