from __future__ import annotations

from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.evals.cases import Case
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.evaluation_request import Wanted, strangers, task_for, varied
from cairn.evals.metrics import Score
from cairn.evals.set_check import Finding, SetCheck
from cairn.ui.cli.report_printer import say_report
from cairn.ui.cli.run_eval import Progress, tell_check


def record(id: str, value: float | None, reason: str = "") -> Record:
    return Record(id, 0, "A?", {}, {"execution": Score(value, reason), "spider": Score(value, reason)})


def test_progress_counts_what_was_judged(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(4) as progress:
        progress.show(record("1", 1.0))
        progress.show(record("2", 0.0))
        progress.show(record("3", None))
        assert progress.line().startswith("3 of 4, execution 50.0% so far, ")
        progress.show(record("4", 1.0))
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_predictions_for_no_question_are_told_of() -> None:
    cases = [Case("1", "A?"), Case("2", "B?")]
    assert strangers({"1": "SELECT 1", "3": ""}, cases) is None
    told = strangers({"a": "SELECT 1", "b": "SELECT 1", "2": "SELECT 1"}, cases)
    assert told == "2 predictions are for no question of this set, with the id a, b."


def test_the_first_five_that_could_not_be_judged_are_told_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    """Metrics that failed alike are told of once."""
    say_report(summarise([record(id, None, f"no table {id}\nmore") for id in "cdefgh"]), {"set": "q.csv"})
    told = capsys.readouterr().out.splitlines()
    assert told[-6:] == [
        "6 not judged by execution, spider: c, d, e, f, g, h",
        *(f"  {id}: no table {id}" for id in "cdefg"),
    ]


def test_many_findings_of_one_kind_are_cut_and_rows_are_told_from_counts(capsys: pytest.CaptureFixture[str]) -> None:
    findings = tuple(Finding("gold query", f"no table {n}", (str(n),), True) for n in range(7))
    tell_check(SetCheck(7, {}, None, (*findings, Finding("no gold", "nothing says", tuple(map(str, range(12)))))))
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "gold query: no table 0 (row 0)" and len(told) == 7
    assert told[-2] == "gold query: 2 more; `cairn eval check` lists them"
    assert told[-1] == "no gold: nothing says (rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …)"


def test_what_is_varied(tmp_path: Any) -> None:
    wanted = Wanted(tmp_path, patch={"retrieval": {"mode": "lexical"}}, out=tmp_path / "out.jsonl")
    both = varied(wanted, ["retrieval.k=3,5", "template=quotes"])
    assert [name for name, _ in both] == ["retrieval.k=3 template=quotes", "retrieval.k=5 template=quotes"]
    assert both[1][1].patch == {"retrieval": {"mode": "lexical", "k": 5}, "template": "quotes"}
    assert len({one.out for _, one in both}) == 2
    assert varied(wanted, []) == [("", wanted)]
    with pytest.raises(UsageError, match="varies nothing"):
        varied(wanted, ["retrieval.k"])


def test_the_task_that_fits_the_gold() -> None:
    sql, text, bare = Case("1", "?", query="SELECT 1"), Case("2", "?", label="a"), Case("3", "?")
    none = Case("4", "?", refuse=True)
    assert [task_for(cases, "mine") for cases in ([sql], [text], [sql, text])] == ["database", "classify", "mine"]
    assert [task_for(cases, "mine") for cases in ([sql, bare, none], [bare, none])] == ["database", "mine"], (
        "who has golds chooses"
    )
