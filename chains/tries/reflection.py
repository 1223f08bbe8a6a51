"""An answer is looked at before it is given: did it do what was asked? What is wrong is told, and it is given again."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable

from cairn.chains.bounded_calls import Helper, HelperError, need_writer
from cairn.chains.question_runnable import StrategyRunnable
from cairn.chains.tries.answer_key import answer_key
from cairn.chains.tries.tried_answers import make_try
from cairn.core.events import emit
from cairn.core.strategy import Example, Prompt, Reply, Turn
from cairn.core.task import Task
from cairn.models.answer_forms import form_of
from cairn.prompts.template import step

_VERDICT = re.compile(r"\W*(pass|fail)\b\W*(.*)", re.IGNORECASE | re.DOTALL)
_FORM = form_of(
    r'"pass" | "fail: " [^\n]{1,300}',
    {"passed": {"type": "boolean"}, "wrong": {"type": "string"}},
    lambda value: "pass" if value["passed"] else f"fail: {value['wrong']}",
)


def reflecting(
    strategy: Runnable[Any, Reply], task: Task, model: BaseChatModel, judge: BaseChatModel
) -> Runnable[Any, Reply]:
    """`strategy` with the rounds that `task.reflect` asks for; itself where there are none.

    It ends when the answer passes, stays the same, or the rounds are over. Raises TaskError where the model writes
    nothing of its own.
    """
    if not task.reflect.rounds:
        return strategy
    need_writer(model, "reflect.rounds")

    async def answer(turn: Turn) -> Reply:
        helper = Helper(judge, task.limits)
        latest = await make_try(strategy, turn)
        for _ in range(task.reflect.rounds):
            wrong = await _looked_at(helper, task, turn.question, latest.reply.text)
            if wrong is None:
                break
            told = _Again(turn.prompt, latest.reply.text, wrong)
            again = await make_try(strategy, replace(turn, prompt=told))
            same = answer_key(again.reply.text) == answer_key(latest.reply.text)
            latest = again
            if same:
                break
        return latest.tell()

    return StrategyRunnable(task.strategy, task, answer)


async def _looked_at(helper: Helper, task: Task, question: str, answer: str) -> str | None:
    """What is wrong with it; None where nothing is, or nobody can tell."""
    began = time.perf_counter()
    try:
        said = await helper.ask("reflect", _FORM, question=question, answer=answer, rubric=task.reflect.rubric)
        verdict = _VERDICT.match(said)
        if verdict is None:
            raise HelperError("what it said was neither pass nor fail")
    except HelperError as error:
        emit("notice", {"text": f"The answer was not looked at: {error}."})
        return None
    wrong = " ".join(verdict[2].split()) if verdict[1].lower() == "fail" else None
    detail = f"{helper.model}: {wrong or 'pass'}"
    emit("stage", {"name": "reflect", "detail": detail, "milliseconds": (time.perf_counter() - began) * 1000})
    return wrong or (None if verdict[1].lower() == "pass" else "It does not do what was asked.")


@dataclass(frozen=True)
class _Again:
    """A prompt with the answer that was given to it, and what is wrong with that."""

    prompt: Prompt
    answer: str
    wrong: str

    @property
    def missing(self) -> frozenset[str]:
        return self.prompt.missing

    def messages(self, **values: str) -> list[BaseMessage]:
        told = step("reflect_again").format_messages(wrong=self.wrong)
        return [*self.prompt.messages(**values), AIMessage(self.answer), *told]

    def with_examples(self, examples: Sequence[Example]) -> Prompt:
        return replace(self, prompt=self.prompt.with_examples(examples))
