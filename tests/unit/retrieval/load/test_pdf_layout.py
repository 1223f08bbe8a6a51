from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.retrieval.load import load
from tests.unit.retrieval.load import files
from tests.unit.retrieval.load.files import Placed

LEFT = (
    "The ferry leaves the pier at seven in the",
    "morning and comes back late at night. Cars",
    "have to be there half an hour before, and",
    "bicycles may be taken along for nothing.",
)
RIGHT = (
    "Tickets are sold on board by the mate, who",
    "takes coins only. Children under six years",
    "pay nothing if somebody is with them. The",
    "cabin is heated from October until April.",
)


def column(lines: tuple[str, ...], x: float, y: float = 700) -> list[Placed]:
    return [(x, y - 13 * number, 10, line) for number, line in enumerate(lines)]


def text(*words: Placed) -> str:
    return load(files.placed_pdf(*words), "x.pdf").text


@given(st.permutations([*column(LEFT, 60), *column(RIGHT, 320)]), st.sampled_from([0, 5]))
def test_columns_are_read_one_after_the_other_in_whatever_order_they_are_drawn(words: list[Placed], lower: int) -> None:
    shifted = [(x, y - lower if x > 300 else y, size, line) for x, y, size, line in words]
    read = " ".join(text((60, 760, 20, "Ferry"), *shifted).split())
    assert read == "Ferry " + " ".join(LEFT + RIGHT)


def table(*rows: str, left: float = 60) -> list[Placed]:
    return [
        (left + 120 * at, 680 - 18 * number, 10, cell)
        for number, row in enumerate(rows)
        for at, cell in enumerate(row.split("|"))
        if cell
    ]


def test_a_table_without_rules_is_read_as_rows_where_the_evidence_is_strong() -> None:
    above, below = (60, 720, 10, "The quays are measured each spring."), (60, 580, 10, "That is all of them.")
    read = text(above, *table("Quay|Depth|Ships", "East|12 m|4", "|9 m|2", "West|4 m|1"), below)
    assert read.split("\n\n") == [
        "The quays are measured each spring.",
        "Quay: East; Depth: 12 m; Ships: 4\nDepth: 9 m; Ships: 2\nQuay: West; Depth: 4 m; Ships: 1",
        "That is all of them.",
        "",
    ]


def test_words_beside_each_other_without_such_evidence_stay_lines() -> None:
    assert text(*table("Name|Ann Lee", "Town|Bonn", "Work|The keeper of the pier")).split("\n")[:3] == [
        "Name Ann Lee",
        "Town Bonn",
        "Work The keeper of the pier",
    ]


def test_a_cell_over_several_lines_is_one() -> None:
    rows = [*table("Part|Use|Price", "Rope|for boats that|12", "", "Hook|for nets|4", "Bolt|for doors|2")]
    read = text(*rows, (180, 651, 10, "are long"))
    assert "Part: Rope; Use: for boats that are long; Price: 12" in read.splitlines()


def test_a_raised_figure_is_marked() -> None:
    read = text((60, 700, 12, "It makes 10"), (122, 705, 7, "6"), (127, 700, 12, "cells a day"))
    assert "It makes 10^6" in read


BODY = "Everybody has many days of leave in a year, and more of them with each year that goes by."


def test_larger_lines_are_headings_where_there_are_no_bookmarks() -> None:
    page = [
        (60, 760, 24, "Guide"),
        (60, 730, 10, BODY),
        (60, 700, 16, "Leave"),
        (60, 680, 10, BODY),
        (60, 666, 10, BODY),
    ]
    more = [(60, 640, 13, "When ill"), (60, 620, 10, BODY), (60, 606, 10, BODY), (60, 592, 10, BODY)]
    document = load(files.placed_pdf(*page, *more), "x.pdf")
    assert [part.heading for part in document.sections] == ["Guide", "Guide > Leave", "Guide > Leave > When ill"]


