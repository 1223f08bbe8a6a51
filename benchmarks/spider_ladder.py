"""The published staircase of Spider, told as a climb is: each recorded system against the one below it, by database.

    CAIRN_TEST_DATA=… python -m benchmarks.spider_ladder

The order is the order in which they were published, fixed before any figure was looked at. No model is called. `repair`
corrects names in queries that do not run, as the product does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.voting import EIGHT, FIVE, SPIDER, Case, choose, load
from cairn.chains.text_to_sql.result_voting import plurality
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.name_repair import repair
from cairn.evals.climb.climb_report import point
from cairn.evals.climb.climbing import Climb, Outcome, Step, scores
from cairn.evals.climb.ladder import Configuration, Rung
from cairn.evals.climb.staircase import staircase_text
from cairn.evals.metrics.execution_accuracy import Execution
from cairn.evals.paired_comparison import compare

RUNGS: Sequence[tuple[str, str]] = (
    ("GPT-4 with names repaired", "tools"),
    ("GPT-4, fixed examples", "examples"),
    ("DIN-SQL: in parts, corrected by itself", "tools"),
    ("DAIL-SQL: examples by skeleton", "examples"),
    ("DAIL-SQL, self-consistency", "tries"),
    ("vote of five systems", "tries"),
)
_SYSTEMS = {RUNGS[1][0]: "gpt4_few", RUNGS[2][0]: "din_gpt4", RUNGS[3][0]: "dail_gpt4", RUNGS[4][0]: "dail_gpt4_sc"}


class Recorded:
    """Of each rung, which questions it has right; what was kept below does not matter to a whole system."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = {str(number): case for number, case in enumerate(cases)}
        self._databases = {
            p.stem: Opened(p.stem, SqliteEngine(p)) for p in sorted((SPIDER / "databases").glob("*.sqlite"))
        }
        self._metric = Execution(self._databases.__getitem__, "spider")

    def __call__(self, configuration: Configuration, cases: Sequence[str]) -> Mapping[str, Outcome]:
        rung = configuration.rungs[-1] if configuration.rungs else ""
        return {name: Outcome(float(self._right(rung, self.cases[name]))) for name in cases}

    def _right(self, rung: str, case: Case) -> bool:
        if rung == "vote of five systems":
            chosen = choose(plurality)(case.of(len(FIVE)))
            return chosen is not None and case.official[chosen]
        zero = EIGHT.index("gpt4_zero")
        if rung == RUNGS[0][0] and case.results[zero] is None:
            return self._repaired(case, zero)
        return case.official[EIGHT.index(_SYSTEMS.get(rung, "gpt4_zero"))]

    def _repaired(self, case: Case, number: int) -> bool:
        opened = self._databases[case.database]
        found = repair(case.queries[number], opened.schema())
        return found is not None and self._judged(case, found.sql)

    def _judged(self, case: Case, query: str) -> bool:
        return self._metric.judge(case.database, case.gold, query).verdict == "right"


def main() -> None:
    recorded = Recorded(load())
    groups = {name: case.database for name, case in recorded.cases.items()}
    rungs = [Rung(name=name, group=group, patch={"system": name}) for name, group in RUNGS]  # type: ignore[arg-type]
    path = Climb(recorded, groups=groups, tell=tell).run(Configuration(), rungs, list(recorded.cases))
    whole = [step for step in path.steps if step.asked == len(recorded.cases)]
    start = point("GPT-4, no example", "start", path.first, groups)
    drawn = [point(s.rung.name, "kept" if s.kept else "left", s.outcomes, groups) for s in whole]
    end = compare(scores(path.first, path.last), scores(path.last, path.first), groups)
    print(f"\nthe end against the start: {end.difference:+.3f} [{end.low:+.3f} {end.high:+.3f}] p {end.p:.4f}")
    print(f"{len(recorded.cases)} questions, {len(set(groups.values()))} databases")
    print(staircase_text([start, *drawn]))


def tell(step: Step) -> None:
    one = step.comparison
    told = f"{one.difference:+.3f} [{one.low:+.3f} {one.high:+.3f}] p {one.p:.3f}"
    print(f"{step.rung.name:40}{told}  {len(one.gained)} / {len(one.lost)}  {step.label}  {step.reason}", flush=True)


if __name__ == "__main__":
    main()
