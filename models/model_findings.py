"""What the answers of a server tell of its model: how it counts, whether its prompt was cut, whether tools reach it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from cairn.core.events import Notice, emit
from cairn.models.model_facts import ModelFacts
from cairn.models.model_stream import Reading
from cairn.models.token_counts import TokenCounter, sent_texts

_COUNTED, _CUT = 200, 2
_MOST_OF = 0.6
_WORTH = 50
_SHARE = 0.25

CountPrompt = Callable[[Sequence[Any] | None], Awaitable[int | None]]
"""The tokens of a short prompt as the server counts them, sent with these tools; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Of the model called `name`, for its `facts`."""

    name: str
    facts: ModelFacts
    counter: TokenCounter
    count_prompt: CountPrompt

    async def take(self, messages: Sequence[BaseMessage], kwargs: Mapping[str, Any], reading: Reading) -> None:
        """Look at an answer that has ended well."""
        await self._look_for_tools(messages, kwargs, reading)
        if reading.usage:
            self._look_for_a_cut(messages, reading.usage["input_tokens"])
            self._learn_counts(messages, kwargs, reading.usage["input_tokens"])

    async def _look_for_tools(
        self, messages: Sequence[BaseMessage], kwargs: Mapping[str, Any], reading: Reading
    ) -> None:
        """Once: some chat templates know no tools, and nobody says so. A call tells, else odd counts are looked at."""
        tools = kwargs.get("tools")
        if self.facts.tools is not None or self.facts.probed or not tools:
            return
        if reading.calling:
            self.facts.learn(tools=True)
        elif reading.usage and may_be_without(reading.usage["input_tokens"], messages, tools, self.counter):
            self.facts.probed = True
            self.facts.learn(tools=await reaches_model(tools, self.counter, self.count_prompt))

    def _look_for_a_cut(self, messages: Sequence[BaseMessage], sent: int) -> None:
        if sent >= _COUNTED and (ours := self.counter.messages(messages)) > _CUT * sent:
            text = f"{self.name} counted {sent} tokens of a prompt of about {ours}: its server may have cut it. "
            emit("notice", Notice(text=f"{text}Set `context_window` to what it takes."))

    def _learn_counts(self, messages: Sequence[BaseMessage], kwargs: Mapping[str, Any], sent: int) -> None:
        """From prompts that are nothing but messages: how tools and schemas are written out, servers don't say.

        A grammar is no part of the prompt.
        """
        more = kwargs.get("tools") or (kwargs.get("extra_body") or {}).keys() - {"grammar"}
        if not (self.counter.exact or more):
            self.facts.learn_counts(sent_texts(messages), sent)


def may_be_without(
    prompt_tokens: int, messages: Sequence[BaseMessage], tools: Sequence[Any], count: TokenCounter
) -> bool:
    """Whether a prompt was counted as if its tools had been left out; a first guess, since our counts are rough."""
    sent, extra = count.messages(messages), count(json.dumps(tools, ensure_ascii=False))
    return min(sent, extra) >= _WORTH and _MOST_OF * sent <= prompt_tokens < sent + extra / 2


async def reaches_model(tools: Sequence[Any], count: TokenCounter, count_prompt: CountPrompt) -> bool | None:
    """By the server's own counts of one short prompt, with the tools and without. None where it does not say."""
    with_tools = await count_prompt(tools)
    without = await count_prompt(None)
    if with_tools is None or without is None:
        return None
    return with_tools - without > _SHARE * count(json.dumps(tools, ensure_ascii=False))
