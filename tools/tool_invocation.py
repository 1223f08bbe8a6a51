"""The one way a tool is called: with its events, and with every failure turned into an observation."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.errors import GraphBubbleUp

from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, ToolError, Waiting
from cairn.core.events import emit
from cairn.core.passages import finding, is_passage

COMPUTES: dict[str, Any] = {"side_effects": False, "untrusted": False}
READS: dict[str, Any] = {"side_effects": False, "untrusted": True}
MAX_RESULT = 20_000
_CUT = "\n… (the rest was left out: ask for less)"


@dataclass(frozen=True, slots=True)
class Observation:
    """What the model reads after a call. `error` is None when the tool did its work.

    `documents`: the passages that can be cited from it. They are the tool's artifact: its text makes none.
    """

    text: str
    error: CairnError | None = None
    documents: Sequence[Document] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What a run knows when it is about to call a tool: the user's words, and what each tool found, by its name.

    `earlier`: what the user wrote before in the thread. `read`: what was read and is not for everybody: passages, rows,
    what is remembered. What a call found that carried some of this out is not in `found`. `sent`: what calls that can
    carry something out were made with, so what the user said yes to.
    """

    question: str
    found: Sequence[tuple[str, Sequence[Document]]] = ()
    earlier: str = ""
    read: str = ""
    sent: str = ""


Carries = Callable[[Mapping[str, Any], Said], Sequence[str]]


def has_side_effects(tool: BaseTool, arguments: Mapping[str, Any], said: Said) -> bool:
    """Whether this call changes something outside, or carries something there; a tool that does not say so does.

    A tool says so in `tool.metadata["side_effects"]`: a bool, or a function `(arguments, said) -> bool` where it
    depends on the call.
    """
    told = (tool.metadata or {}).get("side_effects", True)
    return bool(told(arguments, said) if callable(told) else told)


def is_untrusted(tool: BaseTool) -> bool:
    """Whether others may have written what this tool returns (`tool.metadata["untrusted"]`); untold, they have."""
    return bool((tool.metadata or {}).get("untrusted", True))


def is_private(tool: BaseTool) -> bool:
    """Whether what it returns is not for everybody (`tool.metadata["private"]`); untold, if it is untrusted."""
    return bool((tool.metadata or {}).get("private", is_untrusted(tool)))


def can_carry(tool: BaseTool) -> bool:
    return "carries" in (tool.metadata or {})


def carried_out(tool: BaseTool, arguments: Mapping[str, Any], said: Said) -> Sequence[str]:
    """The words of `said.read` that a call carries to others, by the function `tool.metadata["carries"]`."""
    carries: Carries | None = (tool.metadata or {}).get("carries")
    return carries(arguments, said) if carries else ()


async def call_tool(tools: Sequence[BaseTool], name: str, **arguments: Any) -> Observation:
    """Call the tool named `name`. Raises ToolError if there is no such tool: the task's configuration is wrong."""
    tool = next((tool for tool in tools if tool.name == name), None)
    if tool is None:
        raise ToolError(f"This way of answering needs the tool {name!r}.", "Add it to `tools` in the task.")
    return await observe(name, arguments, lambda: invoke(tool, arguments))


async def invoke(tool: BaseTool, arguments: dict[str, Any]) -> Any:
    """What a tool returns: a message with the artifact beside the text where it has one. For `observe`."""
    if tool.response_format != "content_and_artifact":
        return await tool.ainvoke(arguments)
    return await tool.ainvoke({"type": "tool_call", "name": tool.name, "args": arguments, "id": new_id()})


def new_id() -> str:
    """The events' ids are our own: some servers number the calls of each answer from the same beginning."""
    return uuid.uuid4().hex[:12]


async def observe(
    name: str, arguments: dict[str, Any], call: Callable[[], Awaitable[Any]], id: str | None = None
) -> Observation:
    """Await `call`, telling the run what is called, found and returned. Never raises what a tool can raise."""
    id = id or new_id()
    emit("tool_started", {"id": id, "tool": name, "arguments": arguments})
    began = time.perf_counter()
    with finding(id):
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
        text, documents = _read(await call())
    except (GraphBubbleUp, Waiting):
        raise
    except CairnError as error:
        return Observation(f"Error: {error}", error)
    except Exception as error:
        detail = " ".join(str(error).split())[:500]
        wrapped = ToolError(f"{name} failed: {type(error).__name__}: {detail}", "Try something else.")
        return Observation(f"Error: {wrapped}", wrapped)
    return Observation(text if len(text) <= MAX_RESULT else text[:MAX_RESULT] + _CUT, documents=documents)


def _read(returned: Any) -> tuple[str, Sequence[Document]]:
    """The text that a tool returned, and the numbered passages that are its artifact."""
    if not isinstance(returned, ToolMessage):
        return clean(str(returned)), ()
    artifact: Any = returned.artifact
    found: list[Any] = list(artifact) if isinstance(artifact, list | tuple) else []
    return clean(returned.text), [one for one in found if isinstance(one, Document) and is_passage(one)]
