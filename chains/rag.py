"""`rag`: search first, then answer from what was found; the template decides how."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool

from cairn.strategy import Reply, Turn
from cairn.task import Task
from tools.calling import call_tool


def rag(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> Runnable[Turn, Reply]:
    async def answer(turn: Turn) -> Reply:
        found = await call_tool(tools, "search", query=turn.question)
        if found.error is not None:
            raise found.error
        message = await model.ainvoke(turn.prompt.messages(context=found.text))
        return Reply(message.text)

    return RunnableLambda(answer)
