"""`extract`: the task's typed fields out of a text, as JSON, which is checked."""

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
from cairn.chains.labelled_fields import labelled_fields
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable, in_time
from cairn.core.errors import ModelAnswerError, TaskError
from cairn.core.events import emit, silent
from cairn.core.strategy import Reply, Turn
from cairn.core.task import FieldSpec, Task
from cairn.models.constrained_output import Said, fill_schema

TOOL = "give_fields"
_TRIES = 2
_ROWS = "rows"
_ASKED = ("Give the fields that the text holds.", "Give the fields of each thing that the text tells of, in order.")
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
    by_labels = not getattr(model, "generative", True)
    if by_labels and task.many_rows:
        need_writer(model, "many_rows")
    shape = _rows_of(shape_of(task.fields)) if task.many_rows else shape_of(task.fields)
    schema = {**shape.model_json_schema(), "description": _ASKED[task.many_rows]}

    async def answer(turn: Turn) -> Reply:
        return await in_time(task.limits.seconds, fields(turn))

    async def fields(turn: Turn) -> Reply:
        if by_labels:
            return _reply(shape, _of_labels(turn.question, task))
        messages = turn.prompt.messages()
        wrong = ""
        for _ in range(_TRIES):
            with silent():
                given = await fill_schema(model, messages, TOOL, schema, free=not task.constrained)
            try:
                return _reply(shape, given)
            except ValueError as error:
                wrong = _explain(error)
            messages = [*messages, *_correction(given, wrong)]
        raise ModelAnswerError(f"The model gave no valid fields: {wrong}.", "Ask again, or use a stronger model.")

    return StrategyRunnable("extract", task, answer)


def _of_labels(text: str, task: Task) -> dict[str, Any]:
    """What stands behind the fields' labels. Raises ModelAnswerError where nothing does, or not what has to."""
    given = labelled_fields(text, task.fields)
    required = {field.name for field in task.fields if field.required}
    found = any(value is not None for value in given.values())
    if missing := [name for name, value in given.items() if value is None and (not found or name in required)]:
        raise ModelAnswerError(
            f"No label of {', '.join(missing)} with a value of its type stands in the text.",
            "Write the words that stand before it into `labels` of the field, or use a model that writes.",
        )
    return given


def shape_of(fields: Sequence[FieldSpec]) -> type[BaseModel]:
    """A pydantic model with one attribute a field, known by its alias, since a field may be called `copy` or `_id`.

    What the text doesn't say is None.
    """
    attributes: dict[str, Any] = {f"field_{number}": _attribute(field) for number, field in enumerate(fields)}
    return create_model("Fields", __config__=ConfigDict(extra="forbid"), **attributes)


def _rows_of(shape: type[BaseModel]) -> type[BaseModel]:
    """One `shape` for each thing that the text tells of."""
    rows: Any = (list[shape], Field(description="One entry for each; none where the text has none."))
    return create_model("Rows", __config__=ConfigDict(extra="forbid"), **{_ROWS: rows})


def _attribute(field: FieldSpec) -> tuple[Any, Any]:
    kind = _TYPES[field.type]
    if field.required:
        return kind, Field(alias=field.name, description=field.told)
    return kind | None, Field(default=None, alias=field.name, description=field.told)


def _reply(shape: type[BaseModel], given: dict[str, Any] | Said) -> Reply:
    """Raises ValueError (pydantic's is one) when they are no valid fields."""
    if isinstance(given, Said):
        raise ValueError("there were no fields in it")
    fields = shape.model_validate(given).model_dump(mode="json", by_alias=True)
    many = _ROWS in shape.model_fields
    rows = fields[_ROWS] if many else [fields]
    if rows:
        emit("table", {"columns": list(rows[0]), "rows": [list(row.values()) for row in rows], "sql": None})
    return Reply(json.dumps(rows if many else fields, ensure_ascii=False, indent=2))


def _explain(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
    return str(error)


def _correction(given: dict[str, Any] | Said, wrong: str) -> list[BaseMessage]:
    said = given.text if isinstance(given, Said) else json.dumps(given, ensure_ascii=False)
    return [AIMessage(said or "…"), HumanMessage(f"That was not valid: {wrong}. Give all fields again, corrected.")]
