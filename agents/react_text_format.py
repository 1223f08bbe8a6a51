"""The text format of ReAct (arXiv 2210.03629, figure 1): what a model wrote, taken apart.

Thought: what to find out        思考：…
Action: the name of one tool     行动：…
Action Input: its arguments      行动输入：…
Observation: what came back      观察：…      written by Cairn only: whatever a model writes from here on is cut off
Final Answer: the answer         最终答案：…
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from langchain_core.tools import BaseTool

from cairn.agents.plan.plan_validation import schema_of
from cairn.core.errors import ToolError

STOP = ["\nObservation:", "\n观察：", "\n观察:"]
"""Where a server ends an answer."""

_KINDS = {
    "thought": ("thought", "思考", "想法"),
    "input": ("action input", "行动输入", "动作输入"),
    "action": ("action", "行动", "动作"),
    "observation": ("observation", "观察"),
    "final": ("final answer", "最终答案", "最终回答"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_LABEL = re.compile(
    rf"(?:^|(?<=</think>))[ \t]*(?:#{{1,6}} *)?\*{{0,2}}({'|'.join(_KIND_OF)})\*{{0,2}}[ \t]*[:：]\*{{0,2}}[ \t]*",
    re.IGNORECASE | re.MULTILINE,
)
_ALOUD = re.compile(r"\s*<think>.*?(?:</think>\s*|\Z)", re.DOTALL)
"""What some models think before they speak."""
_FENCE = re.compile(r"```\w*[ \t]*\n?(.*?)\n?```", re.DOTALL)
_AROUND = " \t`'\"*[]()<>。."


@dataclass(frozen=True, slots=True)
class Action:
    """A call. `given` are the arguments as they were written."""

    thought: str
    tool: str
    given: str


@dataclass(frozen=True, slots=True)
class Answer:
    text: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """`problem` is what the model is told."""

    problem: str


@dataclass(frozen=True, slots=True)
class Opening:
    """How a text that may not be complete begins: its first label that is no thought, and what stands before it.

    `start` is where that label's own text begins.
    """

    thought: str
    kind: str
    start: int


def opening(text: str) -> Opening | None:
    """None as long as there is no such label."""
    begin = _begin(text)
    for label in _LABEL.finditer(text, begin):
        if (kind := _kind(label)) != "thought":
            return Opening(_unlabelled(text[begin : label.start()]), kind, label.end())
    return None


def parse(text: str) -> Action | Answer | Malformed:
    """One step: an answer, or the first action in it. What follows the first action is left out."""
    first = opening(text)
    if first is None:
        return Malformed("There was no Action and no Final Answer in it.")
    body, following = _body(text, first.start)
    match first.kind:
        case "final":
            answer = text[first.start : _observation(text, first.start)].strip()
            return Answer(answer) if answer else Malformed("The Final Answer was empty.")
        case "action":
            name = body.strip().strip(_AROUND)
            if following is not None and _kind(following) == "input":
                return Action(first.thought, name, _body(text, following.end())[0].strip())
            return Action(first.thought, name, "") if name else Malformed("The Action was empty.")
        case "input":
            return Malformed("There was an Action Input without an Action before it.")
        case _:
            return Malformed("You wrote an Observation. Only tools make observations.")


def answer_of(text: str) -> str:
    """The words of a text in whatever form, up to an invented observation."""
    begin = _begin(text)
    return _unlabelled(text[begin : _observation(text, begin)])


def arguments(tool: BaseTool, given: str) -> dict[str, Any]:
    """A JSON object, or for a tool of one argument just its value. Raises ToolError for anything else."""
    fence = _FENCE.fullmatch(given.strip())
    text = (fence[1] if fence else given).strip()
    if text.startswith("{"):
        value = _json(text)
        if not isinstance(value, dict):
            raise _unreadable(tool)
        return value
    schema = schema_of(tool)
    fields, required = schema.get("properties", {}), schema.get("required", [])
    if not text and not required:
        return {}
    names = required if len(required) == 1 else list(fields)
    if not text or len(names) != 1:
        raise _unreadable(tool)
    if fields[names[0]].get("type") == "string":
        return {names[0]: _unquoted(text)}
    if (value := _json(text)) is None:
        raise _unreadable(tool)
    return {names[0]: value}


def _unreadable(tool: BaseTool) -> ToolError:
    return ToolError(f"The Action Input for {tool.name} was not a valid JSON object. Nothing was called.")


def _json(text: str) -> Any:
    """None for what is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _unquoted(text: str) -> str:
    value = _json(text) if text.startswith('"') else None
    return value if isinstance(value, str) else text


def _begin(text: str) -> int:
    aloud = _ALOUD.match(text)
    return aloud.end() if aloud else 0


def _kind(label: re.Match[str]) -> str:
    return _KIND_OF[label[1].lower()]


def _body(text: str, start: int) -> tuple[str, re.Match[str] | None]:
    """The text up to the next label, and that label."""
    following = _LABEL.search(text, start)
    return text[start : following.start() if following else len(text)], following


def _observation(text: str, start: int) -> int:
    """Where an invented observation begins, else the end."""
    found = (label.start() for label in _LABEL.finditer(text, start) if _kind(label) == "observation")
    return next(found, len(text))


def _unlabelled(text: str) -> str:
    return _LABEL.sub("", text).strip()
