"""The one way a tool is called: with its events, and with every failure turned into an observation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp

from cairn.errors import CairnError, ToolError
from cairn.events import emit
from cairn.text import clean

MAX_RESULT = 20_000
_CUT = "\n… (the rest was left out: ask for less)"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the model reads after a call. `error` is None when the tool did its work."""

    text: str
    error: CairnError | None = None


async def call_tool(tools: Sequence[BaseTool], name: str, **arguments: Any) -> Observation:
    """Call the tool named `name`. Raises ToolError if there is no such tool: the task's configuration is wrong."""
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise ToolError(f"This way of answering needs the tool {name!r}.", "Add it to `tools` in the task.")
    return await observe(name, arguments, lambda: tool.ainvoke(arguments))


async def observe(name: str, arguments: dict[str, Any], call: Callable[[], Awaitable[Any]]) -> Observation:
    """Await `call`, telling the run what is called and what came back. Never raises what a tool can raise.

    The events' id is our own: some servers number the calls of each answer from the same beginning.
    """
    id = uuid.uuid4().hex[:12]
    emit("tool_started", {"id": id, "tool": name, "arguments": arguments})
    began = time.perf_counter()
    observation = await _outcome(name, call)
    failed = observation.error is not None
    emit(
        "tool_finished",
        {
            "id": id,
            "tool": name,
            "result": None if failed else observation.text,
            "error": observation.text if failed else None,
            "seconds": round(time.perf_counter() - began, 4),
        },
    )
    return observation


async def _outcome(name: str, call: Callable[[], Awaitable[Any]]) -> Observation:
    try:
        text = clean(str(await call()))
    except GraphBubbleUp:
        raise
    except CairnError as error:
        return Observation(f"Error: {error}", error)
    except Exception as error:
        detail = " ".join(str(error).split())[:500]
        wrapped = ToolError(f"{name} failed: {type(error).__name__}: {detail}", "Try something else.")
        return Observation(f"Error: {wrapped}", wrapped)
    return Observation(text if len(text) <= MAX_RESULT else text[:MAX_RESULT] + _CUT)
