"""Runs and their stored events. One run at a time answers in a thread; any number of readers follow it by `seq`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from cairn.core.app_database import Database
from cairn.core.app_tables import EventRow, MessageRow, Origin, RunRow
from cairn.core.errors import StorageError, UsageError
from cairn.core.events import Event
from cairn.core.strategy import EarlierTable
from cairn.memory.run_list import ListedRun, list_runs
from cairn.memory.run_rows import (
    HEARTBEAT,
    INTERRUPTED,
    INTERRUPTED_KIND,
    RUNNING,
    THERE,
    WAITING,
    add_event,
    claim,
    end_run,
    events_of,
    insert_events,
    insert_run,
    insert_thread,
    mark_if_dead,
    nothing_to_decide,
    one_at_a_time,
    pause_run,
    refuse_deleted,
    refuse_if_waiting,
    take_to_page,
    this_process,
)
from cairn.memory.run_writer import writer_of
from cairn.memory.thread_turns import (
    PULSE,
    Turn,
    branch,
    choose,
    first_version,
    last_messages,
    shown_version,
    tables_before,
    turns_of,
)

__all__ = ["HEARTBEAT", "INTERRUPTED", "INTERRUPTED_KIND", "WAITING", "Runs", "ShownTurn"]

First = Callable[[str, str, str | None], Event]
_WHAT_TO_DO = {
    WAITING: "It waits for your decision: approve or reject its calls, or stop it.",
    "running": "It is being answered; wait for it.",
}


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """A question with one version of its answer. `id` is that of the first of the `versions`, which are oldest first.

    `message` is another one when the thread remembers another text of this version.
    """

    id: str
    run: str
    question: str
    state: str
    versions: tuple[str, ...]
    message: int | None


class Runs:
    """The runs of one user."""

    def __init__(self, database: Database, user: str) -> None:
        self.writer = writer_of(database)
        self._database = database
        self._user = user

    def begin(
        self,
        thread: str,
        question: str,
        parent: str | None = None,
        first: First | None = None,
        origin: Origin | None = None,
    ) -> str:
        """Begin a run in a thread.

        Args:
            thread: The thread's whole id.
            question: What is asked.
            parent: The run that this one branches off, or is another version of.
            first: Makes the run's first event, from its id, its thread's and its parent's: both are stored, or none.
            origin: Where it is asked: what goes on on the page is the page's.

        Returns:
            The new run's id.

        Raises:
            UsageError: There is no such parent.
            ThreadBusy: Another run answers in this thread, or waits in it for a decision.
        """
        self._mark_dead(thread)

        def begin(session: Session) -> str:
            run = self._insert(session, thread, question, parent, first)
            # from here on no run of this thread can begin, go on or start to wait
            refuse_if_waiting(session, thread)
            if origin == "page":
                take_to_page(session, thread)
            return run

        with one_at_a_time():
            return self.writer.write(begin)

    def begin_anew(
        self,
        question: str,
        name: str,
        parent: str | None = None,
        first: First | None = None,
        origin: Origin | None = None,
    ) -> tuple[str, str]:
        """A new thread's id, and that of its first run; the rest as for `begin`. Raises UsageError."""

        def begin(session: Session) -> tuple[str, str]:
            thread = insert_thread(session, self._user, name, time.time(), origin)
            return thread, self._insert(session, thread, question, parent, first)

        return self.writer.write(begin)

    def _insert(self, session: Session, thread: str, question: str, parent: str | None, first: First | None) -> str:
        if parent is not None:
            self._own(session, parent)
            parent = first_version(session, thread, parent)
        run = insert_run(session, thread, self._user, question, parent)
        if first is not None:
            insert_events(session, [first(run, thread, parent)])
        return run

    async def append(self, events: Sequence[Event]) -> None:
        """Store events of one run. Raises StorageError, also if its thread was deleted."""
        try:
            await self.writer.append(events)
        except StorageError as error:
            if isinstance(error.__cause__, IntegrityError):
                await self.writer.awrite(lambda session: refuse_deleted(session, events[0].run))
            raise

    async def end(self, run: str, state: str, answer: str | None, events: Sequence[Event] = ()) -> None:
        """The run is over, after these events; question and answer become messages of its thread: all or nothing."""
        await self.writer.awrite(lambda session: end_run(session, run, state, answer, events))

    async def pause(self, run: str, events: Sequence[Event]) -> None:
        """After these events the run waits for its user, and no process is at work on it."""
        await self.writer.awrite(lambda session: pause_run(session, run, events))

    def decide(self, run: str, id: str, state: str, arguments: dict[str, Any] | None, started: dict[str, Any]) -> bool:
        """Store the user's decision about one call; of all pages and processes the first one's counts.

        True when nothing else is to be decided: the run is then this process's, begun again with `started`. Raises
        UsageError when it was decided before or there is nothing to decide, ThreadBusy.
        """
        with one_at_a_time(), self._database.session() as session:
            if not claim(session, run, self._user, (WAITING,), WAITING):
                self._own(session, run)
                raise nothing_to_decide(events_of(session, run), id)
            events = events_of(session, run)
            asked = {event.data["id"]: event.data for event in events if event.type == "approval"}
            if asked.get(id, {"state": None})["state"] != "needed":
                raise nothing_to_decide(events, id)
            given = asked[id]["arguments"] if arguments is None else arguments
            decided = {**asked[id], "arguments": given, "state": state}
            add_event(session, run, "approval", decided)
            asked[id] = decided
            if any(one["state"] == "needed" for one in asked.values()):
                return False
            add_event(session, run, "started", started)
            return claim(session, run, self._user, (WAITING,), "running")

    def resume(self, run: str, started: dict[str, Any]) -> bool:
        """The run, which was broken off, is now this process's, begun again with `started`.

        Raises UsageError where it can't be gone on with, ThreadBusy.
        """
        with one_at_a_time(), self._database.session() as session:
            row = self._own(session, run)
            mark_if_dead(session, row)
            newer = select(RunRow.id).where(RunRow.thread == row.thread, RunRow.started > row.started)
            if session.scalar(newer.limit(1)) is not None:
                raise UsageError("Something else was asked in this conversation since.", "Ask the question again.")
            if not claim(session, run, self._user, (INTERRUPTED,), "running"):
                session.refresh(row)
                raise UsageError(f"That run can't be gone on with: it is {row.state}.", _WHAT_TO_DO.get(row.state))
            add_event(session, run, "started", started)
            return True

    def end_waiting(self, run: str, data: dict[str, Any]) -> bool:
        """End a run that waits, with `data` as its last event; False if it does not wait."""
        with self._database.session() as session:
            if not claim(session, run, self._user, (WAITING,), "stopped"):
                return False
            add_event(session, run, "finished", data)
            return True

    def state(self, run: str) -> str:
        """running, waiting, interrupted, finished, failed or stopped. Raises UsageError for an unknown run."""
        with self._database.session() as session:
            row = self._own(session, run)
            mark_if_dead(session, row)
            session.refresh(row)
            return row.state

    def has_untrusted(self, thread: str, trusted: Collection[str]) -> bool:
        """Whether text that others wrote came up in this thread: passages, rows, or what a tool not `trusted` gave."""
        query = (
            select(EventRow.type, EventRow.data["tool"].as_string())
            .join(RunRow, RunRow.id == EventRow.run)
            .where(RunRow.thread == thread, EventRow.type.in_(("sources", "table", "tool_finished")))
            .distinct()
        )
        with self._database.session() as session:
            return any(type != "tool_finished" or tool not in trusted for type, tool in session.execute(query))

    def tables(self, thread: str, before: str | None = None) -> list[EarlierTable]:
        """Those that the thread's newest answers rest on, oldest first; of the turns before that of run `before`."""
        with self._database.session() as session:
            return [EarlierTable(**data) for data in tables_before(session, thread, before)]

    def find(self, run: str) -> tuple[str, str]:
        """(run, thread) of the run with this id, or the only one whose id begins so. Raises UsageError."""
        query = select(RunRow.id, RunRow.thread).where(
            RunRow.user == self._user, RunRow.id.startswith(run, autoescape=True), THERE
        )
        with self._database.session() as session:
            found = [(row[0], row[1]) for row in session.execute(query.limit(2))] if run else []
        if len(found) != 1:
            why = "several begin so" if found else "there is none"
            raise UsageError(f"No run {run!r}: {why}.", "`cairn resume` lists what can be gone on with.")
        return found[0]

    def unfinished(self) -> list[tuple[str, str, str]]:
        """(run, question, state) of what waits or was broken off and can be gone on with, newest first."""
        newer = aliased(RunRow)
        is_last = ~select(newer.id).where(newer.thread == RunRow.thread, newer.started > RunRow.started).exists()
        mine = select(RunRow).where(RunRow.user == self._user, THERE)
        with self._database.session() as session:
            for row in session.scalars(mine.where(RunRow.state == "running")).all():
                mark_if_dead(session, row)
            query = mine.where(RunRow.state.in_((WAITING, INTERRUPTED)), is_last).order_by(RunRow.started.desc())
            return [(row.id, row.question, row.state) for row in session.scalars(query)]

    def _own(self, session: Session, run: str) -> RunRow:
        row = session.get(RunRow, run)
        if row is None or row.user != self._user:
            raise UsageError(f"There is no run {run!r}.", "Ask again.")
        return row

    def at_work(self) -> bool:
        """Whether this process is answering anything, of whomever."""
        query = select(RunRow.id).where(RunRow.state == "running", RunRow.process == this_process()).limit(1)
        with self._database.session() as session:
            return session.scalar(query) is not None

    def rephrase(self, run: str, answer: str) -> None:
        """From now on `answer` is what the thread remembers of this run. Raises UsageError for an unknown run."""
        with self._database.session() as session:
            row = self._own(session, run)
            session.add(MessageRow(thread=row.thread, run=run, role="assistant", text=answer, created=time.time()))

    def events(self, run: str, after: int = 0) -> list[Event]:
        """The stored events of a run of this user with `seq` above `after`. Raises UsageError for an unknown run."""
        with self._database.session() as session:
            mark_if_dead(session, self._own(session, run))
            return events_of(session, run, after)

    def news(self, run: str, after: int) -> tuple[list[Event], bool]:
        """The events after `after`, and whether a process is at work on the run. Raises UsageError."""
        with self._database.session() as session:
            row = self._own(session, run)
            mark_if_dead(session, row)
            session.refresh(row)  # before the events are read: then nothing comes after them
            return events_of(session, run, after), row.state == "running"

    def ask_stop(self, run: str) -> bool:
        """Ask whichever process works on the run to end it; False if none does. Raises UsageError."""

        def ask(session: Session) -> bool:
            row = self._own(session, run)
            mark_if_dead(session, row)
            at_work = update(RunRow).where(RunRow.id == run, RunRow.state == "running")
            return session.scalar(at_work.values(stop_asked=True).returning(RunRow.id)) is not None

        return self.writer.write(ask)

    def running(self, thread: str) -> str | None:
        """The run that is answering in this thread now."""
        self._mark_dead(thread)
        query = select(RunRow.id).where(RunRow.thread == thread, RunRow.user == self._user, RunRow.state == "running")
        with self._database.session() as session:
            return session.scalar(query)

    def busy_threads(self) -> set[str]:
        """The threads in which something is being answered, by whatever process, or waits for a decision."""
        mine = select(RunRow).where(RunRow.user == self._user)
        with self._database.session() as session:
            for row in session.scalars(mine.where(RunRow.state == "running")).all():
                mark_if_dead(session, row)
            busy = mine.with_only_columns(RunRow.thread).where(RunRow.state.in_(("running", WAITING)))
            return set(session.scalars(busy))

    def of_thread(self, thread: str) -> list[tuple[str, str, str]]:
        """(run, question, state), oldest first: of an answer's versions the one that the thread goes on with."""
        with self._database.session() as session:
            chosen = [turn.chosen for turn in turns_of(session, thread)]
            return [(row.id, row.question, row.state) for row in chosen if row.user == self._user]

    def turns(self, thread: str) -> list[ShownTurn]:
        """The turns of a thread with their versions, oldest first."""
        with self._database.session() as session:
            last = last_messages(session, thread)
            return [_shown(turn, last) for turn in turns_of(session, thread) if turn.chosen.user == self._user]

    def pulse(self, thread: str) -> tuple[Any, ...]:
        """Another one whenever something in the thread may be to be shown anew: cheap to ask for, again and again."""
        with self._database.session() as session:
            return tuple(session.execute(PULSE, {"this_thread": thread}).one())

    def newest(self, thread: str | None, state: str | None, limit: int | None) -> list[ListedRun]:
        """The newest first; `thread` is a whole id, None is not chosen."""
        with self._database.session() as session:
            return list_runs(session, self._user, thread, state, limit)

    def versions(self, run: str) -> list[tuple[str, bool]]:
        """(run, whether the thread goes on with it) of all versions of an answer, oldest first. Raises UsageError."""
        with self._database.session() as session:
            turns = turns_of(session, self._own(session, run).thread)
            turn = next(turn for turn in turns if any(row.id == run for row in turn.versions))
            return [(row.id, row is turn.chosen) for row in turn.versions]

    def choose_version(self, run: str) -> None:
        """The thread goes on with this version of an answer. Raises UsageError."""
        self.writer.write(lambda session: choose(session, self._own(session, run)))

    def branch(self, thread: str, run: str | None, name: str) -> str:
        """A new thread with the turns of this one up to and with `run`, None for all. Raises UsageError."""
        return self.writer.write(lambda session: branch(session, self._user, thread, run, name))

    def _mark_dead(self, thread: str) -> None:
        with self._database.session() as session:
            for row in session.scalars(RUNNING, {"this_thread": thread}).all():
                mark_if_dead(session, row)


def _shown(turn: Turn, last: dict[str | None, tuple[int, float]]) -> ShownTurn:
    row, versions = shown_version(turn, last), tuple(one.id for one in turn.versions)
    number, _ = last.get(row.id, (None, 0.0))
    return ShownTurn(versions[0], row.id, row.question, row.state, versions, number)
