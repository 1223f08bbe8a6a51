"""Sums in words: the expression must mean what the words mean, and nothing else may pass for a sum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.builtin.arithmetic import to_expression, within
from models.builtin.parts import split_question


@pytest.mark.parametrize(
    ("question", "expression"),
    [
        ("What is 17.5 % of 2,480 plus 3^4?", "17.5% * 2480 + 3^4"),
        ("three times twelve", "3 * 12"),
        ("What is 20% off 50?", "50 * (1 - 20%)"),
        ("the sum of 3, 4 and 5 divided by 2", "(3 + 4 + 5) / 2"),
        ("What's the average of 3, 4 and 8?", "(3 + 4 + 8) / 3"),
        ("subtract 3 from 10", "10 - 3"),
        ("Please divide 100 by 7", "100 / 7"),
        ("increase 200 by 10%", "200 * (1 + 10%)"),
        ("What percent of 80 is 20?", "20 / 80 * 100"),
        ("square root of 16 plus 9", "sqrt(16) + 9"),
        ("two hundred and five plus one", "205 + 1"),
        ("a third of 90", "1/3 * 90"),
        ("10 minus -3", "10 - (-3)"),
        ("3² + 4²", "3^2 + 4^2"),
        ("$12.50 × 3 = ?", "12.50 * 3"),
        ("5 squared plus 2 cubed", "5^2 + 2^3"),
        ("2480 的 17.5% 加 3 的 4 次方是多少？", "17.5% * 2480 + 3^4"),
        ("三乘以四加五等于多少", "3 * 4 + 5"),
        ("请问100除以7是多少？", "100 / 7"),
        ("3、4和5的平均数是多少", "(3 + 4 + 5) / 3"),
        ("200增加10%是多少", "200 * (1 + 10%)"),
        ("三分之一加二分之一", "(1 / 3) + (1 / 2)"),
        ("1.5万减3千", "15000 - 3000"),
        ("2480打八折", "2480 * 0.8"),
        ("一千二百三十四乘五十六", "1234 * 56"),
        ("3加4的和乘以2", "(3 + 4) * 2"),
        ("25的平方根加9", "sqrt(25) + 9"),
        ("80 minus 20%", "80 - 20%"),
        ("2**5", "2^5"),
        ("two-thirds of 90", "2/3 * 90"),
        ("2/5 of 250", "2 / 5 * 250"),
        ("100 divided equally among 7", "100 / 7"),
        ("split 120 euros among 8 people", "120 / 8"),
        ("3.5 million minus 500 thousand", "3500000 - 500000"),
        ("6 million divided by 2 million", "6000000 / 2000000"),
        ("How much is 3 kg plus 4 kg?", "3 + 4"),
        ("8 less than 15", "15 - 8"),
        ("take 7 away from 20", "20 - 7"),
        ("the square of 12", "12^2"),
        ("100 plus 19% VAT", "100 + 19%"),
        ("3乘负4", "3 * (-4)"),
        ("5的阶乘", "factorial(5)"),
        ("100元平均分给8个人，每人多少？", "100 / 8"),
    ],
)
def test_words_become_the_expression_they_mean(question: str, expression: str) -> None:
    assert to_expression(question) == expression


@pytest.mark.parametrize(
    "question",
    [
        "What happened in 2025?",
        "How many lamps were sold in 2024?",
        "What is 5?",
        "2024-05-01",
        "Call 555-123-4567",
        "Who is number 1?",
        "2025年有什么变化？",
        "第3章说了什么？",
        "What is 2024-2025?",
        "2023/24",
        "2 weeks minus 3 days",
        "What is the difference between plan 1 and plan 2?",
        "Top 5 products",
        "Open 9 to 5?",
        "",
    ],
)
def test_a_question_with_numbers_is_no_sum(question: str) -> None:
    assert to_expression(question) is None


def test_the_sum_inside_a_request_to_calculate_is_found() -> None:
    assert within("Calculate 12*35 for my budget") == "12 * 35"
    assert within("The budget for 12*35 boxes") is None


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is 3*4 and how many cats are there in Berlin?", ["What is 3*4", "how many cats are there in Berlin?"]),
        ("1. What is 3+4? 2. How many cats? 3) list all dogs", ["What is 3+4?", "How many cats?", "list all dogs"]),
        ("3乘4是多少，柏林有多少客户？", ["3乘4是多少", "柏林有多少客户？"]),
        ("What is 3+4 and 5*6?", ["What is 3+4", "5*6?"]),
        ("What is the sum of 3 and 4?", ["What is the sum of 3 and 4?"]),
        ("What is the refund policy and the shipping time?", ["What is the refund policy and the shipping time?"]),
        ("I work part-time. How many days do I get?", ["I work part-time. How many days do I get?"]),
        ("怎么退货；运费是多少", ["怎么退货", "运费是多少"]),
        ("How many cats are old and are fed?", ["How many cats are old and are fed?"]),
        ("How many\ncats are there?", ["How many cats are there?"]),
        ("1. How many\ncats?\n2. How many dogs\nbark?", ["How many cats?", "How many dogs bark?"]),
        ("How many cats\n\nHow many dogs", ["How many cats", "How many dogs"]),
        ("List all cats\nList all dogs", ["List all cats", "List all dogs"]),
        ("柏林有多少\n客户？", ["柏林有多少客户？"]),
        ("How many cats live here and are there dogs?", ["How many cats live here", "are there dogs?"]),
    ],
)
def test_a_question_is_split_where_another_begins(question: str, parts: list[str]) -> None:
    assert split_question(question) == parts


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=300)
    | st.text(alphabet="0123456789+-*/^%() .,的加减乘除以百分之和平方根ofplusandsum", max_size=120)
)
def test_any_text_is_a_sum_or_not(text: str) -> None:
    expression = to_expression(text)
    assert expression is None or expression.strip()
    assert split_question(text)


@given(st.integers(0, 9999), st.integers(1, 9999))
def test_words_and_signs_agree(a: int, b: int) -> None:
    assert to_expression(f"What is {a:,} times {b:,}?") == f"{a} * {b}" == to_expression(f"{a}乘以{b}等于多少？")
