"""HTML: headings make sections, tables rows; scripts, navigation and what is hidden is left out."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from retrieval.load.document import Document, Outline, Writer, iso_date
from retrieval.load.html_tables import is_table, table_lines
from retrieval.load.text import decode

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_DROPPED_TAGS = """
    script style noscript template nav svg math iframe object canvas audio video button select option input textarea
    head title meta link footer dialog menu
"""
_PARAGRAPH_TAGS = "p ul ol dl blockquote table pre section article"
_BLOCK_TAGS = """
    div main header aside li dt dd figure figcaption address form fieldset details summary tbody thead tfoot tr td th
    caption hr br body
"""
_DROPPED = frozenset(_DROPPED_TAGS.split())
_PARAGRAPHS = frozenset(_PARAGRAPH_TAGS.split())
_BLOCKS = _PARAGRAPHS | set(_BLOCK_TAGS.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_AS_BROWSERS_READ = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_DATES = ("article:published_time", "article:modified_time", "dcterms.date", "dc.date", "date", "last-modified")


def load_html(data: bytes, name: str) -> Document:
    return read_html(decode_html(data), name)


def decode_html(data: bytes) -> str:
    """By byte order mark, else as its `meta` element says, else guessed."""
    named = _CHARSET.search(data[:4096])
    if named and not data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            encoding = codecs.lookup(named[1].decode("ascii")).name
            if not encoding.startswith("utf-16"):  # then it could not have been read so far
                return data.decode(_AS_BROWSERS_READ.get(encoding, encoding))
        except (LookupError, UnicodeError):
            pass
    return decode(data)


def read_html(html: str, name: str) -> Document:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(html)
    title = _title(tree) or name
    page = _Page(title)
    root = tree.css_first("main") or tree.body or tree.root
    if root is not None:
        page.read(root)
    if page.writer.is_empty and tree.body is not None:
        page.read(tree.body)
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

    def read(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        while node is not None:
            inside = self._enter(node)
            if inside is not None:
                node = inside
                continue
            while node is not None:
                self._leave(node)
                if node == root:
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
        if (tag.startswith("-") and tag != "-document") or tag in _DROPPED or _is_hidden(node):
            return None
        if tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
        if tag in _PARAGRAPHS:
            self.writer.gap()
        if tag == "li":
            self._prefix = "- "
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


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return bool(attributes) and (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in ("navigation", "search", "menu")
        or "display:none" in (attributes.get("style") or "").replace(" ", "")
    )


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
