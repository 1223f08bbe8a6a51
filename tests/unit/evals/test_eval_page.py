"""An evaluation as a page: every case is there, what others wrote is text, and the prompt is made anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted
from cairn.evals.set_evaluation import Evaluation
from cairn.ui.cli.run_eval_files import write_report

SUMS = [
    {"id": "right", "question": "What is 6 * 7?", "answer": "42"},
    {"id": "<b>wrong</b>", "question": "What is 6 * 8?", "answer": "42 <script>"},
]


@pytest.fixture
def app(home: Home) -> Iterator[Cairn]:
    with Cairn(load_settings(home.root, user=USER, model="builtin", samples=False)) as opened:
        yield opened


def evaluated(app: Cairn, folder: Path) -> Evaluation:
    questions = folder / "sums.jsonl"
    questions.write_text("\n".join(map(json.dumps, SUMS)), "utf-8")
    evaluation = Evaluation(app, Wanted(questions, metric="holds_answer"), lambda text: None)
    evaluation.run()
    return evaluation


def test_each_case_has_its_answer_steps_prompt_and_reason(app: Cairn, tmp_path: Path) -> None:
    name = str(evaluated(app, tmp_path).record_file.path)
    write_report(app.settings.home, name, tmp_path / "page.html", None)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert page.index("&lt;b&gt;wrong") < page.index("<summary>right")  # those that are wrong come first
    assert "<script>" not in page and "<b>wrong" not in page
    assert "calculator {&#x27;expression&#x27;: &#x27;6 * 8&#x27;}" in page
    assert "Made anew" in page and "── system" in page and "── tool calculator" in page


def test_recorded_answers_have_no_prompt(app: Cairn, tmp_path: Path) -> None:
    predictions = tmp_path / "said.jsonl"
    predictions.write_text(json.dumps({"id": "right", "answer": "42"}), "utf-8")
    questions = tmp_path / "sums.jsonl"
    questions.write_text(json.dumps(SUMS[0]), "utf-8")
    evaluation = Evaluation(app, Wanted(questions, predictions=predictions), lambda text: None)
    evaluation.run()
    write_report(app.settings.home, str(evaluation.record_file.path), tmp_path / "page.html", None)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "recorded answers" in page and "<summary>prompt</summary>" not in page
