"""`direct`: the prompt, the model, its answer."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.time_limit import in_time
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.models.guarded_model import guarded


def direct(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    chat_model = guarded(model)

    async def answer(turn: Turn) -> Reply:
        said = await in_time(task.limits.seconds, chat_model.ainvoke(turn.prompt.messages()))
        return said if isinstance(said, Reply) else Reply(said.text)

    return StrategyRunnable("direct", task, answer)
