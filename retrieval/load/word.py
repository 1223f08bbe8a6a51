"""DOCX: headings, lists with their numbers, tables, notes, comments, headers and footers once, and the core properties.

Tracked insertions are read, deletions are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from cairn.retrieval.load.loaded_document import Document, HeadingWriter, Outline, Writer, iso_date
from cairn.retrieval.load.office_marks import DELETED, HIDDEN
from cairn.retrieval.load.table_lines import Cell, rows_as_lines, spread
from cairn.retrieval.load.word_numbering import Numbering
from cairn.retrieval.load.word_text import W as _MAIN
from cairn.retrieval.load.word_text import Words, is_on
from cairn.retrieval.load.zip_limits import check_archive

_HEADING = re.compile(r"heading ([1-9])$", re.IGNORECASE)
_NUMBERS = re.compile(r"[\W\d]*")
_DEEPEST = 4


def load_word(data: bytes, name: str) -> Document:
    check_archive(data)
    import docx

    file = docx.Document(BytesIO(data))
    properties = file.core_properties
    title = " ".join((properties.title or "").split())
    words = Words(file.styles.element)
    page = _Page(file, words)
    page.read(file.element.body, title or None)
    _footnotes(file, words, page.writer)
    _comments(file, words, page.writer)
    _margins(file, words, page.writer)
    return page.writer.document(
        title or page.writer.first or name,
        author=properties.author or None,
        date=iso_date(properties.modified) or iso_date(properties.created),
        language=None,
        notices=tuple(words.notices),
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
    def __init__(self, file: Any, words: Words) -> None:
        self.writer = HeadingWriter()
        self._words = words
        self._levels = _levels(file)
        self._numbers = Numbering(next(_found(file, "NUMBERING"), None))
        self._lists = _listed_styles(file)

    def read(self, body: Any, title: str | None) -> None:
        self.writer.outline = Outline(title)
        for block in _blocks(body):
            if block.tag == _MAIN + "p":
                self._paragraph(block)
            else:
                self.writer.gap()
                for line in self._table(block):
                    self.writer.line(line)
                self.writer.gap()

    def _paragraph(self, paragraph: Any) -> None:
        words = self._words.of(paragraph).strip()
        style = paragraph.find(f"{_MAIN}pPr/{_MAIN}pStyle")
        named = style.get(_MAIN + "val", "") if style is not None else ""
        level = self._levels.get(named)
        if not words:
            self.writer.gap()
            return
        mark = self._mark(paragraph, named)
        if level is None:
            self.writer.line(f"{mark} {words}") if mark else self.writer.paragraph(words)
            return
        self.writer.heading(" ".join(([mark] if mark and mark != "-" else []) + words.split()), level)

    def _mark(self, paragraph: Any, style: str) -> str:
        """What stands before a paragraph of a list, by its own properties or its style's."""
        listed = _listed(paragraph.find(f"{_MAIN}pPr/{_MAIN}numPr"), self._lists.get(style))
        if listed is None or listed[0] == "0":
            return "-" if style.startswith("List") and listed is None else ""
        return self._numbers.mark(*listed)

    def _table(self, table: Any) -> Iterator[str]:
        rows = [row for row in table.iter(_MAIN + "tr") if _nearest(row) is table and self._stays(row)]
        marks = [row.find(f"{_MAIN}trPr/{_MAIN}tblHeader") is not None for row in rows]
        header = marks.index(False) if False in marks else 0
        return rows_as_lines(spread(self._cells(rows)), header if 0 < header <= _DEEPEST else None)

    def _stays(self, row: Any) -> bool:
        """Whether it is neither deleted nor hidden."""
        properties = row.find(f"{_MAIN}trPr")
        if properties is None:
            return True
        if properties.find(_MAIN + "del") is not None:
            self._words.notices[DELETED] = None
            return False
        if is_on(properties, "hidden"):
            self._words.notices[HIDDEN] = None
            return False
        return True

    def _cells(self, rows: list[Any]) -> list[list[Cell]]:
        """A cell that goes on from the row above belongs to the one there."""
        open_at: dict[int, tuple[int, int]] = {}
        table: list[list[Cell]] = []
        for number, row in enumerate(rows):
            skipped = _value(row, "trPr", "gridBefore")
            cells = [Cell("", 1, skipped)] if skipped else []
            column = skipped
            for cell in _cells(row):
                wide = max(1, _value(cell, "tcPr", "gridSpan"))
                merge = cell.find(f"{_MAIN}tcPr/{_MAIN}vMerge")
                goes_on = merge is not None and merge.get(_MAIN + "val", "continue") == "continue"
                if goes_on and column in open_at:
                    top, place = open_at[column]
                    above = table[top][place]
                    table[top][place] = Cell(above.text, number - top + 1, above.across)
                else:
                    open_at.pop(column, None)
                    if merge is not None:
                        open_at[column] = (number, len(cells))
                    cells.append(Cell(" ".join(self._words.of(cell).split()), 1, wide))
                column += wide
            table.append(cells)
        return table


