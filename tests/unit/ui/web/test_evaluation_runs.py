"""Measurements on the page: made live and taken back in the same place."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted, records_folder
from cairn.evals.set_evaluation import Evaluation
from cairn.evals.set_library import add_set
from cairn.ui.web import background_jobs, evaluation_runs
from tests.unit.ui.web.conftest import labels, page_of, press, shown

SUMS = [{"id": str(n), "question": f"What is {n} + 2?", "answer": str(n + 2)} for n in range(2)]


@pytest.fixture
def measured(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two measurements of task `math`: as it is, and with more passages."""
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    questions = tmp_path / "sums.jsonl"
    questions.write_text("".join(json.dumps(one) + "\n" for one in SUMS), "utf-8")
    with Cairn(load_settings(home.root, user=USER)) as app:
        for name, patch in {"before": {}, "newest": {"limits": {"seconds": 50}}}.items():
            out = records_folder(app.settings) / f"{name}.jsonl"
            wanted = Wanted(questions, task="math", model="builtin", patch=patch, out=out)
            Evaluation(app, wanted, lambda told: None).run()


def runs() -> AppTest:
    page = page_of("evaluation")
    page.session_state["evaluation_view"] = "runs"
    page.run()
    assert not page.exception
    return page


def test_what_was_measured_is_made_live_and_undone_where_it_was_clicked(measured: None, home: Home) -> None:
    page, patch = runs(), home.root / "prompts" / "math" / "patch.yaml"
    press(page, "Make this live for task math")
    assert "50" in patch.read_text("utf-8")
    assert "Make this live for task math" not in labels(page) and labels(page).count("Undo") == 1
    page.selectbox(key="run_file").select_index(1).run()
    assert "Live: task math as measured by newest" in shown(page)  # whichever is looked at
    press(page, "Make this live for task math")
    assert "Live: task math as measured by before" in shown(page)
    press(page, "Undo")
    assert "50" in patch.read_text("utf-8")
    assert "Make this live for task math" in labels(page)
    assert "Live: task math as measured by newest" in shown(page)
    page.selectbox(key="run_file").select_index(0).run()
    page.selectbox(key="run_other").select_index(0).run()
    assert "Which is better is open." in shown(page)
    press(page, "Undo")  # beside another one, too
    assert "Live:" not in shown(page) and "Make this live for task math" in labels(page)
    assert not patch.exists()


def test_what_was_measured_is_named_and_only_what_was_judged_is_counted(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    questions = tmp_path / "mixed.jsonl"
    rows = [*SUMS, {"id": "l", "question": "Say 5.", "label": "5"}]
    questions.write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    with Cairn(load_settings(home.root, user=USER)) as app:
        Evaluation(app, Wanted(questions, task="math", model="builtin"), lambda told: None).run()
    page = shown(runs())
    assert "of 1 question: has the expected label" in page
    assert "2 questions could not be judged by this" in page
    assert ">mixed.jsonl · math · builtin<" in page


def test_answers_that_were_known_already_are_counted(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    rows = [json.dumps(one) for one in SUMS]
    for name, some in {"one.jsonl": rows[:1], "both.jsonl": rows}.items():
        add_set(load_settings(home.root), name, "\n".join(some).encode())
    page = runs()
    assert "known already" not in measured_in(page, "one.jsonl")
    assert "1 of 2 answers were known already" in measured_in(page, "both.jsonl")
    assert "2 of 2 answers were known already" in measured_in(page, "both.jsonl")


def measured_in(page: AppTest, name: str) -> str:
    """What the page says once task `math` has answered a set."""
    chosen = page.selectbox(key="eval_set")
    chosen.select_index(chosen.options.index(name))
    next(one for one in page.selectbox if one.label == "Task").select("math")
    press(page, "Measure")
    job = background_jobs.job(evaluation_runs.JOB)
    while job is None or not job.over:
        time.sleep(0.01)
    assert job.error is None
    return shown(page.run())
