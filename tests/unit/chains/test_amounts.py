from __future__ import annotations

import pytest

from cairn.chains.values.amounts import amounts_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.50 and 1.234,50 and 1 234.5", [1234.5] * 3),
        ("1’234.50, 12,5; 1.234; 1,234", [1234.5, 12.5, 1.234, 1234]),
        ("1.234.567 and 1,234,567.8", [1234567, 1234567.8]),
        ("-5 and −6, 7 %, 8%", [-5, -6]),
        ("合计¥80元", [80]),
        ("10.12.2024, 1.2.3", []),
    ],
)
def test_amounts(text: str, values: list[float]) -> None:
    assert [value for value, _, _ in amounts_in(text)] == values