def _value(element: Any, properties: str, name: str) -> int:
    found = element.find(f"{_MAIN}{properties}/{_MAIN}{name}")
    words = found.get(_MAIN + "val", "") if found is not None else ""
    return min(int(words), 100) if words.isascii() and words.isdigit() else 0


def _listed(numbered: Any, otherwise: tuple[str, int] | None) -> tuple[str, int] | None:
    """The list's id and the depth in it."""
    if numbered is None:
        return otherwise
    id, depth = numbered.find(_MAIN + "numId"), numbered.find(_MAIN + "ilvl")
    named = id.get(_MAIN + "val") if id is not None else otherwise[0] if otherwise else None
    deep = depth.get(_MAIN + "val", "") if depth is not None else ""
    return (named, int(deep) if deep.isdigit() else otherwise[1] if otherwise else 0) if named else otherwise


def _listed_styles(file: Any) -> dict[str, tuple[str, int]]:
    """Styles whose paragraphs are numbered, also by the style that they are made from."""
    own = {style.get(_MAIN + "styleId"): style for style in file.styles.element.iterchildren(_MAIN + "style")}
    found: dict[str, tuple[str, int]] = {}
    for id in own:
        at, listed = id, None
        for _ in range(10):
            style = own.get(at)
            if style is None or listed is not None:
                break
            listed = _listed(style.find(f"{_MAIN}pPr/{_MAIN}numPr"), None)
            base = style.find(_MAIN + "basedOn")
            at = base.get(_MAIN + "val") if base is not None else None
        if listed is not None:
            found[id] = listed
    return found


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in order, also those in content controls and tracked insertions."""
    waiting = list(reversed(parent))
    while waiting:
        block = waiting.pop()
        if block.tag in (_MAIN + "p", _MAIN + "tbl"):
            yield block
        elif block.tag in (_MAIN + "sdt", _MAIN + "sdtContent", _MAIN + "ins", _MAIN + "customXml", _MAIN + "moveTo"):
            waiting.extend(reversed(block))


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


def _found(file: Any, kind: str) -> Iterator[Any]:
    """The roots of the document's parts of a kind."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    for relation in file.part.rels.values():
        if relation.reltype == getattr(RELATIONSHIP_TYPE, kind) and not relation.is_external:
            yield etree.fromstring(relation.target_part.blob, etree.XMLParser(resolve_entities=False))


def _footnotes(file: Any, words: Words, writer: Writer) -> None:
    for kind in ("FOOTNOTES", "ENDNOTES"):
        for notes in _found(file, kind):
            texts = [" ".join(words.of(note).split()) for note in notes if note.get(_MAIN + "type") is None]
            writer.part("Notes", texts)


def _comments(file: Any, words: Words, writer: Writer) -> None:
    """Each with the name of who wrote it."""
    for comments in _found(file, "COMMENTS"):
        told = [(comment.get(_MAIN + "author"), " ".join(words.of(comment).split())) for comment in comments]
        writer.part("Comments", [": ".join(filter(None, one)) for one in told if one[1]])


def _margins(file: Any, words: Words, writer: Writer) -> None:
    """What stands above and below each page, once; page numbers alone say nothing."""
    roots = [root for kind in ("HEADER", "FOOTER") for root in _found(file, kind)]
    texts = dict.fromkeys(" ".join(words.of(part).split()) for root in roots for part in root.iter(_MAIN + "p"))
    writer.part("Page header and footer", [text for text in texts if not _NUMBERS.fullmatch(text)])
