"""A limit of time around an answer: what was written until then is the answer, marked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from cairn.core.errors import ModelPaused, ModelUnavailable
from cairn.core.events import also_listening, emit
from cairn.core.strategy import Reply

T = TypeVar("T")


async def in_time(
    left: float, work: Awaitable[T], limit: float | None = None, otherwise: Callable[[], str] = str
) -> T | Reply:
    """What `work` gives; where it takes too long, or the model falls silent in the middle, what it has written.

    Args:
        left: Seconds that it may take.
        work: Whatever lets a model answer.
        limit: The task's own limit, for the notice; None for `left`.
        otherwise: Gives an answer for the case that nothing was written yet.

    Returns:
        What `work` gives, or a reply marked with `seconds` or `timeout`.

    Raises:
        ModelUnavailable: Nothing was written, and there is nothing else to answer.
    """
    written = _Written()
    deadline = asyncio.timeout(max(0.0, left))
    try:
        with also_listening(written.hear):
            async with deadline:
                return await work
    except TimeoutError:
        if not deadline.expired():
            raise
        told = f"Limit reached: {left if limit is None else limit:g} seconds."
        failure = ModelUnavailable(f"{told} There was no answer yet.", "Raise `limits.seconds` of the task.")
        stopped_by = "seconds"
    except ModelPaused as error:
        told, failure, stopped_by = error.message, error, "timeout"
    text = written.text.strip() or otherwise()
    if not text:
        raise failure
    emit("notice", {"text": f"{told} This is what there was until then."})
    return Reply(text, stopped_by)


class _Written:
    """What a model has written since its last call of a tool."""

    def __init__(self) -> None:
        self.text = ""

    def hear(self, type: str, data: Any, /) -> None:
        if type == "token":
            self.text += data["text"]
        elif type == "tool_started" or (type == "thought" and data.get("replaces")):
            self.text = ""
