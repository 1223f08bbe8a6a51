from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

from cairn.core.events import Table
from cairn.ui.web.page_texts import text
from cairn.ui.web.table_html import as_csv, as_xlsx, table
from tests.unit.ui.web.test_safe import Reading

ROWS: list[list[Any]] = [["=1+1", 3, None], ["-5", 2.5, "中\n文"], ["@x", 2**60, "a,b"]]


def test_no_cell_is_a_formula_in_a_spreadsheet() -> None:
    found = list(csv.reader(io.StringIO(as_csv(["a", "b", "c"], ROWS).decode("utf-8-sig"))))
    assert [row[0] for row in found] == ["a", "'=1+1", "-5", "'@x"]
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(["a", "b", "c"], ROWS))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[1:] == [["=1+1", 3, None], ["-5", 2.5, "中\n文"], ["@x", str(2**60), "a,b"]]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


@pytest.mark.parametrize(("said", "folded"), [("There are 7.", True), ("Many.", False)])
def test_a_table_whose_value_the_answer_says_is_folded_away(said: str, folded: bool) -> None:
    drawn = table(0, Table(columns=["n"], rows=[[7]], sql="SELECT 7 AS n"), said, text)
    assert drawn.startswith("<details") is folded


def test_cells_are_text_and_a_cut_is_told() -> None:
    given = Table(columns=["<b>"], rows=[["<img src=x>"]] * 9, sql=None, truncated=True)
    seen = Reading(table(0, given, "", text))
    assert "<img src=x>" in seen.text and "The first 9 rows" in seen.text
    assert not {"img", "b", "script"} & {tag for tag, _ in seen.tags}
