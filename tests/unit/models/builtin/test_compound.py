"""Figures made of several: how many there are, what stands for what, and where nobody could tell."""

from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from models.builtin import BuiltinChatModel
from models.builtin.compound import is_unclear, read_compound
from models.builtin.parts import split_question
from models.builtin.schema import read_schema
from models.builtin.value import query_for, read_value

SYSTEM = """1. tool(argument="text")
join()
Tools:

- calculator(expression: string)
  Calculate.
- search(query: string)
  Search.
- read(question: string, text: string)
  Read a value."""


@pytest.mark.parametrize(
    ("question", "operands", "form"),
    [
        (
            "What is the sum of the days of leave for moving, the days of sick leave and the number of boats?",
            ("the days of leave for moving", "the days of sick leave", "the number of boats"),
            "{0} + {1} + {2}",
        ),
        (
            "What is the average of the number of boats, the number of crews, and the number of lakes?",
            ("the number of boats", "the number of crews", "the number of lakes"),
            "({0} + {1} + {2}) / 3",
        ),
        ("the product of the rent and the tax and the fee", ("the rent", "the tax", "the fee"), "{0} * {1} * {2}"),
        ("average of 3, 4 and the number of boats", ("3", "4", "the number of boats"), "({0} + {1} + {2}) / 3"),
        ("product of 3,000, 2 and the rent", ("3,000", "2", "the rent"), "{0} * {1} * {2}"),
        (
            "the sum of the number of boats, crews and lakes",
            ("the number of boats", "the number of crews", "the number of lakes"),
            "{0} + {1} + {2}",
        ),
        (
            "the sum of the number of boats in Spain, France and Italy",
            ("the number of boats in Spain", "the number of boats in France", "the number of boats in Italy"),
            "{0} + {1} + {2}",
        ),
        (
            "the sum of the number of trips in 2023, 2024 and the number of boats",
            ("the number of trips in 2023", "the number of trips in 2024", "the number of boats"),
            "{0} + {1} + {2}",
        ),
        (
            "the sum of the number of trips between 2023 and 2024 and the number of boats",
            ("the number of trips between 2023 and 2024", "the number of boats"),
            "{0} + {1}",
        ),
        ("the sum of the mass of the sun and the moon", ("the mass of the sun", "the mass of the moon"), "{0} + {1}"),
        ("船数、湖数和队数的平均值是多少？", ("船数", "湖数", "队数"), "({0} + {1} + {2}) / 3"),
        ("船数，湖数以及队数之和是多少？", ("船数", "湖数", "队数"), "{0} + {1} + {2}"),
        ("船数与湖数与队数的乘积", ("船数", "湖数", "队数"), "{0} * {1} * {2}"),
        ("3、4和船数的平均值是多少？", ("3", "4", "船数"), "({0} + {1} + {2}) / 3"),
        ("甲湖、乙湖和丙湖的深度之和", ("甲湖的深度", "乙湖的深度", "丙湖的深度"), "{0} + {1} + {2}"),
        ("2024和2025年的航次数之和", ("2024年的航次数", "2025年的航次数"), "{0} + {1}"),
        ("船数和2025年的航次数之和", ("船数", "2025年的航次数"), "{0} + {1}"),
        ("合同数和船数之差", ("合同数", "船数"), "{0} - {1}"),
    ],
)  # fmt: skip
def test_lists_of_figures(question: str, operands: tuple[str, ...], form: str) -> None:
    compound = read_compound(question)
    assert compound is not None
    assert (compound.operands, compound.form) == (operands, form)


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("the rent plus the tax minus the fee", "{0} + {1} - {2}"),
        ("the rent minus the tax plus the fee", "{0} - {1} + {2}"),
        ("the rent times the tax divided by the fee", "{0} * {1} / {2}"),
        ("What is the rent minus the tax, divided by the fee?", "({0} - {1}) / {2}"),
        ("the rent times the tax, plus the fee", "{0} * {1} + {2}"),
        ("the rent minus the tax, then divided by the fee, minus 3", "({0} - {1}) / {2} - {3}"),
        ("the sum of the rent and the tax, divided by the fee", "({0} + {1}) / {2}"),
        ("the rent divided by the sum of the tax and the fee", "{0} / ({1} + {2})"),
        ("the rent less the tax plus the fee", "{0} - {1} + {2}"),
        ("the price per unit times 12", "{0} * {1}"),
        ("船数加上湖数减去队数是多少？", "{0} + {1} - {2}"),
        ("船数减去湖数，再除以队数是多少？", "({0} - {1}) / {2}"),
        ("船数和湖数之和除以队数", "({0} + {1}) / {2}"),
        ("参加人数除以乘客数", "{0} / {1}"),
        ("加班小时数减去请假天数", "{0} - {1}"),
    ],
)
def test_chains_go_from_left_to_right(question: str, form: str) -> None:
    compound = read_compound(question)
    assert compound is not None and compound.form == form


