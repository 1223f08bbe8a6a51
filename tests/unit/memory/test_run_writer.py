from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.app_database import Database, sqlite_file
from cairn.core.errors import StorageError, UsageError
from cairn.core.settings import Settings
from cairn.memory.run_store import Runs
from cairn.memory.run_writer import Writer, writer_of
from cairn.memory.thread_store import Threads


@pytest.fixture
def writer(database: Database) -> Writer:
    return writer_of(database)


class Together:
    """Work that the writer finds waiting all at once: its thread is held up until everything is put."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._go = threading.Event()
        self._held = threading.Event()
        self._threads = ThreadPoolExecutor(8)
        self._first = self._threads.submit(writer.write, self._hold)
        assert self._held.wait(5)

    def _hold(self, _session: Session) -> None:
        self._held.set()
        assert self._go.wait(5)

    def results(self, *work: Callable[[Session], object]) -> list[object]:
        """What each gave, or the error that it met."""
        futures = [self._threads.submit(self._writer.write, one) for one in work]
        while len(self._writer._waiting) < len(work):  # pyright: ignore[reportPrivateUsage]
            threading.Event().wait(0.001)
        self._go.set()
        self._threads.shutdown()
        return [future.exception() or future.result() for future in futures]


def tables(session: Session) -> int:
    return session.scalars(text("SELECT count(*) FROM threads")).one()


def test_what_waits_together_is_one_transaction(database: Database, writer: Writer) -> None:
    together, commits = Together(writer), list[object]()
    event.listen(database.engine, "commit", commits.append)
    assert together.results(*[tables] * 5) == [0] * 5
    assert len(commits) == 1


def test_a_failure_is_only_that_of_the_work_that_failed(database: Database, writer: Writer) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    there, gone = threads.new("a").id, threads.new("b").id
    left, lost = runs.begin(there, "q"), runs.begin(gone, "q")
    threads.delete(gone)

    def good(session: Session) -> None:
        session.execute(text("UPDATE runs SET question = 'kept' WHERE id = :id"), {"id": left})

    def bad(_session: Session) -> None:
        raise UsageError("bad")

    def late(session: Session) -> None:
        session.execute(text("INSERT INTO events VALUES (:run, 1, 2, 0, 'notice', '{}')"), {"run": lost})

    found = Together(writer).results(good, bad, late, tables)
    assert (found[0], found[3]) == (None, 1)
    assert isinstance(found[1], UsageError)
    assert isinstance(found[2], StorageError)
    assert runs.of_thread(there) == [(left, "kept", "running")]


def test_an_event_of_a_deleted_thread_says_so(database: Database) -> None:
    from cairn.core.events import Event

    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    thread = threads.new("a").id
    run = runs.begin(thread, "q")
    threads.delete(thread)
    with pytest.raises(StorageError, match="deleted while"):
        event_loop.wait(runs.append([Event(2, run, 1, 0.0, "notice", {"text": "x"})]))


def test_a_locked_database_is_waited_for_once_and_works_again_afterwards(database: Database, writer: Writer) -> None:
    @event.listens_for(database.engine, "checkout")
    def impatient(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    waits = list[object]()
    event.listen(database.engine, "rollback", waits.append)
    file = sqlite_file(str(database.engine.url))
    assert file is not None

    def touch(session: Session) -> None:
        session.execute(text("UPDATE threads SET name = 'x'"))

    together = Together(writer)
    with sqlite3.connect(file) as other:
        other.execute("BEGIN IMMEDIATE")
        found = together.results(*[touch] * 4)
    other.close()
    assert [type(error) for error in found] == [StorageError] * 4
    assert "locked" in str(found[0])
    assert len(waits) == 1
    assert writer.write(tables) == 0


def test_whoever_is_asked_to_stop_is_told_once_a_look_and_the_others_are_not(
    database: Database, writer: Writer
) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    one, other = (runs.begin(threads.new("t").id, "q") for _ in range(2))
    told, done = list[str](), threading.Event()

    async def watch() -> None:
        def stop(_error: StorageError | None) -> None:
            told.append(one)
            writer.unwatch(one)
            writer.unwatch(other)
            done.set()

        writer.watch(one, stop)
        writer.watch(other, lambda _error: told.append(other))

    event_loop.wait(watch())
    assert runs.ask_stop(one)
    assert done.wait(5)
    assert told == [one]


def test_a_run_whose_thread_was_deleted_is_told_so(database: Database, writer: Writer) -> None:
    threads, runs = Threads(database, "ann"), Runs(database, "ann")
    thread = threads.new("t").id
    run = runs.begin(thread, "q")
    told, done = list[StorageError | None](), threading.Event()

    async def watch() -> None:
        def stop(error: StorageError | None) -> None:
            told.append(error)
            writer.unwatch(run)
            done.set()

        writer.watch(run, stop)

    event_loop.wait(watch())
    threads.delete(thread)
    assert done.wait(5)
    assert "deleted" in str(told[0])


def test_a_home_that_closes_below_a_run_looks_for_no_stops_any_more(settings: Settings) -> None:
    app = Cairn(settings)
    writer = app.workspace.runs.writer
    run = app.workspace.runs.begin(app.threads.new("t").id, "q")

    async def watch() -> asyncio.Task[None] | None:
        writer.watch(run, lambda _error: None)
        return writer._watching  # pyright: ignore[reportPrivateUsage]

    watching = event_loop.wait(watch())
    assert watching is not None
    app.close()
    event_loop.wait(asyncio.wait_for(watching, 10))
