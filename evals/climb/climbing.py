"""One rung after the other: tried on the tuning cases, kept when it is worth it, stopped early when it is not.

What is kept here is chosen, not proven: the cases that choose can't judge (`ladder_verdicts` does that on others).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from cairn.core.errors import UsageError
from cairn.evals.climb.ladder import NOTHING, Configuration, Group, Learned, Rung
from cairn.evals.paired_comparison import Comparison, compare, interval

Label = Literal["leads", "trails", "open"]
_PORTIONS = 3
_LEAST_PORTION = 12
_STOP_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one configuration made of one case.

    `score`: the primary metric's, None where it could not be judged. `failure`: what the diagnosis calls it where the
    score is not full. `tokens` and `cost` are None where a call did not say; `seconds` where the answer was known.
    """

    score: float | None
    failure: str | None = None
    tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None


Outcomes = Mapping[str, Outcome]


class Evaluate(Protocol):
    def __call__(self, configuration: Configuration, cases: Sequence[str]) -> Outcomes:
        """The outcomes of these cases. What was asked before is known and costs nothing. Raises BudgetSpent."""
        ...


class BudgetSpent(Exception):
    """There is no money, time or call left for what was to be asked."""


@dataclass(frozen=True)
class Step:
    """A rung that was tried. `comparison` is with what it would have replaced, on the cases that both were asked.

    `asked`: how many of the cases it was tried on before it was given up; all of them for one that was not.
    """

    rung: Rung
    configuration: Configuration
    comparison: Comparison
    tokens: float | None
    kept: bool
    label: Label
    reason: str
    asked: int
    outcomes: Outcomes = field(repr=False)


@dataclass(frozen=True)
class Path:
    """What a climb came to. `ended`: why it went no further."""

    start: Configuration
    first: Outcomes = field(repr=False)
    steps: tuple[Step, ...] = ()
    ended: str = ""

    @property
    def kept(self) -> list[Step]:
        return [step for step in self.steps if step.kept]

    @property
    def end(self) -> Configuration:
        return self.kept[-1].configuration if self.kept else self.start

    @property
    def last(self) -> Outcomes:
        return self.kept[-1].outcomes if self.kept else self.first


Next = Callable[[Sequence[Rung], Outcomes], Rung | None]
"""Which of the rungs that are left to try next, from what the configuration so far made of the cases; None ends."""


def in_order(left: Sequence[Rung], _outcomes: Outcomes) -> Rung | None:
    """The path as it is written."""
    return left[0] if left else None


@dataclass(frozen=True)
class Climb:
    """How to climb.

    Args:
        evaluate: Asks and scores.
        choose: What comes next.
        groups: What cases share, by case.
        worth: By how much the score has to rise for each doubling of the tokens.
        margin: None to climb; else a rung is kept that is cheaper and at most so much worse.
        tell: Is told of each step as it ends.
        learn: What a rung learns of the cases that choose.
    """

    evaluate: Evaluate
    choose: Next = in_order
    groups: Mapping[str, Hashable] | None = None
    worth: float = 0.01
    margin: float | None = None
    tell: Callable[[Step], None] = lambda step: None
    learn: Callable[[Rung, Sequence[str]], Learned] = lambda rung, cases: NOTHING

    def run(self, start: Configuration, rungs: Iterable[Rung], cases: Sequence[str], seed: int = 0) -> Path:
        """Climb on these cases, in an order that is fixed before the first is asked.

        Cases that gain tend to be answered sooner: looking at whatever has come so far would favour every rung.
        """
        ordered = list(cases)
        random.Random(seed).shuffle(ordered)  # noqa: S311 (not a secret)
        try:
            first = self.evaluate(start, ordered)
        except BudgetSpent as spent:
            raise UsageError(
                f"{spent} It was too little for the start.", "Give more: what was answered is kept."
            ) from None
        path, left, tried = Path(start, first), list(rungs), {start.key}
        try:
            while (rung := self.choose(left, path.last)) is not None:
                left.remove(rung)
                configuration = path.end.with_rung(rung, self.learn(rung, ordered))
                if configuration.key in tried:
                    continue
                tried.add(configuration.key)
                step = self._try(rung, configuration, path.last, ordered)
                path = Path(start, first, (*path.steps, step))
                self.tell(step)
        except BudgetSpent as spent:
            return Path(start, first, path.steps, str(spent))
        return Path(start, first, path.steps, "Every rung was tried." if not left else "No rung promises more.")

    def _try(self, rung: Rung, configuration: Configuration, current: Outcomes, cases: Sequence[str]) -> Step:
        outcomes: dict[str, Outcome] = {}
        for asked in _portions(len(cases)):
            outcomes |= self.evaluate(configuration, cases[len(outcomes) : asked])
            if asked < len(cases) and self._hopeless(current, outcomes):
                break
        comparison = compare(scores(current, outcomes), scores(outcomes, current), self.groups)
        whole = len(outcomes) == len(cases)
        before, after = mean_tokens(current), mean_tokens(outcomes)
        kept, reason = self._judge(comparison, before, after) if whole else (False, "given up early: it can't catch up")
        label: Label = "leads" if comparison.low > 0 else "trails" if comparison.high < 0 or not whole else "open"
        return Step(rung, configuration, comparison, after, kept, label, reason, len(outcomes), outcomes)

    def _hopeless(self, current: Outcomes, outcomes: Outcomes) -> bool:
        """Harm or futility: even the best of what is likely would not be kept."""
        theirs, ours = scores(current, outcomes), scores(outcomes, current)
        names = list(theirs)
        groups = None if self.groups is None else [self.groups.get(name, (name,)) for name in names]
        if len(names) < 2:
            return False
        _, high, _ = interval([ours[name] - theirs[name] for name in names], groups, _STOP_LEVEL)
        return high < (0 if self.margin is None else -self.margin)

    def _judge(self, comparison: Comparison, before: float | None, after: float | None) -> tuple[bool, str]:
        ratio = after / before if before and after else 1.0
        gain = comparison.difference
        if self.margin is not None:
            if ratio >= 1:
                return False, "it costs no less"
            fine = gain >= -self.margin
            return fine, "cheaper, and as good within the margin" if fine else "cheaper, but worse than the margin"
        if gain < 0:
            return False, "the score fell"
        if gain == 0:
            return ratio < 0.9, "as good, and cheaper" if ratio < 0.9 else "nothing gained"
        needed = self.worth * math.log2(ratio) if ratio > 1 else 0.0
        return gain >= needed, "the score rose" if gain >= needed else f"{ratio:.1f} times the tokens for so little"


def _portions(cases: int) -> list[int]:
    """After how many cases to look: thirds, but none that is too small to say anything."""
    size = max(_LEAST_PORTION, math.ceil(cases / _PORTIONS))
    return [*range(size, cases, size), cases]


def scores(outcomes: Outcomes, other: Outcomes) -> dict[str, float]:
    """Of the cases that could be judged in both."""
    return {
        case: outcome.score
        for case, outcome in outcomes.items()
        if outcome.score is not None and case in other and other[case].score is not None
    }


def mean_tokens(outcomes: Outcomes) -> float | None:
    """Tokens of a case on the average; None where one did not say."""
    told = [outcome.tokens for outcome in outcomes.values()]
    known = [tokens for tokens in told if tokens is not None]
    return sum(known) / len(known) if known and len(known) == len(told) else None


def groups_of(rungs: Sequence[Rung]) -> list[Group]:
    """Each group once, in the order of the rungs."""
    return list(dict.fromkeys(rung.group for rung in rungs))
