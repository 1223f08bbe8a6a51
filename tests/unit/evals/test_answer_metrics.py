"""Metrics of an answer's text, each on cases worked out by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cairn.core.answer import Answer, Step
from cairn.evals.cases import CallGold, Case
from cairn.evals.metrics.answer_match import contains, exact, f1, holds_answer, label, macro_f1, regex
from cairn.evals.metrics.answer_numbers import final_number, number
from cairn.evals.metrics.field_match import field_counts, fields
from cairn.evals.metrics.tool_call_match import tool_calls

DATA = os.environ.get("CAIRN_TEST_DATA")


def said(text: str | None, **more: Any) -> Answer:
    return Answer(run="r", answer=text, **more)


def gold(*answers: str, **more: Any) -> Case:
    return Case("1", "?", answers=answers, **more)


@pytest.mark.parametrize(
    ("answers", "text", "right"),
    [
        (["The Eiffel Tower"], "eiffel tower.", 1),
        (["Paris", "Lutetia"], "**Lutetia** [1]", 1),
        (["Paris"], "It is Paris", 0),
        (["1,250"], "1250", 0),
        (["北京"], "北京。", 1),
        (["北京"], "北京市", 0),
    ],
)
def test_exact(answers: list[str], text: str, right: int) -> None:
    assert exact(gold(*answers), said(text)).value == right


@pytest.mark.parametrize(
    ("answers", "text", "value"),
    [
        (["the cat sat"], "a cat sat down", 2 * 2 / (2 + 3)),
        (["nothing of it", "cat"], "the cat", 1.0),
        (["北京大学"], "北京", 2 * 2 / (4 + 2)),
        (["x"], "", 0.0),
    ],
)
def test_f1_takes_the_best_of_the_gold_answers(answers: list[str], text: str, value: float) -> None:
    assert f1(gold(*answers), said(text)).value == pytest.approx(value)


def test_texts_that_stand_in_the_answer() -> None:
    assert holds_answer(gold("18"), said("She makes $18 a day.")).value == 1
    assert holds_answer(gold("18"), said("She makes $180 a day.")).value == 0
    case = Case("1", "?", contains=("Ann", "王伟"), matches=(r"^\d+ people", "Ann|Bo"))
    both = contains(case, said("Ann and 王伟先生")), contains(case, said("Ann"))
    assert [score.value for score in both] == [1, 0] and "王伟" in both[1].reason
    assert [regex(case, said(text)).value for text in ("2 people: Bo", "Bo")] == [1, 0]


@pytest.mark.parametrize(
    ("answer", "text", "right"),
    [
        ("1250", "About 1,250 metres.", 1),
        ("1250", "一千二百五十米", 1),
        ("3.5万", "35,000", 1),
        ("-3", "It is -3 degrees", 1),
        ("3", "It is -3 degrees", 0),
        ("twelve", "There are 12 of them", 1),
        ("12.5%", "0.125", 1),
        ("0.125", "12.5 percent", 1),
        ("12.5%", "12.5 km", 0),
        ("300 km", "300 kg", 0),
        ("300 meter", "300 meters", 1),
        ("300 米", "高 300 米。", 1),
        ("0.1", "0.10000000001", 1),
        ("5", "no figure here", 0),
        ("Paris", "Paris", None),
    ],
)
def test_numbers_however_they_are_written(answer: str, text: str, right: float | None) -> None:
    score = number(gold(answer), said(text))
    assert (score and score.value) == right


def test_a_rows_tolerance() -> None:
    near = said("About 104.")
    assert number(gold("100", extra={"tolerance": "5%"}), near) == number(gold("100", extra={"tolerance": 4}), near)
    score = number(gold("100", extra={"tolerance": "3"}), near)
    assert score is not None and (score.value, score.reason) == (0, "104, not 100")


@pytest.mark.parametrize(
    ("text", "right"),
    [("3 + 15 = 18", 1), ("18 - 3 = 15", 0), ("A: 18 (and not 3)", 1), ("#### 18", 1), ("答案是 18", 1)],
)
def test_where_an_answer_ends(text: str, right: int) -> None:
    score = final_number(gold("18"), said(text))
    assert score is not None and score.value == right


@pytest.mark.skipif(DATA is None, reason="needs CAIRN_TEST_DATA")
def test_published_figures_of_worked_word_problems() -> None:
    """The four models' answers to GSM8K's test set, as their authors judged them."""
    text = Path(str(DATA), "gsm8k", "model_solutions.jsonl").read_text("utf-8")
    rows = [json.loads(line) for line in text.split("\n") if line]
    wanted = {"6b_finetuning": 21.68, "6b_verification": 39.04, "175b_finetuning": 34.72, "175b_verification": 56.25}
    for model, share in wanted.items():
        scores = [
            final_number(gold(row["ground_truth"].rsplit("A:", 1)[1].strip()), said(row[model]["solution"]))
            for row in rows
        ]
        right = [score.value if score else None for score in scores]
        assert None not in right
        assert round(100 * sum(map(float, filter(None, right))) / len(rows), 2) == share


def test_labels_and_macro_f1() -> None:
    score = label(Case("1", "?", label="Lost card"), said("lost card."))
    assert (score.value, score.kind) == (1, "lost card")
    assert label(Case("1", "?", label="Lost card"), said(None)).kind == "none"
    # a: 1 of 2 found, 1 wrongly given: 2/(2+2); b: 2*1/(2+1); c was given only
    pairs = [("a", "A"), ("a", "c"), ("b", "a"), ("b", "b")]
    assert macro_f1(pairs) == pytest.approx((2 / 4 + 2 / 3) / 2)
    assert macro_f1([]) is None


def test_fields_count_each_value() -> None:
    case = Case("1", "?", fields={"name": "Ann", "amount": 5, "tags": ["x", "y"], "date": None})
    answer = said('```json\n{"name": "ann", "amount": 5.0, "tags": ["y", "z"], "date": null, "more": "1"}\n```')
    assert field_counts(case.fields or {}, answer) == (3, 5, 4)
    score = fields(case, answer)
    assert score.value == pytest.approx(6 / 9) and "tags" in score.reason
    assert fields(case, said("no JSON")).value == 0


def steps(*calls: tuple[str, dict[str, Any]]) -> Answer:
    return said("x", steps=[Step(tool=name, arguments=arguments) for name, arguments in calls])


@pytest.mark.parametrize(
    ("golds", "calls", "right"),
    [
        ([("f", {"n": [1]})], [("f", {"n": 1})], 1),
        ([("f", {"n": 5})], [("f", {"n": "5.0"})], 1),
        ([("f", {"city": ["New York", "NY"]})], [("f", {"city": "new-york"})], 1),
        ([("f", {"city": ["New York", "NY"]})], [("f", {"city": "Boston"})], 0),
        ([("f", {"n": [1], "unit": ["km", ""]})], [("f", {"n": 1})], 1),
        ([("f", {"n": [1], "unit": ["km"]})], [("f", {"n": 1})], 0),
        ([("f", {"n": [1]})], [("f", {"n": 1, "more": 2})], 0),
        ([("f", {"n": [[1, 2]]})], [("f", {"n": [1, 2]})], 1),
        ([("f", {"n": [[1, 2]]})], [("f", {"n": [2, 1]})], 0),
        ([("f", {"o": [{"a": [1, 2]}]})], [("f", {"o": {"a": 2}})], 1),
        ([("f", {"yes": [True]})], [("f", {"yes": 1})], 0),
        ([("f", {"yes": [True]})], [("f", {"yes": "true"})], 1),
        ([("f", {"n": [1]}), ("f", {"n": [2]})], [("f", {"n": 2}), ("f", {"n": 1})], 1),
        ([("f", {"n": [1, 2]}), ("f", {"n": [1]})], [("f", {"n": 1}), ("f", {"n": 2})], 1),
        ([("f", {"n": [1]})], [("f", {"n": 1}), ("f", {"n": 1})], 0),
        ([("f", {})], [("g", {})], 0),
        ([("查询", {"城市": ["北京"]})], [("查询", {"城市": "北京"})], 1),
    ],
)
def test_tool_calls(
    golds: list[tuple[str, dict[str, Any]]], calls: list[tuple[str, dict[str, Any]]], right: int
) -> None:
    case = Case("1", "?", tool_calls=tuple(CallGold(*one) for one in golds))
    score = tool_calls(case, steps(*calls))
    assert score.value == right, score.reason
    assert bool(score.reason) is not bool(right)
