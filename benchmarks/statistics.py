"""How often an evaluation's intervals hold the truth, and how often it calls something proven that is not.

Simulated cases, no model: two configurations that differ by a known gain on cases of which a known share changes. Each
cell is 10,000 evaluations. `paired`: coverage, length and error of `cairn.evals.paired_comparison.interval`, by number
of cases, gain, discordance (the share of cases that change), groups, their sizes and the correlation within them.
The batches are reckoned with numpy, and some of each cell by the product's own function, which must agree. `ladder`:
the product's own climb over ten rungs that do nothing, and over nine of them and one that helps: how often anything is
called proven, on a held-out part and by cross-fitting, where cases that gain are answered first.

    python -m benchmarks.statistics paired [runs]
    python -m benchmarks.statistics ladder [runs]
    python -m benchmarks.statistics cross-fitted [runs]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cairn.evals.climb.climbing import Climb, Outcome
from cairn.evals.climb.ladder import Configuration, Rung
from cairn.evals.climb.ladder_verdicts import cross_fit, held_out_verdicts
from cairn.evals.paired_comparison import _freedom, interval, t_quantile

CASES = (20, 34, 68, 150, 500)
GAINS = (0.0, 0.05, 0.10)
DISCORDANCES = (0.1, 0.2, 0.4)
GROUPS = (None, 5, 10, 40)
CORRELATIONS = (0.0, 0.2)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cell:
    """`skewed`: each group is four fifths of the one before it, in place of all alike."""

    cases: int
    gain: float
    discordance: float
    groups: int | None = None
    skewed: bool = False
    correlation: float = 0.0

    def sizes(self) -> list[int]:
        """Cases in each group."""
        if self.groups is None:
            return [1] * self.cases
        groups = min(self.groups, self.cases)
        weights = np.array([0.8**n if self.skewed else 1.0 for n in range(groups)])
        bounds = np.round(np.cumsum(weights) / weights.sum() * (self.cases - groups)).astype(int)
        return [int(size) + 1 for size in np.diff(bounds, prepend=0)]

    def draw(self, runs: int, random: np.random.Generator) -> Floats:
        """Differences of -1, 0 or 1, a row for each run. Two cases of a group are alike more often than by chance:
        each takes its group's own draw in a share of root(correlation), which gives just that correlation."""
        gained, lost = (self.discordance + self.gain) / 2, (self.discordance - self.gain) / 2

        def differences(shape: tuple[int, ...]) -> Floats:
            chance = random.random(shape)
            return np.where(chance < gained, 1.0, np.where(chance < gained + lost, -1.0, 0.0))

        own = differences((runs, self.cases))
        if not self.correlation:
            return own
        sizes = self.sizes()
        shared = np.repeat(differences((runs, len(sizes))), sizes, axis=1)
        return np.where(random.random(own.shape) < self.correlation**0.5, shared, own)


def intervals(differences: Floats, sizes: list[int] | None) -> tuple[Floats, Floats]:
    """What `interval` gives for each row; `sizes` of the groups, in the order of the columns."""
    cases = differences.shape[1]
    effect, freedom = np.ones(len(differences)), np.inf
    if sizes is not None:
        centred = differences - differences.mean(1, keepdims=True)
        edges = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        shares = np.array(sizes) / cases
        alike = np.square(shares).sum()
        between = np.square(np.add.reduceat(centred, edges, axis=1)).sum(1) / (1 - alike)
        within = np.square(centred).sum(1) * cases / (cases - 1)
        seen = np.maximum(1, np.divide(between, within, out=np.ones_like(within), where=within > 0))
        effect = (seen / alike + 8 * (1 + (cases * alike - 1) * 0.2)) / (1 / alike + 8)
        freedom = _freedom(list(shares))
    count = cases / effect + 2
    mean = differences.sum(1) / effect / count
    variance = np.maximum(0, (np.square(differences).sum(1) / effect + 2) / count - mean**2) / count
    half = t_quantile(0.975, float(freedom)) * np.sqrt(variance)
    return np.maximum(-1, mean - half), np.minimum(1, mean + half)


def cells() -> Iterator[Cell]:
    for cases, gain, discordance, groups in product(CASES, GAINS, DISCORDANCES, GROUPS):
        if groups is None:
            yield Cell(cases, gain, discordance)
        elif groups < cases:
            for skewed, correlation in product((False, True), CORRELATIONS):
                yield Cell(cases, gain, discordance, groups, skewed, correlation)


def measure(cell: Cell, runs: int, random: np.random.Generator) -> tuple[float, float, float]:
    """(coverage, mean length, share of intervals without zero) of one cell."""
    differences = cell.draw(runs, random)
    sizes = None if cell.groups is None else cell.sizes()
    low, high = intervals(differences, sizes)
    names = None if sizes is None else [group for group, size in enumerate(sizes) for _ in range(size)]
    for row in range(5):
        own = interval(differences[row].tolist(), names)
        assert np.allclose(own[:2], (low[row], high[row])), (cell, row)
    covered = (low <= cell.gain + 1e-12) & (cell.gain - 1e-12 <= high)
    return float(covered.mean()), float((high - low).mean()), float(((low > 0) | (high < 0)).mean())


