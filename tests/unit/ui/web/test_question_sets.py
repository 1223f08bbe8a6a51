"""Question sets on the page, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from cairn.core.settings import Home
from cairn.evals.case_reading import read_cases
from cairn.evals.cases import GOLDS
from cairn.ui.web.question_sets import EXAMPLE
from tests.unit.ui.web.conftest import page_of, press, shown


def test_the_page_says_which_columns_a_set_has(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    page = page_of("evaluation")
    page.session_state["evaluation_view"] = "sets"
    page.run()
    assert not page.exception
    assert "question" in shown(page) and all(name in shown(page) for name in GOLDS)


def test_the_example_is_a_set(tmp_path: Path) -> None:
    file = tmp_path / "questions.csv"
    file.write_text(EXAMPLE, "utf-8")
    leave, parking = read_cases(file)
    assert leave.answers == ("30 days",) and str(leave.sources[0]) == "handbook.pdf" and not leave.refuse
    assert parking.refuse and parking.golds == ("refuse",)


def test_a_set_is_called_by_its_name_in_the_readers_language(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    file = home.root / "sets" / "mine.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"id": "a", "question": "Colour?", "reviewed": false}\n', "utf-8")
    page = page_of("evaluation")
    page.session_state["evaluation_view"], page.session_state["language"] = "sets", "zh"
    page.run()
    press(page, "检查")
    assert page.toast[0].value.replace("\\", "").startswith("mine.jsonl 中还没有已接受的问题。")


def test_a_row_is_accepted_with_what_stands_in_the_field(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    file = home.root / "sets" / "mine.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"id": "a", "question": "Colour?", "reviewed": false}\n', "utf-8")
    page = page_of("evaluation")
    page.session_state["evaluation_view"] = "sets"
    page.run()
    press(page, "Accept")
    assert "does not say what is right" in page.toast[0].value
    next(field for field in page.text_input if str(field.key).startswith("right:")).set_value("green")
    press(page, "Accept")
    assert read_cases(file)[0].answers == ("green",)
