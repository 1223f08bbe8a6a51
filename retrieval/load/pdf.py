"""PDF: text by PDFium, page for page, paragraphs made whole again; ruled tables as rows; bookmarks as headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cairn.errors import SourceError
from cairn.text import CJK, normalise
from retrieval.load.document import Document, Outline, Writer, iso_date
from retrieval.load.tables import Row, rows_as_lines

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

_OBJECTS = 20_000
"""On a page: with more it is a drawing, and looking for tables would take minutes."""
_THICK = 4
"""Points: what is thinner is a line."""
_PASSWORD, _SECURITY = 4, 5
"""PDFium's error codes (fpdfview.h: FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY)."""
_MADE = re.compile(
    r"^Microsoft |untitled|^\W?(anonymous|unspecified)\W?$|\.(docx?|pptx?|xlsx?|indd|tex|qxd|pdf)$", re.IGNORECASE
)
_BROKEN_WORD = re.compile("[\ufffe\x02\u00ad](?:\r?\n)?")
_END = re.compile(r"[.!?:;。！？：；…][”\"')\]]?$")
_WIDE = re.compile(f"[{CJK}，。、；：？！（）《》“”]")
_ITEM = re.compile(r"[-•●▪◦–*]\s|\(?\d{1,3}[.)]\s|\(?[a-z][.)]\s")

Line = tuple[str, bool]
"""A line's text, and whether it is a table's row."""
Table = tuple[tuple[float, float, float, float], list[Row]]
"""Left, bottom, right, top in PDF coordinates, and the cells."""


def load_pdf(data: bytes, name: str) -> Document:
    pdf = _opened(data)
    tables = _Tables(data)
    information: dict[str, str] = pdf.get_metadata_dict(skip_empty=True)
    title = _title(information.get("Title", ""), name)
    writer, headings = Writer(), _Headings(pdf, title)
    scanned: list[int] = []
    for number in range(1, len(pdf) + 1):
        page = pdf[number - 1]
        lines = _lines(page, tables.on(page, number - 1))
        headings.write(writer, lines, number)
        if not lines and _has_image(page):
            scanned.append(number)
        page.close()
    if writer.is_empty and scanned:
        pages = "Its only page is" if len(pdf) == 1 else f"All its {len(pdf)} pages are"
        raise SourceError(
            f"{pages} scanned: there is no text in it.",
            "Run text recognition over it, for example with ocrmypdf, and add it again.",
        )
    return writer.document(
        title,
        author=information.get("Author"),
        date=iso_date(information.get("ModDate")) or iso_date(information.get("CreationDate")),
        notices=(_scanned(scanned),) if scanned else (),
    )


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
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], page]
        else:
            ranges.append([page])
    words = ", ".join("-".join(map(str, part)) for part in ranges)
    return (
        f"page {words} is scanned: it holds no text"
        if len(pages) == 1
        else f"pages {words} are scanned: they hold no text"
    )


class _Headings:
    """Bookmarks: a page begins below the last one before it, and a line that reads like one begins a section."""

    def __init__(self, pdf: PdfDocument, title: str) -> None:
        self._outline = Outline(title)
        self._path: str | None = None
        self._by_page: dict[int, list[tuple[int, str]]] = {}
        for mark in pdf.get_toc(max_depth=8):
            page = target.get_index() if (target := mark.get_dest()) else None
            words = " ".join(mark.get_title().split())
            if page is not None and words:
                self._by_page.setdefault(page + 1, []).append((mark.level, words))

    def write(self, writer: Writer, lines: Iterable[Line], page: int) -> None:
        due = self._by_page.pop(page, [])
        writer.section(self._path, page)
        paragraph: list[str] = []
        for text, is_row in lines:
            place = _place(text, due)
            if place or is_row:
                _write_paragraphs(writer, paragraph)
                paragraph = []
            if place:
                self._enter(due[:place])
                due = due[place:]
                writer.section(self._path, page)
                writer.paragraph(text)
            elif is_row:
                writer.line(text)
            else:
                paragraph.append(text)
        _write_paragraphs(writer, paragraph)
        self._enter(due)

    def _enter(self, marks: Iterable[tuple[int, str]]) -> None:
        for level, words in marks:
            self._path = self._outline.enter(level, words)


