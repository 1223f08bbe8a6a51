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


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    given_fields: dict[str, Any] = labelled_fields(text, FIELDS)
    assert list(given_fields) == [field.name for field in FIELDS]
