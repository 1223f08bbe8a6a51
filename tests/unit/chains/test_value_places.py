from __future__ import annotations

from typing import Any

import pytest

from cairn.chains.values.value_places import line_around, place_of_value

TEXT = "Invoice 17\nTo:  Harbour\n  Office\nTotal 1,250.50 EUR, due May 3rd, 2024.\n合同：2024年6月1日，共 80 元"


@pytest.mark.parametrize(
    ("value", "stands"),
    [
        ("harbour office", "Harbour\n  Office"),
        (1250.5, "1,250.50"),
        (80, "80"),
        ("2024-05-03", "May 3rd, 2024"),
        ("2024-06-01", "2024年6月1日"),
        ("2024-06-02", None),
        (12, None),
        ("Harbor", None),
        ("", None),
        (True, None),
        (None, None),
    ],
)
def test_a_value_is_found_as_it_is_written_there(value: Any, stands: str | None) -> None:
    place = place_of_value(value, TEXT)
    assert (TEXT[slice(*place)] if place else None) == stands


def test_the_line_around_a_place() -> None:
    start, end = place_of_value(1250.5, TEXT) or (0, 0)
    assert line_around(TEXT, start, end) == "Total 1,250.50 EUR, due May 3rd, 2024."
