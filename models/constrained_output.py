"""Answers of a given form by the best means that a model's server has.

`choose_label` gives one of some labels, `fill_schema` a JSON object of a schema. The means, best first: a grammar (what
llama.cpp calls so), a JSON schema that is a bare list of values, an object with one such field, a tool call, and last
plain text, which everyone understands. What an answer shows that a server does not keep to is not tried with this model
again. Whatever the means, what comes back is checked here: a label that is none of the labels never does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

from cairn.core.errors import ModelAnswerError, ModelRefused, PromptTooLong
from cairn.models.guarded_model import GuardedChatModel

Means = Literal["grammar", "values", "object", "tool", "text"]
_T = TypeVar("_T")
_FIELD = "label"
_failing: dict[tuple[str, str | None], set[Means]] = {}


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
        "grammar": {"extra_body": {"grammar": grammar_of(labels)}},
        "values": _as_schema({"type": "string", "enum": list(labels)}),
        "object": _as_schema(_one_field(labels)),
        "text": {},
    }
    return await _by_best(model, messages, {"text": {}} if free else bodies, read)


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
    return await _by_best(model, messages, bodies, read)


async def _by_best(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    bodies: Mapping[Means, dict[str, Any]],
    read: Callable[[Means, AIMessage], _T | None],
) -> _T | Said:
    """A means that failed is only called failing once another one worked: the fault may have been the prompt's."""
    failing = _failing.setdefault(_key(model), set())
    failed: set[Means] = set()
    said: str | None = None
    refused: ModelRefused | ModelAnswerError | PromptTooLong | None = None
    able = _able(model) - failing
    for means, body in bodies.items():
        if means not in able:
            continue
        try:
            message = await _ask(model, messages, body)
        except (ModelRefused, ModelAnswerError, PromptTooLong) as error:  # a tool may be too long, a schema is not sent
            refused = error
        else:
            if (value := read(means, message)) is not None:
                failing |= failed
                return value
            said = message.text
        failed.add(means)
    if said is None and refused is not None:
        raise refused
    return Said(said or "")


async def _ask(model: BaseChatModel, messages: Sequence[BaseMessage], body: Mapping[str, Any]) -> AIMessage:
    if "tools" in body:
        return await model.bind_tools(body["tools"], tool_choice=body["tool_choice"]["function"]["name"]).ainvoke(
            list(messages)
        )
    return await (model.bind(**body) if body else model).ainvoke(list(messages))


def _able(model: BaseChatModel) -> frozenset[Means]:
    """A grammar and a schema go in the request's body, so only to servers of the OpenAI family."""
    without = {"tool"} if isinstance(model, GuardedChatModel) and model.facts.tools is False else set[Means]()
    if getattr(model, "takes_body", False):
        return frozenset[Means]({"grammar", "values", "object", "tool", "text"}) - without
    return frozenset[Means]({"tool", "text"}) - without


def _key(model: BaseChatModel) -> tuple[str, str | None]:
    return str(getattr(model, "model_name", type(model).__name__)), getattr(model, "address", None)


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


def grammar_of(labels: Sequence[str]) -> str:
    """A GBNF grammar, llama.cpp's form, of which just these texts are sentences."""
    return "root ::= " + " | ".join(_quoted(label) for label in labels)


def _quoted(label: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escapes.get(letter, letter) for letter in label) + '"'
