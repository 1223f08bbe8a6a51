"""The ladder on the page: cases of two configurations, its sentences in Chinese, and what a case proposes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cairn import samples
from cairn.core.registry import PACKAGED, listed
from cairn.core.settings import Home
from cairn.evals.climb.climb_report import Point
from cairn.evals.climb.failure_diagnosis import KINDS
from cairn.evals.climb.ladder import GROUPS, Configuration, read_ladder
from cairn.evals.climb.staircase import staircase_svg
from cairn.evals.eval_records import Record
from cairn.ui.web import background_jobs, climb_start, climb_words
from cairn.ui.web.page_hints import report_here
from cairn.ui.web.page_texts import LANGUAGES, section, text
from tests.unit.ui.web.conftest import labels, page_of, press, shown

ZH = partial(text, language="zh")


def record(case: str, score: float) -> dict[str, Any]:
    failure = "found, not used" if score < 1 else None
    told = {"id": case, "question": f"Question {case}?", "answer": "An answer.", "error": None, "score": score}
    return {**told, "reason": "", "failure": failure, "sources": [], "steps": []}


def step(rung: str, fixed: list[str], broke: list[str]) -> dict[str, Any]:
    told = {"rung": rung, "kept": True, "reason": "the score rose", "score": 0.5, "difference": 0.5, "low": 0.1}
    return {**told, "high": 0.9, "p": 0.01, "fixed": fixed, "broke": broke, "tokens": 10, "description": ""}


def point(name: str, score: float) -> dict[str, Any]:
    state = "start" if name == "start" else "kept"
    told = {"name": name, "state": state, "score": score, "low": 0.0, "high": 1.0}
    return {**told, "tokens": 10, "cost": None, "seconds": None}


def climbed() -> dict[str, Any]:
    """`quotes` fixed two cases, `tools` a third and broke one of those: against the start it broke none."""
    answers = {
        "start": [record("a", 0), record("b", 0), record("c", 0)],
        "quotes": [record("a", 1), record("b", 1), record("c", 0)],
        "tools": [record("a", 0), record("b", 1), record("c", 1)],
    }
    return {
        "task": "documents",
        "model": "builtin",
        "metric": "says",
        "set": "mine",
        "cases": 3,
        "points": [point("start", 0), point("quotes", 2 / 3), point("tools", 2 / 3)],
        "steps": [step("quotes", ["a", "b"], []), step("tools", ["c"], ["a"])],
        "kept": ["quotes", "tools"],
        "ended": "Every rung was tried.",
        "next": "1 of 1 failures: nothing was looked up; what helps there are instructions.",
        "verdicts": [],
        "cross_fit": None,
        "groups": ["instructions"],
        "changes": [{"path": "retrieval.k", "before": 5, "after": 3}],
        "patch": {"retrieval": {"k": 3}},
        "end_model": None,
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
    told = "Try such steps: instructions in the prompt"
    assert labels(page).count(told) == 2  # for what fails, and for this question
    press(page, told)
    assert page.multiselect(key="climb_groups").value == ["instructions"]
    assert next(one for one in page.expander if one.label == "Compare set-ups step by step").proto.expanded


def test_the_end_is_named_made_live_marked_and_undone_where_it_was_clicked(page: AppTest) -> None:
    page.run()
    assert "2 questions more are right: 2 of 3, at the start 0 of 3. Not proven" in shown(page)
    press(page, "Make 'quotes + tools' live for task documents")
    assert "3 passages instead of 5" in shown(page) and shown(page).count("live</b>") == 1
    assert labels(page).count("Undo") == 1 and "cairn-undo" not in shown(page)
    press(page, "Undo")
    assert "live</b>" not in shown(page) and "Make 'quotes + tools' live for task documents" in labels(page)
    assert "task documents is as it was before" in page.toast[0].value


def test_failures_are_counted_once(page: AppTest) -> None:
    page.run()
    assert "Still wrong: 1 of 3" in shown(page)
    assert "1: the passage was found, and the answer does not rest on it" in shown(page)


def verdict(difference: float, further: int | None, proof: str = "too few cases") -> dict[str, Any]:
    told = {"what": "the climb against the start", "proof": proof, "tested": True, "difference": difference}
    return {**told, "low": -0.1, "high": 0.2, "p": 0.5, "further_cases": further, "warning": None}


@pytest.mark.parametrize(
    ("end", "tokens", "tested", "told"),
    [
        (1 / 3, 10, verdict(0.1, 90), "1 question more is right: 1 of 3, at the start 0 of 3. "
         "Not proven: it may be chance; about 90 questions more would tell."),
        (0, 7, verdict(0.0, None), "No better than the start: 0 of 3 right in both. It takes 30% fewer tokens. "
         "Not proven: on questions that had no say in the choice it made no difference."),
        (1, 20, verdict(0.9, None, "proven"), "3 questions more are right: 3 of 3, at the start 0 of 3. "
         "It takes 2.0 times the tokens. Proven: it holds for questions that had no say in the choice."),
    ],
)  # fmt: skip
def test_what_is_better_and_whether_it_is_proven_is_one_sentence(
    end: float, tokens: int, tested: dict[str, Any], told: str
) -> None:
    points = [point("start", 0), {**point("tools", end), "tokens": tokens}]
    assert climb_words.outcome({**climbed(), "points": points, "cross_fit": tested}) == told


def test_where_nothing_better_was_found_nothing_invites(home: Home, page: AppTest) -> None:
    nothing = {**climbed(), "kept": [], "steps": [{**step("quotes", [], []), "kept": False}]}
    next((home.root / "evals" / "climbs").iterdir()).write_text(json.dumps(nothing), "utf-8")
    page.run()
    assert "Nothing better was found: 0 of 3 right as it is now." in shown(page)
    assert not any(label.startswith("Make") for label in labels(page))


def test_without_a_climb_of_ones_own_the_samples_are_shown_at_once(home: Home) -> None:
    page = page_of("evaluation").run()
    assert not page.exception
    assert "An example: 24 questions" in shown(page) and "21 of 24" in shown(page)
    assert page.selectbox(key="climb_second:start:6").value == "tools"
    assert not (home.root / "evals").exists() and background_jobs.job(climb_start.JOB) is None


def test_while_a_climb_goes_on_the_one_before_is_not_shown(page: AppTest) -> None:
    page.run()
    assert "Still wrong" in shown(page)
    begun = background_jobs.Job("climb")
    background_jobs._jobs()["climb"] = begun  # pyright: ignore[reportPrivateUsage]
    page.run()
    assert "Still wrong" not in shown(page)


def test_a_climb_says_which_step_and_question_it_is_at() -> None:
    job = background_jobs.Job("climb")
    progress = climb_start.Progress(job, "en")
    start, first = Configuration(), Configuration({"retrieval": {"k": 3}}, rungs=("3 passages",))
    answered = Record("a", 0, "?", {}, {})
    progress.begin(7, 24)
    progress.show(start, answered)
    assert (job.doing, job.done, job.total) == ("Step 0 of 7: start, question 1 of 24", 1, 192)
    for _ in range(3):
        progress.show(first, answered)
    assert (job.doing, job.done) == ("Step 1 of 7: 3 passages, question 3 of 24", 27)
    progress.tell("Too few cases to hold a part out")
    progress.show(start, answered)
    assert job.doing.startswith("Whether it holds") and job.done == job.total


def test_a_climb_says_how_many_answers_were_known_already() -> None:
    job = background_jobs.Job("climb")
    progress = climb_start.Progress(job, "en")
    progress.begin(1, 2)
    answered = Record("a", 0, "?", {}, {})
    progress.show(Configuration(), answered)
    progress.end()
    assert job.told == []
    progress.show(Configuration(), replace(answered, cached=True))
    progress.end()
    assert job.told == ["1 of 2 answers were known already: nothing was asked for them."]


def paths(patch: dict[str, Any], at: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in patch.items():
        yield from paths(value, f"{at}{name}.") if isinstance(value, dict) else [(f"{at}{name}", value)]


def test_each_change_of_a_packaged_rung_is_told_in_words() -> None:
    changed = [one for rung in read_ladder() for one in paths(rung.patch)]
    changed += [("retrieval.dense_weight", 0.4), ("retrieval.adapter", "0123456789ab-0123456789ab"), ("model", "m")]
    for path, value in changed:
        for language in LANGUAGES:
            told = climb_words.in_words(path, None, value, language)
            assert told and (path == "model" or path not in told), path
            assert language == "en" or not re.search("[a-z]{2}", told.replace(str(value), "")), told


def test_what_is_otherwise_is_told_in_words_and_then_as_the_setting(home: Home, page: AppTest) -> None:
    said = {
        "retrieval.rerank": ([], ["mmr"], "order of the passages: similar to the question, not to each other"),
        "examples.k": (4, 8, "at most 8 examples instead of 4"),
        "wording.time_to_think": (None, True, "addition to the prompt “time to think”: on"),
        "citations.check": ("rules", "none", "citations.check: rules → none"),
    }
    changes = [{"path": path, "before": before, "after": after} for path, (before, after, _) in said.items()]
    next((home.root / "evals" / "climbs").iterdir()).write_text(json.dumps({**climbed(), "changes": changes}), "utf-8")
    page.run()
    assert not page.exception
    for _, _, told in said.values():
        assert told in shown(page)
    assert shown(page).count("citations.check") == 1 and ">retrieval.rerank: mmr<" in shown(page)


def test_packaged_rungs_groups_and_metrics_are_named_in_chinese_and_ones_own_as_it_is() -> None:
    packaged = [*read_ladder(), *read_ladder(samples.LADDER)]
    assert section("rungs", "zh").keys() == {climb_words.slug(rung.name) for rung in packaged}
    for rung in packaged:
        name, does = climb_words.rung(rung.name, "zh"), climb_words.does(rung.name, rung.description, "zh")
        assert not re.search(r"[a-z]{3}", re.sub("Jaccard|HyDE|PEARL|DIN-SQL", "", f"{name} {does}")), name
        assert climb_words.rung(rung.name, "en") == rung.name
    assert climb_words.rung("quotes", "zh") == "quotes"
    assert climb_words.does("routing", "Mine.", "zh") == "Mine."
    metrics = {plugin.name for plugin in listed("metric") if plugin.source == PACKAGED}
    assert metrics == section("metrics", "en").keys() and set(GROUPS) == section("kinds", "en").keys()


def test_the_chinese_page_names_the_samples_steps_in_chinese(home: Home) -> None:
    page = page_of("evaluation")
    page.session_state["language"] = "zh"
    page.run()
    assert not page.exception
    assert "一个段落" in shown(page) and "a passage" not in shown(page)
    assert page.selectbox(key="climb_second:start:6").options[-1] == "工具"


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
    assert ">起点<" in drawn and ">每个回答的词元<" in drawn and ">1 quotes<" in drawn


def test_the_picture_names_what_was_kept_alone() -> None:
    points = [Point(name, state, 0.5, 0.4, 0.6, 20, None, None)
              for name, state in (("start", "start"), ("quotes", "kept"), ("whole sections", "left"))]  # fmt: skip
    drawn = staircase_svg(points, "mine")
    assert ">1 quotes<" in drawn and ">2<" in drawn and ">2 whole sections<" not in drawn
    labels = [float(y) for y in re.findall(r'<text x="[^"]*" y="([\d.]+)"[^>]*>(?:start|1 quotes|2)<', drawn)]
    assert len(labels) == 3 and min(abs(a - b) for a in labels for b in labels if a is not b) >= 13
