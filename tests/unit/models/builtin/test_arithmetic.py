"""Sums in words and signs: the expression must mean what the words mean, and nothing else may pass for a sum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.errors import ToolError
from cairn.models.builtin.arithmetic import to_expression, within
from cairn.models.builtin.question_part import goes_on, split_question
from cairn.tools.calculator import evaluate
from cairn.tools.calculator.expression_parser import Parser
from cairn.tools.calculator.expression_tokens import plain, tokenize


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is 17.5 % of 2,480 plus 3^4?", "515"),
        ("three times twelve", "36"),
        ("What is 20% off 50?", "40"),
        ("square root of 16 plus 9", "13"),
        ("two hundred and five plus one", "206"),
        ("10 minus -3", "13"),
        ("3² + 4²", "25"),
        ("$12.50 × 3 = ?", "37.5"),
        ("((2+3)*4)^2", "400"),
        ("80 minus 20%", "64"),
        ("3.5 million minus 500 thousand", "3000000"),
        ("2480 的 17.5% 加 81 是多少？", "515"),
        ("三加五", "8"),
        ("三乘以四加五等于多少", "17"),
        ("请问100除以8是多少？", "12.5"),
        ("2480的百分之十七点五", "434"),
        ("四分之一加二分之一", "0.75"),
        ("1.5万减3千", "12000"),
    ],
)
def test_a_sum_comes_to_what_the_words_mean(question: str, value: str) -> None:
    expression = to_expression(question)
    assert expression is not None
    assert evaluate(expression).text.rpartition("= ")[2] == value


@pytest.mark.parametrize(
    ("question", "expression"),
    [
        ("If 37 crates hold 144 bottles each, how many is that: 37 * 144?", "37 * 144"),
        ("A shelf takes 12 boxes. What is 12*35 for my budget?", "12 * 35"),
        ("The fee is 80 plus 19%, isn't it?", "80 + 19%"),
        ("We need (3 + 4) * 12 chairs in all", "(3 + 4) * 12"),
        ("Calculate 100/7 for the table", "100 / 7"),
        ("我有12箱，每箱24瓶，一共是12*24瓶吗？", "12 * 24"),
    ],
)
def test_a_sum_that_is_written_out_is_found_wherever_it_stands(question: str, expression: str) -> None:
    assert within(question) == expression


@pytest.mark.parametrize(
    "question",
    [
        "What happened in 2025?",
        "What is 5?",
        "2024-05-01",
        "Call 555-123-4567",
        "Ring +44 20 7946 0018",
        "What is 2024-2025?",
        "Does delivery take 5 - 10 days?",
        "Is support there 24/7?",
        "How many 4x4 cars are there?",
        "What are the rules for 18+?",
        "Who won 3-1?",
        "Top 5 products",
        "the cube root of 5 + 3 apples to the 4th power of nine",
        "2025年有什么变化？",
        "第3章说了什么？",
        "每周一到周五加班吗？",
        "",
    ],
)
def test_a_question_with_numbers_is_no_sum(question: str) -> None:
    assert to_expression(question) is None
    assert within(question) is None


@pytest.mark.parametrize(
    ("text", "only_the_end"),
    [
        ("And in 2024?", True),
        ("What about boats?", True),
        ("and times 2?", True),
        ("上海呢？", True),
        ("那北京呢？", True),
        ("And how many cats are there?", False),
        ("我们的办公室在哪里呢？", False),
        ("Are cats and dogs allowed?", False),
    ],
)
def test_the_end_of_a_question_that_was_begun_before_is_known(text: str, only_the_end: bool) -> None:
    assert goes_on(text) is only_the_end


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("What is 3*4 and how many cats are there in Berlin?", ["What is 3*4", "how many cats are there in Berlin?"]),
        ("3乘4是多少，柏林有多少客户？", ["3乘4是多少", "柏林有多少客户？"]),
        ("What is 3+4 and 5*6?", ["What is 3+4", "5*6?"]),
        ("What is the sum of 3 and 4?", ["What is the sum of 3 and 4?"]),
        ("What is the refund policy and the shipping time?", ["What is the refund policy and the shipping time?"]),
        ("I work part-time. How many days do I get?", ["I work part-time. How many days do I get?"]),
        ("怎么退货；运费是多少", ["怎么退货", "运费是多少"]),
        ("How many cats are old and are fed?", ["How many cats are old and are fed?"]),
        ("How many\ncats are there?", ["How many cats are there?"]),
        ("List all cats\nList all dogs", ["List all cats", "List all dogs"]),
        ("柏林有多少\n客户？", ["柏林有多少客户？"]),
    ],
)
def test_a_question_is_split_where_another_begins(question: str, parts: list[str]) -> None:
    assert split_question(question) == parts


_SIGNS = "0123456789+-*/^%()!., ×÷√π$€x²加减的、和"
_WORDS = [
    "1,200",
    "3.5",
    " of ",
    "% of ",
    " off ",
    "sqrt",
    "log(",
    "乘以",
    "百分之",
    "平均数",
    " and ",
    ", ",
    "what is ",
]
_MORE = ["square root of ", "average of ", "three ", " million", "是多少", " plus ", " minus ", "abs(", "pi"]
_PIECES = st.sampled_from([*_SIGNS, *_WORDS, *_MORE])


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=100) | st.lists(_PIECES, max_size=14).map("".join))
def test_what_the_calculator_is_handed_can_be_read(text: str) -> None:
    for expression in (to_expression(text), within(text)):
        if expression is not None:
            try:
                Parser(tokenize(plain(expression))).all()
            except ToolError as error:
                assert not any(sign in str(error) for sign in ("read", "complete", "know", "two ways")), expression
    assert split_question(text)


@given(st.integers(0, 9999), st.integers(1, 9999))
def test_words_and_signs_agree(a: int, b: int) -> None:
    assert to_expression(f"What is {a:,} times {b:,}?") == f"{a} * {b}" == to_expression(f"{a}乘以{b}等于多少？")
