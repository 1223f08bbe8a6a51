"""One question answered outside any thread: the same events, folded into an answer, and nothing kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langchain_core.messages import BaseMessage

from cairn.agents.assembly import Assistant
from cairn.agents.event_log import EventLog, failed, failure, replied, started
from cairn.agents.run_progress import read_history, storing
from cairn.agents.tool_calls import ApprovalNeeded
from cairn.core.app_database import new_id
from cairn.core.errors import UsageError
from cairn.core.events import Event, listening
from cairn.core.passages import citing
from cairn.core.strategy import Reply


async def run_threadless(
    assistant: Assistant,
    question: str,
    history: Sequence[BaseMessage] = (),
    approve: bool | None = None,
    patch: dict[str, Any] | None = None,
) -> tuple[list[Event], BaseException | None]:
    """Answer a question.

    Args:
        assistant: The task that answers.
        question: What is asked.
        history: The messages before it. They may hold what others wrote.
        approve: What is said to each call that needs a yes; None is nobody there to say anything: then it fails.
        patch: What of the task was changed, for the events.

    Returns:
        All events of the run, the last of which ends it, and why it failed, if it did.
    """
    log, events = EventLog(new_id()), list[Event]()
    log.emit("started", started(assistant, question, patch=patch))
    while True:
        try:
            reply = await _reply(assistant, question, history, log, events)
        except ApprovalNeeded as needed:
            events += log.take()
            if approve is None:
                return _ended(log, events, UsageError(needed.message.replace("waits for", "needs"), _HOW_TO_SAY))
            for asked in read_history(events).undecided:
                log.emit("approval", {**asked, "state": "approved" if approve else "rejected"})
            log.emit("started", started(assistant, question, patch=patch))
            events += log.take()
            log = EventLog(log.run, events, log.seconds)
        except Exception as error:
            events += log.take()
            return _ended(log, events, error)
        else:
            events += log.take()
            log.emit(*replied(log, reply)[1:])
            return [*events, *log.take()], failure(reply)


_HOW_TO_SAY = "Say it beforehand for all: --yes or --no."


def _ended(log: EventLog, events: list[Event], error: BaseException) -> tuple[list[Event], BaseException]:
    log.emit(*failed(log, error)[1:])
    return [*events, *log.take()], error


async def _reply(
    assistant: Assistant, question: str, history: Sequence[BaseMessage], log: EventLog, earlier: Sequence[Event]
) -> Reply:
    with listening(log.emit), storing(_nothing), citing(log.sources):
        turn = await asyncio.to_thread(assistant.turn, question, history)
        return await assistant.ainvoke(replace(turn, untrusted=bool(history), earlier=earlier))


async def _nothing() -> None:
    """Nobody goes on with this run: what it has done need not survive it."""
