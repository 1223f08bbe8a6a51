"""ODT: headings, lists with their numbers, tables, notes, comments, headers and footers once, title, author, date.

Text whose deletion is tracked is left out, as is what is hidden or struck out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import ZipFile

from cairn.core.errors import SourceError
from cairn.retrieval.load.list_numbering import shown_number
from cairn.retrieval.load.loaded_document import Document, HeadingWriter, iso_date
from cairn.retrieval.load.office_marks import DELETED, HIDDEN
from cairn.retrieval.load.opendocument_text import DC, OFFICE, PARAGRAPHS, STYLE, TABLE, TEXT, Words
from cairn.retrieval.load.table_lines import Cell, rows_as_lines, spread
from cairn.retrieval.load.zip_limits import check_archive

_KIND = "application/vnd.oasis.opendocument."
_OTHERS = {"spreadsheet": "a workbook, .xlsx", "presentation": "a presentation, .pptx"}
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_NUMBERS = re.compile(r"[\W\d]*")
_GROUPS = tuple(TABLE + name for name in ("table-header-rows", "table-rows", "table-row-group"))
_DEEPEST = 4
_MOST = 100
"""Times that a row or cell is repeated, and columns that it covers."""


def load_opendocument(data: bytes, name: str) -> Document:
    parts = _parts(data)
    content, styles = parts["content.xml"], parts.get("styles.xml")
    words = Words([part for part in (styles, content) if part is not None])
    page = _Page(words, [part for part in (styles, content) if part is not None])
    page.read(content.find(f"{OFFICE}body/{OFFICE}text"))
    margins = _margins(styles, words) if styles is not None else ()
    for heading, texts in (("Notes", words.notes), ("Comments", words.comments), ("Page header and footer", margins)):
        page.writer.part(heading, texts)
    meta = parts.get("meta.xml")
    title, author, day = (_told(meta, key) for key in (DC + "title", DC + "creator", DC + "date"))
    return page.writer.document(
        title or page.writer.first or name,
        author=_told(meta, _META + "initial-creator") or author,
        date=iso_date(day),
        notices=tuple(words.notices),
    )


def _parts(data: bytes) -> dict[str, Any]:
    """The roots of its XML. Raises SourceError for another kind, and for one that is encrypted."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    names = check_archive(data)
    with ZipFile(BytesIO(data)) as archive:
        kind = archive.read("mimetype").decode("ascii", "replace").strip() if "mimetype" in names else ""
        kind = kind.removeprefix(_KIND).removesuffix("-template")
        if other := _OTHERS.get(kind):
            raise SourceError(f"It is an OpenDocument {kind}.", f"Save it as {other}.")
        if kind not in ("text", "text-master"):
            raise SourceError("It is no OpenDocument text.", "Save it as plain text or Markdown.")
        if b"encryption-data" in (archive.read("META-INF/manifest.xml") if "META-INF/manifest.xml" in names else b""):
            raise SourceError("It is protected by a password.", "Save it without one and add it again.")
        return {
            part: etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))
            for part in ("content.xml", "styles.xml", "meta.xml")
            if part in names
        }


def _told(meta: Any, key: str) -> str | None:
    return " ".join((meta.findtext(f".//{key}") or "").split()) or None if meta is not None else None


def _margins(styles: Any, words: Words) -> list[str]:
    """What stands above and below each page, once; page numbers alone say nothing."""
    margins = (part for name in ("header", "footer") for part in styles.iter(STYLE + name))
    texts = dict.fromkeys(words.line(one) for part in margins for one in part.iter(*PARAGRAPHS))
    return [text for text in texts if not _NUMBERS.fullmatch(text)]


class _Level(NamedTuple):
    """Of a list. `format` is None for a bullet; `levels`: how many numbers are shown, from the outer ones on."""

    format: str | None = None
    before: str = ""
    after: str = ""
    start: int = 1
    levels: int = 1


