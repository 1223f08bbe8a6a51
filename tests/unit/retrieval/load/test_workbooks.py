from __future__ import annotations

import datetime
import io
from typing import Any

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from cairn.core.errors import SourceError
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


def test_hidden_sheets_rows_and_columns_are_left_out_and_named() -> None:
    made = book(("Tree", "Owner", "Age"), ("Oak", "Ada", 30), ("Elm", "Bob", 40), ("Ash", "Cleo", 50))
    made.active.title = "Trees"
    made.active.row_dimensions[3].hidden = True
    made.active.column_dimensions["B"].hidden = True
    for title, state in (("Salaries", "hidden"), ("工资", "veryHidden")):
        made.create_sheet(title)["A1"] = "4200"
        made[title].sheet_state = state
    document = read(made)
    assert document.text == "Tree: Oak; Age: 30\nTree: Ash; Age: 50\n"
    assert document.notices == (
        "hidden sheets are left out: Salaries, 工资",
        "hidden rows and columns are left out on: Trees",
    )


def test_a_merged_cell_that_begins_in_a_hidden_row_or_column_is_shown_where_it_reaches_out() -> None:
    made = book(("Key", "Quay", "Fee", "Depth"), ("a", "East", 30, 4), (None, None, 31, 5), ("b", "West", 20, 3))
    for merged in ("A2:A3", "B2:B3"):
        made.active.merge_cells(merged)
    made.active.row_dimensions[2].hidden = True
    made.active.column_dimensions["A"].hidden = True
    assert read(made).text == "Quay: East; Fee: 31; Depth: 5\nQuay: West; Fee: 20; Depth: 3\n"


def test_empty_hidden_columns_are_not_told_of_and_a_format_that_shows_nothing_hides() -> None:
    made = book(("Tree", "Age"), ("Oak", 30), ("Elm", 41))
    made.active.column_dimensions["F"].hidden = True
    assert read(made).notices == ()
    made.active["B3"].number_format = ";;;"
    document = read(made)
    assert document.text == "Tree: Oak; Age: 30\nTree: Elm\n"
    assert document.notices == ("hidden text is left out",)


def test_a_title_merged_over_hidden_columns_alone_is_hidden() -> None:
    made = book((None, None, None, None), ("Tree", "Age", "Cost", "Margin"), ("Oak", 30, 7, 8))
    made.active["C1"] = "What it costs us"
    made.active.merge_cells("C1:D1")
    for column in "CD":
        made.active.column_dimensions[column].hidden = True
    assert read(made).text == "Tree: Oak; Age: 30\n"


def test_leading_zeros_that_only_the_format_shows_and_times_without_seconds() -> None:
    made = book(("Town", "Code", "Opens", "Height"), ("Pirna", 1796, datetime.time(6, 5), -7))
    made.active["B2"].number_format = made.active["D2"].number_format = "00000"
    assert read(made).text == "Town: Pirna; Code: 01796; Opens: 06:05; Height: -7\n"


def test_a_workbook_that_shows_nothing_says_why() -> None:
    made = book(("Tree", "Age"), ("Oak", 30))
    for number in (1, 2):
        made.active.row_dimensions[number].hidden = True
    with pytest.raises(SourceError, match="hidden"):
        read(made)
