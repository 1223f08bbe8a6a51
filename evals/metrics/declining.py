"""Whether an answer was given at all, and whether it was declined where nothing known answers the question.

A system that may decline needs three figures: answered, right of the answered, right of all. `answered` gives the
first; a report splits every other metric by it. See `evals/abstention.py` for what counts as declined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.language_models import BaseChatModel

from cairn.core.answer import Answer
from cairn.evals.abstention import is_declined, no_answer_sentences
from cairn.evals.cases import Case
from cairn.evals.metrics import Score

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace


class AnswerGiven:
    """Whether there is an answer; nothing is said of cases that are to be declined."""

    def __init__(self, home: Workspace, judge: BaseChatModel | None) -> None:
        self._prompts = home.prompts

    def __call__(self, case: Case, answer: Answer) -> Score | None:
        if case.refuse:
            return None
        declined = is_declined(answer, no_answer_sentences(self._prompts, answer))
        return Score(float(not declined), "declined" if declined else "")


class Declined:
    """Whether a question that nothing known answers was declined."""

    def __init__(self, home: Workspace, judge: BaseChatModel | None) -> None:
        self._prompts = home.prompts

    def __call__(self, case: Case, answer: Answer) -> Score:
        if is_declined(answer, no_answer_sentences(self._prompts, answer)):
            return Score(1.0)
        return Score(0.0, f"answered: {(answer.answer or '')[:200]}", "false answer")
