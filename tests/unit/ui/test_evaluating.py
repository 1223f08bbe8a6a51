from __future__ import annotations

from dataclasses import replace

import pytest

from cairn.evals.datasets import Question
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.set_evaluation import strangers
from cairn.ui.cli.run_eval import Progress, told_apart

RECORD = Record("1", "A?", "shop", "easy", "SELECT 1", "SELECT 1", "right")


def test_progress_counts_what_was_judged(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(4) as progress:
        progress.show(RECORD)
        progress.show(replace(RECORD, verdict="wrong"))
        progress.show(replace(RECORD, verdict="gold_failed"))
        assert progress.line().startswith("3 of 4, 50.0% right so far, ")
        progress.show(RECORD)
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_predictions_for_no_question_are_told_of() -> None:
    questions = [Question("1", "A?", "SELECT 1"), Question("2", "B?", "SELECT 1")]
    assert strangers({"1": "SELECT 1", "3": ""}, questions) is None
    told = strangers({"a": "SELECT 1", "b": "SELECT 1", "2": "SELECT 1"}, questions)
    assert told == "2 predictions are for no question of this set, with the id a, b."


def test_the_first_five_gold_queries_that_do_not_run_are_told_with_the_reason() -> None:
    broken = [replace(RECORD, id=id, verdict="gold_failed", error=f"no table {id}\nmore") for id in "cdefgh"]
    assert told_apart(summarise(broken), "gold_failed") == [
        "6 not counted, the gold query does not run: c, d, e, f, g, h",
        *(f"  {id}: no table {id}" for id in "cdefg"),
    ]
