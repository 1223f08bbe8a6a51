from __future__ import annotations

import datetime
import io
from typing import Any

import openpyxl
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from cairn.retrieval.load import Document, load


def book(*rows: tuple[object, ...]) -> Any:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(list(row))
    return made


def read(made: Any) -> Document:
    file = io.BytesIO()
    made.save(file)
    return load(file.getvalue(), "x.xlsx")


def test_merged_cells_count_in_all_their_rows_and_headers_are_joined() -> None:
    made = book(
        ("Fees of the harbour", None, None, None),
        ("Quay", "Fee", None, "Depth"),
        (None, "May", "June", None),
        ("East", 30, 35, 4),
        (None, 31, 36, 5),
        ("West", 20, 25, 3),
    )
    for merged in ("A1:D1", "A2:A3", "B2:C2", "D2:D3", "A4:A5"):
        made.active.merge_cells(merged)
    assert read(made).text.splitlines() == [
        "Fees of the harbour",
        "Quay: East; Fee May: 30; Fee June: 35; Depth: 4",
        "Quay: East; Fee May: 31; Fee June: 36; Depth: 5",
        "Quay: West; Fee May: 20; Fee June: 25; Depth: 3",
    ]


def test_a_formula_without_a_value_is_shown_and_told() -> None:
    document = read(book(("Tree", "Count", "Twice"), ("Oak", 3, "=B2*2")))
    assert document.text == "Tree: Oak; Count: 3; Twice: =B2*2\n"
    assert "1 formula holds no value" in " ".join(document.notices)


def test_an_empty_chart_sheet_refuses_nothing() -> None:
    made = book(("Tree", "Age"), ("Oak", 30))
    made.create_chartsheet("Growth")
    document = read(made)
    assert document.text == "Tree: Oak; Age: 30\n"
    assert "Growth" in " ".join(document.notices)


def test_a_duration_over_a_day_is_in_hours() -> None:
    made = book(("Trip", "Time"), ("Sound", datetime.timedelta(hours=30, minutes=15)))
    made.active["B2"].number_format = "[h]:mm"
    assert read(made).text == "Trip: Sound; Time: 30:15\n"


def test_raised_figures_keep_their_mark_and_struck_out_cells_are_gone() -> None:
    raised = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "6"))
    part = CellRichText("now ", TextBlock(InlineFont(strike=True), "5 "), "7")
    made = book(("Germ", "Cells", "Fee", "Old"), ("Blue", raised, part, 50))
    made.active["D2"].font = Font(strike=True)
    document = read(made)
    assert document.text == "Germ: Blue; Cells: 10^6; Fee: now 7\nOld\n"
    assert document.notices == ("struck-out text is left out",)


def test_several_tables_of_a_sheet() -> None:
    made = book(("Tree", "Age"), ("Oak", 30), (None,), (None,), ("Town", "People"), ("Bonn", 5))
    assert read(made).text == "Tree: Oak; Age: 30\nTown: Bonn; People: 5\n"
