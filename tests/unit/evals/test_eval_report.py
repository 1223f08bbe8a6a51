from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.evals.eval_records import Record
from cairn.evals.eval_report import summarise
from cairn.evals.metrics import Score
from cairn.evals.score_figures import figure, interval, percentile, wilson

ANSWER = {"answer": "x", "seconds": 1.0, "usage": {"input_tokens": 10, "output_tokens": 2, "cost": None, "calls": 1}}


def record(id: str, facets: dict[str, Any] | None = None, sample: int = 0, **scores: float | None) -> Record:
    found = {name: Score(value, "" if value is not None else "judge away\nmore") for name, value in scores.items()}
    return Record(id, sample, "?", ANSWER, found, facets or {})


def test_what_could_not_be_judged_is_in_no_mean() -> None:
    report = summarise([record("1", f1=1.0), record("2", f1=0.5), record("3", f1=None), record("4", f1=None)], 6)
    told = report.figure
    assert (report.primary, told.mean, told.cases, told.unjudged, report.missing) == ("f1", 0.75, 2, 2, 2)
    assert (told.worst, told.best) == (1.5 / 4, 3.5 / 4)
    assert report.unjudged == {"f1": {"3": "judge away", "4": "judge away"}}


def test_nothing_judged_has_no_mean() -> None:
    told = summarise([record("1", f1=None)]).figure
    assert (told.mean, told.low, told.high, told.worst, told.best) == (None, 0, 1, 0, 1)


def test_repeats_are_averaged_within_their_case() -> None:
    repeats = [record("1", sample=n, exact=value) for n, value in enumerate([1.0, 0.0, None])]
    report = summarise([*repeats, record("2", exact=1.0)], primary="exact")
    assert (report.figure.mean, report.figure.cases, report.cases, report.answers) == (0.75, 2, 2, 4)


def test_three_figures_of_a_system_that_may_decline() -> None:
    """4 of 6 answered, 2 of these right; of two that nothing answers one is declined."""
    asked = [record(str(n), answered=float(n < 4), execution=float(n < 2)) for n in range(6)]
    refused = [record(f"r{n}", {"refuse": True}, refused=float(n)) for n in range(2)]
    report = summarise([*asked, *refused])
    assert report.metrics["answered"].mean == pytest.approx(4 / 6)
    assert (report.figure.mean, report.figure.of_answered) == (pytest.approx(2 / 6), 2 / 4)
    assert (report.metrics["right"].mean, report.metrics["right"].cases) == (pytest.approx(3 / 8), 8)


def test_means_by_each_facet() -> None:
    mixed = [
        record("1", {"difficulty": "extra", "database": "b", "tags": ["x", "y"]}, execution=0.0),
        record("2", {"difficulty": "own", "database": "a", "tags": ["x"]}, execution=1.0),
        record("3", {"difficulty": "easy", "database": "a"}, execution=1.0),
    ]
    report = summarise(mixed)
    assert list(report.by["difficulty"]) == ["easy", "extra", "own"]
    assert {name: (told.mean, told.cases) for name, told in report.by["database"].items()} == {"a": (1, 2), "b": (0, 1)}
    assert {name: told.mean for name, told in report.by["tags"].items()} == {"x": 0.5, "y": 0}


def test_kinds_errors_and_labels() -> None:
    wrong = replace(record("1", {"label": "A"}), scores={"label": Score(0.0, "", "b")})
    right = replace(record("2", {"label": "A"}), scores={"label": Score(1.0, "", "a")}, error="ModelAnswerError")
    sql = replace(record("3"), scores={"execution": Score(0.0, "", "empty")}, field_counts=(1, 2, 2))
    report = summarise([wrong, right, sql])
    assert (report.kinds, report.errors) == ({"execution": {"empty": 1}}, {"ModelAnswerError": ["2"]})
    assert report.confusion == {("A", "b"): 1, ("A", "a"): 1}
    assert (report.macro_f1, report.micro_f1) == (pytest.approx(2 / 3), 0.5)
    assert report.as_dict()["confusion"] == [["A", "b", 1], ["A", "a", 1]]


def test_a_sum_with_a_part_that_is_unknown_is_unknown() -> None:
    two = [record("1", f1=1.0), record("2", f1=1.0)]
    assert (summarise(two).input_tokens, summarise(two).calls, summarise(two).cost) == (20, 2, None)
    assert summarise([two[0], replace(two[1], answer={})]).input_tokens is None


def test_seconds_are_those_of_answers_that_came_from_no_recording() -> None:
    slow = replace(record("1", f1=1.0), answer={**ANSWER, "seconds": 9.0})
    assert summarise([slow, replace(record("2", f1=1.0), cached=True)]).median_seconds == 9


def test_wilson_gives_the_published_values() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for right, of, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)]:
        assert wilson(right, of) == pytest.approx((low, high), abs=1e-4)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_intervals_of_means() -> None:
    assert interval([1.0, 0.0, 1.0]) == wilson(2, 3)
    # mean .5, deviations .25: s = .2887 over sqrt(4); t(3) = 3.1824
    assert interval([0.25, 0.75, 0.25, 0.75]) == pytest.approx((0.5 - 0.4593, 0.5 + 0.4593), abs=1e-4)
    assert interval([0.5] * 8) == wilson(4, 8)
    assert interval([]) == (0, 1)


def test_cases_of_one_group_are_no_independent_witnesses() -> None:
    scores = {str(n): float(n % 4 < 2) for n in range(80)}
    alone, grouped = figure(scores), figure(scores, {name: int(name) % 4 for name in scores})
    assert alone.mean == grouped.mean and (alone.groups, grouped.groups) == (None, 4)
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)
    one = figure(scores, dict.fromkeys(scores, "all"))
    assert (one.low, one.high) == (0, 1)


def test_bounds_hold_the_truth_where_a_judge_fails_on_long_answers() -> None:
    """Failures that depend on what is judged: the mean of the rest is off, the bounds are not."""
    truth = {str(n): float(n < 30) for n in range(100)}
    seen: dict[str, float | None] = {case: None if int(case) >= 60 else score for case, score in truth.items()}
    told = figure(seen)
    assert told.mean == 0.5 and not told.low <= 0.3 <= told.high
    assert told.worst <= 0.3 <= told.best


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(right: int, wrong: int) -> None:
    low, high = wilson(right, right + wrong)
    assert 0 <= low <= high <= 1
    if right + wrong:
        assert low - 1e-9 <= right / (right + wrong) <= high + 1e-9


def test_percentiles_are_values_that_were_there() -> None:
    assert percentile([], 0.5) is None
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0], 0.95) == 1.0


def test_the_confidence_is_held_against_what_was_right() -> None:
    def voted(id: str, confidence: float | None, **scores: float | None) -> Record:
        return replace(record(id, **scores), answer={**ANSWER, "confidence": confidence})

    votes = [voted("1", 0.8, number=1.0), voted("2", 0.6, number=0.0), voted("3", 1.0, number=None)]
    assert summarise([*votes, record("4", number=1.0)]).brier == pytest.approx((0.04 + 0.36) / 2)
    assert summarise([record("1", number=1.0)]).brier is None
