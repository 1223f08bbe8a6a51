"""What a climb came to, as data: each rung, what is proven, and the cases behind both. Reports and pages draw it."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path as File
from typing import Any, cast

from cairn.evals.climb.climbing import Outcomes, Path, Step, mean_tokens
from cairn.evals.climb.failure_diagnosis import Diagnosis, diagnose
from cairn.evals.climb.ladder_verdicts import CrossFit, Verdict
from cairn.evals.paired_comparison import interval

VERSION = 1


@dataclass(frozen=True, slots=True)
class Point:
    """A configuration in the picture: what it costs, and how good it is, with the 95 % interval of its mean score.

    `tokens`: of a case on the average. `state`: `start`, `kept` or `left`.
    """

    name: str
    state: str
    score: float
    low: float
    high: float
    tokens: float | None
    cost: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """`path`: which field of the task, as `retrieval.k`."""

    path: str
    before: Any
    after: Any


def changes(task: Mapping[str, Any], patch: Mapping[str, Any], at: str = "") -> list[Change]:
    """What a patch makes of a task, field by field; what is so already is no change."""
    found: list[Change] = []
    for name, value in patch.items():
        path, before = f"{at}{name}", task.get(name)
        if isinstance(value, Mapping) and (isinstance(before, Mapping) or before is None):
            found += changes(before or {}, cast(Mapping[str, Any], value), f"{path}.")
        elif before != value:
            found.append(Change(path, before, value))
    return found


@dataclass(frozen=True)
class ClimbReport:
    """A climb that has ended.

    Args:
        set: The name of the set.
        task: The task that was climbed.
        model: The model that answered.
        primary: The metric that counts.
        path: What was tried and kept on the tuning part.
        verdicts: What the held-out part says, the end against the start first.
        cross_fit: Where there was no held-out part.
        looks: How often the held-out part was opened before.
        unjudged: Cases that no configuration could be judged on, by why.
        file: Where it is written down, with every answer.
        groups: What cases share, by case.
        changes: What the end does otherwise than the start.
    """

    set: str
    task: str
    model: str
    primary: str
    path: Path
    verdicts: Sequence[Verdict] = ()
    cross_fit: CrossFit | None = None
    looks: int = 0
    unjudged: dict[str, str] = field(default_factory=dict[str, str])
    file: File | None = None
    groups: Mapping[str, Hashable] | None = None
    changes: Sequence[Change] = ()

    @property
    def points(self) -> list[Point]:
        """The start, then each rung that was tried on all cases, in order."""
        start = point("start", "start", self.path.first, self.groups)
        whole = [step for step in self.path.steps if len(step.outcomes) == len(self.path.first)]
        return [start, *(_point(step, self.groups) for step in whole)]

    @property
    def models(self) -> dict[str, list[str]]:
        """The models that answered, each with the start and the rungs where it did."""
        tried = [("start", self.path.start), *((step.rung.name, step.configuration) for step in self.path.steps)]
        found: dict[str, list[str]] = {}
        for name, configuration in tried:
            other = configuration.model if configuration.model != self.path.start.model else None
            found.setdefault(str(other or self.model), []).append(name)
        return found

    @property
    def diagnosis(self) -> Diagnosis:
        """Of what still fails."""
        return diagnose(self.path.last)

    def as_dict(self) -> dict[str, Any]:
        diagnosis = self.diagnosis
        return {
            "version": VERSION,
            "set": self.set,
            "task": self.task,
            "model": self.model,
            "metric": self.primary,
            "cases": len(self.path.first),
            "judged": sum(outcome.score is not None for outcome in self.path.first.values()),
            "points": [asdict(one) for one in self.points],
            "steps": [_step(step) for step in self.path.steps],
            "kept": list(self.path.end.rungs),
            "patch": dict(self.path.end.patch),
            "end_model": self.path.end.model,
            "changes": [asdict(one) for one in self.changes],
            "ended": self.path.ended,
            "verdicts": [_verdict(one) for one in self.verdicts],
            "cross_fit": _cross_fit(self.cross_fit),
            "looks_before": self.looks,
            "failures": dict(diagnosis.failures),
            "axes": diagnosis.axes,
            "groups": list(diagnosis.groups),
            "next": diagnosis.sentence,
            "unjudged": self.unjudged,
        }


def _point(step: Step, groups: Mapping[str, Hashable] | None) -> Point:
    return point(step.rung.name, "kept" if step.kept else "left", step.outcomes, groups)


def point(name: str, state: str, outcomes: Outcomes, groups: Mapping[str, Hashable] | None = None) -> Point:
    """Where a configuration stands in the picture; `groups`: what cases share, by case."""
    judged = {case: outcome.score for case, outcome in outcomes.items() if outcome.score is not None}
    values = list(judged.values())
    mean = sum(values) / len(values) if values else 0.0
    low, high = mean_interval(values, [groups.get(case, (case,)) for case in judged] if groups else None)
    costs = [outcome.cost for outcome in outcomes.values()]
    known = [cost for cost in costs if cost is not None]
    seconds = sorted(outcome.seconds for outcome in outcomes.values() if outcome.seconds is not None)
    cost = sum(known) if known and len(known) == len(costs) else None
    return Point(
        name, state, mean, low, high, mean_tokens(outcomes), cost, seconds[len(seconds) // 2] if seconds else None
    )


def mean_interval(values: Sequence[float], groups: Sequence[Hashable] | None = None) -> tuple[float, float]:
    """The 95 % interval of a mean score, by the method of the comparisons: its distance from 0 is a difference."""
    if not values:
        return 0.0, 1.0
    low, high, _ = interval([2 * value - 1 for value in values], groups)
    return max(0.0, (low + 1) / 2), min(1.0, (high + 1) / 2)


def _step(step: Step) -> dict[str, Any]:
    one = step.comparison
    return {
        "rung": step.rung.name,
        "group": step.rung.group,
        "description": step.rung.description,
        "kept": step.kept,
        "label": step.label,
        "reason": step.reason,
        "asked": step.asked,
        "score": one.second,
        "difference": one.difference,
        "low": one.low,
        "high": one.high,
        "p": one.p,
        "fixed": list(one.gained),
        "broke": list(one.lost),
        "tokens": step.tokens,
        "warning": one.warning,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    one = verdict.comparison
    told: dict[str, Any] = {"what": verdict.what, "proof": verdict.proof, "tested": verdict.tested}
    if one is not None:
        told |= {"difference": one.difference, "low": one.low, "high": one.high, "p": one.p, "cases": one.cases}
        told |= {"fixed": list(one.gained), "broke": list(one.lost), "further_cases": one.further_cases()}
        told |= {"warning": one.warning}
    return told


def _cross_fit(fitted: CrossFit | None) -> dict[str, Any] | None:
    if fitted is None:
        return None
    kept = {"kept": dict(fitted.kept), "folds": fitted.folds, "optimism": fitted.optimism}
    return {**_verdict(fitted.verdict), **kept}
