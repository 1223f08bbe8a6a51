"""`react` for any model: one that tools don't reach writes its calls as text, and the answer says so."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.agents.react import ToolsIgnored, ignores_tools
from cairn.agents.react import react as by_calls
from cairn.agents.react_text import react_text
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.core.events import emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task

_NOTICE = "{model} was sent tools, but its server left them out. It writes its calls as text instead (react_text)."


def react(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """`agents.react` until tools turn out not to reach the model, from then on `agents.react_text`."""
    calling, writing = by_calls(task, tools, model), react_text(task, tools, model)

    async def answer(turn: Turn) -> Reply:
        if not (tools and ignores_tools(model)):
            try:
                return await calling.answer(turn)
            except ToolsIgnored as ignored:  # what it said without them is no answer
                emit("thought", {"text": ignored.said, "replaces": True})
        emit("notice", {"text": _NOTICE.format(model=getattr(model, "model_name", "The model"))})
        return await writing.answer(turn)

    return StrategyRunnable("react", task, answer)
