"""Nearest-name repair, without a model, of every recorded prediction on Spider that does not execute.

`executing` are all others: none of them may be changed. Rightness is as `cairn eval` judges it.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cairn.core.errors import CairnError
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.name_repair import repair
from cairn.evals.metrics.execution_accuracy import LIMITS, Execution

SPIDER = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
COLUMNS = ("executing", "changed", "failing", "corrected", "now run", "now right", "guard runs")


@dataclass(frozen=True)
class Outcome:
    """Of one prediction; `changes` in words, empty where nothing was corrected."""

    executes: bool
    changes: tuple[str, ...]
    runs: bool
    guarded: bool
    right: bool
    milliseconds: float


def main() -> None:
    databases = {p.stem: Opened(p.stem, SqliteEngine(p)) for p in sorted((SPIDER / "databases").glob("*.sqlite"))}
    metric = Execution(databases.__getitem__, "spider")
    questions = {question["id"]: question for question in read(SPIDER / "dev.jsonl")}
    total: Counter[str] = Counter()
    spent = 0.0
    kinds: dict[str, Counter[str]] = {}
    print(f"{'':14}" + "".join(f"{name:>11}" for name in COLUMNS))
    for file in sorted((SPIDER / "predictions").glob("*.jsonl")):
        counts: Counter[str] = Counter()
        for row in read(file):
            question = questions[row["id"]]
            outcome = judged(databases[question["db_id"]], metric, question["query"], row["query"])
            for name in named(outcome):
                counts[name] += 1
            spent += outcome.milliseconds
            if outcome.changes and not outcome.executes:
                kinds.setdefault(kind_of(outcome.changes), Counter()).update(named(outcome))
        tell(file.stem, counts)
        total += counts
    tell("all", total)
    print(f"\n{spent / (total['executing'] + total['failing']):.2f} ms for each query")
    print("\nby what was corrected")
    for kind, counts in sorted(kinds.items()):
        print(f"  {kind:34}{counts['corrected']:4} corrected{counts['now run']:4} run{counts['now right']:4} right")


def judged(opened: Opened, metric: Execution, gold: str, query: str) -> Outcome:
    executes = runs(opened, query)
    began = time.perf_counter()
    found = repair(query, opened.schema())
    took = (time.perf_counter() - began) * 1000
    if found is None or executes:
        return Outcome(executes, found.changes if found else (), executes, False, False, took)
    right = metric.judge(opened.name, gold, found.sql).verdict == "right"
    return Outcome(False, found.changes, runs(opened, found.sql), passes(opened, found.sql), right, took)


def runs(opened: Opened, query: str) -> bool:
    try:
        opened.engine.run(query, opened.schema(), LIMITS)
    except CairnError:
        return False
    return True


def passes(opened: Opened, query: str) -> bool:
    try:
        opened.query(query, LIMITS)
    except CairnError:
        return False
    return True


def named(outcome: Outcome) -> Iterator[str]:
    """The columns of the table that an outcome counts in."""
    yield "executing" if outcome.executes else "failing"
    if outcome.changes:
        yield "changed" if outcome.executes else "corrected"
        if not outcome.executes:
            yield from (name for name, on in _now(outcome).items() if on)


def _now(outcome: Outcome) -> dict[str, bool]:
    return {"now run": outcome.runs, "guard runs": outcome.guarded, "now right": outcome.right}


def kind_of(changes: tuple[str, ...]) -> str:
    """Which sorts of names were corrected."""
    return " and ".join(sorted({_kind(change) for change in changes}))


def _kind(change: str) -> str:
    """`column T1.age is read as T2.age` is about the qualifier only."""
    wrong, _, right = change.partition(" ")[2].partition(" is read as ")
    if change.startswith("table"):
        return "table"
    return "qualifier" if wrong.rpartition(".")[2].lower() == right.rpartition(".")[2].lower() else "column"


def tell(name: str, counts: Counter[str]) -> None:
    print(f"{name:14}" + "".join(f"{counts[column]:11}" for column in COLUMNS), flush=True)


def read(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
