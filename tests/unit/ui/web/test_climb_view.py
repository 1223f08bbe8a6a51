"""The ladder on the page: cases of two configurations, its sentences in Chinese, and what a case proposes."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cairn.core.settings import Home
from cairn.evals.climb.climb_report import Point
from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.evals.climb.ladder import GROUPS
from cairn.evals.climb.staircase import staircase_svg
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import text
from tests.unit.ui.web.conftest import labels, page_of, press, shown

ZH = partial(text, language="zh")


def record(case: str, score: float) -> dict[str, Any]:
    failure = "found, not used" if score < 1 else None
    told = {"id": case, "question": f"Question {case}?", "answer": "An answer.", "error": None, "score": score}
    return {**told, "reason": "", "failure": failure, "sources": [], "steps": []}


def step(rung: str, fixed: list[str], broke: list[str]) -> dict[str, Any]:
    told = {"rung": rung, "kept": True, "reason": "the score rose", "score": 0.5, "difference": 0.5, "low": 0.1}
    return {**told, "high": 0.9, "p": 0.01, "fixed": fixed, "broke": broke, "tokens": 10, "description": ""}


def climbed() -> dict[str, Any]:
    """`quotes` fixed two cases, `tools` a third and broke one of those: against the start it broke none."""
    answers = {
        "start": [record("a", 0), record("b", 0), record("c", 0)],
        "quotes": [record("a", 1), record("b", 1), record("c", 0)],
        "tools": [record("a", 0), record("b", 1), record("c", 1)],
    }
    return {
        "task": "docs",
        "model": "builtin",
        "metric": "says",
        "set": "mine",
        "cases": 3,
        "points": [],
        "steps": [step("quotes", ["a", "b"], []), step("tools", ["c"], ["a"])],
        "kept": ["quotes", "tools"],
        "ended": "Every rung was tried.",
        "next": "1 of 1 failures: nothing was looked up; what helps there are instructions.",
        "verdicts": [],
        "cross_fit": None,
        "axes": {"context": 1, "act": 0},
        "failures": {"found, not used": 1},
        "answers": answers,
    }


@pytest.fixture
def page(home: Home, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CAIRN_SAMPLES", "false")
    folder = home.root / "evals" / "climbs"
    folder.mkdir(parents=True)
    (folder / "20260101-000000-mine.json").write_text(json.dumps(climbed()), "utf-8")
    return page_of("evaluation")


def cases(page: AppTest) -> list[str]:
    return [one.label for one in page.expander if "Question" in one.label]


def test_what_was_fixed_and_broke_is_of_the_two_that_are_compared(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert [label.split(" · ")[1] for label in cases(page)] == ["0 → 1", "0 → 1"]
    page.selectbox(key="climb_first:3").select("quotes").run()
    assert not page.exception
    assert [label.split(" · ")[1] for label in cases(page)] == ["1 → 0"]
    sides = re.findall(r"cairn-side.*?>(.*?)<", shown(page))
    assert sides == ["quotes · 1", "tools · 0"]


def test_a_failed_case_says_what_to_climb_with_and_opens_it(page: AppTest) -> None:
    page.run().selectbox(key="climb_first:3").select("quotes").run()
    assert "the passage was found, and the answer does not rest on it" in shown(page)
    assert labels(page).count("Climb with: instructions") == 1
    press(page, "Climb with: instructions")
    assert page.multiselect(key="climb_groups").value == ["instructions"]
    assert next(one for one in page.expander if one.label == "Climb a set").proto.expanded


def test_what_a_climb_says_is_said_in_chinese() -> None:
    told = ["the score rose", "1.4 times the tokens for so little", "Every rung was tried.", "found, not used"]
    told += [*GROUPS, *KINDS, *(kind.says for kind in KINDS.values())]
    told.append("3 of 4 failures: nothing was looked up; what helps there are instructions.")
    told.append("3 of 4 failures: no answer came. No rung can mend that: look at them one by one.")
    for one in told:
        assert not re.search("[a-z]{2}", report_here(one, ZH)), one
    assert report_here("does not say '4 weeks'", ZH) == "没有说 '4 weeks'"
    assert report_here("Something of which nothing is known.", ZH) == "Something of which nothing is known."


def test_the_picture_has_the_readers_words() -> None:
    start = Point("start", "start", 0.1, 0, 0.2, 10, None, None)
    points = [start, Point("quotes", "kept", 0.5, 0.4, 0.6, 20, None, None)]
    drawn = staircase_svg(points, "mine", partial(report_here, say=ZH))
    assert ">起点<" in drawn and ">每个回答的词元<" in drawn and ">quotes<" in drawn
