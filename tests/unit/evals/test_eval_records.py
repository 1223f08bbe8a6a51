from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cairn.core.errors import UsageError
from cairn.evals.eval_records import Record, RecordFile, done, newest

RECORD = Record("1", "有多少？", "shop", "easy", "SELECT 1", None, "unanswered")
MEASURED = {"metric": "execution", "questions": "abc"}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    RecordFile(tmp_path / "a.jsonl", MEASURED, resume=False).add(RECORD)
    assert RecordFile(tmp_path / "a.jsonl", MEASURED, resume=True).records == {"1": RECORD}


def test_the_newest_record_of_a_question_counts(tmp_path: Path) -> None:
    record_file = RecordFile(tmp_path / "a.jsonl", MEASURED, resume=False)
    record_file.add(replace(RECORD, verdict="error"))
    record_file.add(replace(RECORD, verdict="right"))
    assert RecordFile(tmp_path / "a.jsonl", MEASURED, resume=True).records["1"].verdict == "right"


def test_a_last_line_that_was_cut_short_is_taken_off(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    RecordFile(file, MEASURED, resume=False).add(RECORD)
    whole = file.read_bytes()
    for length in range(1, 40):
        file.write_bytes(whole + whole.split(b"\n")[1][:length])
        assert RecordFile(file, MEASURED, resume=True).records == {"1": RECORD}
        assert file.read_bytes() == whole


def test_a_file_whose_beginning_was_cut_short_is_no_evaluation_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line says what was measured: half of it could not be gone on with."""

    def torn(path: Path, text: str, *_: object) -> int:
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


def test_the_last_one_that_measured_the_same_is_found(tmp_path: Path) -> None:
    for name, questions in (("1", "abc"), ("2", "abc"), ("3", "other")):
        RecordFile(tmp_path / f"{name}.jsonl", {**MEASURED, "questions": questions}, resume=False)
    (tmp_path / "4.jsonl").write_text("broken")
    assert newest(tmp_path, MEASURED) == tmp_path / "2.jsonl"
    assert newest(tmp_path, {}) is None


def test_what_failed_on_the_way_is_asked_again() -> None:
    verdicts = ("right", "wrong", "failed", "unanswered", "error", "gold_failed", "unjudged")
    asked = [replace(RECORD, id=verdict, verdict=verdict) for verdict in verdicts]
    assert done(asked) == {"right", "wrong", "failed", "unanswered", "gold_failed"}
