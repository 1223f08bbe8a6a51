"""Makes the handbook's PDF and its Word document: `python samples/make_guides.py [FOLDER]`. Always the same bytes."""

from __future__ import annotations

import sys
import textwrap
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

PDF = "field-testing-guide.pdf"
WORD = "supplier-visits.docx"
MADE = datetime(2026, 9, 14)

Block = str | Sequence[Sequence[str]]
"""A paragraph, a heading (`# ...`, `## ...`), a list item (`- ...`), a page break (empty), or a table's rows."""

TESTING: Sequence[Block] = (
    "# Field testing guide",
    "This guide is for everybody at Tarn & Thistle who takes a prototype up a hill. Field tests are planned and kept "
    "in Bergen, where the weather does half of the work. Astrid Lunde leads them, extension 640.",
    "## Why we test outdoors",
    "The laboratory tells us when a seam gives way. It doesn't tell us that a zip can't be found with cold hands at "
    "three in the morning. No product of our own make goes into the catalogue before it has passed a field test.",
    "## How long a test takes",
    "A test ends when both numbers are reached, not one of them. Nights count only outdoors and in the product.",
    (
        ("Product", "Testers", "Least use", "Least time"),
        ("Tents", "6", "40 nights", "5 months"),
        ("Boots and shoes", "12", "500 km", "4 months"),
        ("Packs", "8", "30 days", "3 months"),
        ("Stoves and lamps", "5", "60 hours", "2 months"),
        ("Clothing", "10", "45 days", "4 months"),
    ),
    "",
    "## Who may test",
    "Anybody who has worked here for six months may ask for a prototype. Half of the places go to people from outside "
    "design, because designers are kind to their own work. Customers may test as well; they sign a note that the "
    "prototype stays secret until its launch, and they keep it when the test is over.",
    "## The test diary",
    "Write the diary on the day, with the weather and the temperature. A line is enough. The diary goes to Bergen on "
    "the first working day of each month. A tester who misses two months hands the prototype on.",
    "## What counts as a failure",
    (
        ("Grade", "What it means", "What follows"),
        ("A", "Somebody could get hurt", "All tests stop within 24 hours"),
        ("B", "The product no longer does its work", "Back to design"),
        ("C", "A nuisance", "Noted, mended in the next version"),
    ),
    "A single failure of grade A ends the test for everybody. Telephone Astrid Lunde at once; don't wait for the diary."
    " Three failures of grade B on different prototypes count as one of grade A.",
    "",
    "## Safety on test trips",
    "- Nobody tests alone above the tree line.",
    "- Leave your route and the hour of your return with the Bergen desk, extension 600.",
    "- If you are more than three hours late, the desk calls mountain rescue without asking first.",
    "- Every group carries a satellite messenger. Bergen has nine of them; book yours five days ahead.",
    "## Time and money",
    "Test trips are working time for up to 10 hours a day. Allowances are those of the page Expenses and travel. "
    "Test nights outdoors earn one extra hour of leave each, up to 20 hours in a calendar year.",
    "## After the test",
    "Prototypes come back to Bergen within 14 days, unwashed. They are cut open, photographed and kept for seven years."
    " The report is written within four weeks and is open to everybody in the company.",
)

VISITS: Sequence[Block] = (
    "# Visiting suppliers",
    "We visit every supplier at least once every 18 months. This note says how a visit goes, who takes part, and what "
    "we do with what we saw. The Chengdu office keeps it; questions go to its general manager, Lin Xuemei.",
    "## Before the visit",
    "- Announce the visit 10 working days ahead. One visit in four is not announced.",
    "- Two of us go, one of them from quality control.",
    "- Read the report of the last visit and the returns of the last 12 months.",
    "## During the visit",
    "Ask to see the night shift's roster, the fire doors and the pay slips of five workers of your choice. Talk to at "
    "least three workers without a manager in the room. Take photographs only with consent.",
    "### Gifts and meals",
    "The rules for gifts are those of the page Expenses and travel. A working lunch in the factory's canteen is fine.",
    "## How a supplier is graded",
    (
        ("Grade", "Findings", "Next visit"),
        ("Green", "None, or small ones", "Within 18 months"),
        ("Amber", "Must be mended within 90 days", "Within 6 months"),
        ("Red", "Danger to people, or forced or child labour", "No new orders until it is solved"),
    ),
    "The report is written within 10 working days. The supplier gets a copy and may answer it. A red grade goes to the "
    "circle on the same day.",
    "## Ending a partnership",
    "We end a partnership after two red grades within three years. We pay for everything that was ordered, and give "
    "six months' notice wherever people's safety allows it.",
)


def make(folder: Path) -> None:
    (folder / PDF).write_bytes(pdf("Field testing guide", "Astrid Lunde", TESTING))
    (folder / WORD).write_bytes(word("Visiting suppliers", "Lin Xuemei", VISITS))


