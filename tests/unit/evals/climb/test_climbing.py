"""A climb over configurations whose scores are written down: what is kept, given up, proven, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from cairn.core.errors import UsageError
from cairn.evals.climb.climbing import BudgetSpent, Climb, Outcome, Path, in_order
from cairn.evals.climb.ladder import PACKAGED, Configuration, Rung, fitting, read_ladder
from cairn.evals.climb.ladder_verdicts import cross_fit, fold, held_out_verdicts, planned_tests

CASES = [str(n) for n in range(60)]


def rung(name: str, **patch: object) -> Rung:
    return Rung(name=name, group="examples", patch={"examples": patch or {"k": len(name)}})


class Written:
    """Scores by what rungs a configuration has: `right(rungs, n)`. Remembers what it was asked."""

    def __init__(self, right: Callable[[set[str], int], float], tokens: Callable[[set[str]], int] = lambda _: 100):
        self.asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self._right, self._tokens = right, tokens

    def __call__(self, configuration: Configuration, cases: Sequence[str]) -> dict[str, Outcome]:
        self.asked.append((configuration.rungs, tuple(cases)))
        rungs = set(configuration.rungs)
        return {case: Outcome(self._right(rungs, int(case)), tokens=self._tokens(rungs)) for case in cases}


def climbed(written: Written, *rungs: Rung, cases: Sequence[str] = CASES, **options: object) -> Path:
    return Climb(written, **options).run(Configuration(), list(rungs), cases)  # type: ignore[arg-type]


def test_what_helps_is_kept_and_the_next_stands_on_it() -> None:
    path = climbed(
        Written(lambda rungs, n: float(n % 3 == 0 or ("a" in rungs and n % 3 == 1) or ({"a", "b"} <= rungs))),
        rung("a", k=2),
        rung("useless", k=3),
        rung("b", k=4),
    )
    assert [step.rung.name for step in path.kept] == ["a", "b"]
    assert path.end.rungs == ("a", "b") and path.end.patch == {"examples": {"k": 4}}
    assert [step.label for step in path.steps] == ["leads", "open", "leads"]


def test_what_harms_is_given_up_after_a_third() -> None:
    written = Written(lambda rungs, n: float("bad" not in rungs))
    [step] = climbed(written, rung("bad")).steps
    assert not step.kept and step.asked == 20 and step.label == "trails"
    assert "given up early" in step.reason


def test_the_order_is_fixed_before_and_the_same_for_all() -> None:
    written = Written(lambda rungs, n: 1.0)
    climbed(written, rung("a"), rung("bb"))
    orders = {tuple(case for rungs, cases in written.asked if rungs == kept for case in cases) for kept in [(), ("a",)]}
    [order] = orders
    assert sorted(order) == sorted(CASES) and list(order) != CASES


def test_as_good_and_cheaper_is_kept_dearer_has_to_be_worth_it() -> None:
    cheaper = Written(lambda rungs, n: float(n % 2), lambda rungs: 50 if "a" in rungs else 100)
    assert climbed(cheaper, rung("a")).kept
    dearer = Written(lambda rungs, n: float(n % 2 or ("a" in rungs and n == 0)), lambda r: 800 if "a" in r else 100)
    [step] = climbed(dearer, rung("a")).steps
    assert not step.kept and "8.0 times the tokens" in step.reason


def test_downwards_the_cheapest_within_the_margin() -> None:
    written = Written(
        lambda rungs, n: float(n % 10 != 0 and ("poor" not in rungs or n % 2)),
        lambda rungs: 100 - 40 * ("lean" in rungs) - 50 * ("poor" in rungs),
    )
    path = climbed(written, rung("poor", k=1), rung("lean", k=2), margin=0.05)
    assert [step.rung.name for step in path.kept] == ["lean"]


def test_a_change_that_is_none_costs_nothing() -> None:
    written = Written(lambda rungs, n: 1.0)
    path = climbed(written, Rung(name="same", group="tools", patch={}))
    assert path.steps == () and len(written.asked) == 1


def test_when_the_budget_is_spent_what_was_found_is_kept() -> None:
    class Poor(Written):
        def __call__(self, configuration: Configuration, cases: Sequence[str]) -> dict[str, Outcome]:
            if "b" in configuration.rungs:
                raise BudgetSpent("500 calls were made.")
            return super().__call__(configuration, cases)

    path = climbed(Poor(lambda rungs, n: float("a" in rungs)), rung("a", k=1), rung("b", k=2))
    assert path.end.rungs == ("a",) and path.ended == "500 calls were made."


def test_what_comes_next_may_be_chosen() -> None:
    def last(left: Sequence[Rung], _outcomes: object) -> Rung | None:
        return left[-1] if len(left) > 1 else None

    path = climbed(Written(lambda rungs, n: 1.0), rung("a", k=1), rung("b", k=2), choose=last)
    assert [step.rung.name for step in path.steps] == ["b"] and path.ended == "No rung promises more."


def test_the_held_out_part_judges_the_end_first_and_stops_at_the_first_open_test() -> None:
    def right(rungs: set[str], n: int) -> float:
        return float(n % 2 == 0 or ("a" in rungs and n % 4 == 1) or ("b" in rungs and n in (3, 63)))

    written = Written(right)
    path = climbed(written, rung("b", k=1), rung("a", k=2))
    assert [what for what, _, _ in planned_tests(path)] == ["the end against the start", "a", "b"]
    held_out = [str(n) for n in range(60, 120)]
    verdicts = held_out_verdicts(path, written, held_out)
    assert [verdict.proof for verdict in verdicts] == ["proven", "proven", "too few cases"]
    nothing = Written(lambda rungs, n: float(n % 2 == 0 or ("a" in rungs and n in (1, 61))))
    verdicts = held_out_verdicts(climbed(nothing, rung("a", k=1), rung("b", k=2)), nothing, held_out)
    assert [(verdict.proof, verdict.tested) for verdict in verdicts] == [("too few cases", True)]


def test_cross_fitting_makes_the_whole_climb_anew() -> None:
    written = Written(lambda rungs, n: float("a" in rungs or n % 2))
    rungs = [rung("b", k=1), rung("a", k=2)]

    def climb(cases: Sequence[str]) -> Path:
        return Climb(written).run(Configuration(), rungs, cases)

    found = cross_fit(climb, written, climb(CASES), CASES)
    assert found.verdict.proof == "proven" and found.kept == {"a": 5} and found.folds == 5
    assert found.optimism == pytest.approx(0)


def test_a_group_is_never_divided() -> None:
    groups = {case: int(case) // 7 for case in CASES}
    parts = fold(CASES, groups, seed=3)
    assert sorted(case for part in parts for case in part) == sorted(CASES)
    homes = {group: {n for n, part in enumerate(parts) for case in part if groups[case] == group} for group in range(9)}
    assert all(len(places) == 1 for places in homes.values())
    assert max(map(len, parts)) - min(map(len, parts)) <= 7


def test_a_ladder_of_ones_own(tmp_path: object) -> None:
    from pathlib import Path as File

    file = File(str(tmp_path)) / "ladder.yaml"
    file.write_text("- {name: 相似, group: examples, patch: {examples: {k: 2}}, strategies: [classify]}\n", "utf-8")
    [read] = read_ladder(file)
    assert read.name == "相似" and fitting([read], "rag", []) == [] and fitting([read], "classify", []) == [read]
    file.write_text("- {name: a, group: exmples}\n", "utf-8")
    with pytest.raises(UsageError, match="rung 1 is wrong: group"):
        read_ladder(file)
    assert in_order([], {}) is None
    assert PACKAGED.parent.is_dir()
