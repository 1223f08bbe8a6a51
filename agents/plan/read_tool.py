"""The tool `read`: one value out of a result, read by a model that can call nothing.

So a plan can calculate with what a document says, and its planner need not see it (the dual model pattern; CaMeL,
arXiv 2503.18813).
"""

from __future__ import annotations

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from cairn.agents.plan.plan_model_calls import CountedModel
from cairn.agents.plan.plan_prompts import indent
from cairn.agents.run_progress import Budget
from cairn.core.clean_text import clean
from cairn.core.errors import ToolError
from cairn.models.answer_forms import one_line
from cairn.prompts.template import step
from cairn.tools.tool_invocation import READS

NAME = "read"
_MOST = 300
_UNKNOWN = frozenset({"", "unknown", "未知"})


class _Read(BaseModel):
    question: str = Field(description="What the value is, for example: How many people live in Rome?")
    text: str = Field(description="The text, usually the result of an earlier step: $1")


def make_read(model: CountedModel, budget: Budget) -> BaseTool:
    """Its calls count as model calls of the run, the last of which is kept for the answer."""

    async def read(question: str, text: str) -> str:
        """Read one value out of a text, such as the figure that a passage gives: between a search and a sum."""
        if budget.model_calls + 1 >= budget.limits.model_calls:
            raise ToolError("The limit of model calls leaves none for reading.", "Answer without it.")
        shown = indent(text)
        messages = step(NAME).format_messages(question=" ".join(clean(question).split()), text=shown)
        value = (await model.ask(messages, "read", one_line())).strip()
        if value.casefold().strip(".。") in _UNKNOWN:
            raise ToolError("The text does not say it.", "Look for it elsewhere.")
        return value if len(value) <= _MOST else value[:_MOST]

    return StructuredTool.from_function(coroutine=read, name=NAME, args_schema=_Read, metadata=dict(READS))
