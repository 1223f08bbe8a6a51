"""What a failure is called, from the gold, the scores and the run; and what is worth trying for it."""

from __future__ import annotations

from typing import Any

import pytest

from cairn.core.answer import Answer, Step
from cairn.evals.cases import Case, SourceGold
from cairn.evals.climb.climbing import Outcome
from cairn.evals.climb.failure_diagnosis import KINDS, by_diagnosis, diagnose, name_failure
from cairn.evals.climb.ladder import Rung
from cairn.evals.metrics import Score

GOLD = (SourceGold(file="a.md"),)
RIGHT, WRONG = Score(1.0), Score(0.0)


@pytest.mark.parametrize(
    ("case", "answer", "scores", "error", "name"),
    [
        ({"label": "x"}, {}, {"label": RIGHT}, None, None),
        ({"label": "x"}, {}, {"label": WRONG}, None, "label"),
        ({"label": "x"}, {}, {"label": WRONG}, "ModelAnswerError", "form"),
        ({"label": "x"}, {}, {"label": Score(None)}, None, None),
        ({"sources": GOLD}, {}, {"f1": WRONG, "recall": WRONG}, None, "not found"),
        ({"sources": GOLD}, {}, {"f1": WRONG, "recall": RIGHT, "cited": WRONG}, None, "found, not used"),
        ({"sources": GOLD}, {"strategy": "rag"}, {"f1": WRONG, "recall": RIGHT, "cited": RIGHT}, None, "not looked up"),
        ({"sources": (SourceGold(file="b.md"),)}, {}, {"f1": WRONG, "recall": WRONG}, None, "not in the documents"),
        ({"refuse": True}, {}, {"refused": WRONG}, None, "should have declined"),
        ({"query": "q"}, {"strategy": "sql"}, {"f1": Score(0.0, "", "unknown column")}, None, "broken query"),
        ({"query": "q"}, {"strategy": "sql"}, {"f1": Score(0.0, "", "other values")}, None, "query"),
        ({"answers": ("4",)}, {"strategy": "react"}, {"f1": WRONG}, None, "not looked up"),
        ({"answers": ("4",)}, {"steps": [Step(tool="calculator", arguments={})]}, {"f1": WRONG}, None, "reasoning"),
        ({"answers": ("4",)}, {"stopped_by": "seconds"}, {"f1": WRONG}, None, "limit"),
        ({"answers": ("4",)}, {}, {"f1": WRONG, "answered": WRONG}, None, "declined"),
        ({"answers": ("4",)}, {}, {"f1": WRONG}, "RequestRefused", "error"),
    ],
)  # fmt: skip
def test_a_failure_is_named_by_what_is_known(
    case: dict[str, Any], answer: dict[str, Any], scores: dict[str, Score], error: str | None, name: str | None
) -> None:
    primary = "label" if "label" in case else "f1"
    told = Answer(run=None, answer="so", **answer)
    found = name_failure(Case("1", "?", **case), told, scores, primary, error, lambda gold: gold.file == "a.md")
    assert found == name and (found is None or found in KINDS)


def outcomes(**failures: int) -> dict[str, Outcome]:
    names = [name.replace("_", " ") for name, count in failures.items() for _ in range(count)]
    return {str(n): Outcome(0.0, name) for n, name in enumerate(names)} | {"right": Outcome(1.0)}


def test_what_fails_most_says_what_comes_next() -> None:
    rungs = [Rung(name=group, group=group) for group in ("instructions", "examples", "retrieval", "tries")]  # type: ignore[arg-type]
    found = diagnose(outcomes(not_found=5, label=2))
    assert found.axes == {"context": 5, "act": 2}
    assert found.sentence.startswith("5 of 7 failures: the passage that holds the answer was not found; what helps")
    assert (one := by_diagnosis(rungs, outcomes(not_found=5, label=2))) and one.group == "retrieval"
    assert (one := by_diagnosis(rungs, outcomes(label=5))) and one.group == "examples"
    assert by_diagnosis(rungs, {"a": Outcome(1.0)}) is None


def test_what_no_rung_can_mend_says_what_to_do() -> None:
    assert "add the documents" in diagnose({"a": Outcome(0.0, "not in the documents")}).sentence
    assert diagnose({"a": Outcome(1.0)}).sentence == "All 1 cases are right."
