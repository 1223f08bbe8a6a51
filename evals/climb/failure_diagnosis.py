"""Which kind of failure a case is, why cases fail, and which group of rungs can mend that.

Two axes. *Context*: what the answer needs was not there: not in the documents, not found, found and not used. *Act*: it
was there, or nothing was needed, and still the answer is not right: its form, its label, its query, its tool, its
reasoning; or it declined, or talked without looking up. It is told from what the run recorded and the gold says, never
from how the answer sounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cairn.core.answer import Answer
from cairn.evals.cases import Case, SourceGold
from cairn.evals.climb.climbing import Outcomes
from cairn.evals.climb.ladder import Group, Rung
from cairn.evals.metrics import Score

Axis = Literal["context", "act"]


@dataclass(frozen=True, slots=True)
class FailureKind:
    """`says` completes "n of m failures: …"; `groups` can mend it, the likeliest first."""

    axis: Axis
    says: str
    groups: tuple[Group, ...]


KINDS: Mapping[str, FailureKind] = {
    "not in the documents": FailureKind("context", "what they ask for is in none of the documents", ()),
    "not found": FailureKind("context", "the passage that holds the answer was not found", ("retrieval",)),
    "found, not used": FailureKind(
        "context", "the passage was found, and the answer does not rest on it", ("instructions", "retrieval", "tuned")
    ),
    "form": FailureKind("act", "the answer does not have the form that was asked for", ("constrained", "examples")),
    "label": FailureKind("act", "the wrong label was chosen", ("examples", "constrained", "instructions", "tuned")),
    "query": FailureKind("act", "the query gives another result", ("examples", "tools", "tries", "instructions")),
    "broken query": FailureKind("act", "the query does not run", ("tools", "examples", "tries")),
    "tool": FailureKind("act", "the wrong tool was called, or with other arguments", ("instructions", "tools")),
    "not looked up": FailureKind("act", "nothing was looked up", ("instructions", "tools")),
    "declined": FailureKind(
        "act", "the answer was declined, and there is one", ("instructions", "retrieval", "examples")
    ),
    "should have declined": FailureKind(
        "act", "an answer was made up where there is none", ("instructions", "retrieval")
    ),
    "limit": FailureKind("act", "a limit ended the answer", ("constrained", "instructions")),
    "error": FailureKind("act", "no answer came", ()),
    "reasoning": FailureKind(
        "act", "all was there, and what was made of it is wrong", ("instructions", "tries", "examples", "tuned")
    ),
}
_OTHER = KINDS["reasoning"]
_QUERY_METRICS = ("execution", "strict", "spider")


@dataclass(frozen=True)
class Diagnosis:
    """What went wrong with how many cases, most first, and what is worth trying for it."""

    failures: tuple[tuple[str, int], ...]
    judged: int
    groups: tuple[Group, ...]

    @property
    def axes(self) -> dict[Axis, int]:
        counts: dict[Axis, int] = {"context": 0, "act": 0}
        for name, count in self.failures:
            counts[KINDS.get(name, _OTHER).axis] += count
        return counts

    @property
    def sentence(self) -> str:
        """The reason for what comes next."""
        failed = sum(count for _, count in self.failures)
        if not failed:
            return f"All {self.judged} cases are right."
        name, count = self.failures[0]
        says = KINDS.get(name, _OTHER).says
        if not self.groups:
            advice = _ADVICE.get(name, "look at them one by one")
            return f"{count} of {failed} failures: {says}. No rung can mend that: {advice}."
        return f"{count} of {failed} failures: {says}; what helps there are {self.groups[0]}."


_ADVICE = {
    "not in the documents": "add the documents that hold it",
    "error": "look at the errors, they are the server's or the set-up's",
}


def diagnose(outcomes: Outcomes) -> Diagnosis:
    """By how much each group could raise the score: each failing case counts for the groups that can mend its kind."""
    lost: Counter[str] = Counter()
    gain: dict[Group, float] = {}
    judged = 0
    for outcome in outcomes.values():
        if outcome.score is None:
            continue
        judged += 1
        if outcome.score < 1:
            name = outcome.failure or "reasoning"
            lost[name] += 1
            for place, group in enumerate(KINDS.get(name, _OTHER).groups):
                gain[group] = gain.get(group, 0) + (1 - outcome.score) / 2**place
    ranked = sorted(gain, key=lambda group: -gain[group])
    return Diagnosis(tuple(lost.most_common()), judged, tuple(ranked))


def by_diagnosis(left: Sequence[Rung], outcomes: Outcomes) -> Rung | None:
    """The next rung of the group that can mend most; a group that helps none of the failures comes last, as written."""
    diagnosis = diagnose(outcomes)
    if not diagnosis.failures:
        return None
    order = [*diagnosis.groups, *_others(left, diagnosis.groups)]
    return min(left, key=lambda rung: order.index(rung.group), default=None)


def _others(left: Iterable[Rung], known: Sequence[Group]) -> list[Group]:
    found: dict[Group, None] = dict.fromkeys(rung.group for rung in left)
    return [group for group in found if group not in known]


def name_failure(
    case: Case,
    answer: Answer,
    scores: Mapping[str, Score],
    primary: str,
    error: str | None = None,
    is_there: Callable[[SourceGold], bool] = lambda gold: True,
) -> str | None:
    """The name of the failure, as `KINDS` has it.

    Args:
        case: With its gold.
        answer: What was answered.
        scores: By metric.
        primary: The metric that counts.
        error: The kind of error that ended the answer.
        is_there: Whether a gold passage is in the documents at all.

    Returns:
        The name; None where the case is right or could not be judged.
    """
    score = scores.get("refused" if case.refuse else primary)
    if score is None or score.value is None or score.value >= 1:
        return None
    if case.refuse:
        return "should have declined"
    if error:
        return "form" if error == "ModelAnswerError" and (case.label or case.fields) else "error"
    declined = _value(scores, "answered") == 0
    if case.has("sources") and (context := _context(case, scores, is_there, declined)):
        return context
    if answer.stopped_by:
        return "limit"
    if declined:
        return "declined"
    return _act(case, scores, score, answer)


def _context(
    case: Case, scores: Mapping[str, Score], is_there: Callable[[SourceGold], bool], declined: bool
) -> str | None:
    if not any(is_there(gold) for gold in case.sources):
        return "not in the documents"
    if _value(scores, "recall") == 0:
        return "not found"
    cited = _value(scores, "cited")
    return "found, not used" if declined or cited == 0 else None


def _act(case: Case, scores: Mapping[str, Score], score: Score, answer: Answer) -> str:
    if case.label:
        return "label"
    if case.query:
        return "broken query" if (score.kind or "").startswith(("failed", "syntax", "unknown")) else "query"
    if case.tool_calls and _value(scores, "tool_calls") != 1:
        return "tool"
    if case.has("matches") and _value(scores, "regex") == 0:
        return "form"
    looked_up = answer.sources or answer.tables or any(step.error is None for step in answer.steps)
    return "reasoning" if looked_up or answer.strategy in ("direct", "classify", "extract") else "not looked up"


def _value(scores: Mapping[str, Score], metric: str) -> float | None:
    score = scores.get(metric)
    return score.value if score else None
