"""The turns of a thread: a question's runs are versions of one another, and the thread goes on with one of them.

A run is another version where its `parent` is of the same thread: the first one, which gives the turn its name.
Everything here is inside a transaction that is open already.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, insert, select
from sqlalchemy.orm import Session, aliased

from cairn.core.app_database import new_id
from cairn.core.app_tables import EventRow, FeedbackRow, MessageRow, RunRow, ThreadRow
from cairn.core.errors import UsageError
from cairn.memory.run_rows import INTERRUPTED, WAITING, insert_thread

_parent = aliased(RunRow)
_AT_WORK = ("running", WAITING)
_TURN = func.coalesce(_parent.id, MessageRow.run)
_BEGAN = func.coalesce(_parent.started, RunRow.started, MessageRow.created)
_REMEMBERED = 10
_OF_THREAD = RunRow.thread == bindparam("this_thread")
_SAID_OF = RunRow.id == FeedbackRow.run
PULSE = select(
    select(func.count(RunRow.id)).where(_OF_THREAD).scalar_subquery(),
    select(func.max(RunRow.heartbeat)).where(_OF_THREAD).scalar_subquery(),
    select(func.max(RunRow.id + RunRow.state)).where(_OF_THREAD, RunRow.state.in_(_AT_WORK)).scalar_subquery(),
    select(func.max(MessageRow.id)).where(MessageRow.thread == bindparam("this_thread")).scalar_subquery(),
    select(func.max(FeedbackRow.created)).join(RunRow, _SAID_OF).where(_OF_THREAD).scalar_subquery(),
    select(func.count(FeedbackRow.id)).join(RunRow, _SAID_OF).where(_OF_THREAD).scalar_subquery(),
    select(ThreadRow.deleted_at).where(ThreadRow.id == bindparam("this_thread")).scalar_subquery(),
)
"""What changes with a thread's runs, its messages and what is said of its answers, and when it was put away."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Its versions, oldest first, and the one that the thread goes on with: one at work, else the last chosen one."""

    versions: Sequence[RunRow]
    chosen: RunRow


def messages_of(thread: str) -> Select[MessageRow, str, float]:
    """(message, turn, when the turn began) of a thread; in no order."""
    return (
        select(MessageRow, _TURN, _BEGAN)
        .outerjoin(RunRow, RunRow.id == MessageRow.run)
        .outerjoin(_parent, and_(_parent.id == RunRow.parent, _parent.thread == MessageRow.thread))
        .where(MessageRow.thread == thread)
    )


def first_version(session: Session, thread: str, parent: str) -> str:
    """What the `parent` of a new run is: of a run of the same thread the one that its turn began with."""
    row = session.get(RunRow, parent)
    before = session.get(RunRow, row.parent) if row and row.thread == thread and row.parent else None
    return before.id if before and before.thread == thread else parent


def turns_from(session: Session, thread: str, run: str | None) -> set[str]:
    """The turn of a run and those after it: what another version of it is not told; nothing without a run."""
    turn = session.get(RunRow, first_version(session, thread, run)) if run else None
    if turn is None or turn.thread != thread:
        return set()
    return set(session.scalars(select(RunRow.id).where(RunRow.thread == thread, RunRow.started >= turn.started)))


def turns_of(session: Session, thread: str) -> list[Turn]:
    """The turns of a thread, in the order of their first runs."""
    query = select(RunRow).where(RunRow.thread == thread).order_by(RunRow.started, RunRow.id)
    rows = {row.id: row for row in session.scalars(query)}
    turns: dict[str, list[RunRow]] = {}
    for row in rows.values():
        turns.setdefault(row.parent if row.parent in rows else row.id, []).append(row)
    last = last_messages(session, thread) if len(turns) < len(rows) else {}
    return [Turn(versions, _chosen(versions, last)) for versions in turns.values()]


def tables_before(session: Session, thread: str, run: str | None) -> list[dict[str, Any]]:
    """The data of the `table` events of the last answered turns before that of `run`, oldest first.

    Each has the title of the chart that was drawn after it; where none was drawn, its question is its title.
    """
    left_out = turns_from(session, thread, run)
    turns = turns_of(session, thread)
    answered = [turn.chosen.id for turn in turns if turn.chosen.state not in _AT_WORK]
    questions = {turn.chosen.id: turn.chosen.question for turn in turns}
    told = [one for one in answered if one not in left_out][-_REMEMBERED:]
    query = select(EventRow).where(EventRow.run.in_(told), EventRow.type.in_(("table", "chart"))).order_by(EventRow.seq)
    found = sorted(session.scalars(query), key=lambda row: told.index(row.run))
    tables: list[dict[str, Any]] = []
    for row in found:
        if row.type == "table":
            tables.append({key: value for key, value in row.data.items() if key != "within"})
            tables[-1]["title"] = questions[row.run]
        elif tables:
            tables[-1]["title"] = row.data["spec"].get("title") or ""
    return tables


