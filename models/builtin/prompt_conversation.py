"""What the messages amount to: the question, the examples, passages and tools, and what these said so far."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool

from cairn.core.clean_text import clean
from cairn.core.passages import INDENT
from cairn.language.words import word_set
from cairn.models.builtin.shown_schema import Table, read_schema

_SHOWN = re.compile(rf"^\[(\d{{1,4}})\] (.*) <(.*)>$((?:\n(?:{INDENT}.*|\s*?$))*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ShownPassage:
    number: int
    label: str
    source: str
    text: str


def read_shown_passages(text: str) -> list[ShownPassage]:
    """The passages, also when other text stands around them."""
    found = _SHOWN.findall("\n".join(text.splitlines()))
    return [ShownPassage(int(number), label, source, outdented(body)) for number, label, source, body in found]


def outdented(text: str) -> str:
    """Text as it was before it was indented below a head; no empty lines around it."""
    return re.sub(f"^{INDENT}", "", text, flags=re.MULTILINE).strip("\n")


_LABEL = re.compile(r"(?i)(?:^|\n)[ \t#*]*(?:(?:user )?question|query|(?:用户)?问题|提问)[ \t*]*[:：][ \t*]*\n?(?=\S)")
_MOST_WITH_CODE = 100_000
_KNOWN = word_set("calculator search query_database describe_tables list_tables draw_chart remember recall forget")


@dataclass(frozen=True)
class Toolbox:
    """`names` of the known tools; `describe` gives the description of `query_database`."""

    names: frozenset[str] = frozenset()
    describe: Callable[[], str] = str

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Those in the description of `query_database`, which is read only now."""
        return tuple(read_schema(self.describe()))


@dataclass(frozen=True)
class Call:
    """A call of a tool, with the stage of the answer it belongs to: `2_query` is part 2's query."""

    stage: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Result:
    name: str
    arguments: Mapping[str, Any]
    id: str
    text: str
    failed: bool


@dataclass(frozen=True)
class Conversation:
    """`prompt` is all that stands in the question's message and the system's; `answered`, the turn before's answer."""

    question: str
    prompt: str
    answered: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    results: tuple[Result, ...] = ()
    turn: str = ""
    passages: tuple[ShownPassage, ...] = ()

    def result_of(self, call: Call) -> Result | None:
        """What the call returned; a call that a person edited before it ran is known by its id."""
        same = [one for one in self.results if one.name == call.name and dict(one.arguments) == call.arguments]
        edited = [one for one in self.results if one.id == self.id_of(call)]
        return next(iter(same + edited), None)

    def id_of(self, call: Call) -> str:
        """Equal messages give equal ids."""
        return f"call_{self.turn}_{call.stage}"


def read_tools(tools: Sequence[Any]) -> Toolbox:
    """From LangChain's tools, or OpenAI-style schemas."""
    by_name: dict[str, Callable[[], str]] = {}
    for tool in tools:
        if isinstance(tool, BaseTool):
            by_name[tool.name] = partial(getattr, tool, "description")
        elif isinstance(function := tool.get("function"), Mapping):
            by_name[str(function.get("name"))] = partial(str, function.get("description") or "")
    return Toolbox(frozenset(by_name) & _KNOWN, by_name.get("query_database", str))


def read_conversation(messages: Sequence[BaseMessage]) -> Conversation:
    own = [message for message in messages if not message.additional_kwargs.get("example")]
    last = max((n for n, message in enumerate(own) if isinstance(message, HumanMessage)), default=-1)
    before, since = own[: max(last, 0)], own[last + 1 :]
    asked = _text(own[last]) if last >= 0 else ""
    system = "\n\n".join(_text(message) for message in own if message.type == "system")
    return Conversation(
        question=_question(asked),
        prompt=f"{system}\n\n{asked}",
        answered=next((_text(message) for message in reversed(before) if isinstance(message, AIMessage)), ""),
        examples=_examples(messages),
        results=tuple(_results(since)),
        turn=f"{zlib.crc32(repr([_text(message) for message in own[: last + 1]]).encode()):08x}",
        passages=tuple(read_shown_passages(system) or read_shown_passages(asked)),
    )


def _text(message: BaseMessage) -> str:
    return clean(str(message.text))


def _question(text: str) -> str:
    """The question in a message that may hold passages, a schema and a label around it."""
    for passage in read_shown_passages(text):
        for line in passage.text.splitlines():
            text = text.replace(f"  {line}", "", 1)
    if text.count("```") >= 2 and len(text) < _MOST_WITH_CODE:
        text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    labelled = list(_LABEL.finditer(text))
    return text[labelled[-1].end() :].strip() if labelled else text.strip()


def _examples(messages: Sequence[BaseMessage]) -> tuple[tuple[str, str], ...]:
    marked = [message for message in messages if message.additional_kwargs.get("example")]
    pairs = pairwise(marked)
    return tuple((_text(a), _text(b)) for a, b in pairs if isinstance(a, HumanMessage) and isinstance(b, AIMessage))


def _results(messages: Sequence[BaseMessage]) -> Iterator[Result]:
    calls = {c["id"]: c for m in messages if isinstance(m, AIMessage) for c in m.tool_calls}
    for message in messages:
        if isinstance(message, ToolMessage) and (call := calls.get(message.tool_call_id)):
            failed = message.status == "error"
            text = _text(message).removeprefix("Error: ") if failed else _text(message)
            yield Result(call["name"], call["args"], call["id"] or "", text, failed)
