"""A whole evaluation, as a program makes it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from cairn.core.errors import ModelUnavailable, TaskError
from cairn.core.settings import Home, load_settings
from cairn.evals.eval_report import Report
from cairn.evals.set_evaluation import evaluate
from tests.scripted import ScriptedModel


def evaluated(home: Home, tmp_path: Path, rows: list[dict[str, Any]], said: list[str], **options: Any) -> Report:
    questions, predictions = tmp_path / "questions.jsonl", tmp_path / "said.txt"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    predictions.write_text("\n".join(said), "utf-8")
    return evaluate(questions, predictions=predictions, home=load_settings(home.root, samples=False), **options)


ROWS = [{"question": f"Question {name}?", "rubric": "Says it."} for name in ("one", "two", "three")]


def test_a_judge_grades_and_what_it_could_not_grade_stands_apart(home: Home, tmp_path: Path) -> None:
    graded: dict[str, Any] = {
        "answer a": "Fine.\nscore: 4",
        "answer b": "Half.\nscore: 2",
        "answer c": ModelUnavailable("The server is away."),
    }

    def judged(messages: list[BaseMessage]) -> Any:
        asked = messages[-1].text
        return next(said for text, said in graded.items() if text in asked) if "Rubric:" in asked else "- What is it?"

    judge = ScriptedModel(*[judged] * 6)
    told = evaluated(home, tmp_path, ROWS, list(graded), judge=judge).metrics["rubric"]
    judge.assert_done()
    assert (told.mean, told.cases, told.unjudged) == (0.75, 2, 1)
    assert (told.worst, told.best) == (0.5, pytest.approx(2.5 / 3))


def test_without_a_judge_nothing_is_judged(home: Home, tmp_path: Path) -> None:
    assert set(evaluated(home, tmp_path, ROWS, ["a", "b", "c"]).metrics) == {"answered"}


def test_a_judge_has_to_write(home: Home, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="needs a model that writes"):
        evaluated(home, tmp_path, ROWS, ["a"], judge="builtin")


def test_a_gold_that_is_wrong_is_told_before_anything_is_scored(home: Home, tmp_path: Path) -> None:
    rows = [{"question": "A?", "sources": ["nowhere.md"]}]
    with pytest.warns(UserWarning, match=r"gold source of 1: nowhere.md: no such document"):
        report = evaluated(home, tmp_path, rows, ["a"])
    assert report.metrics["recall"].mean == 0


def test_a_classification_set_has_macro_f1_and_a_confusion(home: Home, tmp_path: Path) -> None:
    rows = [{"text": f"Text {n}", "label": label} for n, label in enumerate(["账单", "账单", "理赔"])]
    report = evaluated(home, tmp_path, rows, ["账单", "理赔", "理赔"])
    assert (report.primary, report.figure.mean) == ("label", pytest.approx(2 / 3))
    assert report.macro_f1 == pytest.approx(2 / 3)
    assert report.confusion[("账单", "理赔")] == 1


def test_questions_of_one_database_are_no_independent_witnesses(home: Home, tmp_path: Path) -> None:
    """Three databases of which one is hard: the interval rests on three, whatever the number of questions."""
    folder = tmp_path / "databases"
    folder.mkdir()
    for name in ("a", "b", "c"):
        with sqlite3.connect(folder / f"{name}.sqlite") as database:
            database.execute("CREATE TABLE t (n INTEGER)")
            database.execute("INSERT INTO t VALUES (1), (2)")
    rows = [
        {"question": f"{db} {n}?", "query": "SELECT count(*) FROM t", "db_id": db} for db in "abc" for n in range(8)
    ]
    said = ["SELECT 2" if row["db_id"] != "c" else "SELECT 3" for row in rows]
    figure = evaluated(home, tmp_path, rows, said, databases=folder).figure
    assert (figure.mean, figure.groups) == (pytest.approx(2 / 3), 3) and (figure.low, figure.high) == (0, 1)
    own = [row | {"group": f"author {n % 12}"} for n, row in enumerate(rows)]
    assert evaluated(home, tmp_path, own, said, databases=folder).figure.groups == 12
