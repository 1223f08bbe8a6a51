"""Voting by execution result over what published systems really answered on Spider; no model is called.

Rightness is as `cairn eval` judges it (Spider's official evaluator), and beside it by a simple comparison: both queries
as they were written, rows in any order. What is tuned is tuned on one half of the databases, with their gold queries,
and told on the other, over 50 splits; the gold of the half that is told is never seen by what is tuned.
"""

from __future__ import annotations

import json
import math
import os
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cairn.chains.tries.voting import (
    Cluster,
    Score,
    Table,
    clusters,
    has_values,
    plurality,
    rank,
    weighted,
)
from cairn.core.errors import CairnError
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.result_comparison import same
from cairn.evals.metrics.execution_accuracy import LIMITS, Execution

SPIDER = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
FIVE = ("dail_gpt4", "din_gpt4", "gpt4_few", "graphix", "din_codex")
EIGHT = (*FIVE, "dail_gpt4_sc", "gpt4_zero", "codex_few")
SPLITS = 50
SEED = 11
RIDGES = (1.0, 10.0, 50.0, 200.0)


@dataclass(frozen=True)
class Case:
    """One question: each system's query, its rows (None where it failed), and whether it is right, in both ways."""

    database: str
    gold: str
    queries: Sequence[str]
    results: Sequence[Table | None]
    official: Sequence[bool]
    simple: Sequence[bool]

    def of(self, systems: int) -> Case:
        parts = (self.queries, self.results, self.official, self.simple)
        return Case(self.database, self.gold, *(part[:systems] for part in parts))


Tuner = Callable[[Sequence[Case]], "Chooser"]
Chooser = Callable[[Case], int | None]


def main() -> None:
    began = time.perf_counter()
    everything = load()
    print(f"{len(everything)} questions, {time.perf_counter() - began:.0f} s to run and judge {len(EIGHT)} systems\n")
    print(f"{'':44}{'official':>9}{'simple':>9}")
    for number, name in enumerate(EIGHT):
        tell(name, everything, lambda _case, number=number: number)
    for systems in (len(FIVE), len(EIGHT)):
        cases = [case.of(systems) for case in everything]
        print()
        told = [100 * statistics.mean(any(getattr(c, by)) for c in cases) for by in ("official", "simple")]
        print(f"{f'at least one of {systems} is right':44}{told[0]:9.2f}{told[1]:9.2f}")
        for name, score in SCORES.items():
            tell(f"{systems}: {name}", cases, choose(score))
        splits(cases)
    print(f"\n{time.perf_counter() - began:.0f} s")


def votes_only(cluster: Cluster) -> int:
    return len(cluster.members)


SCORES: dict[str, Score] = {"most votes, ties to the earliest": votes_only, "the product's vote": plurality}


def choose(score: Score) -> Chooser:
    """As `cairn.chains.tries.voting.vote` does, with the clusters of a case kept."""

    def chooser(case: Case) -> int | None:
        ranked = rank(found(case), score)
        return ranked[0].first if ranked else None

    return chooser


def tell(name: str, cases: Sequence[Case], chooser: Chooser) -> None:
    chosen = [chooser(case) for case in cases]
    shares = [accuracy(cases, chosen, by) for by in ("official", "simple")]
    print(f"{name:44}{shares[0]:9.2f}{shares[1]:9.2f}", flush=True)


def accuracy(cases: Sequence[Case], chosen: Sequence[int | None], by: str = "official") -> float:
    return 100 * statistics.mean(n is not None and getattr(c, by)[n] for c, n in zip(cases, chosen, strict=True))


