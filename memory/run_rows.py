"""What is done to a run's row and its events inside a transaction that is open already."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import takewhile
from typing import Any, cast

import psutil
from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cairn.core.answer import from_version_1
from cairn.core.app_database import new_id, portions
from cairn.core.app_tables import EventRow, MessageRow, Origin, RunRow, ThreadRow
from cairn.core.errors import StorageError, ThreadBusy, UsageError
from cairn.core.events import VERSION, Event, EventType

HEARTBEAT = 5.0
WAITING, INTERRUPTED = "waiting", "interrupted"
INTERRUPTED_KIND = "Interrupted"
_DEAD_AFTER = 6 * HEARTBEAT

# Every turn executes these several times: made once, and without the mapper, they cost a quarter.
_RUNS, _EVENTS = cast(Table, RunRow.__table__), cast(Table, EventRow.__table__)
_MESSAGES, _THREADS = cast(Table, MessageRow.__table__), cast(Table, ThreadRow.__table__)
_THIS_RUN = update(_RUNS).where(_RUNS.c.id == bindparam("this_run"))
_THESE_RUNS = _RUNS.c.id.in_(bindparam("these_runs", expanding=True))
_BEAT = update(_RUNS).where(_THESE_RUNS).values(heartbeat=bindparam("now"))
_STOPS_ASKED = select(_RUNS.c.id, _RUNS.c.stop_asked).where(_THESE_RUNS)
_MOVE = _THIS_RUN.values(heartbeat=bindparam("now"), state=bindparam("new_state")).returning(
    _RUNS.c.thread, _RUNS.c.question, _RUNS.c.started
)
THERE = ~select(ThreadRow.id).where(ThreadRow.id == RunRow.thread, ThreadRow.deleted_at.is_not(None)).exists()
"""Of a run: its thread was not put away."""
_INSERT_THREAD, _INSERT_RUN = insert(_THREADS), insert(_RUNS)
_INSERT_EVENTS, _INSERT_MESSAGES = insert(_EVENTS), insert(_MESSAGES)
_NOW = update(_THREADS).where(_THREADS.c.id == bindparam("this_thread")).values(updated=bindparam("now"))
_TO_PAGE = update(_THREADS).where(_THREADS.c.id == bindparam("this_thread")).values(origin="page")
RUNNING = select(RunRow).where(RunRow.thread == bindparam("this_thread"), RunRow.state == "running")
_OF_RUN = _EVENTS.c.run == bindparam("this_run")
_SPOKEN = ("token", "thought")
_PIECES = (
    select(_EVENTS.c.seq, _EVENTS.c.type, _EVENTS.c.data)
    .where(_OF_RUN, _EVENTS.c.type.in_(_SPOKEN))
    .order_by(_EVENTS.c.seq)
)
_JOINED = (_EVENTS.c.seq > bindparam("first"), _EVENTS.c.seq <= bindparam("last"))
_DROP_JOINED = delete(_EVENTS).where(_OF_RUN, *_JOINED)
_JOIN = update(_EVENTS).where(_OF_RUN, _EVENTS.c.seq == bindparam("first")).values(data=bindparam("joined"))
_WAITS = select(_RUNS.c.id).where(_RUNS.c.thread == bindparam("this_thread"), _RUNS.c.state == WAITING)


@contextmanager
def one_at_a_time() -> Generator[None]:
    """What the database does not allow here is a second running run in a thread."""
    try:
        yield
    except StorageError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise ThreadBusy(
                "This thread is being answered already.", "Wait for that answer, stop it, or ask in a new thread."
            ) from None
        raise


def refuse_if_waiting(session: Session, thread: str) -> None:
    if (run := session.scalar(_WAITS, {"this_thread": thread})) is not None:
        raise ThreadBusy(
            "An answer in this thread waits for your decision.",
            f"Approve or reject what it asks for, or stop it (cairn resume {run[:8]}), or ask in a new thread.",
        )


def claim(session: Session, run: str, user: str, states: Sequence[str], state: str) -> bool:
    """Compare and set: from one of `states` to `state`, for this process. Whoever comes second gets False."""
    claim = (
        update(RunRow)
        .where(RunRow.id == run, RunRow.user == user, RunRow.state.in_(states))
        .values(state=state, process=this_process(), heartbeat=time.time(), stop_asked=False)
    )
    return session.scalar(claim.returning(RunRow.id)) is not None


def nothing_to_decide(events: Sequence[Event], id: str) -> UsageError:
    known = [event.data["state"] for event in events if event.type == "approval" and event.data["id"] == id]
    if not known:
        return UsageError(f"Nothing of that run's waits under {id!r}.", "`cairn resume` lists what waits.")
    if known[-1] == "needed":
        return UsageError("That run waits no more.", "Look at what became of it.")
    return UsageError(f"That was decided already: {known[-1]}.", "The first decision counts.")


def events_of(session: Session, run: str, after: int = 0) -> list[Event]:
    query = select(EventRow).where(EventRow.run == run, EventRow.seq > after).order_by(EventRow.seq)
    return [_event(row) for row in session.scalars(query)]


def insert_thread(session: Session, user: str, name: str, now: float, origin: Origin | None = None) -> str:
    """The new thread's id."""
    thread = new_id()
    row = {"id": thread, "user": user, "name": name, "created": now, "updated": now, "origin": origin}
    session.execute(_INSERT_THREAD, row)
    return thread


