"""From what servers of the OpenAI family really send to the stream that the protocol describes, and clients expect.

A piece of text in the protocol's own form is passed on as it is. Every other event is made anew from what can be
understood of it: arguments that are an object, ids that are numbers, a call without an index, a delta that is null, a
message where a delta belongs, usage that is not known.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from cairn.models.named_sources import named_sources
from cairn.models.server_errors import words

_SHOWN = 120
_DONE = "[DONE]"
_LINE_END = re.compile(r"\r\n|\n|\r(?!\Z)")
_FIELD = re.compile(r"(data|event|id|retry)(?::| *$) ?(.*)", re.DOTALL)
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")


class ServerStream:
    """Takes the bytes of an answer, cut anywhere, and gives events of the protocol as JSON objects.

    `unread`: the beginning of what could not be understood, "" where there was nothing; `begun`: whether there was
    anything else; `done`: whether the server said that this was all.
    """

    def __init__(self) -> None:
        self.begun = self.done = False
        self.unread = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = self._data = self._event = ""
        self._calls: list[_Call] = []
        self._sources: list[dict[str, str]] = []
        self._finished = False

    def take(self, data: bytes, last: bool = False) -> Iterator[dict[str, Any]]:
        """The events that are complete with these bytes; with the `last` ones also what no empty line follows.

        Raises ServerFault.
        """
        *lines, self._line = _LINE_END.split(self._line + self._decoder.decode(data, last))
        for line in [*lines, self._line, ""] if last else lines:
            yield from self._read(line.rstrip("\r"))

    def _read(self, line: str) -> Iterator[dict[str, Any]]:
        """One line. Some servers forget the empty line after an event, or `data:` before it."""
        if line.startswith("data: {") and not (self._data or self._event) and _is_text(event := parsed(line[6:])):
            self.begun = True
            yield event
            return
        field = _FIELD.fullmatch(line)
        if not line.strip():
            self._miss(self._data)
            self._data = self._event = ""
        elif line.startswith(":") or (field and field[1] in ("id", "retry")):
            return
        elif field and field[1] == "event":
            self._event = field[2].strip()
        elif field or self._data or line.lstrip().startswith(("{", "[")):
            self._data += f"\n{field[2] if field else line}"
            yield from self._complete()
        else:
            self._miss(line)

    def _complete(self) -> Iterator[dict[str, Any]]:
        if self._data.strip().startswith(_DONE):
            self._data, self.done = "", True
            yield from self._end()
        elif (value := parsed(self._data)) is not None:
            self._data = ""
            yield from self._understood(value)

    def _miss(self, text: str) -> None:
        """A text that is no event; one that is called an error is the server's word for it."""
        if self._event == "error" and text.strip():
            raise ServerFault({"message": words(text)})
        self.unread = self.unread or " ".join(text.split())[:_SHOWN]

    def _understood(self, value: Any) -> Iterator[dict[str, Any]]:
        """What one event of the server's is; an answer that is not streamed is one as well."""
        event = value[0] if isinstance(value, list) and value else value
        if not isinstance(event, Mapping):
            self._miss(str(event))
            return
        if (fault := _fault(event, self._event)) is not None:
            raise ServerFault(fault)
        choice, usage = _choice(event), _usage(event.get("usage"))
        if choice is None and usage is None:
            if "choices" not in event:
                self._miss(json.dumps(event, ensure_ascii=False))
            return
        self.begun = True
        yield {
            "id": "chat",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": _text(event.get("model")),
            "choices": [self._made(choice, event)] if choice else [],
            "usage": usage,
        }

    def _made(self, choice: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
        given = choice.get("delta") or choice.get("message")
        delta: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        said, thought = _said(delta.get("content") or choice.get("text"))
        thought = thought or next(filter(None, (_text(delta.get(key)) for key in _THOUGHTS)), "")
        made: dict[str, Any] = {"content": said}
        if thought:
            made["reasoning_content"] = thought
        if refusal := _text(delta.get("refusal")):
            made["refusal"] = refusal
        if sources := [one for one in named_sources(event, delta) if one not in self._sources]:
            self._sources += sources
            made["named_sources"] = sources
        if calls := self._called(delta):
            made["tool_calls"] = calls
        finish = _text(choice.get("finish_reason")) or None
        self._finished = self._finished or finish is not None
        return {"index": 0, "delta": made, "finish_reason": finish}

    def _called(self, delta: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The pieces of calls in a delta, each under its call's own number; id and name come once."""
        given = delta.get("tool_calls")
        pieces = given if isinstance(given, list) else [given] if given else []
        if isinstance(old := delta.get("function_call"), Mapping):
            pieces = [*pieces, {"index": 0, "function": old}]
        return [self._piece(cast(Mapping[str, Any], piece)) for piece in pieces if isinstance(piece, Mapping)]

    def _piece(self, piece: Mapping[str, Any]) -> dict[str, Any]:
        inner = piece.get("function")
        function: Mapping[str, Any] = inner if isinstance(inner, Mapping) else piece
        given = function.get("arguments")
        arguments = given if isinstance(given, str) else "" if given is None else json.dumps(given, ensure_ascii=False)
        number = self._number(_index(piece.get("index")), _id(piece.get("id")), _text(function.get("name")), arguments)
        call = self._calls[number]
        news = {"id": id} if (id := _id(piece.get("id"))) and not call.id else {}
        called = {"name": name} if (name := _text(function.get("name"))) and not call.name else {}
        arguments = "" if call.whole and arguments == call.arguments else arguments
        call.id, call.name, call.arguments = call.id or id, call.name or name, call.arguments + arguments
        return {"index": number, "type": "function", **news, "function": {**called, "arguments": arguments}}

    def _number(self, index: int | None, id: str, name: str, arguments: str) -> int:
        """Which call a piece is of: the last one of its index, else of its id, else the last; or a new one."""
        same = [
            n
            for n, call in enumerate(self._calls)
            if call.index == index and (index is not None or id in ("", call.id))
        ]
        if not same or self._calls[same[-1]].is_before(id, name, arguments):
            self._calls.append(_Call(index))
            return len(self._calls) - 1
        return same[-1]

    def _end(self) -> Iterator[dict[str, Any]]:
        """`[DONE]` says that an answer is whole, also where no reason was given for its end."""
        if self.begun and not self._finished:
            yield from self._understood({"choices": [{"finish_reason": "tool_calls" if self._calls else "stop"}]})


class ServerFault(Exception):
    """What a server says went wrong, in place of an answer or in the middle of one, as the protocol would write it."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.body = {"error": error}


class _Call:
    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = self.name = self.arguments = ""

    @property
    def whole(self) -> bool:
        return isinstance(parsed(self.arguments), dict)

    def is_before(self, id: str, name: str, arguments: str) -> bool:
        """Whether what comes is of another call, though under the same index: some servers number all of them 0."""
        if not name:
            return False
        other_id = bool(id and self.id and id != self.id)
        return other_id or (self.whole and (name != self.name or arguments.strip() not in ("", self.arguments)))


_TEXT_EVENT = {"id", "object", "created", "model", "choices", "system_fingerprint", "usage", "service_tier"}
_TEXT_CHOICE = {"index", "delta", "finish_reason", "logprobs"}


def _is_text(event: Any) -> bool:
    """Whether an event is nothing but a piece of text, in the protocol's form."""
    if not isinstance(event, dict) or event.keys() - _TEXT_EVENT or event.get("usage") is not None:
        return False
    choices = event.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choice := choices[0], dict):
        return False
    delta = choice.get("delta")
    if choice.keys() - _TEXT_CHOICE or choice.get("finish_reason") is not None or not isinstance(delta, dict):
        return False
    return isinstance(delta.get("content"), str) and not delta.keys() - {"content", "role"}


def _fault(event: Mapping[str, Any], named: str) -> dict[str, Any] | None:
    error = event.get("error")
    wrong = error or (named == "error" and event) or ("choices" not in event and _is_bare_fault(event) and event)
    if not wrong:
        return None
    known = {str(key): value for key, value in wrong.items()} if isinstance(wrong, Mapping) else {}
    return {**known, "message": words(wrong) or words(event) or "it did not say what went wrong"}


def _is_bare_fault(event: Mapping[str, Any]) -> bool:
    """`{"detail": …}` or `{"message": "…"}`; an answer's `message` is an object."""
    return bool(event.get("detail")) or isinstance(event.get("message"), str)


def _choice(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = event.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return cast(Mapping[str, Any], choices[0])
    if isinstance(event.get("message"), Mapping):  # as Ollama's own interface answers
        return {
            "message": event["message"],
            "finish_reason": event.get("done_reason") or (event.get("done") and "stop"),
        }
    return None


def _said(content: Any) -> tuple[str, str]:
    """The text and the thoughts of a content, which may be a list of parts."""
    if not isinstance(content, list):
        return _text(content), ""
    said = thought = ""
    for part in content:
        if isinstance(part, Mapping) and part.get("type") in ("thinking", "reasoning"):
            thought += "".join(_said(part.get("thinking") or part.get("reasoning") or part.get("text")))
        else:
            said += _text(part.get("text") if isinstance(part, Mapping) else part)
    return said, thought


def _usage(given: Any) -> dict[str, Any] | None:
    """None where it is not known: a prompt has tokens."""
    if not isinstance(given, Mapping):
        return None
    sent = _count(given.get("prompt_tokens", given.get("input_tokens")))
    written = _count(given.get("completion_tokens", given.get("output_tokens")))
    if not sent or written is None:
        return None
    details = {
        key: value for key in ("prompt_tokens_details", "completion_tokens_details") if (value := given.get(key))
    }
    kept = {key: _counts(value) for key, value in details.items() if isinstance(value, Mapping)}
    return {"prompt_tokens": sent, "completion_tokens": written, "total_tokens": sent + written, **kept}


def _counts(given: Mapping[Any, Any]) -> dict[str, int]:
    return {str(key): count for key, value in given.items() if (count := _count(value)) is not None}


def _count(value: Any) -> int | None:
    whole = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
    return int(value) if whole and value == value // 1 else None


def _index(value: Any) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()) else None


def _id(value: Any) -> str:
    return str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def parsed(text: str) -> Any:
    """The JSON value of a text; None where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
