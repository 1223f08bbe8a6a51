"""The gate claims no more than the interval shows, and build servers can read it."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from cairn.evals.eval_comparison import compare_records
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.metrics import Score
from cairn.evals.promotion_gate import GateResult, as_junit, as_markdown, told, verdict


def records(values: list[float | None], **options: Any) -> list[Record]:
    return [
        Record(
            str(n), 0, f"Question {n} | <b>与</b>\x07?", {"seconds": 0.5}, {"exact": Score(value, "w & w")}, **options
        )
        for n, value in enumerate(values)
    ]


def result(before: list[float | None], now: list[float | None], *failed: str) -> GateResult:
    first, second = records(before), records(now)
    compared = compare_records(first, second, "exact")
    return GateResult("q.csv", summarise(second, primary="exact"), second, failed, compared, first, "told")


@pytest.mark.parametrize(
    ("before", "now", "found", "words"),
    [
        ([1.0] * 40, [0.0] * 20 + [1.0] * 20, "worse", "Worse: -50.0%"),
        ([0.0] * 40, [1.0] * 20 + [0.0] * 20, "better", "Better: +50.0%"),
        ([1.0] * 400, [1.0] * 400, "as good", "a loss of more than 2.0% is ruled out"),
        ([1.0] * 10, [1.0] * 10, "open", "Not shown to be worse, which is not as good. About "),
        ([1.0] * 20, [0.0] + [1.0] * 19, "open", "Not shown to be worse"),
    ],
)
def test_the_verdict_by_the_interval(
    before: list[float | None], now: list[float | None], found: str, words: str
) -> None:
    compared = result(before, now).compared
    assert compared is not None
    assert verdict(compared.comparison, 0.02) == found
    assert words in told(compared.comparison, 0.02)


def test_a_loss_within_the_margin_is_not_worse() -> None:
    compared = result([1.0] * 40, [0.8] * 40).compared
    assert compared is not None and compared.comparison.high < 0
    assert verdict(compared.comparison, 0.3) != "worse"


def test_junit_has_a_testcase_for_each_case() -> None:
    gate = result([1.0, 1.0, 0.0, None], [1.0, 0.0, 1.0, None], "Worse.")
    suite = ElementTree.fromstring(as_junit(gate))
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "5", "failures": "2", "skipped": "1", "errors": "0",
    }  # fmt: skip
    lost = suite.findall("testcase")[2]
    assert lost.get("name") == "1: Question 1 | <b>与</b>\ufffd?" and lost.get("time") == "0.500"
    failure = lost.find("failure")
    assert failure is not None and failure.get("message") == "exact before 1, now 0: w & w"


def test_a_lost_case_is_no_failure_where_the_gate_is_open() -> None:
    suite = ElementTree.fromstring(as_junit(result([1.0, 1.0], [1.0, 0.0])))
    assert suite.get("failures") == "0" and "before 1, now 0" in (
        suite.findall("testcase")[2].findtext("system-out") or ""
    )


def test_an_answer_that_could_not_be_had_is_an_error() -> None:
    away = records([None], error="ModelUnavailable")
    gate = GateResult("q.csv", summarise(away), away, ())
    suite = ElementTree.fromstring(as_junit(gate))
    assert suite.get("errors") == "1"


def test_markdown_is_a_table_and_no_question_is_markup() -> None:
    text = as_markdown(result([1.0, 1.0, 0.0], [1.0, 0.0, 1.0], "Worse."))
    assert text.startswith("### Shut: q.csv\n\ntold\n\n- Worse.\n\n| metric | before | now |")
    assert "| exact | 66.7% | 66.7% |" in text
    assert "1 lost:\n\n- 1: Question 1 \\| \\<b\\>与" in text
