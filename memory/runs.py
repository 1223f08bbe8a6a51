"""Runs and their stored events. One run at a time answers in a thread; any number of readers follow it by `seq`."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Sequence
from functools import cache
from typing import Any

import psutil
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cairn.database import Database
from cairn.errors import StorageError, ThreadBusy, UsageError
from cairn.events import VERSION, Event, EventType
from cairn.tables import EventRow, MessageRow, RunRow, ThreadRow

HEARTBEAT = 5.0
_DEAD_AFTER = 6 * HEARTBEAT


class Runs:
    """The runs of one user."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._user = user

    def begin(self, thread: str, question: str) -> str:
        """A new run's id. Raises ThreadBusy while another run answers in this thread."""
        self._bury_dead(thread)
        now = time.time()
        run = RunRow(
            id=uuid.uuid4().hex,
            thread=thread,
            user=self._user,
            question=question,
            state="running",
            owner=_me(),
            heartbeat=now,
            started=now,
        )
        try:
            with self._database.session() as session:
                session.add(run)
        except StorageError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise ThreadBusy(
                    "This thread is being answered already.", "Wait for that answer, stop it, or ask in a new thread."
                ) from None
            raise
        return run.id

    def append(self, events: Sequence[Event]) -> None:
        """Store events of one run, and show that it is alive. Raises StorageError if its thread was deleted."""
        with self._database.session() as session:
            _touch(session, events[0].run)
            _insert(session, events)

    def beat(self, run: str) -> None:
        """Show that the run is alive. Raises StorageError if its thread was deleted."""
        with self._database.session() as session:
            _touch(session, run)

    def end(self, run: str, state: str, answer: str | None, events: Sequence[Event] = ()) -> None:
        """The run is over, after these events; question and answer become messages of its thread: all or nothing."""
        now = time.time()
        with self._database.session() as session:
            _touch(session, run, state=state)
            _insert(session, events)
            row = session.get_one(RunRow, run)
            if answer is not None:
                session.add(MessageRow(thread=row.thread, run=run, role="user", text=row.question, created=row.started))
                session.flush()
                session.add(MessageRow(thread=row.thread, run=run, role="assistant", text=answer, created=now))
            session.execute(update(ThreadRow).where(ThreadRow.id == row.thread).values(updated=now))

    def rephrase(self, run: str, answer: str) -> None:
        """From now on `answer` is what the thread remembers of this run. Raises UsageError for an unknown run."""
        with self._database.session() as session:
            row = session.get(RunRow, run)
            if row is None or row.user != self._user:
                raise UsageError(f"There is no run {run!r}.", "Ask again.")
            session.add(MessageRow(thread=row.thread, run=run, role="assistant", text=answer, created=time.time()))

    def events(self, run: str, after: int = 0) -> list[Event]:
        """The stored events of a run of this user with `seq` above `after`. Raises UsageError for an unknown run."""
        query = select(EventRow).where(EventRow.run == run, EventRow.seq > after).order_by(EventRow.seq)
        with self._database.session() as session:
            row = session.get(RunRow, run)
            if row is None or row.user != self._user:
                raise UsageError(f"There is no run {run!r}.", "Ask again.")
            _bury_if_dead(session, row)
            return [_event(row) for row in session.scalars(query)]

    def running(self, thread: str) -> str | None:
        """The run that is answering in this thread now."""
        self._bury_dead(thread)
        query = select(RunRow.id).where(RunRow.thread == thread, RunRow.user == self._user, RunRow.state == "running")
        with self._database.session() as session:
            return session.scalar(query)

    def of_thread(self, thread: str) -> list[tuple[str, str, str]]:
        """(run, question, state), oldest first."""
        query = (
            select(RunRow.id, RunRow.question, RunRow.state)
            .where(RunRow.thread == thread, RunRow.user == self._user)
            .order_by(RunRow.started, RunRow.id)
        )
        with self._database.session() as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]

    def _bury_dead(self, thread: str) -> None:
        query = select(RunRow).where(RunRow.thread == thread, RunRow.state == "running")
        with self._database.session() as session:
            for row in session.scalars(query).all():
                _bury_if_dead(session, row)


def _touch(session: Session, run: str, **values: Any) -> None:
    touched = update(RunRow).where(RunRow.id == run).values(heartbeat=time.time(), **values).returning(RunRow.id)
    if session.scalar(touched) is None:
        raise StorageError("This conversation was deleted while it was being answered.", "Ask in a new one.")


def _insert(session: Session, events: Sequence[Event]) -> None:
    rows = [
        {"run": e.run, "seq": e.seq, "version": e.version, "time": e.time, "type": e.type, "data": e.data}
        for e in events
    ]
    if rows:
        session.execute(insert(EventRow), rows)


def _bury_if_dead(session: Session, row: RunRow) -> None:
    """A run whose process died is said to have failed by whoever looks next."""
    if row.state != "running" or _alive(row.owner, row.heartbeat):
        return
    still = update(RunRow).where(RunRow.id == row.id, RunRow.state == "running").values(state="failed")
    if session.scalar(still.returning(RunRow.id)) is None:
        return  # another reader was quicker
    last = session.scalar(select(func.max(EventRow.seq)).where(EventRow.run == row.id)) or 0
    session.add(_death_of(row, last + 1))
    session.flush()


def _death_of(row: RunRow, seq: int) -> EventRow:
    data = {
        "kind": "Interrupted",
        "message": "The program was ended while it was answering.",
        "hint": "Ask again.",
        "exit_code": 1,
        "seconds": max(0.0, row.heartbeat - row.started),
    }
    return EventRow(run=row.id, seq=seq, version=VERSION, time=time.time(), type="failed", data=data)


def _event(row: EventRow) -> Event:
    type: EventType = row.type  # type: ignore[assignment]
    return Event(row.version, row.run, row.seq, row.time, type, row.data)


@cache
def _me() -> str:
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{int(psutil.Process(pid).create_time())}"


def _alive(owner: str, heartbeat: float) -> bool:
    """Its heart beats, and where that can be seen, its process lives."""
    host, pid, born = owner.rsplit(":", 2)
    if time.time() - heartbeat > _DEAD_AFTER:
        return False
    if host != socket.gethostname():
        return True
    try:
        return abs(psutil.Process(int(pid)).create_time() - int(born)) < 2
    except psutil.NoSuchProcess:
        return False
