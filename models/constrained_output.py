"""Answers of a given form by the best means that a model's server has.

`choose_label` gives one of some labels, `fill_schema` a JSON object of a schema, `text_in_form` a text that is read by
its form, and `stream_in_form` the same as it comes. The means, best first: a grammar (what llama.cpp calls so), a JSON
schema that is a bare list of values, an object, a tool call, and last plain text, which everyone understands. What an
answer shows that a server does not keep to is kept in the model's facts, and not tried again as long as they hold.
Whatever the means, what comes back is checked: a label that is none of the labels never does.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from cairn.core.errors import ModelAnswerError, ModelRefused, PromptTooLong, RequestRefused
from cairn.models.answer_forms import AnswerForm, any_of
from cairn.models.guarded_model import GuardedChatModel
from cairn.models.thoughts import END

Means = Literal["grammar", "values", "object", "tool", "text"]
_T = TypeVar("_T")
_FIELD = "label"
_REFUSALS = (ModelRefused, ModelAnswerError, PromptTooLong)
Ask = Callable[[dict[str, Any]], Awaitable[AIMessage]]
"""Asks the model with these further arguments of a call."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said at last, in text, for whoever has to correct it."""

    text: str


async def choose_label(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    labels: Sequence[str],
    meant: Callable[[str], str | None],
    free: bool = False,
) -> str | Said:
    """One of the labels.

    Args:
        model: Who is asked.
        messages: What it is sent; they say what the labels are.
        labels: What it can choose from.
        meant: The label that a text names, for models that can only be asked for text.
        free: Ask for plain text only.

    Returns:
        A label, or what the model said where that is none of them.

    Raises:
        ModelError: The model can't be reached, or refuses.
    """

    def read(means: Means, message: AIMessage) -> str | None:
        if means == "text":
            return meant(message.text)
        said = message.text.strip() if means == "grammar" else _value(message.text, means)
        return said if said in labels else None

    bodies: dict[Means, dict[str, Any]] = {
        "grammar": _by_grammar(any_of(labels)),
        "values": _as_schema({"type": "string", "enum": list(labels)}),
        "object": _as_schema(_one_field(labels)),
        "text": {},
    }
    return await _by_best(model, {"text": {}} if free else bodies, _asking(model, messages), read)


