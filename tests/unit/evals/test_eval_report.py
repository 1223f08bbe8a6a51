from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.evals.eval_records import Record
from cairn.evals.eval_report import percentile, summarise, wilson
from cairn.evals.metrics.execution_accuracy import Verdict

RECORD = Record("1", "A?", "shop", "easy", "SELECT 1", "SELECT 1", "right", input_tokens=10, output_tokens=2, seconds=1)


def records(*verdicts: Verdict) -> list[Record]:
    return [replace(RECORD, id=str(n), verdict=verdict) for n, verdict in enumerate(verdicts)]


def test_what_could_not_be_judged_is_in_no_share() -> None:
    report = summarise(records("right", "wrong", "failed", "unanswered", "error", "gold_failed", "unjudged"), 9)
    assert (report.total.right, report.total.of) == (1, 5)
    assert report.apart == {"gold_failed": ["5"], "unjudged": ["6"]}
    assert report.missing == 2


def test_why_something_was_not_judged_is_kept_in_one_line() -> None:
    [judged, broken] = records("failed", "gold_failed")
    report = summarise([replace(judged, error="wrong"), replace(broken, error="no such table: x\nLINE 1: SELECT")])
    assert report.reasons == report.as_dict()["reasons"] == {"1": "no such table: x"}


def test_nothing_judged_has_no_accuracy() -> None:
    report = summarise(records("gold_failed"))
    assert report.total.accuracy is None
    assert report.total.interval == (0, 1)


def test_shares_by_difficulty_and_database() -> None:
    mixed = [
        replace(RECORD, id="1", difficulty="extra", database="b", verdict="wrong", kind="empty"),
        replace(RECORD, id="2", difficulty="own", database="a"),
        replace(RECORD, id="3", difficulty="easy", database="a"),
    ]
    report = summarise(mixed)
    assert list(report.by_difficulty) == ["easy", "extra", "own"]
    assert {name: (s.right, s.of) for name, s in report.by_database.items()} == {"a": (2, 2), "b": (0, 1)}
    assert report.failures == {"wrong": {"empty": 1}}


def test_a_sum_with_a_part_that_is_unknown_is_unknown() -> None:
    assert summarise([RECORD, replace(RECORD, id="2")]).input_tokens == 20
    assert summarise([RECORD, replace(RECORD, id="2", input_tokens=None)]).input_tokens is None
    assert summarise([RECORD]).cost is None


def test_wilson_gives_the_published_values() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for right, of, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)]:
        assert wilson(right, of) == pytest.approx((low, high), abs=1e-4)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


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