@pytest.mark.parametrize(
    "question",
    [
        "the rent minus the tax divided by the fee",
        "the rent - the tax / the fee",
        "the sum of the rent and the tax divided by the fee",
        "the sum of the rent times the tax and the fee",
        "the sum of the price of Salt and Pepper and the price of Vinegar",
        "the sum of the number of trips in May, 2025 and the number of boats",
        "the ratio of trips and returns to boats",
        "the average of the sum of A and B and C",
        "the difference between the rent, the tax and the fee",
        "the rent plus 1 plus 2 plus 3 plus 4 plus 5 plus 6 plus 7 plus 8",
        "船数减去湖数除以队数是多少？",
        "甲的人口、乙和丙之和是多少？",
    ],
)
def test_what_may_be_meant_in_two_ways_is_neither_calculated_nor_searched(question: str) -> None:
    assert read_compound(question) is None and is_unclear(question)
    model = BuiltinChatModel()
    messages = [SystemMessage(SYSTEM), HumanMessage(question)]
    assert model.invoke(messages).text == "join()"
    results = HumanMessage(f"The results of the steps:\n\n(no step was taken)\n\nQuestion: {question}")
    assert ("two questions" if question.isascii() else "分成两个问题") in model.invoke(
        [*messages, AIMessage("join()"), results]
    ).text


@pytest.mark.parametrize(
    "question",
    [
        "What does the book say about travel - hotels / flights?",
        "Who manages the rent minus the tax divided by the fee?",
        "the total of all trips",
        "the total of trips with status open and paid",
        "甲湖和乙湖的面积是多少？",
        "乘客数是多少？",
    ],
)
def test_no_sum_at_all(question: str) -> None:
    assert read_compound(question) is None and not is_unclear(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many trips were made in 2025 plus how many trips were made in 2024 minus the number of boats?",
        "What is the sum of how many boats there are, how many lakes there are and how many crews there are?",
        "What is the rent - the tax?",
        "请计算船数和湖数之和是多少",
        "请计算船数减去湖数，再除以队数是多少？",
    ],
)
def test_a_sum_is_one_question(question: str) -> None:
    assert split_question(question) == [question]


def test_questions_beside_a_sum_stay_their_own() -> None:
    assert split_question("How many boats are there and how many lakes are there?") == [
        "How many boats are there",
        "how many lakes are there?",
    ]
    assert split_question("Please: - who sails? - how deep is it?") == ["Please: who sails?", "how deep is it?"]
    assert split_question("有多少船，订单的平均值是多少？") == ["有多少船", "订单的平均值是多少？"]


def test_how_many_is_asked_as_it_stands() -> None:
    messages = [SystemMessage(SYSTEM), HumanMessage("How many boats sail plus how many lakes dry up?")]
    plan = BuiltinChatModel().invoke(messages).text
    assert '"How many boats sail?"' in plan and '"How many lakes dry up?"' in plan
    chinese = [SystemMessage(SYSTEM), HumanMessage("2024年有多少船只加上2025年有多少船只？")]
    assert '"2024年有多少船只？"' in BuiltinChatModel().invoke(chinese).text


SCHEMA = """-- Database geo (sqlite)
CREATE TABLE orders (
  id INTEGER,
  name TEXT, -- e.g. 'X'
  status TEXT, -- e.g. 'open'
  placed_on DATE -- e.g. '2025-01-02'
);"""


@pytest.mark.parametrize("words", ["订单数", "订单总数", "订单个数", "订单数量", "订单的总数"])
def test_the_number_of_a_table_in_chinese(words: str) -> None:
    assert query_for(f"{words}是多少？", read_schema(SCHEMA)) == "SELECT COUNT(*) FROM orders"
    assert query_for(f"2025年的{words}是多少？", read_schema(SCHEMA)) == (
        "SELECT COUNT(*) FROM orders WHERE placed_on >= '2025-01-01' AND placed_on < '2026-01-01'"
    )


def test_a_count_rests_on_no_value_that_was_never_seen() -> None:
    assert query_for("What is the number of orders in Lago? (one figure)", read_schema(SCHEMA)) is None
    assert query_for("What is the status of Lago? (one figure)", read_schema(SCHEMA)) is not None


def test_the_number_of_days_in_chinese() -> None:
    passages = "[1] 假期 <a.md>\n  年假为 12 天。\n\n[2] 假期 <b.md>\n  病假须提供医院证明。"
    assert read_value("年假天数是多少？", passages) == "12"
