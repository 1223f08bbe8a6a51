"""Whether tools that a server was sent reached the model: some chat templates know none, and nobody says so."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from cairn.models.token_counts import TokenCounter

_MOST_OF = 0.6
_WORTH = 50
_SHARE = 0.25

CountPrompt = Callable[[Sequence[Any] | None], Awaitable[int | None]]
"""The tokens of a short prompt as the server counts them, sent with these tools; None where that is not known."""


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