def take_to_page(session: Session, thread: str) -> None:
    """From now on it is one of the page's."""
    session.execute(_TO_PAGE, {"this_thread": thread})


def insert_run(session: Session, thread: str, user: str, question: str, parent: str | None = None) -> str:
    """The new run's id."""
    run, now = new_id(), time.time()
    row = {"id": run, "thread": thread, "user": user, "question": question, "parent": parent}
    at_work = {"state": "running", "process": this_process(), "heartbeat": now, "started": now}
    session.execute(_INSERT_RUN, row | at_work)
    return run


def beat(session: Session, runs: Sequence[str]) -> None:
    """Show that this process is at work on them."""
    for portion in portions(runs):
        session.execute(_BEAT, {"these_runs": portion, "now": time.time()})


def stops_asked(session: Session, runs: Sequence[str]) -> dict[str, bool]:
    """Which of them others want to end; one whose thread was deleted is not among them."""
    found = (session.execute(_STOPS_ASKED, {"these_runs": portion}) for portion in portions(runs))
    return {row.id: row.stop_asked for rows in found for row in rows}


def end_run(session: Session, run: str, state: str, answer: str | None, events: Sequence[Event]) -> None:
    """The run is over, after these events; question and answer become messages of its thread."""
    thread, question, started = move(session, run, state)
    insert_events(session, join_tokens(session, run, events))
    if answer is not None:
        insert_messages(session, run, thread, (question, started), answer)
    touch_thread(session, thread)


def pause_run(session: Session, run: str, events: Sequence[Event]) -> None:
    """After these events the run waits for its user, and no process is at work on it."""
    move(session, run, WAITING)
    insert_events(session, events)


def move(session: Session, run: str, state: str) -> tuple[str, str, float]:
    """The run is in this state now: its thread, question and start. Raises StorageError if its thread was deleted."""
    given = {"this_run": run, "now": time.time(), "new_state": state}
    if (row := session.execute(_MOVE, given).one_or_none()) is None:
        raise deleted()
    return row.thread, row.question, row.started


def refuse_deleted(session: Session, run: str) -> None:
    """Raises StorageError if the run's thread was deleted."""
    if not stops_asked(session, [run]):
        raise deleted()


def deleted() -> StorageError:
    """For a run whose thread is gone."""
    return StorageError("This conversation was deleted while it was being answered.", "Ask in a new one.")


def insert_messages(session: Session, run: str, thread: str, question: tuple[str, float], answer: str) -> None:
    """A run's question, with the time it was asked at, and its answer, in this order."""
    rows = [("user", *question), ("assistant", answer, time.time())]
    named = [{"thread": thread, "run": run, "role": role, "text": text, "created": at} for role, text, at in rows]
    session.execute(_INSERT_MESSAGES, named)


