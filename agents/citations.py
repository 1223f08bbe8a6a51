"""An agent's answer, held against the passages that its tools returned."""

from __future__ import annotations

from dataclasses import replace

from langchain_core.language_models import BaseChatModel

from cairn.agents.run_budget import Budget
from cairn.chains.checks.answer_checks import check
from cairn.chains.helper_calls import Helper, need_writer
from cairn.core.passage_text import read_passages
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task


def need_judge(task: Task, model: BaseChatModel) -> None:
    """Raises TaskError where the model is to judge and can't."""
    if task.citations.check == "judge":
        need_writer(model, "citations.check: judge")


async def checked(reply: Reply, task: Task, model: BaseChatModel, budget: Budget, turn: Turn) -> Reply:
    """The reply as `task.citations` wants it shown. What a limit cut short stays as it is."""
    results = [text for text in budget.results.values() if text]
    passages = {one.number: one for text in results for one in read_passages(text)}
    if reply.stopped_by or not passages:
        return reply
    cited_only = not task.citations.only_documents
    helper = Helper(model, budget.remaining())
    text = await check(
        reply.text,
        list(passages.values()),
        task.citations,
        helper,
        question=turn.question,
        cited_only=cited_only,
    )
    return replace(reply, text=text)
