"""PDF: text by PDFium, page for page, paragraphs made whole again; tables as rows; bookmarks, or sizes, as headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from cairn.core.clean_text import CJK, normalise
from cairn.core.errors import SourceError
from cairn.retrieval.load.loaded_document import Document, Outline, Writer, iso_date
from cairn.retrieval.load.pdf_fields import written_on
from cairn.retrieval.load.pdf_headings import heading_level, heading_levels, without_repeats
from cairn.retrieval.load.pdf_layout import Line, read_lines
from cairn.retrieval.load.pdf_tables import OBJECTS, Tables

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_PASSWORD, _SECURITY = 4, 5
"""PDFium's error codes (fpdfview.h: FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY)."""
_MADE = re.compile(
    r"^Microsoft |untitled|^\W?(anonymous|unspecified)\W?$|\.(docx?|pptx?|xlsx?|indd|tex|qxd|pdf)$", re.IGNORECASE
)
_NUMBER = re.compile(r"^\W*(?:\d+\.?)+\s+")
_END = re.compile(r"[.!?:;。！？：；…][”\"')\]]?$")
_WIDE = re.compile(f"[{CJK}，。、；：？！（）《》“”]")
_ITEM = re.compile(r"[-•●▪◦–*]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s")


def load_pdf(data: bytes, name: str) -> Document:
    pdf = _opened(data)
    pages = _Pages(pdf, data)
    information: dict[str, str] = pdf.get_metadata_dict(skip_empty=True)
    title = _title(information.get("Title", ""), name)
    writer, headings = Writer(), _Headings(pdf, title, pages.lines)
    for number, lines in enumerate(pages.lines, 1):
        headings.write(writer, lines, number)
        for note in pages.notes.get(number, ()):
            writer.paragraph(note)
    if writer.is_empty and pages.scanned:
        found = "Its only page is" if len(pdf) == 1 else f"All its {len(pdf)} pages are"
        raise SourceError(
            f"{found} scanned: there is no text in it.",
            "Run text recognition over it, for example with ocrmypdf, and add it again.",
        )
    notices: list[str] = []
    if pages.scanned:
        notices.append(_scanned(pages.scanned))
    if pages.struck:
        notices.append(f"text that a mark strikes out is read as it stands ({_ranges(pages.struck)})")
    return writer.document(
        title,
        author=information.get("Author"),
        date=iso_date(information.get("ModDate")) or iso_date(information.get("CreationDate")),
        notices=tuple(notices),
    )


class _Pages:
    """The lines of each page, and by its number what else is on it."""

    def __init__(self, pdf: PdfDocument, data: bytes) -> None:
        self.notes: dict[int, list[str]] = {}
        self.scanned: list[int] = []
        self.struck: list[int] = []
        tables = Tables(data)
        pdf.init_forms()
        lines: list[list[Line]] = []
        heights: list[float] = []
        for number in range(1, len(pdf) + 1):
            page = pdf[number - 1]
            written = written_on(page, pdf.formenv)
            lines.append(read_lines(page, tables.on(page, number - 1), written.fields))
            heights.append(page.get_height())
            if written.notes:
                self.notes[number] = written.notes
            if written.struck:
                self.struck.append(number)
            if not lines[-1] and _has_image(page):
                self.scanned.append(number)
            page.close()
        self.lines = without_repeats(lines, heights)


def _opened(data: bytes) -> PdfDocument:
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        return PdfDocument(data)
    except PdfiumError as error:
        if error.err_code in (_PASSWORD, _SECURITY):
            raise SourceError("It is protected by a password.", "Save it without one and add it again.") from None
        raise SourceError(
            "It is not a PDF, or a damaged one.", "Open it in a PDF program, save it anew, and add it again."
        ) from None


def _title(told: str, name: str) -> str:
    """What programs write there by themselves is no title: `Microsoft Word - draft2.doc`, `untitled`, `(anonymous)`."""
    words = " ".join(told.split())
    return name if _MADE.search(words) or len(words) < 3 else words


