"""EPUB: the chapters in their reading order, each read as HTML. DRM-protected books are refused."""

from __future__ import annotations

import posixpath
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from cairn.core.errors import SourceError
from cairn.retrieval.load.html import decode_html, read_html
from cairn.retrieval.load.loaded_document import Document, Section, Writer, iso_date
from cairn.retrieval.load.zip_limits import check_archive

_CONTAINER = "META-INF/container.xml"


def load_book(data: bytes, name: str) -> Document:
    """Sections carry the chapter's heading and its number as the page."""
    names = set(check_archive(data))
    with ZipFile(BytesIO(data)) as archive:
        place = _parsed(archive.read(_CONTAINER)).find(".//{*}rootfile").get("full-path")
        book = _parsed(archive.read(place))
        title, author, day, language = (_told(book, key) for key in ("title", "creator", "date", "language"))
        writer = Writer()
        for number, chapter in enumerate(_chapters(book, posixpath.dirname(place)), 1):
            if chapter in names:
                _append(writer, decode_html(archive.read(chapter)), title or name, number)
    if writer.is_empty and "META-INF/encryption.xml" in names:
        raise SourceError("It is protected against copying.", "Only a book without such protection can be read.")
    return writer.document(title or name, author=author, date=iso_date(day), language=(language or "")[:2] or None)


def _parsed(xml: bytes) -> Any:
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def _told(book: Any, key: str) -> str | None:
    found = book.find(f".//{{http://purl.org/dc/elements/1.1/}}{key}")
    return " ".join((found.text or "").split()) or None if found is not None else None


def _chapters(book: Any, folder: str) -> list[str]:
    files = {item.get("id"): item.get("href", "") for item in book.iterfind(".//{*}manifest/{*}item")}
    order = [files.get(item.get("idref"), "") for item in book.iterfind(".//{*}spine/{*}itemref")]
    return [posixpath.normpath(posixpath.join(folder, unquote(file.split("#")[0]))) for file in order if file]


def _append(writer: Writer, html: str, title: str, number: int) -> None:
    try:
        chapter = read_html(html, title, whole=True)
    except SourceError:  # a picture, or nothing
        return
    writer.tell(*chapter.notices)
    for section in chapter.sections:
        heading = section.heading or (chapter.title if chapter.title != title else None)
        writer.section(heading, number)
        writer.line(_text_of(chapter, section))
        writer.gap()


def _text_of(document: Document, section: Section) -> str:
    return document.text[section.start : section.end]