async def fill_schema(
    model: BaseChatModel, messages: Sequence[BaseMessage], name: str, schema: Mapping[str, Any], free: bool = False
) -> dict[str, Any] | Said:
    """A JSON object of the schema, which is still to be validated.

    Args:
        model: Who is asked.
        messages: What it is sent.
        name: Of the tool that is to be called with the object, where that is the means.
        schema: JSON Schema of the object.
        free: Ask for a tool call or plain text only.

    Returns:
        The object, or what the model said where that is none.

    Raises:
        ModelError: The model can't be reached, or refuses.
    """

    def read(means: Means, message: AIMessage) -> dict[str, Any] | None:
        if means == "tool":
            return next((call["args"] for call in message.tool_calls if call["name"] == name), None)
        value = _loads(_unfenced(message.text))
        return value if isinstance(value, dict) else None

    tool = {"name": name, "description": schema.get("description", "Give the fields."), "parameters": dict(schema)}
    bodies: dict[Means, dict[str, Any]] = {
        "tool": {
            "tools": [{"type": "function", "function": tool}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        },
        "object": _as_schema(schema, name),
        "text": {},
    }
    if free:
        del bodies["object"]
    return await _by_best(model, bodies, _asking(model, messages), read)


async def text_in_form(model: BaseChatModel, form: AnswerForm | None, ask: Ask) -> str:
    """A text that is to be of the form, where there is one; whoever reads it has to see whether it is.

    An answer to a means that the server does not keep to is what plain text would have been: it is not asked for again.

    Args:
        model: Who is asked.
        form: What its prompt asks it for.
        ask: Asks it.

    Raises:
        ModelError: The model can't be reached, or refuses.
    """

    if form is None:
        return (await ask({})).text

    def read(means: Means, message: AIMessage) -> str:
        text = message.text
        if means == "object" and (value := _loads(text)) is not None:
            with suppress(KeyError, TypeError, ValueError):  # none of the form
                text = form.written(value)
        if text.strip() and not form.fits(text) and message.response_metadata.get("finish_reason") != "length":
            _note_failing(model, {means})
        return text

    bodies: dict[Means, dict[str, Any]] = {"grammar": _by_grammar(form.grammar)}
    bodies |= {"object": _as_schema(form.schema)} if form.schema else {}
    said = await _by_best(model, {**bodies, "text": {}}, ask, read, lambda error: _is_of_the_means(error, model))
    return said.text if isinstance(said, Said) else said


async def stream_in_form(
    model: BaseChatModel,
    form: AnswerForm | None,
    stream: Callable[[dict[str, Any]], AsyncGenerator[str]],
    cut: Callable[[], bool],
) -> AsyncGenerator[str]:
    """The same by a grammar or none, piece by piece.

    Args:
        model: Who is asked.
        form: What its prompt asks it for.
        stream: Asks it, with these further arguments of a call.
        cut: Whether what was streamed came to a limit.
    """
    body = _by_grammar(form.grammar) if form and "grammar" in _able(model) else {}
    said = ""
    try:
        async with aclosing(stream(body)) as pieces:
            async for piece in pieces:
                said += piece
                yield piece
    except _REFUSALS as error:
        if said or not body or not _is_of_the_means(error, model):
            raise
        async with aclosing(stream({})) as pieces:
            async for piece in pieces:
                yield piece
        _note_failing(model, {"grammar"})
    else:
        if form and body and said and not cut() and not form.fits(said.rpartition(END)[2]):
            _note_failing(model, {"grammar"})


async def _by_best(
    model: BaseChatModel,
    bodies: Mapping[Means, dict[str, Any]],
    ask: Ask,
    read: Callable[[Means, AIMessage], _T | None],
    of_the_means: Callable[[Exception], bool] = lambda _error: True,  # a tool may be too long, a schema is not sent
) -> _T | Said:
    """A means that failed is only called failing once another one worked: the fault may have been the prompt's."""
    failed: set[Means] = set()
    said: str | None = None
    refused: ModelRefused | ModelAnswerError | PromptTooLong | None = None
    able = _able(model)
    for means, body in bodies.items():
        if means not in able:
            continue
        try:
            message = await ask(body)
        except _REFUSALS as error:
            if not of_the_means(error):
                raise
            refused = error
        else:
            if (value := read(means, message)) is not None:
                _note_failing(model, failed)
                return value
            said = message.text
        failed.add(means)
    if said is None and refused is not None:
        raise refused
    return Said(said or "")


def _is_of_the_means(error: Exception, model: BaseChatModel) -> bool:
    """Whether the same prompt may be answered without: a recording holds only what it was asked with."""
    if isinstance(error, ModelAnswerError):
        return not getattr(model, "needs_finish", False)
    return isinstance(error, RequestRefused) and not isinstance(error, PromptTooLong)


def _asking(model: BaseChatModel, messages: Sequence[BaseMessage]) -> Ask:
    async def ask(body: dict[str, Any]) -> AIMessage:
        if "tools" not in body:
            return await model.ainvoke(list(messages), **body)
        name = body["tool_choice"]["function"]["name"]
        return await model.bind_tools(body["tools"], tool_choice=name).ainvoke(list(messages))

    return ask


def _able(model: BaseChatModel) -> set[Means]:
    """A grammar and a schema go in the request's body, so only to servers of the OpenAI family.

    A grammar holds from the first letter on, so none is given to a model that thinks first.
    """
    able: set[Means] = {"tool", "text"}
    if getattr(model, "takes_body", False):
        able |= {"grammar", "values", "object"}
    if not isinstance(model, GuardedChatModel):
        return able
    facts = model.facts
    without: set[Means] = {"tool"} if facts.tools is False else set()
    without |= {"grammar"} if facts.thinks else set()
    return {means for means in able - without if means not in (facts.failing or ())}


def _note_failing(model: BaseChatModel, means: set[Means]) -> None:
    """Plain text never fails, and what a recording holds says nothing of the next one."""
    if isinstance(model, GuardedChatModel) and model.needs_finish and (means := means - {"text"}):
        model.facts.learn(failing=sorted(means | {*(model.facts.failing or ())}))


def _by_grammar(grammar: str) -> dict[str, Any]:
    return {"extra_body": {"grammar": grammar}}


def _as_schema(schema: Mapping[str, Any], name: str = "answer") -> dict[str, Any]:
    """In `extra_body`: LangChain reads an answer to a `response_format` that it knows of in another, stricter way."""
    form = {"type": "json_schema", "json_schema": {"name": name, "schema": dict(schema), "strict": True}}
    return {"extra_body": {"response_format": form}}


def _one_field(labels: Sequence[str]) -> dict[str, Any]:
    field = {"type": "string", "enum": list(labels)}
    return {"type": "object", "properties": {_FIELD: field}, "required": [_FIELD], "additionalProperties": False}


def _value(text: str, means: Means) -> Any:
    value = _loads(text)
    return value.get(_FIELD) if means == "object" and isinstance(value, dict) else value


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _unfenced(text: str) -> str:
    """What stands from the first brace to the last: models put prose and code fences around JSON."""
    return text[text.find("{") : text.rfind("}") + 1]
