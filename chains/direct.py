"""`direct`: the prompt, the model, its answer."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task


def direct(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    async def answer(turn: Turn) -> Reply:
        message = await model.ainvoke(turn.prompt.messages())
        return Reply(message.text)

    return StrategyRunnable("direct", task, answer)
