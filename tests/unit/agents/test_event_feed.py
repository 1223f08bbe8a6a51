"""Followers of a run: of this process's and of another's, threads and coroutines, on any loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from pydantic import PrivateAttr
from sqlalchemy import text

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.errors import UsageError
from cairn.core.events import Event
from cairn.core.settings import Settings
from tests.scripted import ScriptedModel, calls

SUM = calls(("calculator", {"expression": "2+3"}))


@pytest.fixture
def app(settings: Settings) -> Iterator[Cairn]:
    opened = Cairn(settings)
    yield opened
    opened.close()


@pytest.fixture
def elsewhere(settings: Settings) -> Iterator[Cairn]:
    """It knows of the runs from the database only, as another process does."""
    opened = Cairn(settings)
    yield opened
    opened.close()


async def read(app: Cairn, run: str, after: int = 0) -> list[Event]:
    return [event async for event in app.afollow(run, after)]


class Held(ScriptedModel):
    """Answers a sum when it is told to, and keeps nobody else waiting."""

    _go: threading.Event = PrivateAttr(default_factory=threading.Event)
    _reached: threading.Event = PrivateAttr(default_factory=threading.Event)
    _run: str = PrivateAttr("")

    def __init__(self, app: Cairn) -> None:
        super().__init__(SUM, "Five.")
        self._run = app.start("2+3?", task="math", model=self).run
        assert self._reached.wait(5)

    @property
    def run(self) -> str:
        return self._run

    def go(self) -> None:
        self._go.set()

    async def _astream(self, messages: list[BaseMessage], *arguments: Any, **options: Any) -> AsyncGenerator[Any]:
        if len(messages) > 2:
            self._reached.set()
            await asyncio.to_thread(self._go.wait, 5)
        async for chunk in super()._astream(messages, *arguments, **options):
            yield chunk


@pytest.mark.parametrize("who", ["app", "elsewhere"])
async def test_many_readers_of_one_run_see_the_same(who: str, app: Cairn, elsewhere: Cairn) -> None:
    held = Held(app)
    reader = {"app": app, "elsewhere": elsewhere}[who]
    reading = [asyncio.create_task(read(reader, held.run)) for _ in range(5)]
    there = event_loop.start(read(reader, held.run))
    await asyncio.sleep(0)
    held.go()
    seen = await asyncio.gather(*reading, asyncio.wrap_future(there))
    threads = await asyncio.to_thread(lambda: list(reader.follow(held.run)))
    for events in (*seen, threads):
        assert (events[0].type, events[-1].type) == ("started", "finished")
        assert [event.seq for event in events] == sorted({event.seq for event in events})
        assert [event for event in events if event.type != "token"] == [e for e in threads if e.type != "token"]


async def test_a_reader_that_leaves_takes_nobody_with_it(app: Cairn, elsewhere: Cairn) -> None:
    held = Held(app)
    for reader in (app, elsewhere):
        stream = reader.afollow(held.run)
        assert (await anext(stream)).type == "started"
        await stream.aclose()
    staying = asyncio.create_task(read(elsewhere, held.run, after=1))
    held.go()
    events = await staying
    assert (events[0].seq, events[-1].data["answer"]) == (2, "Five.")


async def test_an_unknown_run_is_said_to_be_one(app: Cairn) -> None:
    with pytest.raises(UsageError, match="no run"):
        await read(app, "nope")
    with pytest.raises(UsageError, match="no run"):
        await asyncio.to_thread(lambda: list(app.follow("nope")))


def test_a_reader_whose_loop_was_closed_is_forgotten(app: Cairn) -> None:
    held = Held(app)
    loop = asyncio.new_event_loop()
    stream = app.afollow(held.run)
    assert loop.run_until_complete(anext(stream)).type == "started"
    loop.close()
    held.go()
    assert list(app.follow(held.run))[-1].data["answer"] == "Five."


def test_stop_reaches_the_process_that_works_on_the_run(app: Cairn, elsewhere: Cairn) -> None:
    held = Held(app)
    elsewhere.stop(held.run)
    last = list(elsewhere.follow(held.run))[-1]
    assert (last.type, last.data["stopped_by"]) == ("finished", "user")
    assert app.workspace.runs.state(held.run) == "stopped"


def test_a_run_that_was_stopped_once_can_be_gone_on_with(app: Cairn, elsewhere: Cairn) -> None:
    """What was asked of an earlier process is not asked of the next one."""
    first = calls(("calculator", {"expression": "1+1"}))
    patch = {"approve": ["calculator"]}
    run = app.start("x", task="math", patch=patch, model=ScriptedModel(first, "Two.")).run
    list(app.follow(run))
    [asked] = app.waiting(run)
    with app.workspace.database.session() as session:
        session.execute(text("UPDATE runs SET stop_asked = true"))
    elsewhere.decide(run, asked["id"], "approve", model=ScriptedModel("Two."))
    assert list(elsewhere.follow(run))[-1].data["answer"] == "Two."