def paired(runs: int) -> None:
    random = np.random.default_rng(20261128)
    found = {cell: measure(cell, runs, random) for cell in cells()}
    kinds: dict[tuple[int | None, float], list[Cell]] = {}
    for cell in found:
        kinds.setdefault((cell.groups, cell.correlation), []).append(cell)
    print(f"{len(found)} cells of {runs} evaluations")
    print("groups, correlation: least coverage (its cell), greatest error where nothing differs (its cell)")
    for (groups, correlation), members in kinds.items():
        least = min(members, key=lambda cell: found[cell][0])
        worst = max((cell for cell in members if not cell.gain), key=lambda cell: found[cell][2])
        print(f"{groups or 'none'}, {correlation}: {found[least][0]:.3f} ({short(least)}), ", end="")
        print(f"{found[worst][2]:.3f} ({short(worst)})")
    print("discordance .2: mean length of the interval, and power for a gain of .05 and .10, by cases")
    for groups, correlation in kinds:
        for cases in CASES:
            row = [Cell(cases, gain, 0.2, groups, False, correlation) for gain in GAINS]
            if row[0] in found:
                lengths, powers = found[row[0]][1], [found[cell][2] for cell in row[1:]]
                print(f"{groups or 'none'}, {correlation}, {cases}: {lengths:.3f}, {powers[0]:.2f}, {powers[1]:.2f}")


def short(cell: Cell) -> str:
    sizes = "skewed" if cell.skewed else "equal"
    return f"n {cell.cases}, gain {cell.gain}, discordance {cell.discordance}, {sizes}"


class Simulated:
    """Scores by chance. A case is right with a probability of its own, the same in every configuration: two of them
    differ in about a fifth of the cases. The rung `helps` makes so many of the wrong ones right. With groups, cases of
    one have the probability of their group every second time."""

    def __init__(self, cases: int, groups: int | None, gain: float, random: np.random.Generator) -> None:
        self._random = random
        self.cases = [str(n) for n in range(cases)]
        self.groups = None if groups is None else {case: int(case) % groups for case in self.cases}
        own = random.beta(0.3, 0.3, cases)
        if groups is not None:
            own = np.where(random.random(cases) < 0.5, random.beta(0.3, 0.3, groups)[np.arange(cases) % groups], own)
        self._likely = dict(zip(self.cases, own.tolist(), strict=True))
        self._helps = gain / max(1e-9, 1 - float(own.mean()))
        self._known: dict[str, dict[str, float]] = {}

    def __call__(self, configuration: Configuration, cases: Sequence[str]) -> dict[str, Outcome]:
        known = self._known.setdefault(configuration.key, {})
        for case in cases:
            if case not in known:
                right = self._random.random() < self._likely[case]
                helped = "helps" in configuration.rungs and self._random.random() < self._helps
                known[case] = float(right or helped)
        quick_first = sorted(cases, key=lambda case: -known[case])
        return {case: Outcome(known[case], tokens=100) for case in quick_first}


def _rungs(helpful: bool) -> list[Rung]:
    names = [*(f"nothing {n}" for n in range(9 if helpful else 10)), *(["helps"] if helpful else [])]
    return [Rung(name=name, group="instructions", patch={"template": name}) for name in names]


def _climbed(
    cases: int, groups: int | None, gain: float, held_out: bool, random: np.random.Generator
) -> tuple[bool, bool]:
    """Whether anything was called proven, and anything proven worse."""
    simulated = Simulated(cases, groups, gain, random)
    seed = int(random.integers(1 << 30))
    climb = Climb(simulated, groups=simulated.groups)
    rungs = _rungs(gain > 0)
    if held_out:
        half = simulated.cases[: cases // 2]
        path = climb.run(Configuration(), rungs, half, seed)
        verdicts = held_out_verdicts(path, simulated, simulated.cases[cases // 2 :], simulated.groups)
    else:
        path = climb.run(Configuration(), rungs, simulated.cases, seed)
        fitted = cross_fit(
            lambda some: climb.run(Configuration(), rungs, some, seed),
            simulated,
            path,
            simulated.cases,
            simulated.groups,
            seed,
        )
        verdicts = [fitted.verdict]
    proofs = [verdict.proof for verdict in verdicts]
    return "proven" in proofs, "proven worse" in proofs


def ladder(runs: int) -> None:
    proofs(runs, True, (68, 136, 300))


def cross_fitted(runs: int) -> None:
    proofs(runs, False, (34, 68, 140))


def proofs(runs: int, held_out: bool, counts: Sequence[int]) -> None:
    random = np.random.default_rng(20261128)
    print("cases, groups, gain of the one rung that helps (0: none does), how: proven, proven worse, seconds")
    for cases, groups, gain in product(counts, (None, 10, 40), (0.0, 0.1)):
        if groups is not None and groups * 2 > cases:
            continue
        began = time.perf_counter()
        count = runs if not gain else max(1, runs // 10)  # power need not be known to the third digit
        found = [_climbed(cases, groups, gain, held_out, random) for _ in range(count)]
        better, worse = (sum(one[n] for one in found) / count for n in (0, 1))
        how = "half held out" if held_out else "cross-fitted"
        took = time.perf_counter() - began
        print(f"{cases}, {groups or 'none'}, {gain}, {how}: {better:.3f}, {worse:.3f}, {took:.0f} s", flush=True)


if __name__ == "__main__":
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    {"paired": paired, "ladder": ladder, "cross-fitted": cross_fitted}[sys.argv[1]](runs)
