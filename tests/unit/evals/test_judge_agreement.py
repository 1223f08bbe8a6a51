"""A judge that is held against people, and its figures without its errors. Values are worked out by hand."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_records import Record, RecordFile, read_records
from cairn.evals.evaluation_request import records_folder
from cairn.evals.judge_agreement import Agreement, agreement, corrected_share
from cairn.evals.metrics import Score
from cairn.evals.people_labels import read_labels, to_label
from cairn.ui.cli.run_eval_files import show
from cairn.ui.cli.run_eval_labels import agree, label

ANSWER = {"version": 2, "run": None, "answer": "27 天", "sources": []}


def record(id: str, value: float | None) -> Record:
    scores = {"faithfulness": Score(value, "SECRETLY WRONG"), "answered": Score(1.0)}
    return Record(id, 0, f"Question {id}?", ANSWER, scores)


def evaluation(home: Home, values: Sequence[float | None], judge: str = "openai:judge", name: str = "first") -> Path:
    path = records_folder(load_settings(home.root)) / f"{name}.jsonl"
    file = RecordFile(path, {"set": "q.csv", "questions": "x", "judge": judge}, resume=False)
    for number, value in enumerate(values):
        file.add(record(str(number), value))
    return path


def answered(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_sensitivity_specificity_and_kappa() -> None:
    found = Agreement(both_yes=20, only_people=5, only_judge=10, both_no=15, threshold=0.5)
    assert found.sensitivity and found.specificity and found.kappa
    assert (found.sensitivity.value, found.specificity.value) == (0.8, 0.6)
    assert found.kappa.value == pytest.approx(0.4)
    assert (found.kappa.low, found.kappa.high) == (pytest.approx(0.1511, abs=1e-3), pytest.approx(0.6489, abs=1e-3))


def test_what_only_one_kind_of_label_tells() -> None:
    found = Agreement(both_yes=9, only_people=1, only_judge=0, both_no=0, threshold=0.5)
    assert found.sensitivity and found.sensitivity.value == 0.9
    assert found.specificity is None and corrected_share(8, 10, found) is None
    assert Agreement(5, 0, 0, 0, 0.5).kappa is None


def test_the_corrected_share() -> None:
    judge = Agreement(both_yes=90, only_people=10, only_judge=20, both_no=80, threshold=0.5)
    found = corrected_share(55, 100, judge)
    assert found and found.value == pytest.approx((0.55 + 0.8 - 1) / (0.9 + 0.8 - 1))
    assert found.low < found.value < found.high
    clipped = corrected_share(10, 100, judge)
    assert clipped and clipped.value == 0.0 and clipped.low == 0.0


def test_a_judge_no_better_than_chance_corrects_nothing() -> None:
    assert corrected_share(50, 100, Agreement(25, 25, 25, 25, 0.5)) is None


@pytest.mark.parametrize(("share", "sensitivity", "specificity"), [(0.7, 0.9, 0.8), (0.3, 0.75, 0.9), (0.9, 0.95, 0.7)])
def test_the_interval_holds_the_truth_about_as_often_as_it_says(
    share: float, sensitivity: float, specificity: float
) -> None:
    chance = random.Random(1)

    def draw(of: int, p: float) -> int:
        return sum(chance.random() < p for _ in range(of))

    held = tries = 0
    for _ in range(600):
        good = draw(60, share)
        both_yes, both_no = draw(good, sensitivity), draw(60 - good, specificity)
        judge = Agreement(both_yes, good - both_yes, 60 - good - both_no, both_no, 0.5)
        found = corrected_share(draw(200, share * sensitivity + (1 - share) * (1 - specificity)), 200, judge)
        if found:
            tries += 1
            held += found.low <= share <= found.high
    assert tries > 550 and 0.92 <= held / tries <= 0.995


def test_labels_are_blind_resumable_and_in_random_order(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evaluation(home, [1.0, 0.5, None, 0.0, 1.0])
    answered(monkeypatch, "y", "maybe", "no")
    label(home.root, "first", None, seed=0)
    told = capsys.readouterr()
    assert "SECRETLY" not in told.out and "27 天" in told.out
    assert "Do the passages say all that the answer says?" in told.err
    assert "2 labelled for faithfulness, 2 are left" in told.err
    first = read_labels(path, "faithfulness")
    assert sorted(first.values()) == [False, True] and "2" not in first
    answered(monkeypatch, "n", "n")
    label(home.root, "first", None, seed=0)
    assert len(read_labels(path, "faithfulness")) == 4


def test_the_order_is_random_but_stays() -> None:
    records = [record(str(n), 1.0) for n in range(20)]
    order = [one.id for one in to_label(records, "faithfulness", {}, seed=0)]
    assert order != [one.id for one in records]
    assert order[3:] == [one.id for one in to_label(records, "faithfulness", dict.fromkeys(order[:3], True), seed=0)]


def test_from_then_on_the_judge_is_corrected(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evaluation(home, [1.0] * 10 + [0.5] * 10)
    rights = [True] * 8 + [False] * 2 + [True] * 2 + [False] * 8
    shown = to_label(read_records(path)[1], "faithfulness", {}, 0)
    answered(monkeypatch, *("y" if rights[int(one.id)] else "n" for one in shown))
    label(home.root, "first", None, seed=0)
    with pytest.raises(UsageError, match="Nobody has labelled first for answered"):
        agree(home.root, "first", "answered", None, as_json=False)
    agree(home.root, "first", None, None, as_json=False)
    told = capsys.readouterr().out
    assert "sensitivity  0.80" in told and "specificity  0.80" in told and "kappa        0.60" in told
    evaluation(home, [1.0] * 5 + [0.0] * 5, name="second")
    evaluation(home, [1.0] * 5 + [0.0] * 5, judge="openai:other", name="third")
    show(home.root, "second", None, None, as_json=False)
    told = capsys.readouterr().out
    assert "50.0% of 10 are good by openai:judge (a score from 1 on); corrected by 20 labels: 50.0% (" in told
    show(home.root, "third", None, None, as_json=False)
    assert "corrected" not in capsys.readouterr().out


def test_only_what_has_a_label_and_a_score_counts() -> None:
    records = [record("0", 1.0), record("1", None), record("2", 0.9)]
    found = agreement({"0": True, "1": True, "2": False, "9": True}, records, "faithfulness", 1.0)
    assert (found.both_yes, found.both_no, found.labels) == (1, 1, 2)
