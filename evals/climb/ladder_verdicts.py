"""What of a climb is proven, on cases that chose nothing.

With a held-out part: it is opened once, and what is tested on it, in which order, is fixed before. First the end
against the start; only while everything so far was proven comes the next, each kept rung against the one below it, the
greatest gain first. Tested so, the chance that anything at all is wrongly called proven stays that of a single test
(fixed-sequence testing; Maurer, Hothorn and Lehmacher 1995).

With few cases the whole selection is cross-fitted: each part of the cases is answered by what the others chose. What
is proven then is the climb itself, not one of its configurations.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cairn.evals.climb.climbing import Evaluate, Outcome, Path, scores
from cairn.evals.climb.ladder import Configuration
from cairn.evals.paired_comparison import Comparison, compare

Proof = Literal["proven", "proven worse", "too few cases"]
FOLDS = 5
_CROSS_FITTED = 1.6
"""The parts chose for each other, so that the sum of what they gained varies more than that of independent cases
(Bates, Hastie and Tibshirani 2023, "Cross-validation: what does it estimate"); chosen by `benchmarks.statistics`.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`what` was compared; `tested` is False for one that came after a test that proved nothing."""

    what: str
    proof: Proof
    comparison: Comparison | None
    tested: bool = True


@dataclass(frozen=True, slots=True)
class CrossFit:
    """The climb made anew without each part of the cases. `kept`: in how many of the parts each rung was kept.

    `optimism`: by how much the gain on the choosing cases was greater than on those that chose nothing.
    """

    verdict: Verdict
    kept: Mapping[str, int]
    folds: int
    optimism: float


def proof_of(comparison: Comparison) -> Proof:
    verdicts: dict[str, Proof] = {"better": "proven", "worse": "proven worse"}
    return verdicts.get(comparison.verdict, "too few cases")


def held_out_verdicts(
    path: Path, evaluate: Evaluate, cases: Sequence[str], groups: Mapping[str, Hashable] | None = None
) -> list[Verdict]:
    """The verdicts on the held-out cases, the end against the start first. Asks only what a test needs."""
    found: list[Verdict] = []
    going = True
    for what, lower, upper in planned_tests(path):
        if not going:
            found.append(Verdict(what, "too few cases", None, tested=False))
            continue
        comparison = _compared(evaluate(lower, cases), evaluate(upper, cases), groups)
        found.append(Verdict(what, proof_of(comparison), comparison))
        going = found[-1].proof == "proven"
    return found


def planned_tests(path: Path) -> Iterator[tuple[str, Configuration, Configuration]]:
    """(what, the one below, the one above), in the order in which they are tested."""
    if not path.kept:
        return
    yield "the end against the start", path.start, path.end
    if len(path.kept) < 2:
        return
    below = [path.start, *(step.configuration for step in path.kept)]
    steps = sorted(enumerate(path.kept), key=lambda pair: -pair[1].comparison.difference)
    for place, step in steps:
        yield step.rung.name, below[place], step.configuration


def cross_fit(
    climb: Callable[[Sequence[str]], Path],
    evaluate: Evaluate,
    path: Path,
    cases: Sequence[str],
    groups: Mapping[str, Hashable] | None = None,
    seed: int = 0,
) -> CrossFit:
    """Make the climb anew on all cases but one part, for each part, and judge what it chose on that part.

    Args:
        climb: Climbs on some of the cases.
        evaluate: Asks and scores.
        path: The climb on all cases, whose optimism is told.
        cases: All of them.
        groups: What cases share: those of a group stay in one part.
        seed: Of the division.

    Returns:
        The verdict, over all cases, each answered by a configuration that it did not help to choose.
    """
    first: dict[str, Outcome] = {}
    second: dict[str, Outcome] = {}
    kept: dict[str, int] = {}
    parts = fold(cases, groups, seed)
    for part in parts:
        left_out = set(part)
        others = [case for case in cases if case not in left_out]
        chosen = climb(others)
        for step in chosen.kept:
            kept[step.rung.name] = kept.get(step.rung.name, 0) + 1
        first |= evaluate(path.start, part)
        second |= evaluate(chosen.end, part)
    comparison = _compared(first, second, groups, _CROSS_FITTED)
    tuned = _compared(path.first, path.last, groups)
    verdict = Verdict("the climb against the start", proof_of(comparison), comparison)
    return CrossFit(verdict, kept, len(parts), tuned.difference - comparison.difference)


def fold(cases: Sequence[str], groups: Mapping[str, Hashable] | None, seed: int, parts: int = FOLDS) -> list[list[str]]:
    """The cases in parts of about one size; cases of a group are in one part, the largest groups are placed first."""
    together: dict[Hashable, list[str]] = {}
    for case in cases:
        together.setdefault((groups or {}).get(case, (case,)), []).append(case)
    shuffled = list(together.values())
    random.Random(seed).shuffle(shuffled)  # noqa: S311 (not a secret)
    shuffled.sort(key=len, reverse=True)
    found: list[list[str]] = [[] for _ in range(max(2, min(parts, len(shuffled))))]
    for members in shuffled:
        min(found, key=len).extend(members)
    return [part for part in found if part]


def _compared(
    first: Mapping[str, Outcome],
    second: Mapping[str, Outcome],
    groups: Mapping[str, Hashable] | None,
    inflation: float = 1.0,
) -> Comparison:
    return compare(scores(first, second), scores(second, first), groups, inflation)