class _Page:
    def __init__(self, words: Words, parts: Iterable[Any]) -> None:
        self.writer = HeadingWriter()
        self._words = words
        self._lists = {style.get(STYLE + "name"): style for part in parts for style in part.iter(TEXT + "list-style")}
        self._counts: dict[str | None, int] = {}

    def read(self, parent: Any) -> None:
        for block in parent:
            if block.tag in PARAGRAPHS:
                self._paragraph(block)
            elif block.tag == TEXT + "list":
                self._list(block, None, ())
                self.writer.gap()
            elif block.tag == TABLE + "table":
                self.writer.gap()
                for line in self._table(block):
                    self.writer.line(line)
                self.writer.gap()
            elif block.tag == TEXT + "tracked-changes":
                self._words.notices |= dict.fromkeys(
                    [DELETED] * (next(block.iter(TEXT + "deletion"), None) is not None)
                )
            elif block.get(TEXT + "display") == "none":
                self._words.notices[HIDDEN] = None
            elif isinstance(block.tag, str):  # a section, an index, a frame
                self.read(block)

    def _paragraph(self, paragraph: Any) -> None:
        words = self._words.of(paragraph)
        is_title = "Title" in self._words.bases(paragraph.get(TEXT + "style-name"))
        if not words or (paragraph.tag == TEXT + "p" and not is_title):
            self.writer.paragraph(words)
            return
        level = 0 if is_title else _whole(paragraph.get(TEXT + "outline-level"), 1)
        self.writer.heading(" ".join(words.split()), level)

    def _list(self, element: Any, style: str | None, above: tuple[int, ...]) -> None:
        """`above`: the numbers of the items that it lies in."""
        style = element.get(TEXT + "style-name") or style
        level = _level(self._lists.get(style), len(above) + 1)
        goes_on = element.get(TEXT + "continue-numbering") == "true" or element.get(TEXT + "continue-list")
        number = self._counts.get(style, level.start - 1) if goes_on and not above else level.start - 1
        for item in element:
            if item.tag == TEXT + "list-item":
                number = _whole(item.get(TEXT + "start-value"), number + 1)
            mark = _mark(level, (*above, number)) if item.tag == TEXT + "list-item" else ""
            for block in item:
                if block.tag == TEXT + "list":
                    self._list(block, style, (*above, number))
                elif block.tag == TEXT + "p":
                    self.writer.line(f"{mark} {self._words.of(block)}".strip())
                else:
                    self.read([block])
                mark = ""
        if not above:
            self._counts[style] = number

    def _table(self, table: Any) -> Iterator[str]:
        header = sum(
            1 for part in table.iterchildren(TABLE + "table-header-rows") for _ in part.iter(TABLE + "table-row")
        )
        rows = [cells for row in _rows(table) for cells in self._repeated(row)]
        return rows_as_lines(spread(rows), header if 0 < header <= _DEEPEST else None)

    def _repeated(self, row: Any) -> list[list[Cell]]:
        cells = self._cells(row)
        return [cells] * (_repeats(row, "rows") if any(cell.text for cell in cells) else 1)

    def _cells(self, row: Any) -> list[Cell]:
        """Without those that another one covers."""
        cells: list[Cell] = []
        for cell in row.iterchildren(TABLE + "table-cell"):
            down, across = (_whole(cell.get(f"{TABLE}number-{way}-spanned"), 1) for way in ("rows", "columns"))
            made = Cell(self._words.line(cell), max(1, down), max(1, min(across, _MOST)))
            cells += [made] * _repeats(cell, "columns")
        return cells


def _rows(parent: Any) -> Iterator[Any]:
    for child in parent:
        if child.tag == TABLE + "table-row":
            yield child
        elif child.tag in _GROUPS:
            yield from _rows(child)


def _repeats(element: Any, way: str) -> int:
    return max(1, min(_whole(element.get(f"{TABLE}number-{way}-repeated"), 1), _MOST))


def _level(style: Any, depth: int) -> _Level:
    for level in style if style is not None else ():
        if level.get(TEXT + "level") == str(depth):
            if level.tag != TEXT + "list-level-style-number":
                return _Level()
            return _Level(
                level.get(STYLE + "num-format", ""),
                level.get(STYLE + "num-prefix", ""),
                level.get(STYLE + "num-suffix", ""),
                _whole(level.get(TEXT + "start-value"), 1),
                _whole(level.get(TEXT + "display-levels"), 1),
            )
    return _Level()


def _mark(level: _Level, numbers: tuple[int, ...]) -> str:
    if level.format is None:
        return "-"
    if not level.format:
        return ""
    shown = ".".join(shown_number(number, level.format) for number in numbers[-level.levels :])
    return f"{level.before}{shown}{level.after}".strip()


def _whole(told: str | None, otherwise: int) -> int:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 8 else otherwise
