"""Whether an answer declines: by what Cairn knows of how it came about, never by guessing at its language.

An answer declines that is empty; that strategy `sql` gave without a query's result; that is one of the sentences by
which Cairn's own parts say that they found nothing; or that begins with a sentence that its template names under
`no_answer` in its front matter. A refusal in a model's own words is not recognised: give the template a `no_answer`.

A system that may decline needs three figures: answered, right of the answered, right of all. The metric `answered`
gives the first; a report splits every other metric by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from langchain_core.language_models import BaseChatModel

from cairn.chains.checks.answer_checks import NOTHING_LEFT
from cairn.chains.rag import NOTHING_FOUND
from cairn.chains.tries.tried_answers import NOT_CERTAIN
from cairn.core.answer import Answer
from cairn.core.clean_text import normalise
from cairn.core.errors import CairnError
from cairn.evals.cases import Case
from cairn.evals.metrics import Score
from cairn.models.builtin.builtin_phrases import declines

if TYPE_CHECKING:
    from cairn.agents.workspace import Workspace
    from cairn.prompts.task_store import PromptStore

_MARKS = " .。!！?？\"'“”「」*`>"


def is_declined(answer: Answer, sentences: Iterable[str] = ()) -> bool:
    """`sentences`: those by which the template has the model decline."""
    text = (answer.answer or "").strip()
    if not text:
        return True
    if answer.strategy == "sql":
        return not any(table.sql for table in answer.tables)
    if answer.model == "builtin" and declines(text):
        return True
    said = _bare(text)
    known = [_bare(sentence) for sentence in (*NOTHING_FOUND, *NOTHING_LEFT, *NOT_CERTAIN, *sentences)]
    return any(said.startswith(sentence) for sentence in known if sentence)


def no_answer_sentences(prompts: PromptStore, answer: Answer) -> tuple[str, ...]:
    """Those that the template of this answer names; none of one that is not to be had any more."""
    if answer.task is None or answer.template is None:
        return ()
    try:
        return prompts.template(answer.task, answer.template).head.no_answer
    except CairnError:
        return ()


@lru_cache(maxsize=1000)
def _bare(text: str) -> str:
    return normalise(text).strip(_MARKS)


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
