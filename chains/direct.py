"""`direct`: the prompt, the model, its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable, in_time
from cairn.core.events import Sources, emit
from cairn.core.source import Source
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import guarded


def direct(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    chat_model = guarded(model)

    async def answer(turn: Turn) -> Reply:
        said = await in_time(task.limits.seconds, chat_model.ainvoke(turn.prompt.messages()))
        if isinstance(said, Reply):
            return said
        _tell_sources(said.additional_kwargs.get("named_sources", ()))
        return Reply(said.text)

    return StrategyRunnable("direct", task, answer)


def _tell_sources(named: Sequence[Mapping[str, str]]) -> None:
    """What the model's server says that the answer rests on."""
    sources = [
        Source(
            source=one["source"],
            title=one["title"] or None,
            quote=one["quote"],
            page=None,
            heading=None,
            start=None,
            end=None,
            notices=[],
        )
        for one in named
    ]
    if sources:
        emit("sources", Sources(sources=sources))