def touch_thread(session: Session, thread: str) -> None:
    session.execute(_NOW, {"this_thread": thread, "now": time.time()})


def insert_events(session: Session, events: Sequence[Event]) -> None:
    rows = [
        {"run": e.run, "seq": e.seq, "version": e.version, "time": e.time, "type": e.type, "data": e.data}
        for e in events
    ]
    if rows:
        session.execute(_INSERT_EVENTS, rows)


def add_event(session: Session, run: str, type: EventType, data: dict[str, Any]) -> None:
    """One more event, for whoever has just claimed the run."""
    last = session.scalar(select(func.max(EventRow.seq)).where(EventRow.run == run)) or 0
    insert_events(session, [Event(VERSION, run, last + 1, time.time(), type, data)])


def mark_if_dead(session: Session, row: RunRow) -> None:
    """A run whose process died is said to have failed by whoever looks next."""
    if row.state != "running" or _alive(row.process, row.heartbeat):
        return
    still = update(RunRow).where(RunRow.id == row.id, RunRow.state == "running").values(state=INTERRUPTED)
    if session.scalar(still.returning(RunRow.id)) is None:
        return  # another reader was quicker
    last = session.scalar(select(func.max(EventRow.time)).where(EventRow.run == row.id)) or row.started
    add_event(session, row.id, "failed", _interruption(row, max(last, row.heartbeat)))


def _interruption(row: RunRow, seen: float) -> dict[str, Any]:
    """`seen` is when it last gave a sign of life."""
    return {
        "kind": INTERRUPTED_KIND,
        "message": "The program was ended while it was answering.",
        "hint": f"Go on with it (cairn resume {row.id[:8]}), or ask again.",
        "exit_code": 1,
        "seconds": max(0.0, seen - row.started),
    }


def _event(row: EventRow) -> Event:
    """As this version tells it, whichever stored it."""
    type: EventType = "stage" if row.type == "rung" else row.type  # type: ignore[assignment]
    data = row.data
    if row.version == 1 and type == "checked":
        data = {"statements": [from_version_1(statement) for statement in data["statements"]]}
    return Event(VERSION, row.run, row.seq, row.time, type, data)


@cache
def this_process() -> str:
    """Its host, number and start, by which other processes see whether it lives."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{int(psutil.Process(pid).create_time())}"


def _alive(process: str, heartbeat: float) -> bool:
    """Its heart beats, and where that can be seen, its process lives."""
    host, pid, born = process.rsplit(":", 2)
    if time.time() - heartbeat > _DEAD_AFTER:
        return False
    if host != socket.gethostname():
        return True
    try:
        return abs(psutil.Process(int(pid)).create_time() - int(born)) < 2
    except psutil.NoSuchProcess:
        return False


def join_tokens(session: Session, run: str, last: Sequence[Event]) -> Sequence[Event]:
    """Each row of consecutive tokens, or thoughts, becomes its first event; the numbers of the others are left out.

    They are stored in many small events while they come; of a run that ends, one between two other events is enough.
    To be called before the run's `last` events are inserted: SQLite then writes these where the tokens were. Gives
    those of them that are still to be inserted. Whoever follows the run in another process and has some of the tokens
    goes on with what comes after them.
    """
    stored = session.execute(_PIECES, {"this_run": run}).all()
    leading = list(takewhile(lambda event: event.type in _SPOKEN, last)) if stored else []
    for group in _consecutive([*stored, *leading]):
        place = {"this_run": run, "first": group[0].seq, "last": group[-1].seq}
        session.execute(_DROP_JOINED, place)
        joined = {**group[0].data, "text": "".join(row.data["text"] for row in group)}
        session.execute(_JOIN, {**place, "joined": joined})
    return last[len(leading) :] if leading and leading[0].seq == stored[-1].seq + 1 else last


def _consecutive(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    begin = 0
    for n in range(1, len(rows) + 1):
        if n == len(rows) or not _continues(rows[n - 1], rows[n]):
            if n - begin > 1:
                yield rows[begin:n]
            begin = n


def _continues(before: Any, row: Any) -> bool:
    return row.seq == before.seq + 1 and row.type == before.type and not row.data.get("replaces")