def test_headers_and_footers_are_read_once_and_page_numbers_never() -> None:
    pages = [
        files.placed_pdf(
            (60, 810, 9, "Handbook of the pier"),
            (60, 700, 10, f"Step {number}"), (60, 660, 10, f"Do it {number} times."),
            (280, 30, 9, f"Page {number} of 3"),
        )
        for number in (1, 2, 3)
    ]  # fmt: skip
    read = load(files.joined_pdf(*pages), "x.pdf").text
    assert read.count("Handbook of the pier") == 1 and "Page" not in read
    assert all(f"Step {number}" in read and f"{number} times" in read for number in (1, 2, 3))


def form(*fields: bytes) -> bytes:
    """Words `Plate:` and `Car`, and annotations of the page."""
    listed = b" ".join(b"%d 0 R" % number for number in range(5, 5 + len(fields)))
    words: list[Placed] = [(60, 700, 12, "Plate:"), (90, 660, 12, "Car")]
    return files.placed_pdf(
        *words, extra=fields, catalog=b"/AcroForm << /Fields [%s] >>" % listed, page=b"/Annots [%s]" % listed
    )


WIDGET = b"<< /Type /Annot /Subtype /Widget /Rect [%s] /FT %s >>"


@pytest.mark.parametrize(
    ("field", "line"),
    [
        (WIDGET % (b"150 692 300 712", b"/Tx /T (plate) /V (KL-77)"), "Plate: KL-77"),
        (WIDGET % (b"150 600 300 620", b"/Tx /T (town) /TU (Home town) /V (Bonn)"), "Home town: Bonn"),
        (WIDGET % (b"60 656 76 672", b"/Btn /T (car) /V /On /AS /On /AP << /N << /On 4 0 R >> >>"), "[x] Car"),
        (WIDGET % (b"150 692 300 712", b"/Ch /Ff 131072 /Opt [(A-1) (B-2)] /T (p) /V (B-2)"), "Plate: B-2"),
        (b"<< /Type /Annot /Subtype /FreeText /Rect [60 500 300 520] /Contents (Closed in May) >>", "Closed in May"),
        (b"<< /Type /Annot /Subtype /Text /Rect [60 500 80 520] /Contents (Ask Ann) >>", "Note: Ask Ann"),
    ],
)
def test_what_was_filled_in_and_noted_is_read(field: bytes, line: str) -> None:
    assert line in load(form(field), "x.pdf").text.splitlines()


def test_text_that_a_mark_strikes_out_is_told() -> None:
    mark = b"<< /Type /Annot /Subtype /StrikeOut /Rect [60 698 100 712] /QuadPoints [60 712 100 712 60 698 100 698] >>"
    assert "page 1" in " ".join(load(form(mark), "x.pdf").notices)


def test_a_cell_between_rules_over_two_rows_is_in_both() -> None:
    rules = [f"{x} 600 m {x} 690 l S" for x in (50, 170, 290, 410)] + [f"50 {y} m 410 {y} l S" for y in (690, 660, 600)]
    drawn = "\n".join([*rules, "170 630 m 410 630 l S"])
    cells = [(60, 670, "Quay"), (180, 670, "Ship"), (300, 670, "Fee"), (60, 640, "East"), (180, 640, "Tern"),
             (300, 640, "30"), (180, 610, "Gull"), (300, 610, "31")]  # fmt: skip
    words = "\n".join(f"BT /F1 10 Tf {x} {y} Td ({cell}) Tj ET" for x, y, cell in cells)
    font = b"/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    read = load(files.raw_pdf(f"{drawn}\n{words}".encode(), font), "x.pdf").text
    assert read.strip() == "Quay: East; Ship: Tern; Fee: 30\nQuay: East; Ship: Gull; Fee: 31"


def test_words_that_are_broken_at_the_end_of_a_columns_line_are_whole_again() -> None:
    left = (
        "The ferry takes bicycles at each time of",
        "the day, and the mate says where they",
        "are stood; prams have a com-",
        "partment of their own below the deck.",
    )
    right = (
        "Tickets are sold on board by the mate and",
        "by the kiosk at the pier, which is open",
        "from May on; for groups there is a re-",
        "duction of a third of all prices here.",
    )
    read = " ".join(text(*column(left, 60), *column(right, 320)).split())
    assert "a compartment of their own" in read and "a reduction of a third" in read
