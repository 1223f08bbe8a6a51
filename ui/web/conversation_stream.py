"""An open conversation as server-sent events: its newest turns, and the pieces of the answer that is being written.

Every reader has a stream of its own, so what one tab or terminal does stands in all of them a moment later.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.errors import CairnError, UsageError
from cairn.core.events import Event
from cairn.memory.feedback_store import Feedback, FeedbackStore
from cairn.memory.run_store import WAITING, ShownTurn
from cairn.ui.api.event_stream import HEARTBEAT, HEARTBEAT_SECONDS, as_json
from cairn.ui.web.answer_html import AnswerParts
from cairn.ui.web.html_pieces import Words
from cairn.ui.web.page_hints import hint_here, said_here
from cairn.ui.web.turn_html import draw_turn

NEWEST = 12
"""So many turns are sent at first; earlier ones when they are scrolled to."""
LOOK_SECONDS = 0.5
"""So often is looked for what other processes did."""


class News:
    """Wakes the streams of this process when something was done by it; they look for themselves what."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def tell(self) -> None:
        """Called on the event loop."""
        for event in self._waiting:
            event.set()

    async def wait(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)
        finally:
            self._waiting.discard(event)


@dataclass(frozen=True, slots=True)
class Seen:
    """A thread as it is now: the turns that are shown, and what was said of them."""

    turns: list[ShownTurn]
    said: dict[str, Feedback]
    pulse: tuple[Any, ...]

    @property
    def at_work(self) -> ShownTurn | None:
        return next((turn for turn in reversed(self.turns) if turn.state == "running"), None)

    @property
    def busy(self) -> str | None:
        return next((turn.state for turn in reversed(self.turns) if turn.state in ("running", WAITING)), None)


def look(home: Cairn, thread: str) -> Seen:
    """Raises UsageError for a thread that is not there (any more)."""
    home.threads.get(thread)
    home.running(thread)  # whoever looks first says that a run's process has died
    pulse = home.workspace.runs.pulse(thread)
    said = FeedbackStore(home.workspace.database, home.settings.user).of_thread(thread)
    return Seen(home.workspace.runs.turns(thread), said, pulse)


def drawn(home: Cairn, seen: Seen, turns: Sequence[ShownTurn], say: Words) -> list[dict[str, str]]:
    """These turns of a thread as the page takes them."""
    return [{"id": turn.id, "html": draw_turn(home, turn, seen.said.get(turn.run), say)} for turn in turns]


async def conversation_events(home: Cairn, thread: str, news: News, say: Words) -> AsyncGenerator[bytes]:
    """Without end, until the reader goes or the thread is deleted: `turns`, and `patch` while an answer is written."""
    shown: dict[str, object] = {}
    pulse: object = None
    quiet = 0.0
    while True:
        try:
            if pulse != await asyncio.to_thread(home.workspace.runs.pulse, thread):
                seen = await asyncio.to_thread(look, home, thread)
                pulse, quiet = seen.pulse, 0.0
                yield await _turns(home, seen, shown, say)
                if (turn := seen.at_work) is not None:
                    async for patch in _patches(home, turn, say):
                        yield patch
                    pulse = None
                    continue
        except CairnError as error:
            gone = isinstance(error, UsageError)
            told = {"message": said_here(error.message, say), "hint": hint_here(error.hint, say)}
            yield framed("gone" if gone else "problem", told)
            if gone:
                return
        await news.wait(LOOK_SECONDS)
        quiet += LOOK_SECONDS
        if quiet >= HEARTBEAT_SECONDS:
            quiet = 0.0
            yield HEARTBEAT


async def _turns(home: Cairn, seen: Seen, shown: dict[str, object], say: Words) -> bytes:
    """What is other than was sent before, of the newest turns and those that were."""
    newest = [turn for n, turn in enumerate(seen.turns) if turn.id in shown or n >= len(seen.turns) - NEWEST]
    now = {turn.id: (turn, seen.said.get(turn.run)) for turn in newest}
    changed = [turn for turn in newest if shown.get(turn.id) != now[turn.id]]
    html = await asyncio.to_thread(drawn, home, seen, changed, say)
    shown.clear()
    shown.update(now)
    return framed(
        "turns",
        {
            "turns": html,
            "ids": [turn.id for turn in newest],
            "earlier": len(seen.turns) - len(newest),
            "busy": seen.busy,
            "run": seen.turns[-1].run if seen.turns else None,
        },
    )


async def _patches(home: Cairn, turn: ShownTurn, say: Words) -> AsyncGenerator[bytes]:
    """The pieces of an answer that are other than before, whenever events came: all that wait, at once."""
    parts, before = AnswerParts(say), dict[str, str]()
    async with aclosing(_batches(home, turn.run)) as batches:
        async for events in batches:
            if not events:
                yield HEARTBEAT
                continue
            pieces = await asyncio.to_thread(parts.take, events)  # what a model wrote may take long to draw
            changed = {name: html for name, html in pieces.items() if before.get(name) != html}
            if changed or len(pieces) != len(before):
                told: dict[str, Any] = {"turn": turn.id, "changed": changed}
                if list(pieces) != list(before):
                    told["names"] = list(pieces)
                yield framed("patch", told)
            before = pieces


async def _batches(home: Cairn, run: str) -> AsyncGenerator[list[Event]]:
    """A run's events, those together that came together; nothing when it is quiet for long."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue()

    async def fill() -> None:
        async with aclosing(home.afollow(run)) as events:
            async for event in events:
                queue.put_nowait(event)
        queue.put_nowait(None)

    filling = asyncio.create_task(fill())
    filling.add_done_callback(lambda task: queue.put_nowait(None))
    try:
        while True:
            try:
                came = [await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)]
            except TimeoutError:
                yield []
                continue
            while not queue.empty():
                came.append(queue.get_nowait())
            if events := [event for event in came if event is not None]:
                yield events
            if None in came:
                await filling  # what went wrong is told by it
                return
    finally:
        filling.cancel()
        with suppress(asyncio.CancelledError):
            await filling


def framed(name: str, data: Any) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: {as_json(data)}\n\n".encode()
