"""What a judge model says of an answer and its passages, as Ragas defines it (Es et al., arXiv 2309.15217).

A judge that fails gives a Score without a value. How good the judge is, is measured against people's labels: a figure
here is the judge's word.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.language_models import BaseChatModel

from cairn.core.answer import Answer
from cairn.evals.cases import Case
from cairn.evals.judge import Judge, JudgeError, numbered
from cairn.evals.metrics import Score
from cairn.evals.metrics.answer_text import text_of
from cairn.evals.metrics.declining import is_declined, no_answer_sentences
from cairn.retrieval.ranked_lists import cosines

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace
    from cairn.models.embedder import Embedder

_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")


class JudgedMetric:
    """What the metrics here share: answers that decline make no statement, unless a metric is `of_declined` too, and a
    judge's failure is told apart.
    """

    of_declined = False

    def __init__(self, home: Workspace, judge: BaseChatModel | None) -> None:
        self.home = home
        self.judge_model = Judge(judge, home.prompts)

    def __call__(self, case: Case, answer: Answer) -> Score | None:
        if not self.of_declined and is_declined(answer, no_answer_sentences(self.home.prompts, answer)):
            return None
        try:
            return self.score(case, answer)
        except JudgeError as error:
            return Score(None, str(error), "judge failed")

    def score(self, case: Case, answer: Answer) -> Score | None:
        """Raises JudgeError."""
        raise NotImplementedError


class Faithfulness(JudgedMetric):
    """The share of the answer's statements that its passages support."""

    def score(self, case: Case, answer: Answer) -> Score | None:
        if not (passages := passages_of(answer)):
            return None
        statements = self.judge_model.items("statements", question=case.question, answer=text_of(answer))
        given = {"passages": numbered(passages), "statements": numbered(statements)}
        verdicts = self.judge_model.verdicts("supported", len(statements), True, **given)
        wrong = [f"{said} ({why})" for said, (yes, why) in zip(statements, verdicts, strict=True) if not yes]
        return Score(1 - len(wrong) / len(statements), "; ".join(wrong)[:400])


class AnswerRelevancy(JudgedMetric):
    """The mean cosine of questions that the answer would answer with the one that was asked."""

    def score(self, case: Case, answer: Answer) -> Score:
        questions = self.judge_model.items("questions", answer=text_of(answer))[:3]
        asked, *guessed = self._embedder.embed_documents([case.question, *questions])
        mean = float(cosines(np.array([asked, *guessed]))[0, 1:].mean())
        return Score(min(1.0, max(0.0, mean)), "; ".join(questions)[:400])

    @cached_property
    def _embedder(self) -> Embedder:
        from cairn.models.embeddings import make_embeddings

        return make_embeddings(self.home.settings)


class ContextPrecision(JudgedMetric):
    """The precision among the first k passages, averaged over the ranks k of the useful ones; 0 where none is."""

    of_declined = True

    def score(self, case: Case, answer: Answer) -> Score | None:
        if not (passages := passages_of(answer)):
            return None
        given = {"question": case.question, "answer": case.answers[0], "passages": numbered(passages)}
        useful = [yes for yes, _ in self.judge_model.verdicts("relevant", len(passages), False, **given)]
        shares = [sum(useful[:rank]) / rank for rank, yes in enumerate(useful, 1) if yes]
        return Score(sum(shares) / len(shares) if shares else 0.0, f"{sum(useful)} of {len(useful)} are useful")


class ContextRecall(JudgedMetric):
    """The share of the gold answer's sentences that the passages say."""

    of_declined = True

    def score(self, case: Case, answer: Answer) -> Score:
        if not (passages := passages_of(answer)):
            return Score(0.0, "no passage was found")
        sentences = [said for piece in _SENTENCE.split(case.answers[0]) if (said := piece.strip())]
        given = {"passages": numbered(passages), "statements": numbered(sentences)}
        verdicts = self.judge_model.verdicts("attributable", len(sentences), False, **given)
        lacking = [said for said, (yes, _) in zip(sentences, verdicts, strict=True) if not yes]
        return Score(1 - len(lacking) / len(sentences), "; ".join(lacking)[:400])


class Rubric(JudgedMetric):
    """How far the answer meets the case's rubric: 0 to 4 of 4."""

    of_declined = True

    def score(self, case: Case, answer: Answer) -> Score:
        given = {"question": case.question, "rubric": case.rubric or "", "answer": text_of(answer) or "(no answer)"}
        points, reason = self.judge_model.last("rubric", "score", "01234", **given)
        return Score(int(points) / 4, reason[:400])


def passages_of(answer: Answer) -> list[str]:
    """What the answer could rest on: its passages, else what its tools gave back."""
    quotes = [source["quote"] for source in answer.sources]
    return quotes or [step.result for step in answer.steps if step.result]
