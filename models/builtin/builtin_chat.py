"""The builtin model as LangChain knows chat models, and what it does next: a pure function of the messages."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cairn.core.clean_text import CJK, approximate_tokens, has_cjk, normalise
from cairn.core.passages import NOTHING_FOUND
from cairn.language.words import content_terms
from cairn.models.builtin.builtin_phrases import say, short
from cairn.models.builtin.builtin_sql import write_sql_block
from cairn.models.builtin.chart_requests import answer_or_draw, read_chart_wish
from cairn.models.builtin.plan_roles import answer_plan
from cairn.models.builtin.prompt_conversation import Conversation, read_conversation, read_tools
from cairn.models.builtin.quoting import find_quotes, write_quotes
from cairn.models.builtin.shown_schema import read_schema

MODEL_NAME = "builtin"
_PIECE = re.compile(rf"[{CJK}]{{1,4}}|[^\s{CJK}]+\s*|\s+")
_MOST_COMPARED = 4000
_GRAM = 4
# Chosen on support tickets, of which none stays below, and on texts about anything else, of which most do.
_ALIKE = 0.05


class BuiltinChatModel(BaseChatModel):
    """Calls the calculator, a database or a search as a question asks, and quotes what comes back.

    No key, no download, no server, no state: the same messages give the same answer. It never writes prose of its own
    beyond saying what it found, what it understood and what it can't do.
    """

    generative: ClassVar[bool] = False

    @property
    def _llm_type(self) -> str:
        return MODEL_NAME

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Tools of LangChain's as they are, so that a description that is dear to make is made only if it is read."""
        kept = [tool if isinstance(tool, BaseTool) else convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=kept, **kwargs)

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=_answer(messages, **kwargs))])

    def _stream(
        self, messages: list[BaseMessage], stop: list[str] | None = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        yield from _chunks(_answer(messages, **kwargs))


def _answer(messages: Sequence[BaseMessage], tools: Sequence[Any] = (), **_: Any) -> AIMessage:
    message = decide(messages, tools)
    calls = message.tool_calls
    said = json.dumps(calls, ensure_ascii=False) if calls else str(message.text)
    # Approximate, as a language model of the usual kind would count; but not the descriptions that are made late.
    late = [isinstance(tool, BaseTool) and "description" not in tool.__dict__ for tool in tools]
    shown = [t.name if is_late else convert_to_openai_tool(t) for t, is_late in zip(tools, late, strict=True)]
    read = sum(approximate_tokens(str(one.text)) for one in messages)
    read += approximate_tokens(json.dumps(shown, ensure_ascii=False, default=str)) if shown else 0
    written = approximate_tokens(said)
    message.usage_metadata = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    message.response_metadata = {"finish_reason": "tool_calls" if calls else "stop", "model_name": MODEL_NAME}
    return message


def _chunks(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """Word by word, Chinese in groups of characters; calls whole; last the usage and why it ended."""
    for match in _PIECE.finditer(str(message.text)):
        yield ChatGenerationChunk(message=AIMessageChunk(content=match[0]))
    rest = message.model_dump(include={"tool_calls", "usage_metadata", "response_metadata"})
    yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last", **rest))


def decide(messages: Sequence[BaseMessage], tools: Sequence[Any] = ()) -> AIMessage:
    """A message with the next calls, or with the answer. `tools` are LangChain's, or OpenAI-style schemas."""
    if not tools and (said := answer_plan(messages)) is not None:
        return AIMessage(said)
    talk = read_conversation(messages)
    box = read_tools(tools)
    chinese = has_cjk(talk.question)
    if not box.names and not talk.results:
        return AIMessage(_from_prompt(talk, chinese))
    calls, text = answer_or_draw(talk, box)
    if calls and box.names:
        made = [tool_call(name=call.name, args=call.arguments, id=talk.id_of(call)) for call in calls]
        return AIMessage("", tool_calls=made)
    return AIMessage(text)


def _from_prompt(talk: Conversation, chinese: bool) -> str:
    """Without tools: from passages, a schema or examples in the prompt, whichever is there."""
    if talk.passages:
        quoted = write_quotes(find_quotes(talk.question, talk.passages))
        return quoted or say("nothing", chinese, question=short(talk.question))
    if NOTHING_FOUND in talk.prompt:
        return say("none_found", chinese, question=short(talk.question))
    if tables := read_schema(talk.prompt):
        chart, question = read_chart_wish(talk.question)
        return write_sql_block(question, tables, chart)
    if talk.examples:
        again = talk.answered in (say("unlike", False), say("unlike", True))
        return (None if again else nearest(talk.question, talk.examples)) or say("unlike", chinese)
    return say("cannot", chinese)


def nearest(text: str, examples: Sequence[tuple[str, str]]) -> str | None:
    """The output of the example whose input is most like `text`, of equals the first; None when none is alike.

    Cosine over words (stems, CJK bigrams) and character 4-grams, each weighted by its rarity among the examples.
    """
    bags = [_bag(given) for given, _ in examples]
    seen = Counter(term for bag in bags for term in bag)
    asked, *given = (_weighted(bag, seen, len(bags)) for bag in (_bag(text), *bags))
    scores = [sum(weight * bag.get(term, 0) for term, weight in asked.items()) for bag in given]
    return examples[scores.index(max(scores))][1] if max(scores) >= _ALIKE else None


def _bag(text: str) -> Counter[str]:
    plain = normalise(text[:_MOST_COMPARED])
    grams = [f"\0{plain[i : i + _GRAM]}" for i in range(max(1, len(plain) - _GRAM + 1))]
    return Counter([*grams, *content_terms(plain) * 2])


def _weighted(bag: Counter[str], seen: Counter[str], of: int) -> dict[str, float]:
    """Of length 1; a term that no example holds weighs as much as the rarest."""
    weights = {term: (1 + math.log(n)) * math.log((1 + of) / (0.5 + (seen[term] or 1))) for term, n in bag.items()}
    length = math.hypot(*weights.values()) or 1
    return {term: weight / length for term, weight in weights.items()}
