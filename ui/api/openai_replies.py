"""What OpenAI's clients read: an answer's events as chunks of a completion, or as a whole one."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from cairn.core.answer import Answer, fold
from cairn.core.clean_text import TokenCount
from cairn.core.events import Approval, Event
from cairn.core.source import Source

_MARKER = re.compile(r"\[(\d{1,4})\]")
_BREAK = "\n\n"
_DETAILS = (
    "run",
    "thread",
    "sources",
    "citations",
    "statements",
    "steps",
    "plan",
    "tree",
    "tables",
    "notices",
    "charts",
)


class Writing:
    """The text of an answer as a stream shows it, which can't take anything back.

    Args:
        most_tokens: What it may have; None is no limit.
        count: How tokens are counted.
        lent: The names of the client's tools.
    """

    def __init__(self, most_tokens: int | None, count: TokenCount, lent: Sequence[str] = ()) -> None:
        self.text = ""
        self.events: list[Event] = []
        self.cut = False
        self._said = ""
        self._break = False
        self._left = most_tokens
        self._count = count
        self._lent = frozenset(lent)

    def take(self, event: Event) -> str:
        """What is new in the text."""
        self.events.append(event)
        if event.type == "token":
            self._said += event.data["text"]
            return self._add(event.data["text"])
        if event.type == "tool_started":
            self._break, self._said = bool(self.text), ""
        elif event.type == "finished":
            return self._add(self._rest(event.data["answer"]))
        return ""

    def _rest(self, answer: str) -> str:
        """What the answer is beyond what was shown: all of it where it was changed after it was written."""
        if answer.strip() == self._said.strip():
            return ""
        if self._said and answer.startswith(self._said):
            return answer.removeprefix(self._said)
        self._break = bool(self.text)
        return answer

    def _add(self, text: str) -> str:
        if not text or self.cut:
            return ""
        text = self._within_limit(text)
        text = _BREAK + text if self._break else text
        self._break = False
        self.text += text
        return text

    def _within_limit(self, text: str) -> str:
        """As much of it as may be told; of a piece that is too long the share that fits."""
        if self._left is None:
            return text
        size, left = self._count(text), self._left
        self._left, self.cut = left - size, size > left
        return text[: len(text) * left // size] if self.cut else text

    @cached_property
    def answer(self) -> Answer:
        """What it came to, once it is over."""
        return fold(self.events)

    @property
    def failure(self) -> dict[str, Any] | None:
        return next((event.data for event in self.events if event.type == "failed"), None)

    @property
    def waiting(self) -> list[Approval]:
        """The calls of our own tools that wait for a person's yes."""
        return [call for call in self._asked if call["tool"] not in self._lent]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls of the client's tools."""
        return [
            {
                "id": call["id"],
                "type": "function",
                "function": {
                    "name": call["tool"],
                    "arguments": json.dumps(call["arguments"], ensure_ascii=False),
                },
            }
            for call in self._asked
            if call["tool"] in self._lent
        ]

    @property
    def _asked(self) -> list[Approval]:
        asked = {event.data["id"]: Approval(**event.data) for event in self.events if event.type == "approval"}
        return [call for call in asked.values() if call["state"] == "needed"]

    @property
    def finish_reason(self) -> str:
        return "length" if self.cut else "tool_calls" if self.calls else "stop"


class Completion:
    """One completion of `model`, whole or in chunks. `details`: whether it says what only Cairn's clients read."""

    def __init__(self, id: str, model: str, details: bool) -> None:
        self._head: dict[str, Any] = {"id": f"chatcmpl-{id}", "created": int(time.time()), "model": model}
        self._details = details

    def chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice], **more}

    def last_chunk(self, writing: Writing) -> dict[str, Any]:
        delta: dict[str, Any] = {}
        if calls := writing.calls:
            delta["tool_calls"] = [{"index": n, **call} for n, call in enumerate(calls)]
        if annotations := annotations_of(writing.text, writing.answer.sources):
            delta["annotations"] = annotations
        return self.chunk(delta, writing.finish_reason, **self._told(writing))

    def usage_chunk(self, writing: Writing) -> dict[str, Any]:
        return {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": usage_of(writing.answer)}

    def whole(self, writing: Writing) -> dict[str, Any]:
        """Without thoughts on the way: the answer alone."""
        answer = writing.answer
        text = writing.text if writing.cut or answer.answer is None else answer.answer
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if calls := writing.calls:
            message |= {"tool_calls": calls, "content": text or None}
        message["annotations"] = annotations_of(text, answer.sources)
        choice = {"index": 0, "message": message, "finish_reason": writing.finish_reason, "logprobs": None}
        usage = usage_of(answer)
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": usage, **self._told(writing)}

    def _told(self, writing: Writing) -> dict[str, Any]:
        if not self._details:
            return {}
        return {"cairn": writing.answer.model_dump(mode="json", include=set(_DETAILS))}


def annotations_of(text: str, sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Where the text cites what, as OpenAI's web search says it; a document's address is its name."""
    found = [(match, int(match[1])) for match in _MARKER.finditer(text)]
    return [
        {
            "type": "url_citation",
            "url_citation": {
                "start_index": match.start(),
                "end_index": match.end(),
                "title": sources[number - 1]["title"] or sources[number - 1]["source"],
                "url": sources[number - 1]["source"],
            },
        }
        for match, number in found
        if 1 <= number <= len(sources)
    ]


def usage_of(answer: Answer) -> dict[str, int] | None:
    """None where the model's server did not say."""
    given, written = answer.usage.input_tokens, answer.usage.output_tokens
    if given is None or written is None:
        return None
    return {"prompt_tokens": given, "completion_tokens": written, "total_tokens": given + written}
