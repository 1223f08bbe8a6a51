from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from models.builtin import BuiltinChatModel

TOOLS = """1. tool(argument="text")
join()
Tools:

- calculator(expression: string)
  Calculate.
- search(query: string)
  Search.
- describe_tables(tables?: list of string, database?: string)
  Show tables.
- query_database(query: string, database?: string)
  Run a query.

  Database geo (sqlite):
  - lakes(id, name, country, depth)
- read(question: string, text: string)
  Read a value."""
DOCUMENTS = TOOLS.replace("  - lakes(id, name, country, depth)\n", "")


def said(question: str, system: str = TOOLS, *more: HumanMessage | AIMessage) -> str:
    return BuiltinChatModel().invoke([SystemMessage(system), HumanMessage(question), *more]).text


@pytest.mark.parametrize(
    ("question", "operands", "form"),
    [
        ("What is the depth of A divided by that of B?", ("the depth of A", "the depth of B"), "{0} / {1}"),
        ("What is the ratio of the depth of A to the depth of B?", ("the depth of A", "the depth of B"), "{0} / {1}"),
        ("the sum of the fees of A and B", ("the fees of A", "the fees of B"), "{0} + {1}"),
        ("difference between the price of A and the price of B?", ("the price of A", "the price of B"), "{0} - {1}"),
        ("A's depth minus B's", ("A's depth", "B's depth"), "{0} - {1}"),
        ("the rent times 12", ("the rent", "12"), "{0} * {1}"),
        ("How much is the rent plus the tax plus the fee?", ("the rent", "the tax", "the fee"), "{0} + {1} + {2}"),
        ("the staff of A as a percentage of the staff of B", ("the staff of A", "the staff of B"), "{0} / {1} * 100"),
        ("甲湖的深度除以乙湖的深度是多少？", ("甲湖的深度", "乙湖的深度"), "{0} / {1}"),
        ("甲湖的深度除以乙湖的是多少？", ("甲湖的深度", "乙湖的深度"), "{0} / {1}"),
        ("甲湖和乙湖的深度之差是多少", ("甲湖的深度", "乙湖的深度"), "{0} - {1}"),
    ],
)  # fmt: skip
def test_a_figure_made_of_figures(question: str, operands: tuple[str, ...], form: str) -> None:
    compound = read_compound(question)
    assert compound is not None
    assert (compound.operands, compound.form) == (operands, form)


@pytest.mark.parametrize(
    "question",
    [
        "What is 12 divided by 4?",
        "Who manages A and B?",
        "the price of A plus B times C",
        "How deep is A?",
        "他和我的家",
    ],
)
def test_other_questions_are_no_such_sum(question: str) -> None:
    assert read_compound(question) is None


def test_independent_parts_are_planned_side_by_side() -> None:
    plan = said("How long is parental leave and what is 17% of 240?", DOCUMENTS).splitlines()
    assert plan == [
        '1. search(query="How long is parental leave")',
        '2. calculator(expression="17% * 240")',
        "join()",
    ]


def test_a_sum_over_what_documents_say() -> None:
    assert said("the depth of A divided by that of B", DOCUMENTS).splitlines() == [
        '1. search(query="What is the depth of A?")',
        '2. read(question="What is the depth of A?", text="$1")',
        '3. search(query="What is the depth of B?")',
        '4. read(question="What is the depth of B?", text="$3")',
        '5. calculator(expression="$2 / $4")',
        "join()",
    ]


def test_money_in_a_question_is_no_reference() -> None:
    assert r"\\$5" not in said("Is the fee $5?", DOCUMENTS)
    assert r"\$5" in said("Is the fee $5?", DOCUMENTS)


RESULTS = """The results of the steps:

$1 = describe_tables(tables=["lakes"])
  CREATE TABLE lakes (id INTEGER)
$2 = read(question="q", text="$1")
  SELECT depth FROM lakes WHERE name = 'Lago'
$3 = query_database(query="$2")
  | depth |
  | --- |
  {a}

  ({count} rows)
$4 = read(question="q", text="$1")
  SELECT depth FROM lakes WHERE name = 'Mora'
$5 = query_database(query="$4")
  | depth |
  | --- |
  | 8 |

  (1 row)
$6 = calculator(expression="$3 / $5")
  16 / 8 = 2

Question: the depth of Lago divided by that of Mora

If further steps could find more, begin with `Replan:`"""
ASKED = "the depth of Lago divided by that of Mora"


def test_the_answer_rests_on_each_figure() -> None:
    results = RESULTS.replace("{a}", "| 16 |").replace("{count}", "1")
    text = said(ASKED, TOOLS, AIMessage("1. …"), HumanMessage(results))
    assert text.startswith("16 / 8 = **2**")
    assert "`SELECT depth FROM lakes WHERE name = 'Lago'`" in text and "**8**" in text


def test_what_the_database_lacks_is_looked_for_in_the_documents() -> None:
    empty = RESULTS.replace("  {a}\n", "").replace("{count}", "0")
    assert said(ASKED, TOOLS, AIMessage("1. …"), HumanMessage(empty)) == "Replan: no single figure in $3"
    again = HumanMessage("What became of the steps so far:\n\n$1: done\n\nNot enough for an answer: $3.\n\nWrite more.")
    assert said(ASKED, TOOLS, AIMessage("1. …"), again).splitlines() == [
        '7. search(query="What is the depth of Lago?")',
        '8. read(question="What is the depth of Lago?", text="$7")',
        '9. calculator(expression="$8 / $5")',
        "join()",
    ]
    assert "no single figure" in said(ASKED, TOOLS, AIMessage("1."), HumanMessage(empty.replace("`Replan:`", "more")))


@pytest.mark.parametrize(
    ("question", "sentence", "figure"),
    [
        ("What is the depth of A?", "In 2021 A had a depth of 12,400 m.", "12400"),
        ("What is the depth of A?", "The depth of A is 1.2 million, its area 120 km.", "1200000"),
        ("What is the depth of A?", "The depth of A is 12 or 14.", None),
        ("What is the share of A?", "The share of A is 12.5 %.", "12.5%"),
        ("甲的人口是多少？", "甲的人口为120万人，面积为2200平方公里。", "1200000"),
        ("In which year was A founded?", "A was founded in 1312 [3].", "1312"),
    ],
)
def test_one_figure_or_none(question: str, sentence: str, figure: str | None) -> None:
    assert figure_in(question, sentence) == figure


SCHEMA = """-- Database geo (sqlite)
CREATE TABLE lakes (
  id INTEGER,
  name TEXT, -- e.g. 'X'
  depth INTEGER -- e.g. 3
);"""


def test_a_name_that_is_no_sample_is_taken_for_a_value() -> None:
    assert query_for("What is the depth of Lago? (one figure)", read_schema(SCHEMA)) == (
        "SELECT depth FROM lakes WHERE name = 'Lago'"
    )
    assert read_value("What is the colour of music?", SCHEMA) == "unknown"
    assert read_value("What is the depth?", "no passages here") == "unknown"