def last_messages(session: Session, thread: str) -> dict[str | None, tuple[int, float]]:
    """The newest message of each run: its number, and when it was stored."""
    said = select(MessageRow.run, func.max(MessageRow.id), func.max(MessageRow.created))
    rows = session.execute(said.where(MessageRow.thread == thread).group_by(MessageRow.run))
    return {run: (number, created) for run, number, created in rows}


def shown_version(turn: Turn, last: dict[str | None, tuple[int, float]]) -> RunRow:
    """The chosen one, unless something was tried since that failed: its reader wants to know why."""
    newest = turn.versions[-1]
    _, chosen_at = last.get(turn.chosen.id, (0, 0.0))
    return newest if newest.state in ("failed", INTERRUPTED) and newest.started > chosen_at else turn.chosen


def _chosen(versions: Sequence[RunRow], last: dict[str | None, tuple[int, float]]) -> RunRow:
    if versions[-1].state in _AT_WORK or not any(row.id in last for row in versions):
        return versions[-1]
    return max(versions, key=lambda row: last.get(row.id, (0, 0.0)))


def choose(session: Session, row: RunRow) -> None:
    """The thread goes on with this version. Raises UsageError for one without an answer."""
    said = select(MessageRow).where(MessageRow.run == row.id).order_by(MessageRow.id)
    newest = {message.role: message.text for message in session.scalars(said)}
    if "assistant" not in newest:
        raise UsageError("That version has no answer.", "Choose one that has: `cairn runs list --thread …` shows them.")
    for role in ("user", "assistant"):
        session.add(MessageRow(thread=row.thread, run=row.id, role=role, text=newest[role], created=time.time()))
        session.flush()  # in this order


def branch(session: Session, user: str, thread: str, run: str | None, name: str) -> str:
    """A new thread with copies of the turns up to and with that of `run`, in its version. Raises UsageError."""
    turns = turns_of(session, thread)
    if run is not None:
        at = next((number for number, turn in enumerate(turns) if any(row.id == run for row in turn.versions)), None)
        if at is None:
            raise UsageError(f"Run {run[:8]} is not of that conversation.", "`cairn runs list --thread` shows its.")
        turns = turns[: at + 1]
    rows = [next((row for row in turn.versions if row.id == run), turn.chosen) for turn in turns]
    if run is not None and rows[-1].state in _AT_WORK:
        raise UsageError("That answer is not over.", "Wait for it, or stop it.")
    origin = session.scalar(select(ThreadRow.origin).where(ThreadRow.id == thread))
    copy = insert_thread(session, user, name, time.time(), origin)
    for row in rows:
        if row.state not in _AT_WORK:
            _copy(session, row, copy)
    return copy


def _copy(session: Session, row: RunRow, thread: str) -> None:
    """A run that was broken off can be gone on with once, where it was."""
    state = "failed" if row.state not in ("finished", "stopped") else row.state
    told = {"thread": thread, "user": row.user, "question": row.question, "state": state, "stop_asked": False}
    run = new_id()
    at = {"process": row.process, "heartbeat": row.heartbeat, "started": row.started}
    session.execute(insert(RunRow), {"id": run, "parent": row.id, **told, **at})
    events = session.scalars(select(EventRow).where(EventRow.run == row.id).order_by(EventRow.seq)).all()
    if events:
        session.execute(insert(EventRow), [_copied(event, run, thread) for event in events])
    said = select(MessageRow).where(MessageRow.run == row.id).order_by(MessageRow.id)
    newest = {message.role: message for message in session.scalars(said)}
    for role in ("user", "assistant"):
        if (message := newest.get(role)) is not None:
            session.add(MessageRow(thread=thread, run=run, role=role, text=message.text, created=message.created))
            session.flush()


def _copied(event: EventRow, run: str, thread: str) -> dict[str, Any]:
    data = {**event.data, "thread": thread} if event.type == "started" else event.data
    return {
        "run": run,
        "seq": event.seq,
        "version": event.version,
        "time": event.time,
        "type": event.type,
        "data": data,
    }
