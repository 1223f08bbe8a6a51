from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import tool

from cairn.agents.plan.plan_parser import PlanReader
from cairn.agents.plan.plan_steps import Line, Step, fill, references_in, value_of, without_money
from cairn.agents.plan.plan_validation import Checker, schema_of


def read(text: str, cut: bool = False, size: int = 7) -> list[Line]:
    """As it comes from a model: in pieces."""
    reader = PlanReader()
    pieces = [text[n : n + size] for n in range(0, len(text), size)]
    return [line for piece in pieces for line in reader.feed(piece)] + list(reader.end(cut))


def one(text: str) -> Line:
    lines = read(text)
    assert len(lines) == 1
    return lines[0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1. f(a=\"x (y), [z]\", b='it')", {"a": "x (y), [z]", "b": "it"}),
        (r'1. f(a="say \"hi\"\n\u4e2d \d")', {"a": 'say "hi"\n中 \\d'}),
        ('1. f(a=[1, -2.5, {"k": true, "l": null}], b=$1)', {"a": [1, -2.5, {"k": True, "l": None}], "b": "$1"}),
        ("1) f( a = 1 , )", {"a": 1}),
        ("- 1. `f(a=1)`", {"a": 1}),
        ("Step 1: f(a=1)  # because", {"a": 1}),
        ('1. f("a": 1)', {"a": 1}),
        ("1、f（a＝“双（引）号”，b：「角」）", {"a": "双（引）号", "b": "角"}),
        ("步骤 1：f(a='一')", {"a": "一"}),
        ('1. f(a="SELECT 1\n  FROM t")', {"a": "SELECT 1\n  FROM t"}),
        ('1. f(a="""SELECT "x"\nFROM t""")', {"a": 'SELECT "x"\nFROM t'}),
        ("1. f(a=true, b=None, c=FALSE)", {"a": True, "b": None, "c": False}),
        ('1. f(a="")', {"a": ""}),
        ("1. f(a=${12})", {"a": "${12}"}),
    ],
)
def test_steps_as_models_write_them(text: str, named: dict[str, Any]) -> None:
    line = one(text)
    assert (line.number, line.tool, line.named, line.problem) == (1, "f", named, None)


@pytest.mark.parametrize(
    "text",
    [
        "1. f(a=b)",
        "1. f(a=1 2)",
        "1. f(a=__import__('os'))",
        "1. f(a=1, a=2)",
        "1. f(a=[1)",
        "1. f(a={1: 2})",
        '1. f(a="never closed)',
        f"1. f(a={'[' * 200}{']' * 200})",
        f"1. f(a={'9' * 5000})",
        "1. f(a=@)",
        f'1. f(a="{"x" * 10_000}")',
    ],
)
def test_what_is_no_step_is_a_problem_of_that_step(text: str) -> None:
    lines = read(text)
    assert lines[0].problem is not None and lines[0].problem.problem == "malformed"
    assert lines[0].number == 1


def test_a_step_can_name_its_output_for_those_below_it() -> None:
    lines = read('1. found = f(a="x") : what there is\n数 = g(b=found, c=[found])\n4. h(found, 数) \n5. found=f(later)')
    assert [(line.number, line.tool, line.named, line.positional) for line in lines[:3]] == [
        (1, "f", {"a": "x"}, ()),
        (2, "g", {"b": "$1", "c": ["$1"]}, ()),
        (4, "h", {}, ("$1", "$2")),
    ]
    assert lines[3].problem and "'later'" in lines[3].problem.message


def test_a_step_that_is_never_closed_does_not_swallow_the_next() -> None:
    first, second = read('1. f(a="x\n2. f(a="y")\njoin()')
    assert first.problem is not None
    assert second.named == {"a": "y"}


def test_thoughts_fences_and_what_follows_the_join_are_no_steps() -> None:
    text = "Thought: (first) the sum\n```\n1. First I search (the handbook).\n1. f(a=1)\n```\njoin()\n2. f(a=2)\n"
    assert [(line.number, line.named) for line in read(text)] == [(1, {"a": 1})]
    for join in ("join", "3. join()", "join（）", "- `join()`", "<END_OF_PLAN>"):
        assert read(f"{join}\n2. f(a=2)") == []


def test_a_cut_plan_loses_its_last_line_even_if_it_looks_complete() -> None:
    first, second = read("1. f(a=1)\n2. f(a=2)", cut=True)
    assert first.problem is None and second.problem is not None
    assert [line.problem for line in read("1. f(a=1)\n2. f(a=2)\n", cut=True)] == [None, None]


