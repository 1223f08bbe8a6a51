"""A turn answered once, or as often as its template's `experiment` asks, with the different answers to choose from."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from cairn.agents.assembly import Assistant
from cairn.core.events import emit, silent
from cairn.core.strategy import Reply, Turn


async def attempt(assistant: Assistant, turn: Turn) -> Reply:
    """The reply; of several attempts nothing is gone on with (`turn.earlier`). Raises what all of them did."""
    tries = assistant.template.head.experiment
    if tries == 1:
        return await assistant.ainvoke(turn)
    turn = replace(turn, alone=False, earlier=())
    with silent():
        done = await asyncio.gather(*(assistant.ainvoke(turn) for _ in range(tries)), return_exceptions=True)
    replies = [reply for reply in done if isinstance(reply, Reply)]
    failures = [error for error in done if isinstance(error, BaseException)]
    if failures and not replies:
        raise failures[0]
    for error in failures:
        emit("notice", {"text": f"One of {tries} attempts failed: {error}"})
    return _to_choose_from(replies)


def _to_choose_from(replies: list[Reply]) -> Reply:
    """The different answers, numbered; equal ones count once."""
    texts = list(dict.fromkeys(reply.text.strip() for reply in replies))
    stopped = next((reply.stopped_by for reply in replies if reply.stopped_by), None)
    if len(texts) == 1:
        emit("notice", {"text": f"All {len(replies)} attempts gave the same answer."})
        return Reply(texts[0], stopped)
    for number, text in enumerate(texts, 1):
        emit("alternative", {"number": number, "text": text})
    return Reply("\n\n".join(f"**{number}.** {text}" for number, text in enumerate(texts, 1)), stopped)
