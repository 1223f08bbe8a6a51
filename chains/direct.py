"""`direct`: the prompt, the model, its answer."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import guarded


def direct(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    chat_model = guarded(model)

    async def answer(turn: Turn) -> Reply:
        message = await chat_model.ainvoke(turn.prompt.messages())
        return Reply(message.text)

    return StrategyRunnable("direct", task, answer)