def _place(text: str, marks: Sequence[tuple[int, str]]) -> int:
    """Which of the bookmarks, from 1, this line is the heading of; 0 for none."""
    line = normalise(text) if marks else ""
    return next((number for number, (_, words) in enumerate(marks, 1) if normalise(words) == line), 0)


def _write_paragraphs(writer: Writer, lines: Sequence[str]) -> None:
    """A line that is about full and ends within a sentence goes on in the next one."""
    if not lines:
        return
    writer.gap()
    full = 0.75 * sorted(map(len, lines))[int(0.9 * len(lines))]
    whole = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        glue = "" if _WIDE.match(whole[-1:]) or _WIDE.match(line) else " "
        whole += glue + line if whole else line
        if len(line) < full or (_END.search(line) and len(line) < full / 0.8) or _ITEM.match(following):
            writer.line(whole)
            whole = ""
    if whole:
        writer.line(whole)
    writer.gap()


def _lines(page: PdfPage, tables: Sequence[Table]) -> list[Line]:
    """The page's lines; where there are tables from above to below, what stands beside them before or after."""
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    lines: list[Line] = []

    def read(found: str) -> None:
        lines.extend((line.strip(), False) for line in _BROKEN_WORD.sub("", found).splitlines() if line.strip())

    if not tables:
        read(text.get_text_range())
    for (table_left, table_bottom, table_right, table_top), rows in tables:
        read(text.get_text_bounded(left, table_top, right, top))
        read(text.get_text_bounded(left, table_bottom, table_left, table_top))
        lines.extend((row, True) for row in rows_as_lines(rows))
        read(text.get_text_bounded(table_right, table_bottom, right, table_top))
        top = table_bottom
    if tables:
        read(text.get_text_bounded(left, bottom, right, top))
    text.close()
    return lines


def _has_image(page: PdfPage) -> bool:
    from pypdfium2 import raw

    if raw.FPDFPage_CountObjects(page) > _OBJECTS:
        return False
    return next(iter(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


class _Tables:
    """Finds tables by their rules with pdfplumber, which is opened for the pages that have rules alone."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._plumber: Any = None

    def on(self, page: PdfPage, index: int) -> list[Table]:
        """From above to below, in PDF coordinates."""
        left, bottom, _, top = page.get_mediabox() or (0, 0, 0, 0)
        if not _is_ruled(page) or (left, bottom) != (0, 0) or page.get_rotation():
            return []
        try:
            plumbed = self._pages()[index]
            tables = [
                ((table.bbox[0], top - table.bbox[3], table.bbox[2], top - table.bbox[1]), _cells(table.extract()))
                for table in plumbed.find_tables()
            ]
            plumbed.close()  # it would keep each letter
        except (MemoryError, RecursionError):
            raise
        except Exception:  # it is stricter than PDFium, and the page's text is there anyway
            return []
        kept = [(box, rows) for box, rows in tables if len(rows) > 1 and max(map(len, rows)) > 1]
        return _apart(sorted(kept, key=lambda table: -table[0][3]))

    def _pages(self) -> Any:
        if self._plumber is None:
            import pdfplumber

            self._plumber = pdfplumber.open(BytesIO(self._data))
        return self._plumber.pages


def _cells(rows: Iterable[Iterable[str | None]]) -> list[Row]:
    return [[cell or "" for cell in row] for row in rows]


def _apart(tables: Sequence[Table]) -> list[Table]:
    """Of tables side by side the first: what is beside it is read as text."""
    kept: list[Table] = []
    for table in tables:
        if not kept or table[0][3] <= kept[-1][0][1] + 1:
            kept.append(table)
    return kept


def _is_ruled(page: PdfPage) -> bool:
    """Whether there are lines both across and down, or boxes, as around cells."""
    from pypdfium2 import raw

    if raw.FPDFPage_CountObjects(page) > _OBJECTS:
        return False
    across = down = boxes = 0
    for path in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=3):
        left, bottom, right, top = path.get_bounds()
        wide, high = right - left > _THICK, top - bottom > _THICK
        across += wide and not high
        down += high and not wide
        boxes += raw.FPDFPath_CountSegments(path) // 4 if wide and high else 0
        if (across > 1 and down > 1) or boxes > 3 or (boxes and across + down > 1):
            return True
    return False