def splits(cases: Sequence[Case]) -> None:
    """Each way of voting on the halves it was not tuned on; what it gains there over plain plurality."""
    gains: dict[str, list[float]] = {name: [] for name in TUNED}
    shares: dict[str, list[float]] = {name: [] for name in TUNED}
    names, draw = sorted({case.database for case in cases}), random.Random(SEED)
    for _ in range(SPLITS):
        half = set(draw.sample(names, len(names) // 2))
        tuning = [case for case in cases if case.database in half]
        telling = [case for case in cases if case.database not in half]
        plain = accuracy(telling, [choose(votes_only)(case) for case in telling])
        for name, tuner in TUNED.items():
            chooser = tuner(tuning)
            share = accuracy(telling, [chooser(case) for case in telling])
            shares[name].append(share)
            gains[name].append(share - plain)
    print(f"\n{SPLITS} splits by database, official   {'mean':>8}{'2.5 to 97.5 %':>18}{'over most votes':>18}")
    for name in TUNED:
        low, high = np.percentile(shares[name], (2.5, 97.5))
        lower, upper = np.percentile(gains[name], (2.5, 97.5))
        gain = f"{statistics.mean(gains[name]):+.2f} ({lower:+.2f} to {upper:+.2f})"
        print(f"  {name:33}{statistics.mean(shares[name]):8.2f}{low:10.2f} {high:7.2f}   {gain}", flush=True)


def reliable(cases: Sequence[Case]) -> Chooser:
    """Votes weighed by each system's log odds to be right."""
    weights = [log_odds([case.official[n] for case in cases]) for n in range(len(cases[0].queries))]
    return choose(weighted(weights))


def tie_by_reliability(cases: Sequence[Case]) -> Chooser:
    """Most votes; ties to results that say something, then to the most reliable system."""
    rates = [statistics.mean(case.official[n] for case in cases) for n in range(len(cases[0].queries))]
    return choose(lambda c: (len(c.members), has_values(c.outcome), max(rates[n] for n in c.members)))


def best_single(cases: Sequence[Case]) -> Chooser:
    rates = [statistics.mean(case.official[n] for case in cases) for n in range(len(cases[0].queries))]
    return lambda _case: rates.index(max(rates))


def regression(cases: Sequence[Case]) -> Chooser:
    """A logistic regression of a cluster's being right on who is in it, how many, and what the result looks like.

    How much its weights are held back is chosen on the same cases: each third of their databases by the other two.
    """
    names = sorted({case.database for case in cases})
    folds = [set(names[start::3]) for start in range(3)]

    def without(ridge: float) -> float:
        chosen: list[float] = []
        for fold in folds:
            chooser = fitted([case for case in cases if case.database not in fold], ridge)
            rest = [case for case in cases if case.database in fold]
            chosen.append(accuracy(rest, [chooser(case) for case in rest]) * len(rest))
        return sum(chosen)

    return fitted(cases, max(RIDGES, key=without))


def fitted(cases: Sequence[Case], ridge: float) -> Chooser:
    seen = [(features(case, cluster), case.official[cluster.first]) for case in cases for cluster in found(case)]
    x, y = np.array([row for row, _ in seen]), np.array([right for _, right in seen], dtype=float)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    centre[0], spread[spread == 0] = 0, 1
    weights = fit((x - centre) / spread, y, ridge) / spread
    return lambda case: choose(lambda cluster: float(features(case, cluster) @ weights))(case)


_FOUND: dict[int, tuple[Case, list[Cluster]]] = {}
_FEATURES: dict[tuple[int, int], tuple[Case, np.ndarray]] = {}


def found(case: Case) -> list[Cluster]:
    if id(case) not in _FOUND:
        _FOUND[id(case)] = (case, clusters(case.results))
    return _FOUND[id(case)][1]


def features(case: Case, cluster: Cluster) -> np.ndarray:
    key = (id(case), cluster.first)
    if key not in _FEATURES:
        _FEATURES[key] = (case, _features(case, cluster))
    return _FEATURES[key][1]


def _features(case: Case, cluster: Cluster) -> np.ndarray:
    members = [float(n in cluster.members) for n in range(len(case.queries))]
    cells = [value for row in cluster.outcome for value in row]
    nulls = sum(value is None for value in cells) / len(cells) if cells else 0.0
    shortest = min(len(case.queries[n]) for n in cluster.members)
    most = len(cluster.members) == max(len(other.members) for other in found(case))
    look = [float(not cluster.outcome), float(not has_values(cluster.outcome)), nulls, math.log(shortest), float(most)]
    return np.array([1.0, *members, *look])


def fit(x: np.ndarray, y: np.ndarray, ridge: float, steps: int = 25) -> np.ndarray:
    """Weights of a ridge logistic regression, by Newton's method; the first is the intercept, and free."""
    weights = np.zeros(x.shape[1])
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        slope = x.T @ (y - chance) - penalty @ weights
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + penalty
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def log_odds(right: Sequence[bool]) -> float:
    share = (sum(right) + 1) / (len(right) + 2)
    return math.log(share / (1 - share))


TUNED: dict[str, Tuner] = {
    "most votes": lambda _cases: choose(votes_only),
    "the product's vote": lambda _cases: choose(plurality),
    "best single system (tuned)": best_single,
    "ties by reliability (tuned)": tie_by_reliability,
    "weights by reliability (tuned)": reliable,
    "regression (tuned)": regression,
}


def load() -> list[Case]:
    databases = {p.stem: Opened(p.stem, SqliteEngine(p)) for p in sorted((SPIDER / "databases").glob("*.sqlite"))}
    metric = Execution(databases.__getitem__, "spider")
    questions = read(SPIDER / "dev.jsonl")
    predictions = {name: {row["id"]: row["query"] for row in read_predictions(name)} for name in EIGHT}
    known: dict[tuple[str, str], Table | None] = {}

    def rows(database: str, sql: str) -> Table | None:
        key = (database, sql)
        if key not in known:
            opened = databases[database]
            try:
                known[key] = opened.engine.run(sql, opened.schema(), LIMITS).rows
            except CairnError:
                known[key] = None
        return known[key]

    cases: list[Case] = []
    for question in questions:
        database, gold = question["db_id"], question["query"]
        queries = [predictions[name][question["id"]] for name in EIGHT]
        official = [metric.judge(database, gold, query).verdict == "right" for query in queries]
        results = [rows(database, query) for query in queries]
        expected = rows(database, gold)
        simple = [r is not None and expected is not None and same(expected, r, ordered=False) for r in results]
        cases.append(Case(database, gold, queries, results, official, simple))
    return cases


def read_predictions(name: str) -> list[dict[str, str]]:
    return read(SPIDER / "predictions" / f"{name}.jsonl")


def read(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
