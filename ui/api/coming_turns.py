"""What the service will have of its own: following without a thread, versions, branches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from cairn.agents.service import Cairn, Handle
from cairn.core.errors import UsageError
from cairn.core.events import ENDS, Event

_POLL = 0.05


async def afollow(home: Cairn, run: str, after: int = 0) -> AsyncGenerator[Event]:
    if own := getattr(home, "afollow", None):
        async for event in own(run, after):
            yield event
        return
    while True:
        over = await asyncio.to_thread(home.workspace.runs.state, run) != "running"
        events = await asyncio.to_thread(home.events, run, after)
        for event in events:
            yield event
            after = event.seq
        if over or (events and events[-1].type in ENDS):
            return
        await asyncio.sleep(_POLL)


def retry(home: Cairn, run: str, **options: Any) -> Handle:
    if own := getattr(home, "retry", None):
        return own(run, **options)
    raise UsageError("Versions of an answer can't be made yet.")


def branch(home: Cairn, thread: str, run: str | None, name: str | None) -> str:
    if own := getattr(home, "branch", None):
        return own(thread, run, name)
    raise UsageError("Branches can't be made yet.")
