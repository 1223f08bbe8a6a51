"""How a run ends: what a reply, an error or its user's stop make its last event."""

from __future__ import annotations

from typing import Any

from cairn.agents.event_log import EventLog
from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, ModelAnswerError
from cairn.core.events import EventType
from cairn.core.secrets import scrubbed
from cairn.core.strategy import Reply

Outcome = tuple[str, EventType, dict[str, Any]]
"""The run's state, and its last event."""


def replied(log: EventLog, reply: Reply) -> Outcome:
    """An empty reply is a failure."""
    if (error := failure(reply)) is not None:
        return failed(log, error)
    return "finished", "finished", finished(log, scrubbed(clean(reply.text)), reply.stopped_by)


def failure(reply: Reply) -> ModelAnswerError | None:
    """What is wrong with a reply that says nothing, unless a limit ended the work."""
    if reply.text.strip() or reply.stopped_by:
        return None
    return ModelAnswerError("The model's answer was empty.", "Ask again, or use another model.")


def stopped(log: EventLog) -> Outcome:
    """By its user: what was said so far is the answer."""
    return "stopped", "finished", finished(log, scrubbed(log.said.strip()), "user")


def finished(log: EventLog, answer: str, stopped_by: str | None) -> dict[str, Any]:
    return {"answer": answer, "stopped_by": stopped_by, "seconds": log.seconds}


def failed(log: EventLog, error: BaseException) -> Outcome:
    """An error that is none of Cairn's own is told as one that should not be."""
    error = error if isinstance(error, CairnError) else _unexpected(error)
    data = {
        "kind": error.kind,
        "message": error.message,
        "hint": error.hint,
        "exit_code": error.exit_code,
        "seconds": log.seconds,
    }
    return "failed", "failed", data


def _unexpected(error: BaseException) -> CairnError:
    detail = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return CairnError(f"Something went wrong that should not: {detail}.", "Please report it; asking again may help.")
