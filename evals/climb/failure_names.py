"""Which kind of failure a case is, told from its gold, its scores and what its run recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cairn.core.answer import Answer
from cairn.evals.cases import Case, SourceGold
from cairn.evals.metrics import Score

_QUERY_METRICS = ("execution", "strict", "spider")


def name_failure(
    case: Case,
    answer: Answer,
    scores: Mapping[str, Score],
    primary: str,
    error: str | None = None,
    is_there: Callable[[SourceGold], bool] = lambda gold: True,
) -> str | None:
    """The name of the failure, as `failure_diagnosis.KINDS` has it.

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
