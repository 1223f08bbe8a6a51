"""Several configurations, compared answer by answer in pairs, on one scale.

Bradley and Terry's model (Biometrika 39, 1952), fitted by Hunter's MM algorithm (Ann. Stat. 32, 2004), a tie as half a
win for each; shown on the Elo scale, where 400 points are odds of ten to one and the mean is 1000.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from cairn.core.answer import Answer
from cairn.evals.cases import Case
from cairn.evals.judge import Judge, JudgeError
from cairn.evals.metrics.answer_text import text_of

_STEPS = 500
_PRIOR = 0.5
Preferred = Literal["first", "second", "tie"]
_RESULTS: dict[Preferred, float] = {"first": 1.0, "second": 0.0, "tie": 0.5}


@dataclass(frozen=True, slots=True)
class Duel:
    """Two configurations on one case; `result`: 1 where the first is better, 0 where the second is, .5 for a tie."""

    case: str
    first: str
    second: str
    result: float


@dataclass(frozen=True, slots=True)
class Rating:
    """On the Elo scale, with its 95 % bootstrap interval over cases."""

    value: float
    low: float
    high: float


def duels(
    judge: Judge, answers: Mapping[str, Mapping[str, tuple[Case, Answer]]], workers: int = 4
) -> tuple[list[Duel], dict[str, str]]:
    """Each pair of configurations on each case that both answered, and why some cases could not be judged.

    Args:
        judge: Asked twice for each pair.
        answers: Of each configuration, each case and its answer.
        workers: How many pairs at once.
    """
    pairs = [
        (case, first, second)
        for first, second in combinations(answers, 2)
        for case in answers[first]
        if case in answers[second]
    ]
    found: list[Duel] = []
    failed: dict[str, str] = {}

    def fight(pair: tuple[str, str, str]) -> None:
        case, first, second = pair
        try:
            preferred = prefer(judge, answers[first][case][0], answers[first][case][1], answers[second][case][1])
        except JudgeError as error:
            failed[case] = str(error)
        else:
            found.append(Duel(case, first, second, _RESULTS[preferred]))

    with ThreadPoolExecutor(workers, thread_name_prefix="judge") as pool:
        list(pool.map(fight, pairs))
    return sorted(found, key=lambda duel: (duel.first, duel.second, duel.case)), failed


def prefer(judge: Judge, case: Case, first: Answer, second: Answer) -> Preferred:
    """Which answer the judge prefers, asked in both orders: where it contradicts itself, it is a tie.

    Raises JudgeError.
    """
    said = (_better(judge, case, first, second), _better(judge, case, second, first))
    return "first" if said == ("1", "2") else "second" if said == ("2", "1") else "tie"


def _better(judge: Judge, case: Case, first: Answer, second: Answer) -> str:
    reference = f"A right answer: {case.answers[0]}" if case.answers else f"{case.rubric or ''}"
    texts = [text_of(answer) or "(no answer)" for answer in (first, second)]
    given = {"question": case.question, "reference": reference, "first": texts[0], "second": texts[1]}
    return judge.last("preferred", "better", ("1", "2", "neither"), **given)[0].casefold()


def ratings(duels: Sequence[Duel], draws: int = 1000, seed: int = 0) -> dict[str, Rating]:
    """Each configuration's rating. Cases are drawn whole, since one case's duels are no independent witnesses."""
    names = sorted({name for duel in duels for name in (duel.first, duel.second)})
    by_case: dict[str, list[Duel]] = defaultdict(list)
    for duel in duels:
        by_case[duel.case].append(duel)
    cases = list(by_case.values())
    rng = random.Random(seed)  # noqa: S311
    drawn = [
        elo(names, [duel for case in rng.choices(cases, k=len(cases)) for duel in case]) for _ in range(draws)
    ]  # fmt: skip
    values = elo(names, duels)
    return {name: Rating(values[name], *_middle([one[name] for one in drawn])) for name in names}


def elo(names: Sequence[str], duels: Sequence[Duel]) -> dict[str, float]:
    """The most likely ratings. Half a tie against everyone is added, so that who won all stays finite."""
    wins = dict.fromkeys(names, 0.0)
    games: dict[tuple[str, str], float] = defaultdict(float)
    for name in names:
        for other in names:
            if name != other:
                games[name, other] += _PRIOR
                wins[name] += _PRIOR / 2
    for duel in duels:
        wins[duel.first] += duel.result
        wins[duel.second] += 1 - duel.result
        games[duel.first, duel.second] += 1
        games[duel.second, duel.first] += 1
    strengths = dict.fromkeys(names, 1.0)
    for _ in range(_STEPS):
        before = strengths
        strengths = {name: wins[name] / _expected(name, names, games, before) for name in names}
        mean = math.exp(sum(math.log(value) for value in strengths.values()) / len(names))
        strengths = {name: value / mean for name, value in strengths.items()}
        if all(abs(strengths[name] - before[name]) < 1e-9 for name in names):
            break
    return {name: 1000 + 400 * math.log10(value) for name, value in strengths.items()}


def _expected(
    name: str, names: Sequence[str], games: dict[tuple[str, str], float], strengths: dict[str, float]
) -> float:
    return sum(games[name, other] / (strengths[name] + strengths[other]) for other in names if other != name)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """From the 2.5th to the 97.5th percentile."""
    ordered = sorted(values)
    last = len(ordered) - 1
    return ordered[round(0.025 * last)], ordered[round(0.975 * last)]