_SIGNS = [*"\"'“”\\=,[]{}:-`@ \n\x00\u202e\ud800"]
_PIECES = ["1", "2.", "f(", "search（", ")", "$1", "${", "join", "join(", "true", "a", "中", "１", '"' * 3, "9" * 400]
PLANS = st.lists(st.sampled_from([*_SIGNS, *_PIECES]), max_size=60).map("".join)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_NAMES = st.text("abc", min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.one_of(PLANS, st.text(max_size=400)), st.booleans(), st.integers(1, 9))
def test_any_text_gives_lines_whatever_the_pieces_it_comes_in(text: str, cut: bool, size: int) -> None:
    def plain(lines: list[Line]) -> list[tuple[Any, ...]]:
        return [(line.number, line.tool, line.positional, line.named, str(line.problem)) for line in lines]

    assert plain(read(text, cut, size)) == plain(read(text, cut, 10_000))
    checker = Checker(SCHEMAS, "Q?")
    steps: dict[str, Step] = {}
    for line in read(text, cut):
        if (step := checker.step(line, steps)) is not None:
            assert step.id not in steps
            assert step.problem is not None or set(step.needs) <= set(steps)
            steps[step.id] = step


@pytest.mark.parametrize(
    "text", ["1. f(" + "[" * 60_000, '1. f(a="' + "\n" * 60_000, "1. f(a=1\n" * 5000, "$1 " * 20_000]
)
def test_long_nonsense_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()
    read(text, size=1000)
    assert time.process_time() - began < 5


@given(VALUES)
def test_json_values_come_back_as_they_are(value: Any) -> None:
    assert one(f"1. f(a={json.dumps(value)})").named == {"a": _clean(value)}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return {key: _clean(item) for key, item in value.items()} if isinstance(value, dict) else value


@tool
def search(query: str, k: int = 5) -> str:
    """Search."""
    return query


@tool
def f(a: str) -> str:
    """Anything."""
    return a


SCHEMAS = {tool.name: schema_of(tool) for tool in (search, f)}


def test_positional_arguments_go_by_the_tools_own_order() -> None:
    step = Checker(SCHEMAS, "Q?").step(one('1. search("x", 3)'), {})
    assert step is not None and step.arguments == {"query": "x", "k": 3}
    step = Checker(SCHEMAS, "Q?").step(one('1. search("x", 3, 4)'), {})
    assert step is not None and step.problem is not None and step.problem.problem == "unknown_argument"


def test_a_call_without_a_number_gets_the_next_one_and_prose_none() -> None:
    checker = Checker(SCHEMAS, "Q?")
    earlier = {"4": None}
    step = checker.step(one('search("x")'), earlier)
    assert step is not None and step.id == "5"
    assert checker.step(Line(None, "maybe"), earlier) is None


@pytest.mark.parametrize(
    ("text", "question", "needs"),
    [
        ("more than $500", "", []),
        ("more than $1.50 or $3,000", "", []),
        ("more than $5", "What costs more than $5?", []),
        ("is it $1?", "", ["1"]),
        ("max($1,200)", "", ["1"]),
        ("${1}0 and $2", "", ["1", "2"]),
        ("\\$1 each", "", []),
        ("$9", "What is $9?", ["9"]),
        ("of $9", "", ["9"]),
    ],
)
def test_money_is_no_reference(text: str, question: str, needs: list[str]) -> None:
    assert references_in(without_money(text, {"1", "2"}, question)) == needs


def test_values_are_filled_in_byte_for_byte_and_once() -> None:
    results = {"1": "it's $2 \\$3 {x}", "2": "no"}
    assert fill({"a": ["$1", "<$1>", 7], "b": "\\$1 for $2"}, results) == {
        "a": ["it's $2 \\$3 {x}", "<it's $2 \\$3 {x}>", 7],
        "b": "$1 for no",
    }


def test_a_result_cannot_end_the_text_it_stands_in() -> None:
    assert (
        fill("SELECT a FROM t WHERE b = '$1'", {"1": "x' OR '1'='1"}) == "SELECT a FROM t WHERE b = 'x'' OR ''1''=''1'"
    )


@pytest.mark.parametrize(
    ("result", "value"),
    [
        ("| n |\n| --- |\n| 5 |\n\n(1 row)", "5"),
        ("| n |\n| --- |\n| a \\| b |\n\n(1 row)", "a | b"),
        ("| n |\n| --- |\n| 5 |\n| 6 |\n\n(2 rows)", "| n |\n| --- |\n| 5 |\n| 6 |\n\n(2 rows)"),
        ("3 * 14 = 42", "42"),
        ("10 / 3 ≈ 3.33333", "3.33333"),
        ("```sql\nSELECT 1\n```", "SELECT 1"),
        ("a = b", "a = b"),
        ("line\nx = 5", "line\nx = 5"),
    ],
)
def test_the_value_of_a_result(result: str, value: str) -> None:
    assert value_of(result) == value
