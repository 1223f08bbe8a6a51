"""The ladder of the samples, as `cairn climb samples` shows it: from a recording, without a model or a network."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from cairn import samples
from cairn.evals.case_reading import read_cases
from cairn.evals.climb.climb_report import ClimbReport
from cairn.evals.climb.climb_run import Watcher
from cairn.evals.climb.sample_climb import sample_climb

pytestmark = pytest.mark.slow


def climbed(home: Path) -> tuple[ClimbReport, list[str]]:
    told: list[str] = []
    return sample_climb(home, watcher=Watcher(told.append)), told


def test_the_recording_shows_a_staircase_from_nothing(tmp_path: Path) -> None:
    report, told = climbed(tmp_path)
    assert report.model == "SmolLM2-135M-Instruct (recorded)" and not any("don't fit" in text for text in told)
    assert report.points[0].score < 0.1 < 0.7 < report.points[-1].score
    assert len({point.score for point in report.points}) > 3
    assert report.cross_fit is not None and report.cross_fit.verdict.proof == "proven"
    assert report.file and len(json.loads(report.file.read_text("utf-8"))["answers"]["start"]) == 24
    assert [path.name for path in tmp_path.iterdir()] == ["evals"]
    kept = json.loads(samples.CLIMB.read_text("utf-8"))  # what the page shows: `python -m benchmarks.record_samples`
    now = report.as_dict()
    assert [now[name] for name in ("kept", "patch", "changes")] == [kept[name] for name in ("kept", "patch", "changes")]
    assert [point["score"] for point in now["points"]] == [point["score"] for point in kept["points"]]


def test_a_changed_template_is_told_and_the_stand_in_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    task = tmp_path / "task"
    shutil.copytree(samples.TASK, task)
    template = task / "passages.md"
    template.write_text(template.read_text("utf-8").replace("from the passages", "with the passages"), "utf-8")
    monkeypatch.setattr(samples, "TASK", task)
    report, told = climbed(tmp_path / "home")
    assert any("don't fit these templates any more" in text for text in told)
    assert report.model == "builtin" and "tools" in report.path.end.rungs


def test_settings_of_this_machine_do_not_reach_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt made with other passages or another window would not be among the recorded ones."""
    monkeypatch.setenv("CAIRN_CHUNK_TOKENS", "60")
    monkeypatch.setenv("CAIRN_CONTEXT_WINDOW", "900")
    monkeypatch.setenv("CAIRN_DATABASE_URL", "sqlite:////nowhere/at/all.db")
    _, told = climbed(tmp_path)
    assert not any("don't fit" in text for text in told)


def test_what_the_questions_call_right_is_what_the_shop_says() -> None:
    with sqlite3.connect(f"file:{samples.SHOP}?mode=ro", uri=True) as shop:
        for case in read_cases(samples.SET):
            if case.query:
                assert [str(row[0]) for row in shop.execute(case.query)] == list(case.contains), case.id
