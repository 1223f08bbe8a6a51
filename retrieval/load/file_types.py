"""What a file is: its suffix decides, unless its first bytes contradict it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from cairn.core.errors import SourceError
from cairn.core.registry import Plugin, find, loader_of
from cairn.retrieval.load.zip_limits import check_archive

_PARTS: Mapping[str, str] = {
    "word/document.xml": "word",
    "ppt/presentation.xml": "slides",
    "xl/workbook.xml": "workbook",
    "META-INF/container.xml": "book",
    "content.xml": "opendocument",
}
_BINARY: Mapping[str, str] = {
    "pdf": "a PDF",
    "word": "a Word document",
    "slides": "a presentation",
    "workbook": "a workbook",
    "book": "an EPUB book",
    "opendocument": "an OpenDocument text",
    "html": "a web page",
}
_OLD = b"\xd0\xcf\x11\xe0"
_PLAIN = frozenset(("text", "markdown"))
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype html|html)[\s>]", re.I | re.S
)


def is_text(loader: Plugin) -> bool:
    """Whether it reads one text, in one encoding."""
    return "bytes" not in loader.needs


def split_name(name: str) -> tuple[str, str]:
    """A file's name without folders, as its stem and its suffix in lower case."""
    path = PurePosixPath(name.replace("\\", "/").replace("\x00", ""))
    return path.stem[:200] or "document", path.suffix.lower()


def find_loader(data: bytes, suffix: str) -> tuple[Plugin, str | None]:
    """The loader, and a notice where it is another than the suffix says.

    Raises SourceError where the content is of a kind that can't be read, or isn't what the suffix says.
    """
    named, found = loader_of(suffix), _recognised(data)
    name = named.name if named else ""
    if found is None and name in _BINARY and name != "html":
        kind = _BINARY[name]
        if data.startswith(_OLD):
            hint = f"Save it without a password, as {suffix}, and add it again."
            raise SourceError("It is protected by a password, or of an old Office format.", hint)
        if not data.strip(b"\0\t\n\r "):
            raise SourceError("It is empty.", "Remove it, or add it again when it has some text.")
        raise SourceError(f"It is not {kind}, though its name ends in {suffix}, or it is damaged.", "Correct its name.")
    if found is None or found == name:
        return named or find("loader", "text"), None
    if named is not None and found == "html" and name not in _PLAIN and name not in _BINARY:
        return named, None  # a template in a program's source is no page
    told = f"it was read as {_BINARY[found]}, not as its name says" if named else None
    return find("loader", found), told


def _recognised(data: bytes) -> str | None:
    """The name of the loader for what the first bytes say."""
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        names = set(check_archive(data))
        return next((loader for part, loader in _PARTS.items() if part in names), None)
    return "html" if _PAGE.match(data[:2048]) else None
