"""`extract`: the task's typed fields out of a text, as JSON. The model fills in a tool call, which is checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from cairn.chains.bounded_calls import need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.time_limit import in_time
from cairn.core.errors import ModelAnswerError, TaskError
from cairn.core.events import emit, silent
from cairn.core.strategy import Reply, Turn
from cairn.core.task import FieldSpec, Task

TOOL = "give_fields"
_TRIES = 2
_TYPES: dict[str, Any] = {
    "string": str,
    "number": float,
    "integer": int,
    "boolean": bool,
    "date": date,
    "list": list[str],
}


def extract(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    if not task.fields:
        raise TaskError(f"Task {task.name!r} has no fields to fill.", "Write `fields:` in task.yaml.")
    need_writer(model, "strategy: extract")
    shape = shape_of(task.fields)
    bound = model.bind_tools([_as_tool(shape)], tool_choice=TOOL)

    async def answer(turn: Turn) -> Reply:
        return await in_time(task.limits.seconds, fields(turn))

    async def fields(turn: Turn) -> Reply:
        messages = turn.prompt.messages()
        wrong = ""
        for _ in range(_TRIES):
            with silent():
                message = await bound.ainvoke(messages)
            try:
                return _reply(shape, message)
            except ValueError as error:
                wrong = _explain(error)
            messages = [*messages, *_correction(message, wrong)]
        raise ModelAnswerError(f"The model gave no valid fields: {wrong}.", "Ask again, or use a stronger model.")

    return StrategyRunnable("extract", task, answer)


def shape_of(fields: Sequence[FieldSpec]) -> type[BaseModel]:
    """A pydantic model with one attribute a field, known by its alias, since a field may be called `copy` or `_id`.

    What the text doesn't say is None.
    """
    attributes: dict[str, Any] = {f"field_{number}": _attribute(field) for number, field in enumerate(fields)}
    return create_model("Fields", __config__=ConfigDict(extra="forbid"), **attributes)


def _attribute(field: FieldSpec) -> tuple[Any, Any]:
    kind = _TYPES[field.type]
    if field.required:
        return kind, Field(alias=field.name, description=field.description)
    return kind | None, Field(default=None, alias=field.name, description=field.description)


def _as_tool(shape: type[BaseModel]) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": TOOL,
            "description": "Give the fields that the text holds.",
            "parameters": shape.model_json_schema(),
        },
    }


def _reply(shape: type[BaseModel], message: AIMessage) -> Reply:
    """Raises ValueError (pydantic's is one) when there is no valid call."""
    call = next((call for call in message.tool_calls if call["name"] == TOOL), None)
    if call is None:
        raise ValueError(f"it did not call {TOOL}")
    fields = shape.model_validate(call["args"]).model_dump(mode="json", by_alias=True)
    emit("table", {"columns": list(fields), "rows": [list(fields.values())], "sql": None})
    return Reply(json.dumps(fields, ensure_ascii=False, indent=2))


def _explain(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
    return str(error)


def _correction(message: AIMessage, wrong: str) -> list[BaseMessage]:
    said = json.dumps(message.tool_calls[0]["args"], ensure_ascii=False) if message.tool_calls else message.text
    return [AIMessage(said or "…"), HumanMessage(f"That was not valid: {wrong}. Call {TOOL} again, corrected.")]
