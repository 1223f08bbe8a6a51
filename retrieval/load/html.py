"""HTML: headings make sections, tables rows; scripts, what is hidden, and what frames the article is left out.

Of tables cells may reach over rows and columns; their marks say which are headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from cairn.retrieval.load.html_marks import write_marks
from cairn.retrieval.load.list_numbering import item_number
from cairn.retrieval.load.loaded_document import Document, Outline, Writer, iso_date
from cairn.retrieval.load.page_frame import frames
from cairn.retrieval.load.table_lines import Cell, rows_as_lines, spread
from cairn.retrieval.load.text_decoding import read_bytes

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode


_DROPPED_TAGS = """
    script style noscript template svg iframe object canvas audio video button select option input textarea
    head title meta link
"""
_PARAGRAPH_TAGS = "p ul ol dl blockquote table pre section article"
_BLOCK_TAGS = """
    div main header aside li dt dd figure figcaption address form fieldset details summary tbody thead tfoot tr td th
    caption hr br body
"""
_DROPPED = frozenset(_DROPPED_TAGS.split())
_FRAMES = frozenset(("nav", "footer", "dialog", "menu"))
_FRAMING = ("navigation", "search", "menu")
FRAMED = "menus and what else frames the page are left out (`cairn add --whole-page` keeps them)"
_PARAGRAPHS = frozenset(_PARAGRAPH_TAGS.split())
_BLOCKS = _PARAGRAPHS | set(_BLOCK_TAGS.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_DATES = ("article:published_time", "article:modified_time", "dcterms.date", "dc.date", "date", "last-modified")
_DEEPEST = 4
_TALLEST = 65534
"""Rows that a cell may cover, as browsers have it."""


def load_html(data: bytes, name: str) -> Document:
    """The article of a page, without the menus, side bars, banners and footers around it."""
    return read_html(decode_html(data), name)


def load_whole_page(data: bytes, name: str) -> Document:
    return read_html(decode_html(data), name, whole=True)


def decode_html(data: bytes) -> str:
    """By byte order mark, else as its `meta` element says, else guessed."""
    return read_bytes(data, declared_encoding(data)).text


def declared_encoding(data: bytes) -> str | None:
    """As its `meta` element says, but for UTF-16: then that could not have been read."""
    named = _CHARSET.search(data[:4096])
    return named[1].decode("ascii") if named and b"16" not in named[1] else None


def read_html(html: str, name: str, *, whole: bool = False) -> Document:
    """A page, or a part of one; all that it shows if it is wanted `whole`."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    title = _title(tree) or name
    notices, readings = write_marks(tree)
    page = _Page(title)
    page.writer.tell(*notices)
    root = tree.body or tree.root
    main = None if whole else tree.css_first("main, [role=main]")
    for part in (main, root):
        if part is not None and page.writer.is_empty:
            page.read(part, whole=whole)
    page.add_readings(readings)
    meta = _meta(tree)
    date = next((found for key in _DATES if (found := iso_date(meta.get(key)))), None)
    language = (tree.root.attributes.get("lang") if tree.root else None) or ""
    return page.writer.document(
        title, author=meta.get("author"), date=date, language=language[:2].lower() if language[:2].isalpha() else None
    )


