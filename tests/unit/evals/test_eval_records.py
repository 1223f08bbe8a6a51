from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cairn.core.answer import Answer, AnswerTable
from cairn.core.errors import UsageError
from cairn.evals.cases import Case
from cairn.evals.eval_records import Record, RecordFile, as_stored, done, facets_of, newest
from cairn.evals.metrics import Score

SCORES = {"exact": Score(1.0), "faithfulness": Score(None, "the judge was away", "judge failed")}
RECORD = Record("1", 0, "有多少？", {"answer": "十"}, SCORES, {"label": "a"}, field_counts=(1, 2, 3))
MEASURED = {"set": "q.csv", "questions": "abc"}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    record_file = RecordFile(tmp_path / "a.jsonl", MEASURED, resume=False)
    again = replace(RECORD, sample=1)
    record_file.add(RECORD)
    record_file.add(again)
    known = RecordFile(tmp_path / "a.jsonl", MEASURED, resume=True).records
    assert known == {("1", 0): RECORD, ("1", 1): again}


def test_the_newest_record_of_an_answer_counts(tmp_path: Path) -> None:
    record_file = RecordFile(tmp_path / "a.jsonl", MEASURED, resume=False)
    record_file.add(replace(RECORD, error="ModelUnavailable"))
    record_file.add(RECORD)
    assert RecordFile(tmp_path / "a.jsonl", MEASURED, resume=True).records["1", 0].error is None


def test_a_last_line_that_was_cut_short_is_taken_off(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    RecordFile(file, MEASURED, resume=False).add(RECORD)
    whole = file.read_bytes()
    for length in range(1, 40):
        file.write_bytes(whole + whole.split(b"\n")[1][:length])
        assert RecordFile(file, MEASURED, resume=True).records == {("1", 0): RECORD}
        assert file.read_bytes() == whole


def test_a_file_whose_beginning_was_cut_short_is_no_evaluation_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line says what was measured: half of it could not be gone on with."""

    def torn(path: Path, text: str, *_: object, **_more: object) -> int:
        path.write_bytes(text.encode()[:10])
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(Path, "write_text", torn)
        RecordFile(tmp_path / "a.jsonl", MEASURED, resume=False)
    assert newest(tmp_path, MEASURED) is None
    RecordFile(tmp_path / "a.jsonl", MEASURED, resume=True).add(RECORD)
    assert newest(tmp_path, MEASURED) == tmp_path / "a.jsonl"


def test_an_evaluation_is_never_overwritten_or_mixed_with_another(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    RecordFile(file, MEASURED, resume=False)
    with pytest.raises(UsageError, match="there already"):
        RecordFile(file, MEASURED, resume=False)
    with pytest.raises(UsageError, match=r"something else \(questions\)"):
        RecordFile(file, {**MEASURED, "questions": "other"}, resume=True)
    file.write_text('{"no": "evaluation"}\n')
    with pytest.raises(UsageError, match="not a file of an evaluation"):
        RecordFile(file, MEASURED, resume=True)


def test_records_of_an_earlier_version_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"version": 1, "measured": MEASURED}) + '\n{"id": "1", "verdict": "right"}\n')
    with pytest.raises(UsageError, match=r"another version of Cairn \(records 1, now 2\)"):
        RecordFile(file, MEASURED, resume=True)
    assert newest(tmp_path, MEASURED) is None


def test_the_last_one_that_measured_the_same_is_found(tmp_path: Path) -> None:
    for name, questions in (("1", "abc"), ("2", "abc"), ("3", "other")):
        RecordFile(tmp_path / f"{name}.jsonl", {**MEASURED, "questions": questions}, resume=False)
    (tmp_path / "4.jsonl").write_text("broken")
    assert newest(tmp_path, MEASURED) == tmp_path / "2.jsonl"
    assert newest(tmp_path, {}) is None


def test_what_was_not_to_be_had_is_asked_again_and_a_bad_answer_is_not() -> None:
    asked = [replace(RECORD, id=str(error), error=error) for error in (None, "ModelUnavailable", "ModelAnswerError")]
    assert done(asked) == {("None", 0), ("ModelAnswerError", 0)}


def test_what_is_kept_of_an_answer_and_a_case() -> None:
    table = AnswerTable(columns=["n"], rows=[[n] for n in range(60)], sql="SELECT 1")
    stored = as_stored(Answer(run="r", answer="x", tables=[table]))
    assert len(stored["tables"][0]["rows"]) == 50
    assert facets_of(Case("1", "?", tags=("a",), refuse=True)) == {"tags": ["a"], "refuse": True}
