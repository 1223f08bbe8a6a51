"""Rungs that learn their value of the cases that choose: no case is judged by what it taught."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from typer.testing import CliRunner

from cairn.core.errors import UsageError
from cairn.evals.cases import Case, SourceGold
from cairn.evals.climb.climbing import Climb, Outcome
from cairn.evals.climb.ladder import PACKAGED, Configuration, Learned, Rung, read_ladder
from cairn.evals.climb.learned_rungs import Learner
from cairn.retrieval.hit import Hit
from cairn.retrieval.learned_search import KnownQuestion
from cairn.retrieval.library import Library
from cairn.ui.cli.commands import app

CASES = {str(n): Case(str(n), f"What about {n}?", sources=(SourceGold(file=f"{n}.md"),)) for n in range(25)}
WEIGHT = Rung(name="weight", group="retrieval", learns="dense_weight")
MAP = Rung(name="map", group="retrieval", learns="query_map")


class Searched:
    """A library that finds for each question two passages; the right one is first by vectors alone."""

    def __init__(self) -> None:
        self.candidates = SimpleNamespace(weight=lambda script: 0.3)
        self.asked: list[str] = []

    def known_question(
        self, question: str, is_right: Callable[[Hit], bool], collections: Sequence[str] | None
    ) -> KnownQuestion:
        self.asked.append(question)
        number = int(question.split()[-1].strip("?"))
        hits = {id: Hit(id, file, None, None, None, 0, 1, "", 1.0) for id, file in ((1, f"{number}.md"), (2, "x.md"))}
        right = frozenset(id for id, hit in hits.items() if is_right(hit))
        rows = np.eye(30, dtype=np.float32)
        vectors = {1: rows[number + 1], 2: rows[29]}
        return KnownQuestion(rows[number], [(2, 2.0), (1, 0.1)], [(1, 0.9), (2, 0.1)], vectors, right)

    def keep_map(self, matrix: Any) -> str:
        return str(matrix.round(3).tolist())


def learner(searched: Searched) -> Learner:
    return Learner(cast(Library, searched), CASES)


def test_the_weight_is_learned_and_each_question_is_searched_once() -> None:
    searched = Searched()
    learned = learner(searched)(WEIGHT, list(CASES))
    assert learned.patch["retrieval"]["dense_weight"] >= 0.5
    assert learned.apart.keys() == CASES.keys() and len(searched.asked) == len(CASES)


def test_a_case_is_judged_by_what_the_others_taught() -> None:
    learned = learner(Searched())(MAP, list(CASES))
    of_all = learned.patch["retrieval"]["adapter"]
    apart = {patch["retrieval"]["adapter"] for patch in learned.apart.values()}
    assert of_all not in apart and len(apart) > 1


def test_what_was_learned_goes_with_the_rungs_above_it() -> None:
    learned = Learned({"retrieval": {"dense_weight": 0.8}}, {"1": {"retrieval": {"dense_weight": 0.7}}})
    more = Rung(name="more", group="retrieval", patch={"retrieval": {"k": 3}})
    configuration = Configuration().with_rung(WEIGHT, learned).with_rung(more)
    assert configuration.patch_for("1") == {"retrieval": {"dense_weight": 0.7, "k": 3}}
    assert configuration.patch_for("2") == configuration.patch == {"retrieval": {"dense_weight": 0.8, "k": 3}}
    assert configuration.key != Configuration(configuration.patch).key


def test_a_climb_learns_of_its_own_cases_alone() -> None:
    taught: list[set[str]] = []

    def learn(rung: Rung, cases: Sequence[str]) -> Learned:
        taught.append(set(cases))
        return Learned({"retrieval": {"dense_weight": 0.5}})

    def evaluate(configuration: Configuration, cases: Sequence[str]) -> dict[str, Outcome]:
        return {case: Outcome(float(bool(configuration.patch)), tokens=10) for case in cases}

    path = Climb(evaluate, learn=learn).run(Configuration(), [WEIGHT], ["1", "2", "3"])
    assert taught == [{"1", "2", "3"}] and path.end.patch == {"retrieval": {"dense_weight": 0.5}}


def test_the_packaged_ladder_has_both_where_cases_name_their_sources() -> None:
    rungs = {rung.learns: rung for rung in read_ladder(PACKAGED) if rung.learns}
    assert rungs.keys() == {"dense_weight", "query_map"} and all("sources" in rung.needs for rung in rungs.values())


def test_the_command_that_was_says_where_it_is() -> None:
    result = CliRunner().invoke(app, ["tune", "mine.jsonl", "--dry-run"])
    assert isinstance(result.exception, UsageError)
    assert "two rungs of `cairn climb`" in str(result.exception) and "--only retrieval" in (result.exception.hint or "")


@pytest.mark.parametrize("rung", [WEIGHT, MAP])
def test_a_rung_that_learns_nothing_changes_nothing_else(rung: Rung) -> None:
    plain = Rung(name="plain", group="retrieval", patch={"retrieval": {"k": 3}})
    assert learner(Searched())(plain, list(CASES)) == Learned()
    assert learner(Searched())(rung, list(CASES)) != Learned()
