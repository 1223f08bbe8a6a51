"""Runs in a row: what each was asked, what became of it, what it took. Inside a transaction that is open already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cairn.core.app_database import Database, portions
from cairn.core.app_tables import EventRow, RunRow
from cairn.memory.run_rows import THERE, mark_if_dead

_TELLING = ("started", "usage", "finished", "failed")


@dataclass(frozen=True, slots=True)
class ListedRun:
    """`started` is Unix seconds (UTC), `seconds` how long it took, `tokens` those of all its model calls.

    None of what is not known: the seconds of a run that is not over, tokens that the server did not tell.
    """

    run: str
    thread: str
    started: float
    state: str
    question: str
    parent: str | None
    task: str | None
    model: str | None
    seconds: float | None
    tokens: int | None


def list_runs(session: Session, user: str, thread: str | None, state: str | None, limit: int | None) -> list[ListedRun]:
    """Of one user, newest first; None is not chosen."""
    for row in session.scalars(select(RunRow).where(RunRow.user == user, RunRow.state == "running")).all():
        mark_if_dead(session, row)
    session.expire_all()
    query = select(RunRow).where(RunRow.user == user, THERE).order_by(RunRow.started.desc(), RunRow.id).limit(limit)
    if thread is not None:
        query = query.where(RunRow.thread == thread)
    if state is not None:
        query = query.where(RunRow.state == state)
    rows = session.scalars(query).all()
    told = _told(session, [row.id for row in rows])
    return [_listed(row, told[row.id]) for row in rows]


def users(database: Database) -> list[str]:
    """Everybody who has asked something."""
    with database.session() as session:
        return sorted(session.scalars(select(RunRow.user).distinct()))


def _told(session: Session, runs: Sequence[str]) -> dict[str, list[EventRow]]:
    told: dict[str, list[EventRow]] = {run: [] for run in runs}
    for portion in portions(runs):
        query = select(EventRow).where(EventRow.run.in_(portion), EventRow.type.in_(_TELLING))
        for event in session.scalars(query.order_by(EventRow.run, EventRow.seq)):
            told[event.run].append(event)
    return told


def _listed(row: RunRow, told: Sequence[EventRow]) -> ListedRun:
    """The last beginning and end count: a run may be gone on with."""
    last = {event.type: event.data for event in told}
    started: dict[str, Any] = last.get("started", {})
    ended = told[-1].data if told and told[-1].type in ("finished", "failed") else {}
    counts = [event.data[name] for event in told if event.type == "usage" for name in ("input_tokens", "output_tokens")]
    known = [count for count in counts if count is not None]
    return ListedRun(
        row.id,
        row.thread,
        row.started,
        row.state,
        row.question,
        row.parent,
        started.get("task"),
        started.get("model"),
        ended.get("seconds"),
        sum(known) if known else None,
    )
