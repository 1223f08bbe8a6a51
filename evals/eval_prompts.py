"""The prompt of each case of an evaluation, made anew: prompts are not stored, and say what they can't be sure of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cairn.agents.assembly import build
from cairn.agents.prompt_preview import render
from cairn.agents.workspace import Workspace
from cairn.core.errors import CairnError
from cairn.core.task import merged
from cairn.evals.eval_records import Record
from cairn.evals.measured_configuration import task_changes

_ALWAYS = "Made anew: the documents, examples and databases are taken as they are now."


def prompts_of(workspace: Workspace, measured: Mapping[str, Any]) -> Callable[[Record], str]:
    """What gives the first request of each record, in words.

    Args:
        workspace: The home that was asked.
        measured: What was measured, as the records say; of recorded answers there is no prompt.
    """
    if "task" not in measured:
        return lambda record: ""
    name = measured["task"]["name"]
    try:
        live = build(workspace, name, None, "builtin").task.model_dump(mode="json")
        patch = task_changes(live, measured["task"])
    except CairnError as error:
        told = f"It can't be made anew: {error}"
        return lambda record: told

    def prompt(record: Record) -> str:
        database = record.facets.get("database")
        asked = merged(patch, {"sql": {"database": database}} if database else {})
        try:
            request = render(workspace, name, record.question, asked)
        except CairnError as error:
            return f"It can't be made anew: {error}"
        changed = request.hash != measured["template"]
        doubts = [_ALWAYS, *(["The template has changed since."] if changed else [])]
        messages = [f"── {message['role']}\n{_text(message)}" for message in request.messages]
        tools = [f"── tool {tool['function']['name']}" for tool in request.tools]
        return "\n\n".join([" ".join(doubts), *messages, *tools])

    return prompt


def _text(message: Mapping[str, Any]) -> str:
    return str(message.get("content") or message.get("tool_calls") or "")
