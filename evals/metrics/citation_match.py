"""What the answer's citations point to, and how much of the answer is quoted from its passages."""

from __future__ import annotations

from cairn.core.answer import Answer
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.evals.metrics.passage_matching import matches


def cited(case: Case, answer: Answer) -> Score:
    """Whether a citation points to a passage that is a gold source; 0 without citations."""
    passages = [answer.sources[citation.source] for citation in answer.citations]
    if any(matches(gold, passage) for gold in case.sources for passage in passages):
        return Score(1.0)
    return Score(0.0, f"cited: {', '.join(passage['source'] for passage in passages[:5]) or 'nothing'}")


def quoted(case: Case, answer: Answer) -> Score | None:
    """The share of the answer's statements that stand in their passages, or that its judge calls supported.

    Nothing is said of answers that were not checked.
    """
    if not answer.statements:
        return None
    fine = sum(statement["state"] in ("quoted", "supported") for statement in answer.statements)
    faults = [one["text"][:80] for one in answer.statements if one["state"] in ("differs", "unsupported")]
    return Score(fine / len(answer.statements), f"not borne out: {'; '.join(faults[:3])}" if faults else "")