def word(title: str, author: str, blocks: Sequence[Block]) -> bytes:
    import docx

    file = docx.Document()
    about = file.core_properties
    about.title, about.author, about.comments = title, author, ""
    about.created = about.modified = MADE
    for block in blocks:
        if not isinstance(block, str):
            _word_table(file, block)
        elif block.startswith("#"):
            marks, _, words = block.partition(" ")
            file.add_heading(words, len(marks) - 1)
        elif block.startswith("- "):
            file.add_paragraph(block[2:], style="List Bullet")
        elif block:
            file.add_paragraph(block)
    saved = BytesIO()
    file.save(saved)
    return _timeless(saved.getvalue())


def _word_table(file: Any, rows: Sequence[Sequence[str]]) -> None:
    table = file.add_table(len(rows), len(rows[0]), style="Table Grid")
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.text = words


def _timeless(archive: bytes) -> bytes:
    """Without the hour of its making, so that the same input gives the same bytes."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, MADE.timetuple()[:6]), old.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf(title: str, author: str, blocks: Sequence[Block]) -> bytes:
    """A PDF 1.4 of A4 pages in Helvetica, which every reader has, with a bookmark for each heading."""
    pages, marks = _Pages(), list[tuple[int, str]]()
    for block in blocks:
        if isinstance(block, str) and block.startswith("#"):
            marks.append((len(pages.done), block.lstrip("# ")))
        pages.write(block)
    pages.write("")
    information = f"<< /Title {_literal(title)} /Author {_literal(author)} /CreationDate (D:{MADE:%Y%m%d%H%M%S}) >>"
    return _file(pages.done, marks, information)


class _Pages:
    """Each page's drawing commands; `y` goes down from the top edge, in points."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self._page: list[str] = []
        self._y = 780

    def write(self, block: Block) -> None:
        if not isinstance(block, str):
            self._table(block)
        elif not block:
            self.done.append("\n".join(self._page))
            self._page, self._y = [], 780
        elif block.startswith("#"):
            size = 20 if block.startswith("# ") else 14
            self._y -= 12
            self._text(60, block.lstrip("# "), "F2", size)
            self._y -= size + 8
        else:
            for line in textwrap.wrap(block, 92, subsequent_indent="  " * block.startswith("- ")):
                self._text(60, line)
                self._y -= 15
            self._y -= 3 if block.startswith("- ") else 7

    def _text(self, x: float, words: str, font: str = "F1", size: float = 10.5) -> None:
        self._page.append(f"BT /{font} {size} Tf {x} {self._y} Td {_literal(words)} Tj ET")

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        top, width = self._y + 14, 475 / len(rows[0])
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                self._text(66 + column * width, cell, "F1" if number else "F2", 9.5)
            self._y -= 20
        bottom = self._y + 14
        across = [f"60 {top - 20 * n} m 535 {top - 20 * n} l S" for n in range(len(rows) + 1)]
        down = [f"{60 + n * width:g} {top} m {60 + n * width:g} {bottom} l S" for n in range(len(rows[0]) + 1)]
        self._page += ["0.5 w", *across, *down]
        self._y -= 10


def _literal(words: str) -> str:
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"({escaped})"


def _file(pages: Sequence[str], marks: Sequence[tuple[int, str]], information: str) -> bytes:
    """Objects 1 to 6 are catalog, page tree, fonts, information, outlines; then pages, their contents, bookmarks."""
    first, mark = 7, 7 + 2 * len(pages)
    objects = [
        "<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R /Lang (en-GB) >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{' '.join(f'{first + 2 * n} 0 R' for n in range(len(pages)))}] >>",
        *(
            f"<< /Type /Font /Subtype /Type1 /BaseFont /{font} /Encoding /WinAnsiEncoding >>"
            for font in ("Helvetica", "Helvetica-Bold")
        ),
        information,
        f"<< /Type /Outlines /Count {len(marks)} /First {mark} 0 R /Last {mark + len(marks) - 1} 0 R >>",
    ]
    for number, page in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {first + 2 * number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(page.encode('cp1252'))} >>\nstream\n{page}\nendstream")
    objects += _bookmarks(marks, first, mark)
    return b"".join(_numbered(objects))


def _bookmarks(marks: Sequence[tuple[int, str]], first: int, mark: int) -> Iterator[str]:
    for number, (page, words) in enumerate(marks):
        before = f"/Prev {mark + number - 1} 0 R " if number else ""
        after = f"/Next {mark + number + 1} 0 R " if number + 1 < len(marks) else ""
        target = f"/Dest [{first + 2 * page} 0 R /Fit]"
        yield f"<< /Title {_literal(words)} /Parent 6 0 R {before}{after}{target} >>"


def _numbered(objects: Sequence[str]) -> Iterator[bytes]:
    """The file: objects, the table of where each begins, the trailer."""
    at, places = 9, list[int]()
    yield b"%PDF-1.4\n"
    for number, content in enumerate(objects, 1):
        data = f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
        places.append(at)
        at += len(data)
        yield data
    yield f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    yield from (f"{place:010} 00000 n \n".encode() for place in places)
    yield f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\nstartxref\n{at}\n%%EOF\n".encode()


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("handbook"))
