"""Bytes become text, whatever their encoding; what is not text is named."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from cairn.errors import SourceError
from cairn.text import clean
from retrieval.load.document import Document, Section, no_text

_SIGNATURES: Mapping[bytes, str] = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive or an Office document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x1f\x8b": "a gzip archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3\x00": "a SQLite database",
}
_BOMS: Mapping[bytes, str] = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")


def load_text(data: bytes, name: str) -> Document:
    text = decode(data)
    return Document(name, text, [Section(0, len(text))])


def decode(data: bytes) -> str:
    """Bytes as text with plain line ends, by byte order mark, else the first of a few encodings that fits."""
    text = None if data.startswith(b"%PDF") else _decoded(data)
    if text is None:
        kind = next((kind for signature, kind in _SIGNATURES.items() if data.startswith(signature)), "binary data")
        raise SourceError(f"It is not text but {kind}.", "Save it as plain text or Markdown.")
    text = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise no_text()
    return text


def _decoded(data: bytes) -> str | None:
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), None) or _wide(data)
    for name in (encoding,) if encoding else ("utf-8", "gb18030", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if _plausible(text, name):
            return text
    return None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    most = 0.2 * len(data[:4096])
    if odd > most and not even:
        return "utf-16-le"
    return "utf-16-be" if even > most and not odd else None


def _plausible(text: str, encoding: str) -> bool:
    """Whether decoding gave text. GB18030 takes nearly any bytes: what it reads from Western ones is not in GB 2312."""
    if _NOT_IN_TEXT.search(text):
        return False
    foreign = [letter for letter in text if letter > "\x7f"] if encoding == "gb18030" else []
    return len("".join(foreign).encode("gb2312", "ignore")) / 2 >= 0.3 * len(foreign)
