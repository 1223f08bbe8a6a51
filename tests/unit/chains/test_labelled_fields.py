from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.chains.labelled_fields import labelled_fields
from cairn.core.task import FieldSpec

FIELDS = [
    FieldSpec(name="number", labels=["Slip No.", "单号"]),
    FieldSpec(name="day", type="date", labels=["Date", "日期"]),
    FieldSpec(name="due", type="date", labels=["Due date", "Pay by", "到期日期"]),
    FieldSpec(name="sum", type="number", labels=["Total", "Total due", "合计"]),
    FieldSpec(name="items", type="list", labels=["Goods", "货物"]),
    FieldSpec(name="paid", type="boolean", labels=["Paid", "已付"]),
]
ALL = {
    "number": "A-17",
    "day": "2025-03-04",
    "due": "2025-04-01",
    "sum": 1234.5,
    "items": ["rope", "tar"],
    "paid": True,
}


@pytest.mark.parametrize(
    "text",
    [
        "Slip No.: A-17\nDate: 4 March 2025\nDue date: 2025-04-01\nSubtotal: 900\nTotal: $1,234.50\n"
        "Goods: rope, tar\nPaid: yes",
        "| Slip No. | A-17 | Date | 2025-03-04 |\n|---|---|---|---|\n| Pay by | 1 April 2025 | Total due | 1.234,50 € |"
        "\nGoods: rope; tar\n**Paid:** yes",
        "Slip no    Date         Pay by\nA-17       04.03.2025   01.04.2025\n\n"
        "Total\n1 234.50\n\nGoods\nrope, tar\nPaid   Yes",
        "Slip No. A-17 Date: 2025-03-04 Due date: 2025-04-01\n\nTotal due: 20 % off: 1234.50\nGoods rope, tar\npaid x",
        "单号：A-17　日期：2025年3月4日\n到期日期（含当日）：2025年4月1日\n合 计：¥1,234.50\n货物：rope、tar\n已付：是",
    ],
)
def test_values_stand_behind_beside_or_below_their_labels(text: str) -> None:
    assert labelled_fields(text, FIELDS) == ALL


def test_what_has_no_label_or_no_value_of_its_type_is_not_found() -> None:
    text = "The slip A-17 of 4 March 2025.\nTotal: to be agreed\nDate: soon\nTotality: 5"
    assert set(labelled_fields(text, FIELDS).values()) == {None}


def test_a_value_with_a_mark_counts_before_one_without() -> None:
    text = "Total weight 40 kg\nTotal: 1,234.50"
    assert labelled_fields(text, FIELDS)["sum"] == 1234.5


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("| Slip No. | Pay by | Ship |\n|---|---|---|\n| A-17 | 1 April 2025 | Gull |", "due", "2025-04-01"),
        ("| Goods | Seller |\n|---|---|\n| rope | Tar & Co |\n| | Harbour 3 |", "items", ["rope"]),
        ("| Goods | Total |\n|---|---:|\n| rope | 200 |\n| tar | 34 |\n| | 234.00 |", "sum", 234.0),
        (
            "| Slip No. | A-17 | Pay by | 1 April 2025 |\n|---|---|---|---|\n| Name | Ann | Class | 5 |",
            "number",
            "A-17",
        ),
        ("| Total incl. 9 % of 900 | | 3 | 1,234.50 |", "sum", 1234.5),
        ("Total weight 17 kg\nTotal EUR    1,234.50", "sum", 1234.5),
        ("Total no. DE 811 907 332\n| Total due at 9 % | 1,234.50 |", "sum", 1234.5),
        ("| Total due | -1.234,50 |", "sum", -1234.5),
        ("Total: 2,000.00\nDeposit: 765.50\n**Total due: 1,234.50**", "sum", 1234.5),
        ("Slip No. **A-17**", "number", "A-17"),
        ("Slip No. of another\n**Slip No.** A-17", "number", "A-17"),
        ("Slip No. of another\nSlip No.:\nA-17", "number", "A-17"),
        ("Pay by 04/01/2025\nSent 03/28/2025", "due", "2025-04-01"),
        ("Pay by 01/04/2025\nSent 28/03/2025", "due", "2025-04-01"),
        ("Pay by 01/04/2025\nSent 03/02/2025", "due", None),
        ("Pay by 03/45/2025, or 31 April 2025, or 2025-13-01", "due", None),
    ],
)
def test_where_forms_have_their_values(text: str, field: str, value: Any) -> None:
    assert labelled_fields(text, FIELDS)[field] == value


def test_a_label_of_two_fields_is_each_ones() -> None:
    fields = [FieldSpec(name="sum", type="number", labels=["Due"]), FieldSpec(name="day", type="date", labels=["Due"])]
    assert labelled_fields("Due: 1,234.50\nDue 2025-04-01", fields) == {"sum": 1234.5, "day": "2025-04-01"}


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    given_fields: dict[str, Any] = labelled_fields(text, FIELDS)
    assert list(given_fields) == [field.name for field in FIELDS]
