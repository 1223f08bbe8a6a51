"""Drafts: what nobody has accepted does not count."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.core.settings import Home, load_settings
from cairn.evals.case_reading import read_cases
from cairn.evals.personal_data import personal_data_in, without_personal_data
from cairn.evals.set_evaluation import evaluate
from cairn.evals.set_review import Draft, change_of, is_reviewed, write_draft
from cairn.ui.cli.run_eval_review import review_draft

ROWS: list[dict[str, Any]] = [
    {"id": "a", "question": "How long is leave?", "answers": ["26 days"], "reviewed": False},
    {"id": "b", "question": "退款要多久？", "answers": [], "reviewed": False},
    {"id": "c", "question": "Who is the owner?", "refuse": True, "reviewed": False},
    {"id": "d", "question": "Mine?", "answers": ["yes"]},
]


def review(path: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    review_draft(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".tsv"])
def test_each_decision_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    path = tmp_path / f"draft{suffix}"
    write_draft(path, ROWS)
    review(path, monkeypatch, "a", "accept", "e", "两周", "reject")
    cases = {case.id: case for case in read_cases(path)}
    assert {id: is_reviewed(case) for id, case in cases.items()} == {"a": True, "b": True, "c": False, "d": True}
    assert cases["b"].answers == ("两周",) and cases["c"].refuse
    assert Draft(path).waiting() == []


def test_the_end_of_the_answers_keeps_what_was_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "draft.jsonl"
    write_draft(path, ROWS)
    review(path, monkeypatch, "a")
    assert [is_reviewed(case) for case in read_cases(path)] == [True, False, False, True]
    review(path, monkeypatch, "a", "l", "a")
    assert "It does not say what is right" in capsys.readouterr().err
    assert [is_reviewed(case) for case in read_cases(path)] == [True, False, True, True]


def test_what_is_not_reviewed_is_not_asked(home: Home, tmp_path: Path) -> None:
    path, said = tmp_path / "draft.jsonl", tmp_path / "said.jsonl"
    write_draft(path, ROWS)
    said.write_text(json.dumps({"id": "d", "answer": "yes"}), "utf-8")
    with pytest.warns(UserWarning, match=r"3 of 4 questions are left out: nobody has accepted them"):
        report = evaluate(path, predictions=said, home=load_settings(home.root, samples=False))
    assert (report.cases, report.figure.mean) == (1, 1.0)


def test_a_set_of_which_nothing_is_accepted_is_refused(home: Home, tmp_path: Path) -> None:
    write_draft(tmp_path / "draft.jsonl", ROWS[:3])
    with pytest.warns(UserWarning), pytest.raises(UsageError, match="No question of"):
        evaluate(tmp_path / "draft.jsonl", home=load_settings(home.root, samples=False))


def test_what_is_typed_as_a_change() -> None:
    assert change_of("x = 5") == {"answers": ["x = 5"]}
    assert change_of("refuse=true") == {"refuse": True}
    assert change_of("query=SELECT a FROM b WHERE c = 1") == {"query": "SELECT a FROM b WHERE c = 1"}
    assert change_of('{"query": "SELECT 1", "database": "店"}') == {"query": "SELECT 1", "database": "店"}
    for wrong, told in (("querry=SELECT 1", "no 'querry'"), ('{"querry": 1}', "no 'querry'"), ("{a}", "not JSON")):
        with pytest.raises(UsageError, match=told):
            change_of(wrong)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ann.lee+x@example.co.uk, please", "Write to [e-mail], please"),
        ("我的邮箱是wang@例子.cn", "我的邮箱是wang@例子.cn"),
        ("请联系li_wei@example.com。", "请联系[e-mail]。"),
        ("Call +44 20 7946 0958 today", "Call [phone] today"),
        ("我的手机是13812345678。", "我的手机是[phone]。"),
        ("固定电话010-62345678吗", "固定电话[phone]吗"),
        ("(555) 010-9999", "[phone]"),
        ("Order 20261128-101500 of 2026-11-28 costs 1,250.00", "Order 20261128-101500 of 2026-11-28 costs 1,250.00"),
    ],
)
def test_addresses_and_telephone_numbers(text: str, masked: str) -> None:
    assert without_personal_data(text) == masked
    assert bool(personal_data_in(text)) == (text != masked)
