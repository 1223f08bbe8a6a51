"""How a question asked in a thread is answered: its past, its prompt, one attempt or several to choose from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cairn.agents.assembly import Assistant
from cairn.core.events import Event, emit, silent
from cairn.core.strategy import Reply, Turn
from cairn.tools.tool_invocation import is_untrusted


@dataclass(frozen=True, slots=True)
class Asked:
    """`before`: the run of whose turn this is another version; `anew`: nothing was said in the thread before."""

    thread: str
    question: str
    before: str | None = None
    anew: bool = False
    earlier: Sequence[Event] = ()


async def answer(assistant: Assistant, asked: Asked) -> Reply:
    """Raises what the task's strategy raises; of several attempts, if all fail."""
    tries = assistant.template.head.experiment
    past = await assistant.thread_context.past(asked.thread, asked.question, asked.before, asked.anew)

    def prepare() -> Turn:
        untrusted = bool(past.history or past.summed_up) and _has_untrusted(assistant, asked.thread)
        turn = assistant.turn(asked.question, past.history, past.background)
        return replace(turn, untrusted=untrusted, alone=tries == 1, earlier=asked.earlier if tries == 1 else ())

    turn = await asyncio.to_thread(prepare)
    if tries == 1:
        return await assistant.ainvoke(turn)
    with silent():
        done = await asyncio.gather(*(assistant.ainvoke(turn) for _ in range(tries)), return_exceptions=True)
    replies = [reply for reply in done if isinstance(reply, Reply)]
    failures = [error for error in done if isinstance(error, BaseException)]
    if failures and not replies:
        raise failures[0]
    for error in failures:
        emit("notice", {"text": f"One of {tries} attempts failed: {error}"})
    return _to_choose_from(replies)


def _has_untrusted(assistant: Assistant, thread: str) -> bool:
    """Whether the thread may hold text that others wrote; where no tool has side effects it does not matter."""
    if not any((tool.metadata or {}).get("side_effects", True) for tool in assistant.tools):
        return False
    trusted = {tool.name for tool in assistant.tools if not is_untrusted(tool)}
    return assistant.workspace.runs.has_untrusted(thread, trusted)


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