class _Page:
    """Walks the tree without recursion: pages are nested as deeply as their makers like."""

    def __init__(self, title: str) -> None:
        self.writer = Writer()
        self._outline = Outline(title)
        self._words: list[str] = []
        self._prefix = ""
        self._numbers: dict[int, int] = {}
        self._dropped: AbstractSet[int] = frozenset()
        self._whole = False

    def read(self, root: LexborNode, *, whole: bool) -> None:
        self._whole = whole
        self._dropped = frozenset() if whole else frames(root)
        if self._dropped:
            self.writer.tell(FRAMED)
        node: LexborNode | None = root
        while node is not None:
            inside = self._enter(node)
            if inside is not None:
                node = inside
                continue
            while node is not None:
                self._leave(node)
                if node.mem_id == root.mem_id:  # comparing nodes compares their HTML
                    node = None
                elif (following := node.next) is not None:
                    node = following
                    break
                else:
                    node = node.parent
        self._flush()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """The first node inside, if it is to be read."""
        tag = node.tag or ""
        if tag == "-text":
            self._words.append(node.text_content or "")
            return None
        if (tag.startswith("-") and tag != "-document") or tag in _DROPPED or node.mem_id in self._dropped:
            return None
        if not self._whole and (tag in _FRAMES or node.attributes.get("role") in _FRAMING):
            return None
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag in _PARAGRAPHS:
            self.writer.gap()
        if tag == "li":
            self._prefix = item_number(node, self._numbers)
        elif tag in _HEADINGS:
            self._heading(_HEADINGS[tag], " ".join(node.text(deep=True).split()))
            return None
        elif tag == "pre":
            self.writer.paragraph("```\n" + node.text(deep=True).strip("\n") + "\n```")
            return None
        elif tag == "table" and is_table(node):
            self._table(node)
            return None
        return node.first_child

    def add_readings(self, readings: list[tuple[str, str]]) -> None:
        """Apart from the text, where they would stand in the middle of words."""
        if readings:
            self.writer.section("Readings")
        for word, reading in readings:
            self.writer.line(f"{word} ({reading})")

    def _heading(self, level: int, words: str) -> None:
        if words:
            self.writer.section(self._outline.enter(level, words))
            self.writer.paragraph(f"{'#' * level} {words}")

    def _table(self, table: LexborNode) -> None:
        if caption := table.css_first("caption"):
            self.writer.paragraph(" ".join(caption.text(deep=True).split()))
        for line in table_lines(table):
            self.writer.line(line)
        self.writer.gap()

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._flush()
        if tag in _PARAGRAPHS:
            self.writer.gap()

    def _flush(self) -> None:
        words = " ".join("".join(self._words).split())
        self._words.clear()
        if words:
            self.writer.line(self._prefix + words)
            self._prefix = ""


def _title(tree: LexborHTMLParser) -> str | None:
    """Of `<title>Leave - Handbook</title><h1>Leave</h1>` the heading: the rest is the site's name."""
    words = [" ".join(node.text(deep=True).split()) for name in ("title", "h1") if (node := tree.css_first(name))]
    words = [found for found in words if found]
    return (words[-1] if words[-1] in words[0] else words[0]) if words else None


def _meta(tree: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.css("meta"):
        key = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("itemprop")
        content = (node.attributes.get("content") or "").strip()
        if key and content:
            found.setdefault(key.lower(), content)
    return found


def is_table(table: LexborNode) -> bool:
    """Whether it has columns of cells, and doesn't only arrange the page: with tables, headings or lists in it."""
    if table.css_first("h1, h2, h3, h4, ul, pre") is not None:
        return False
    if any(inner.mem_id != table.mem_id for inner in table.css("table")):
        return False
    return any(len(row.css("td, th")) > 1 for row in table.css("tr"))


def table_lines(table: LexborNode) -> Iterator[str]:
    for rows in _parts(table):
        header = next((number for number, row in enumerate(rows) if not _is_header(row)), 0)
        cells = ([_cell(cell) for cell in row.css("td, th")] for row in rows)
        yield from rows_as_lines(spread(cells), header if 0 < header <= _DEEPEST else None)


def _parts(table: LexborNode) -> list[list[LexborNode]]:
    """Its rows, cut above each header that is not the first."""
    parts: list[list[LexborNode]] = [[]]
    for row in table.css("tr"):
        if parts[-1] and _is_header(row) and not _is_header(parts[-1][-1]):
            parts.append([])
        parts[-1].append(row)
    return parts


def _is_header(row: LexborNode) -> bool:
    """In the table's head, or cells that are all marked as names, but for an empty corner."""
    if row.parent is not None and row.parent.tag == "thead":
        return True
    filled = [cell.tag for cell in row.css("td, th") if cell.text(deep=True).strip()]
    return len(filled) > 1 and set(filled) == {"th"}


def _cell(cell: LexborNode) -> Cell:
    text = " ".join(cell.text(deep=True, separator=" ").split())
    down = _number(cell, "rowspan")
    return Cell(text, min(down or _TALLEST, _TALLEST), max(1, _number(cell, "colspan")))


def _number(cell: LexborNode, name: str) -> int:
    words = (cell.attributes.get(name) or "").strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 6 else 1
