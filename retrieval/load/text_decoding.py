"""Bytes become text, whatever their encoding; what is not text is named."""

from __future__ import annotations

import re

from cairn.core.clean_text import readable
from cairn.retrieval.load.encodings import Decoded, decoded
from cairn.retrieval.load.loaded_document import Document, Section, no_text

_HEAD = 1024
_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
_EDITOR = re.compile(
    rb"(?:[^\n]*\n)?[^\n]{0,200}?"
    rb"(?:-\*-[^\n]{0,200}?coding:|\bfileencoding=|#[^\n]{0,60}?\bcoding[:=])[ \t]*([\w.-]{2,40})"
)
"""For Emacs and Vim, and of Python (PEP 263): in the first two lines."""


def load_text(data: bytes, name: str) -> Document:
    text = decode(data)
    return Document(name, text, [Section(0, len(text))])


def decode(data: bytes) -> str:
    """Bytes as text with plain line ends. Raises SourceError."""
    return read_bytes(data).text


def read_bytes(data: bytes, declared: str | None = None) -> Decoded:
    """Bytes as text with plain line ends, and what there is to say of their encoding.

    `declared` is the encoding that a page, a letter or the user names. Raises SourceError for what is no text.
    """
    text, notices = decoded(data, declared or _declared(data))
    text = readable(text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise no_text()
    return Decoded(text, notices)


def _declared(data: bytes) -> str | None:
    found = _XML.match(data[:_HEAD]) or _EDITOR.match(data[:_HEAD])
    return found[1].decode("ascii") if found and b"16" not in found[1] else None
