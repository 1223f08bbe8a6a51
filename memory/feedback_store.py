"""What people say of answers: good or bad, why, and what would have been right. One verdict of each user for a run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, select, update

from cairn.core.app_database import Database, new_id
from cairn.core.app_tables import FeedbackRow, RunRow
from cairn.core.errors import UsageError

Verdict = Literal["good", "bad"]
Decision = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Feedback:
    """`correction`: what would have been right, as `{"answer": …}` or `{"sql": …, "database": …}`.

    `reviewed`: `accepted` or `refused` by who looked it through, None until then. `created` is in Unix seconds.
    """

    run: str
    verdict: str
    reason: str | None
    correction: dict[str, Any] | None
    created: float
    reviewed: str | None


class FeedbackStore:
    """What one user says of runs of its own."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._user = user

    def give(
        self, run: str, verdict: Verdict, reason: str | None = None, correction: Mapping[str, Any] | None = None
    ) -> Feedback:
        """Take the place of what was said of this run before. Raises UsageError for a run that is not there."""
        row = FeedbackRow(
            id=new_id(),
            run=run,
            user=self._user,
            verdict=verdict,
            reason=reason,
            correction=dict(correction) if correction else None,
            created=time.time(),
            reviewed=None,
        )
        with self._database.session() as session:
            if session.scalar(select(RunRow.id).where(RunRow.id == run, RunRow.user == self._user)) is None:
                raise UsageError(f"There is no run {run!r}.", "It may have been deleted.")
            session.execute(delete(FeedbackRow).where(*self._own(run)))
            session.add(row)
        return _shown(row)

    def of(self, run: str) -> Feedback | None:
        """What was said of a run."""
        with self._database.session() as session:
            row = session.scalar(select(FeedbackRow).where(*self._own(run)))
            return None if row is None else _shown(row)

    def of_thread(self, thread: str) -> dict[str, Feedback]:
        """What was said of a thread's runs, by run."""
        mine = select(FeedbackRow).join(RunRow, RunRow.id == FeedbackRow.run)
        with self._database.session() as session:
            rows = session.scalars(mine.where(RunRow.thread == thread, FeedbackRow.user == self._user))
            return {row.run: _shown(row) for row in rows}

    def list(self) -> list[Feedback]:
        """Newest first."""
        mine = select(FeedbackRow).where(FeedbackRow.user == self._user).order_by(FeedbackRow.created.desc())
        with self._database.session() as session:
            return [_shown(row) for row in session.scalars(mine)]

    def review(self, run: str, decision: Decision, correction: Mapping[str, Any] | None = None) -> bool:
        """What was said of this run is accepted or refused, with what would have been right where that is now known.

        False where nothing is said of it any more.
        """
        values: dict[str, Any] = {"reviewed": decision} | ({"correction": dict(correction)} if correction else {})
        with self._database.session() as session:
            changed = update(FeedbackRow).where(*self._own(run)).values(values).returning(FeedbackRow.id)
            return session.scalar(changed) is not None

    def take_back(self, run: str) -> bool:
        """Nothing is said of this run any more; whether anything was."""
        with self._database.session() as session:
            gone = delete(FeedbackRow).where(*self._own(run)).returning(FeedbackRow.id)
            return session.scalar(gone) is not None

    def _own(self, run: str) -> tuple[Any, ...]:
        return FeedbackRow.run == run, FeedbackRow.user == self._user


def _shown(row: FeedbackRow) -> Feedback:
    return Feedback(row.run, row.verdict, row.reason, row.correction, row.created, row.reviewed)
