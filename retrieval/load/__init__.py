"""Files become documents: text, title and the sections in it. One loader a format, found by suffix and first bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from cairn.core.clean_text import clean
from cairn.core.errors import SourceError
from cairn.core.registry import PACKAGED
from cairn.retrieval.load.encodings import known_encoding
from cairn.retrieval.load.file_types import find_loader, is_text, split_name
from cairn.retrieval.load.html import declared_encoding, load_whole_page
from cairn.retrieval.load.language_detection import guess_language
from cairn.retrieval.load.loaded_document import MAX_BYTES, Document, Loader, ReadAs, Section
from cairn.retrieval.load.mail import load_mail
from cairn.retrieval.load.markdown import fenced, load_markdown
from cairn.retrieval.load.parser_pool import Job, ParseLimits, Parsers
from cairn.retrieval.load.text_decoding import decode, load_text, read_bytes

__all__ = [
    "MAX_BYTES",
    "Document",
    "Job",
    "Loader",
    "ParseLimits",
    "Parsers",
    "ReadAs",
    "Section",
    "decode",
    "fenced",
    "known_encoding",
    "load",
    "load_markdown",
    "load_text",
]

_AS_IT_IS = ReadAs()
_OUT_OF_MEMORY = re.compile(r"unknown error|allocation failed|Can't parse HTML")
"""What libxml2 and Lexbor say when they get no memory."""


def load(data: bytes, name: str, read_as: ReadAs = _AS_IT_IS) -> Document:
    """The document that the bytes of the file `name` hold. Raises SourceError, which says what they are instead.

    Loaders of text are given UTF-8, whatever it was. Runs the parser in this process, unbounded: foreign files go
    through `Parsers`.
    """
    stem, suffix = split_name(clean(name))
    found, notice = find_loader(data, suffix)
    told = [notice] if notice else []
    loader: Loader = found.load()
    if is_text(found):
        named = read_as.encoding or (declared_encoding(data) if found.name == "html" else None)
        text, guessed = read_bytes(data, named)
        data = text.encode("utf-8-sig" if found.source == PACKAGED else "utf-8")  # the mark is for `decode`
        told += guessed
    if found.name == "html" and read_as.whole_page:
        loader = load_whole_page
    elif found.name == "mail":
        loader = partial(load_mail, load_file=load)
    document = _loaded(loader, data, stem)
    return replace(document, notices=(*told, *document.notices))


def _loaded(loader: Loader, data: bytes, stem: str) -> Document:
    try:
        document = loader(data, stem)
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # a parser's own words for broken input
        if isinstance(error, RecursionError) or "Excessive depth" in str(error):
            raise SourceError("It is nested too deeply.", "Save it anew in a simpler form.") from None
        if _OUT_OF_MEMORY.search(str(error)):
            raise MemoryError from None
        raise SourceError(
            f"It can't be read: {_reason(error)}.", "Open it in its own program, save it anew, and add it again."
        ) from error
    return replace(
        document,
        title=_line(document.title),
        author=_line(document.author),
        language=document.language or guess_language(document.text),
    )


def _line(text: str | None) -> str | None:
    return " ".join(clean(text).split())[:300] or None if text else None


def _reason(error: Exception) -> str:
    words = " ".join(clean(str(error)).split())[:200].rstrip(".")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
