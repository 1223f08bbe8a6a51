"""The model's window, kept in one place before every call: what each part takes, and what gives way, in which order.

A prompt tells its parts by marks on its messages (`additional_kwargs`, which no server is sent): `example` on examples,
`thread` on what was said before, and `filled` with the texts that were put into a template: passages, a schema,
results. What has no mark, the instructions and the question, never gives way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from cairn.core.errors import PromptTooLong

EXAMPLE, THREAD, FILLED = "example", "thread", "filled"
LEFT_OUT = "(left out: the model's window is full)"
ANSWER_ROOM = 1_024
"""Tokens that are kept for an answer whose length nothing bounds."""
SMALL_WINDOW = 4_096
"""Up to so many tokens a window is small: tasks are then asked by their template `small`, tools told in a line each."""
LEAST_FILLED = 400
"""Characters from which on a text that is put into a template is marked: shorter ones are not worth cutting."""
_MESSAGE = 4
_SURE = 3  # tokens that a character takes at most, in whatever language
_NAMES = {
    "context": "passages",
    "passages": "passages",
    "schema": "parts of the schema",
    "messages": "earlier messages",
}


@dataclass(frozen=True)
class Fitted:
    """The messages as they can be sent: `most` tokens at most. `left_out`: the parts that are not whole."""

    messages: list[BaseMessage]
    most: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptPart:
    """One message of a prompt, what it is in it, and the tokens it takes."""

    kind: str
    role: str
    text: str
    tokens: int


@dataclass(frozen=True)
class PromptSize:
    """Tokens of a prompt by part."""

    parts: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def total(self) -> int:
        return sum(self.parts.values())


class ContextWindow:
    """So many tokens for a prompt and its answer.

    Args:
        tokens: What the model takes in all.
        answer: What of it is kept for the answer; at most half.
        count: Counts as the model does.
    """

    def __init__(self, tokens: int, answer: int, count: Callable[[str], int]) -> None:
        self.tokens = tokens
        self.answer = min(answer, tokens // 2)
        self._count = count

    @property
    def room(self) -> int:
        """For the prompt."""
        return self.tokens - self.answer

    def size(self, messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> PromptSize:
        """What each part of a prompt takes."""
        parts: dict[str, int] = {}

        def add(part: str, tokens: int) -> None:
            parts[part] = parts.get(part, 0) + tokens

        if tools:
            add("tools", self._tools(tools))
        for message, part in zip(messages, self.parts(messages), strict=True):
            inside = {name: self._count(text) for name, text in _filled(message).items()}
            for name, tokens in inside.items():
                add(_NAMES.get(name, name), tokens)
            add(part.kind, part.tokens - sum(inside.values()))
        return PromptSize(parts)

    def parts(self, messages: Sequence[BaseMessage]) -> list[PromptPart]:
        """The messages, one by one."""
        question = max((n for n, message in enumerate(messages) if message.type == "human"), default=-1)
        return [
            PromptPart(_part(message, n == question), message.type, message.text, self._of(message))
            for n, message in enumerate(messages)
        ]

    def fit(self, messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> Fitted:
        """The messages with as little left out as possible.

        In this order, each only as far as it must: results of tools from before the last answer; the thread, its oldest
        message first; examples, the first pair first; texts filled into templates, at their end; the newest results. Of
        the last two the longest first, down to one length.

        Args:
            messages: What was to be sent.
            tools: What is sent along of tools, in the form of the API.

        Returns:
            The messages that fit.

        Raises:
            PromptTooLong: What can't be left out is too long already.
        """
        written = sum(len(message.text) + len(_calls(message)) for message in messages)
        most = _SURE * (written + sum(len(_json(tool)) for tool in tools)) + _MESSAGE * len(messages)
        if most < self.room:
            return Fitted(list(messages), most)
        cut = _Cut(list(messages), self.room - (self._tools(tools) if tools else 0), self._count)
        in_turn = (cut.old_results, cut.thread, cut.examples, cut.filled, cut.filled, cut.new_results, cut.new_results)
        for give_way in in_turn:  # twice, since two texts may take a token less or more than one
            if cut.over <= 0:
                break
            give_way()
        if cut.over > 0:
            raise self._too_long(cut.over)
        return Fitted(cut.messages, self.room + cut.over, tuple(cut.left_out))

    def _too_long(self, over: int) -> PromptTooLong:
        return PromptTooLong(
            f"Instructions, tools and question take {self.room + over:,} tokens; the model takes {self.tokens:,}, of "
            f"which {self.answer:,} are for the answer.",
            "Ask more briefly, use a task with fewer tools or a shorter template, or a model with a larger window "
            "(`context_window`, if it is larger than Cairn knows).",
        )

    def _of(self, message: BaseMessage) -> int:
        return _MESSAGE + self._count(message.text) + self._count(_calls(message))

    def _tools(self, tools: Sequence[Any]) -> int:
        return sum(self._count(_json(tool)) for tool in tools)


class _Cut:
    """The messages while something of them is left out. `over`: the tokens by which they are too many."""

    def __init__(self, messages: list[BaseMessage], room: int, count: Callable[[str], int]) -> None:
        self.messages = messages
        self.left_out: dict[str, None] = {}
        self._count = count
        self.over = sum(self._of(message) for message in messages) - room

    def old_results(self) -> None:
        last = max((n for n, message in enumerate(self.messages) if message.type == "ai"), default=0)
        for number, message in enumerate(self.messages[:last]):
            if self.over > 0 and isinstance(message, ToolMessage) and message.text != LEFT_OUT:
                self._replace(number, LEFT_OUT, "earlier results")

    def thread(self) -> None:
        self._drop([[one] for one in self.messages if one.additional_kwargs.get(THREAD)], "earlier messages")

    def examples(self) -> None:
        marked = [one for one in self.messages if one.additional_kwargs.get(EXAMPLE)]
        self._drop([marked[n : n + 2] for n in range(0, len(marked), 2)], "examples")

    def filled(self) -> None:
        texts = [(n, name, text) for n, one in enumerate(self.messages) for name, text in _filled(one).items()]
        long = [found for found in texts if len(found[2]) >= LEAST_FILLED]
        for (number, name, text), shorter in zip(long, self._shortened([text for *_, text in long]), strict=True):
            if shorter != text:
                message = self.messages[number]
                marks = {**message.additional_kwargs, FILLED: {**_filled(message), name: shorter}}
                self._replace(number, message.text.replace(text, shorter), _NAMES.get(name, name), marks)

    def new_results(self) -> None:
        newest = [n for n, one in enumerate(self.messages) if isinstance(one, ToolMessage) and one.text != LEFT_OUT]
        texts = [self.messages[n].text for n in newest]
        for n, text, shorter in zip(newest, texts, self._shortened(texts), strict=True):
            if shorter != text:
                self._replace(n, shorter, "results")

    def _shortened(self, texts: Sequence[str]) -> list[str]:
        """Long ones at their end, down to the same length, the largest at which all fit; short ones stay whole."""
        sizes = [self._count(text) for text in texts]
        left, share = max(0, sum(sizes) - self.over), 0
        for number, size in enumerate(sorted(sizes)):
            share = left // (len(sizes) - number)
            if size > share:
                break
            left -= size
        share -= self._count(f"\n{LEFT_OUT}")
        return [self._cut(text, size, share) if size > share else text for text, size in zip(texts, sizes, strict=True)]

    def _cut(self, text: str, size: int, share: int) -> str:
        """Its first blocks or lines, if they are most of what may stay, else so many characters."""
        text = text.removesuffix(f"\n{LEFT_OUT}")
        room = len(text) * max(0, share) // size
        while room and self._count(text[:room]) > share:
            room = room * 9 // 10
        ends = [text.rfind(separator, 0, room) for separator in ("\n\n", "\n")]
        room = next((end for end in ends if end > room // 2), room)
        return f"{text[:room]}\n{LEFT_OUT}"

    def _drop(self, units: Iterable[Sequence[BaseMessage]], part: str) -> None:
        for unit in units:
            if self.over <= 0:
                return
            gone = {id(one) for one in unit}
            self.over -= sum(self._of(one) for one in unit)
            self.messages = [one for one in self.messages if id(one) not in gone]
            self.left_out[part] = None

    def _replace(self, number: int, text: str, part: str, marks: dict[str, Any] | None = None) -> None:
        old = self.messages[number]
        new = old.model_copy(update={"content": text} | ({"additional_kwargs": marks} if marks else {}))
        self.over -= self._of(old) - self._of(new)
        self.messages[number] = new
        self.left_out[part] = None

    def _of(self, message: BaseMessage) -> int:
        return _MESSAGE + self._count(message.text) + self._count(_calls(message))


def mark_filled(values: dict[str, str]) -> dict[str, Any]:
    """The mark of a message into which these texts were put."""
    long = {name: text for name, text in values.items() if len(text) >= LEAST_FILLED}
    return {FILLED: long} if long else {}


def _filled(message: BaseMessage) -> dict[str, str]:
    found: dict[str, str] = message.additional_kwargs.get(FILLED) or {}
    return found


def _part(message: BaseMessage, is_question: bool) -> str:
    if message.additional_kwargs.get(EXAMPLE):
        return "examples"
    if message.additional_kwargs.get(THREAD):
        return "thread"
    by_type = {"system": "instructions", "tool": "results", "ai": "steps"}
    return "question" if is_question else by_type.get(message.type, "instructions")


def _calls(message: BaseMessage) -> str:
    return _json(message.tool_calls) if isinstance(message, AIMessage) and message.tool_calls else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
