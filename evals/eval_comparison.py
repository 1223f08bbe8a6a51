"""Two evaluations of one set, compared case by case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cairn.core.errors import UsageError
from cairn.evals.eval_records import Record
from cairn.evals.eval_report import Report, case_scores, groups_of, summarise
from cairn.evals.paired_comparison import Comparison, compare


@dataclass(frozen=True, slots=True)
class EvaluationComparison:
    """By one metric; `first` and `second` are the reports on all cases of each."""

    metric: str
    comparison: Comparison
    first: Report
    second: Report

    def as_dict(self) -> dict[str, Any]:
        one = self.comparison
        derived = {"difference": one.difference, "verdict": one.verdict, "further_cases": one.further_cases()}
        cost = {
            name: {"cost": report.cost, "seconds": report.median_seconds}
            for name, report in (("first", self.first), ("second", self.second))
        }
        return {"metric": self.metric, **asdict(one), **derived, "warning": one.warning, "took": cost}


def compare_records(
    first: Sequence[Record], second: Sequence[Record], metric: str | None = None
) -> EvaluationComparison:
    """Repeats are averaged within their case first; cases that one of both could not judge are left out.

    Raises UsageError where both have no case that the metric judged.
    """
    reports = [summarise(records, primary=metric) for records in (first, second)]
    name = reports[0].primary
    scores = [
        {case: score for case, score in case_scores(records, name).items() if score is not None}
        for records in (first, second)
    ]
    if not set(scores[0]) & set(scores[1]):
        known = ", ".join(sorted(set(reports[0].metrics) & set(reports[1].metrics))) or "none"
        raise UsageError(f"No case has a score by {name!r} in both.", f"Metrics that both have: {known}.")
    groups = groups_of([*first, *second])
    return EvaluationComparison(name, compare(scores[0], scores[1], groups or None), reports[0], reports[1])