def _scanned(pages: Sequence[int]) -> str:
    told = _ranges(pages)
    return f"{told} is scanned: it holds no text" if len(pages) == 1 else f"{told} are scanned: they hold no text"


def _ranges(pages: Sequence[int]) -> str:
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], page]
        else:
            ranges.append([page])
    words = ", ".join("-".join(map(str, part)) for part in ranges)
    return f"page {words}" if len(pages) == 1 else f"pages {words}"


class _Headings:
    """Bookmarks: a page begins below the last one before it, and a line that reads like one begins a section.

    Where there are none, lines in larger letters are headings.
    """

    def __init__(self, pdf: PdfDocument, title: str, pages: Sequence[Sequence[Line]]) -> None:
        self._outline = Outline(title)
        self._path: str | None = None
        self._by_page: dict[int, list[tuple[int, str]]] = {}
        for mark in pdf.get_toc(max_depth=8):
            page = target.get_index() if (target := mark.get_dest()) else None
            words = " ".join(mark.get_title().split())
            if page is not None and words:
                self._by_page.setdefault(page + 1, []).append((mark.level, words))
        self._sizes = {} if self._by_page else heading_levels(pages)

    def write(self, writer: Writer, lines: Sequence[Line], page: int) -> None:
        due = self._by_page.pop(page, [])
        writer.section(self._path, page)
        paragraph: list[str] = []
        above = 0.0
        for level, line in _with_levels(lines, self._sizes):
            place = _place(line.text, due)
            if place or line.is_row or level or not 0.87 < (line.size or 1) / (above or line.size or 1) < 1.15:
                _write_paragraphs(writer, paragraph)
                paragraph = []
            if place or level:
                self._enter(due[:place] or [(level, line.text)])
                due = due[place:]
                writer.section(self._path, page)
                writer.paragraph(line.text)
            elif line.is_row:
                writer.line(line.text)
            else:
                paragraph.append(line.text)
            above = line.size
        _write_paragraphs(writer, paragraph)
        self._enter(due)

    def _enter(self, marks: Iterable[tuple[int, str]]) -> None:
        for level, words in marks:
            self._path = self._outline.enter(level, words)


def _with_levels(lines: Iterable[Line], sizes: dict[float, int]) -> Iterator[tuple[int, Line]]:
    """A heading over two lines is one."""
    for level, group in groupby(lines, key=lambda line: heading_level(line, sizes)):
        if level:
            found = list(group)
            yield level, found[0]._replace(text=" ".join(line.text for line in found))
        else:
            yield from ((0, line) for line in group)


def _place(text: str, marks: Sequence[tuple[int, str]]) -> int:
    """Which of the bookmarks, from 1, this line is the heading of; 0 for none."""
    lines = {normalise(text), normalise(_NUMBER.sub("", text))} if marks else set[str]()
    return next((number for number, (_, words) in enumerate(marks, 1) if normalise(words) in lines), 0)


def _write_paragraphs(writer: Writer, lines: Sequence[str]) -> None:
    """A line that is about full and ends within a sentence goes on in the next one."""
    if not lines:
        return
    writer.gap()
    full = 0.75 * sorted(map(len, lines))[int(0.9 * len(lines))]
    whole = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        whole = _continued(whole, line) if whole else line
        if _is_broken(line, following):
            continue
        if len(line) < full or (_END.search(line) and len(line) < full / 0.8) or _ITEM.match(following):
            writer.line(whole)
            whole = ""
    if whole:
        writer.line(whole)
    writer.gap()


def _continued(text: str, line: str) -> str:
    if _is_broken(text, line):
        return text[:-1] + line
    return text + ("" if _WIDE.match(text[-1:]) or _WIDE.match(line) else " ") + line


def _is_broken(text: str, following: str) -> bool:
    """Whether a word is broken by a hyphen there, as PDFium has it where lines follow each other."""
    return text[-1:] == "-" and text[-2:-1].isalpha() and following[:1].islower()


def _has_image(page: PdfPage) -> bool:
    from pypdfium2 import raw

    if raw.FPDFPage_CountObjects(page) > OBJECTS:
        return False
    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None
