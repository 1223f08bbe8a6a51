"""What a file is: its suffix decides, unless its first bytes contradict it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from cairn.core.errors import SourceError
from cairn.retrieval.load.delimited import load_csv
from cairn.retrieval.load.epub import load_book
from cairn.retrieval.load.html import load_html
from cairn.retrieval.load.json_records import load_json, load_jsonl
from cairn.retrieval.load.loaded_document import Loader
from cairn.retrieval.load.mail import load_mail
from cairn.retrieval.load.markdown import load_markdown
from cairn.retrieval.load.pdf import load_pdf
from cairn.retrieval.load.slides import load_slides
from cairn.retrieval.load.source_code import CODE
from cairn.retrieval.load.text_decoding import load_text
from cairn.retrieval.load.word import load_word
from cairn.retrieval.load.workbooks import load_workbook
from cairn.retrieval.load.zip_limits import check_archive

LOADERS: dict[str, Loader] = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".mkd", ".mdx"), load_markdown),
    **dict.fromkeys((".txt", ".text", ".rst", ".log", ".org", ".adoc", ".asciidoc", ".tex"), load_text),
    **dict.fromkeys((".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf"), load_text),
    **dict.fromkeys((".html", ".htm", ".xhtml"), load_html),
    ".pdf": load_pdf,
    **dict.fromkeys((".docx", ".docm"), load_word),
    **dict.fromkeys((".pptx", ".pptm"), load_slides),
    **dict.fromkeys((".xlsx", ".xlsm"), load_workbook),
    **dict.fromkeys((".csv", ".tsv", ".tab"), load_csv),
    ".json": load_json,
    **dict.fromkeys((".jsonl", ".ndjson"), load_jsonl),
    ".epub": load_book,
    ".eml": load_mail,
    **CODE,
}
"""By suffix, in lower case."""

_PARTS: Mapping[str, Loader] = {
    "word/document.xml": load_word,
    "ppt/presentation.xml": load_slides,
    "xl/workbook.xml": load_workbook,
    "META-INF/container.xml": load_book,
}
_BINARY: Mapping[Loader, str] = {
    load_pdf: "a PDF",
    load_word: "a Word document",
    load_slides: "a presentation",
    load_workbook: "a workbook",
    load_book: "an EPUB book",
    load_html: "a web page",
}
_BYTES = frozenset((load_pdf, load_word, load_slides, load_workbook, load_book, load_mail))
_OLD = b"\xd0\xcf\x11\xe0"
_PLAIN = frozenset((load_text, load_markdown))
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype html|html)[\s>]", re.I | re.S
)


def is_text(loader: Loader) -> bool:
    """Whether it reads one text, in one encoding."""
    return loader not in _BYTES


def split_name(name: str) -> tuple[str, str]:
    """A file's name without folders, as its stem and its suffix in lower case."""
    path = PurePosixPath(name.replace("\\", "/").replace("\x00", ""))
    return path.stem[:200] or "document", path.suffix.lower()


def find_loader(data: bytes, suffix: str) -> tuple[Loader, str | None]:
    """The loader, and a notice where it is another than the suffix says.

    Raises SourceError where the content is of a kind that can't be read, or isn't what the suffix says.
    """
    named, found = LOADERS.get(suffix), _recognised(data)
    if found is None and named is not None and named in _BINARY and named is not load_html:
        kind = _BINARY[named]
        if data.startswith(_OLD):
            hint = f"Save it without a password, as {suffix}, and add it again."
            raise SourceError("It is protected by a password, or of an old Office format.", hint)
        if not data.strip(b"\0\t\n\r "):
            raise SourceError("It is empty.", "Remove it, or add it again when it has some text.")
        raise SourceError(f"It is not {kind}, though its name ends in {suffix}, or it is damaged.", "Correct its name.")
    if found is None or found is named:
        return named or load_text, None
    if found is load_html and named is not None and named not in _PLAIN and named not in _BINARY:
        return named, None  # a template in a program's source is no page
    return found, f"it was read as {_BINARY[found]}, not as its name says" if named else None


def _recognised(data: bytes) -> Loader | None:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return load_pdf
    if data.startswith(b"PK\x03\x04"):
        names = set(check_archive(data))
        return next((loader for part, loader in _PARTS.items() if part in names), None)
    return load_html if _PAGE.match(data[:2048]) else None
