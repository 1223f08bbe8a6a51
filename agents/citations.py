"""An agent's answer, held against the passages that its tools found: their artifacts, never what a text looks like."""

from __future__ import annotations

from dataclasses import replace

from langchain_core.language_models import BaseChatModel

from cairn.agents.tool_calls import ToolCaller
from cairn.chains.checks.answer_checks import check
from cairn.chains.helper_calls import Helper, need_writer
from cairn.core.strategy import Reply
from cairn.core.task import Task


def need_judge(task: Task, model: BaseChatModel) -> None:
    """Raises TaskError where the model is to judge and can't."""
    if task.citations.check == "judge":
        need_writer(model, "citations.check: judge")


async def checked(reply: Reply, model: BaseChatModel, caller: ToolCaller) -> Reply:
    """The reply as the task's `citations` want it shown. What a limit cut short stays as it is."""
    passages, citations = caller.documents, caller.task.citations
    if reply.stopped_by or not passages:
        return reply
    text = await check(
        reply.text,
        passages,
        citations,
        Helper(model, caller.budget.remaining()),
        question=caller.turn.question,
        cited_only=not citations.only_documents,
    )
    return replace(reply, text=text)
