"""How a question asked in a thread is answered: its past, its prompt, its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from cairn.agents.assembly import Assistant
from cairn.core.events import Event
from cairn.core.strategy import EarlierTable, Reply, Turn
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
    """Raises what the task's strategy raises; of several tries, if all fail."""
    past = await assistant.thread_context.past(asked.thread, asked.question, asked.before, asked.anew)

    def prepare() -> Turn:
        untrusted = bool(past.history or past.summed_up) and _has_untrusted(assistant, asked.thread)
        turn = assistant.turn(asked.question, past.history, past.background)
        return replace(turn, untrusted=untrusted, earlier=asked.earlier, tables=_tables(assistant, asked))

    return await assistant.ainvoke(await asyncio.to_thread(prepare))


def _tables(assistant: Assistant, asked: Asked) -> Callable[[], Sequence[EarlierTable]] | None:
    runs = assistant.workspace.runs
    return None if asked.anew else lambda: runs.tables(asked.thread, asked.before)


def _has_untrusted(assistant: Assistant, thread: str) -> bool:
    """Whether the thread may hold text that others wrote; where no tool has side effects it does not matter."""
    if not any((tool.metadata or {}).get("side_effects", True) for tool in assistant.tools):
        return False
    trusted = {tool.name for tool in assistant.tools if not is_untrusted(tool)}
    return assistant.workspace.runs.has_untrusted(thread, trusted)
