from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.chains.tries.answer_key import answer_key, same_answer


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It weighs 12.50 kg.", "12.5 kg"),
        ("**42**", "First six, then seven.\n\nAnswer: 42"),
        ("答案：一千二百", "The total is 1,200."),
        ("3 May 2024", "2024年5月3日"),
        ("On May 3rd, 2024.", "2024-05-03"),
        ("Yes, by ferry [1].", "Yes."),
        ("是的，可以。", "Yes"),
        ("不是", "No, it does not."),
        ("The Billing team", "billing team."),
        ("5 percent", "5%"),
        ("12 ships", "12"),
    ],
)
def test_answers_that_say_the_same(one: str, other: str) -> None:
    assert same_answer(answer_key(one), answer_key(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12 kg", "12 t"),
        ("12", "-12"),
        ("Yes, by rule 12.", "No, by rule 12."),
        ("3 May 2024", "3 June 2024"),
        ("billing", "shipping"),
        ("是", "否"),
        ("", "no"),
    ],
)
def test_answers_that_do_not(one: str, other: str) -> None:
    assert not same_answer(answer_key(one), answer_key(other))


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", " kg", " 元", "%"]))
def test_a_number_is_the_same_however_it_is_written(number: int, unit: str) -> None:
    assert same_answer(answer_key(f"{number}{unit}"), answer_key(f"So it is {number:,}.0{unit}."))


@given(st.text())
def test_any_text_has_a_key_that_equals_itself(text: str) -> None:
    assert same_answer(answer_key(text), answer_key(text))
