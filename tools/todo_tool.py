"""The `write_todos` tool: a list of what is to be done that the agent keeps, and people see as it changes.

The idea is AutoGPT's task list; bounded, and with no other memory than the list itself.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from langchain_core.tools import tool
from pydantic import BaseModel, BeforeValidator, Field

from cairn.core.clean_text import clean
from cairn.core.errors import ToolError
from cairn.core.events import PlanStep, emit
from cairn.tools.tool_invocation import COMPUTES

MOST = 20
_LONGEST = 200
_ELSEWHERE = {"pending": "waiting", "in_progress": "running", "completed": "done"}
"""What models have learnt to say for the same."""


def _state(value: Any) -> Any:
    return _ELSEWHERE.get(value, value) if isinstance(value, str) else value


class Todo(BaseModel):
    text: str = Field(description="What is to be done, in a few words.")
    state: Annotated[Literal["waiting", "running", "done", "failed"], BeforeValidator(_state)] = "waiting"


@tool
def write_todos(todos: list[Todo]) -> str:
    """Keep a list of what is to be done, which the user sees. For work of three steps or more; else just do it.

    Write the whole list each time: it replaces the one before. Mark what you begin as running and what you have
    finished as done, as soon as it is so, together with the calls that it takes.

    Args:
        todos: All of it in order, at most 20: of each its text and its state (waiting, running, done or failed).
    """
    if len(todos) > MOST:
        raise ToolError(f"A list of {len(todos)} is too long.", f"Keep it to {MOST}: put small steps together.")
    steps = [_step(number, todo) for number, todo in enumerate(todos, 1)]
    emit("plan", {"steps": steps})
    return _summary(steps)


write_todos.metadata = COMPUTES


def _step(number: int, todo: Todo) -> PlanStep:
    text = " ".join(clean(todo.text).split())
    if not text:
        raise ToolError(f"Number {number} says nothing.", "Say what is to be done.")
    return PlanStep(id=str(number), text=text[:_LONGEST], state=todo.state, needs=[])


def _summary(steps: list[PlanStep]) -> str:
    done = sum(step["state"] == "done" for step in steps)
    left = [step for step in steps if step["state"] in ("running", "waiting")]
    following = min(left, key=lambda step: step["state"] != "running", default=None)
    return f"{done} of {len(steps)} done." + (f" Now: {following['text']}" if following else "")
