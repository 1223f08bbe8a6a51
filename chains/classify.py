"""`classify`: one of the task's labels, or a clear failure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import BaseTool

from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable, in_time
from cairn.core.clean_text import has_cjk, normalise
from cairn.core.errors import ModelAnswerError, TaskError
from cairn.core.events import silent
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.constrained_output import Said, choose_label


def classify(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    if len(task.labels) < 2:
        raise TaskError(
            f"Task {task.name!r} has no labels to choose from.", "Write `labels:` in task.yaml, or give it examples."
        )

    async def answer(turn: Turn) -> Reply:
        return await in_time(task.limits.seconds, label(turn))

    async def label(turn: Turn) -> Reply:
        messages = turn.prompt.messages()
        with silent():
            said = await choose_label(model, messages, task.labels, meant, free=not task.constrained)
            if isinstance(said, Said):  # every means failed: told what was wrong with its text, it may do better
                again = await model.ainvoke([*messages, *_correction(said.text, task.labels)])
                said = meant(again.text) or Said(again.text)
        if isinstance(said, str):
            return Reply(said)
        raise ModelAnswerError(
            f"The model answered {said.text[:100]!r}, which is none of the labels.",
            f"They are: {', '.join(task.labels)}.",
        )

    def meant(text: str) -> str | None:
        return match_label(text, task.labels)

    return StrategyRunnable("classify", task, answer)


def match_label(said: str, labels: Sequence[str]) -> str | None:
    """The label that was meant: the whole answer, else the only one that stands in it as words of its own."""
    answer = normalise(said).strip(" .。\"'`*")
    for label in labels:
        if answer == normalise(label):
            return label
    named = [label for label in labels if _stands_in(normalise(label), answer)]
    longest = [label for label in named if not any(label != other and label in other for other in named)]
    return longest[0] if len(longest) == 1 else None


def _stands_in(label: str, answer: str) -> bool:
    """`no` does not stand in `I do not know`; Chinese is written without spaces."""
    return label in answer if has_cjk(label) else re.search(rf"(?<!\w){re.escape(label)}(?!\w)", answer) is not None


def _correction(said: str, labels: Sequence[str]) -> list[BaseMessage]:
    return [AIMessage(said or "…"), HumanMessage(f"Answer with exactly one of: {', '.join(labels)}.")]
