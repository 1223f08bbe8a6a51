"""Threads: conversations as append-only messages, each of one user, whom no other user's id can reach."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from sqlalchemy import Select, delete, select, update

from cairn.core.app_database import UNDO_SECONDS, Database, portions
from cairn.core.app_tables import EventRow, MessageRow, Origin, RunRow, ThreadRow
from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import UsageError
from cairn.memory.run_rows import insert_thread
from cairn.memory.thread_turns import messages_of, turns_from

NAME_LENGTH = 60
_PAGE = 32
_Place = tuple[float, str]
"""Of a turn in its thread: when it began, and its name."""


@dataclass(frozen=True, slots=True)
class Thread:
    """`origin`: where it was begun, or last went on if that was on the page; None is not known."""

    id: str
    name: str
    created: float
    updated: float
    pinned: bool = False
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["user", "assistant"]
    text: str
    run: str | None
    created: float


class Threads:
    """The threads of one user."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._user = user

    def new(self, question: str) -> Thread:
        """A thread named after its first question."""
        name, now = name_from(question), time.time()
        with self._database.session() as session:
            return Thread(insert_thread(session, self._user, name, now), name, now, now)

    def list(self) -> list[Thread]:
        """Newest first."""
        query = self._there().order_by(ThreadRow.updated.desc(), ThreadRow.id)
        with self._database.session() as session:
            return [_thread(row) for row in session.scalars(query)]

    def _there(self) -> Select[ThreadRow]:
        return select(ThreadRow).where(ThreadRow.user == self._user, ThreadRow.deleted_at.is_(None))

    def search(self, words: str) -> list[Thread]:
        """The threads in whose name or messages all words stand, in any case; newest first."""
        query = self._there().order_by(ThreadRow.updated.desc(), ThreadRow.id)
        for word in words.split():
            said = select(MessageRow.thread).where(MessageRow.text.icontains(word, autoescape=True))
            query = query.where(ThreadRow.name.icontains(word, autoescape=True) | ThreadRow.id.in_(said))
        with self._database.session() as session:
            return [_thread(row) for row in session.scalars(query)]

    def get(self, thread: str) -> Thread:
        """The thread with this id, or the only one whose id begins so. Raises UsageError."""
        mine = self._there()
        begins = ThreadRow.id.startswith(thread, autoescape=True)
        with self._database.session() as session:
            rows = session.scalars(mine.where(ThreadRow.id == thread)).all()
            if not rows and thread:
                rows = session.scalars(mine.where(begins).limit(2)).all()
        found = [_thread(row) for row in rows]
        if len(found) != 1:
            several = "several threads begin so" if found else "there is none"
            raise UsageError(f"No thread {thread!r}: {several}.", "`cairn threads list` shows them.")
        return found[0]

    def rename(self, thread: str, name: str) -> None:
        """Raises UsageError for an empty name or an unknown thread."""
        if not name.strip():
            raise UsageError("A thread needs a name.", "Give one that is not empty.")
        with self._database.session() as session:
            session.execute(update(ThreadRow).where(ThreadRow.id == self.get(thread).id).values(name=name_from(name)))

    def pin(self, thread: str, pinned: bool = True) -> None:
        """Raises UsageError for an unknown thread."""
        with self._database.session() as session:
            session.execute(update(ThreadRow).where(ThreadRow.id == self.get(thread).id).values(pinned=pinned))

    def put_away(self, thread: str) -> None:
        """Delete a thread so that `put_back` can undo it, for a day. Raises UsageError for an unknown thread."""
        with self._database.session() as session:
            session.execute(update(ThreadRow).where(ThreadRow.id == self.get(thread).id).values(deleted_at=time.time()))

    def put_back(self, thread: str) -> None:
        """Nothing happens where it is gone for good."""
        mine = (ThreadRow.user == self._user, ThreadRow.id == thread)
        with self._database.session() as session:
            session.execute(update(ThreadRow).where(*mine).values(deleted_at=None))

    def delete_away(self, thread: str) -> None:
        """One that was put away, at once and for good; nothing happens where it is not away."""
        if thread in (one.id for one in self.away()):
            self._remove([thread])

    def away(self) -> list[Thread]:
        """Those that can be put back, what was deleted last first."""
        gone = select(ThreadRow).where(ThreadRow.user == self._user, ThreadRow.deleted_at.is_not(None))
        with self._database.session() as session:
            return [_thread(row) for row in session.scalars(gone.order_by(ThreadRow.deleted_at.desc()))]

    def delete(self, thread: str) -> None:
        """The thread with its messages, runs and events, at once and for good, also one that was put away.

        Raises UsageError for an unknown thread.
        """
        put_away = thread in (one.id for one in self.away())
        self._remove([thread if put_away else self.get(thread).id])

    def empty(self, seconds: float = UNDO_SECONDS) -> int:
        """Delete for good what was put away so long ago; how many those were."""
        old = (ThreadRow.user == self._user, ThreadRow.deleted_at <= time.time() - seconds)
        with self._database.session() as session:
            ids = list(session.scalars(select(ThreadRow.id).where(*old)))
        if ids:
            self._remove(ids)
        return len(ids)

    def _remove(self, ids: Sequence[str]) -> None:
        with self._database.session() as session:
            for some in portions(ids):
                runs = select(RunRow.id).where(RunRow.thread.in_(some))
                session.execute(delete(EventRow).where(EventRow.run.in_(runs)))
                session.execute(delete(RunRow).where(RunRow.thread.in_(some)))
                session.execute(delete(MessageRow).where(MessageRow.thread.in_(some)))
                session.execute(delete(ThreadRow).where(ThreadRow.id.in_(some)))
        self._database.overwrite_deleted()

    def messages(self, thread: str) -> list[Message]:
        """Oldest first. Of several answers to one question the last one written counts: it was chosen."""
        query = messages_of(self.get(thread).id).order_by(MessageRow.id)
        with self._database.session() as session:
            rows = {(turn or row.id, row.role): _message(row) for row, turn, _ in session.execute(query)}
        return list(rows.values())

    def history(
        self, thread: str, max_tokens: int, count: TokenCount = approximate_tokens, before: str | None = None
    ) -> list[BaseMessage]:
        """The newest whole exchanges that fit into `max_tokens`, oldest first; of those before run `before`."""
        kept: dict[tuple[_Place, str], Message] = {}
        spent = 0
        for place, message in self._newest_first(thread, before):
            spent += count(message.text)
            if spent > max_tokens:
                break
            kept[place, message.role] = message
        asked = sorted(place for place, role in kept if role == "user")
        exchanges = [(kept[place, "user"], kept.get((place, "assistant"))) for place in asked]
        return [_as_langchain(message) for exchange in exchanges for message in exchange if message]

    def _newest_first(self, thread: str, before: str | None) -> Iterator[tuple[_Place, Message]]:
        """With their turns; in pages, so that a long thread costs no more than what is kept of it."""
        id = self.get(thread).id
        seen: set[tuple[str, str]] = set()
        newer: int | None = None
        with self._database.session() as session:
            left_out = turns_from(session, id, before)
        while True:
            query = messages_of(id).order_by(MessageRow.id.desc()).limit(_PAGE)
            if newer is not None:
                query = query.where(MessageRow.id < newer)
            with self._database.session() as session:
                rows = session.execute(query).all()
            for row, turn, began in rows:
                key = (turn or str(row.id), row.role)
                if key not in seen and turn not in left_out:
                    seen.add(key)
                    yield (began, key[0]), _message(row)
            if len(rows) < _PAGE:
                return
            newer = rows[-1][0].id


def name_from(text: str) -> str:
    """One short line."""
    line = " ".join(text.split())
    return line if len(line) <= NAME_LENGTH else line[: NAME_LENGTH - 1].rstrip() + "…"


def _thread(row: ThreadRow) -> Thread:
    return Thread(row.id, row.name, row.created, row.updated, row.pinned, row.origin)


def _message(row: MessageRow) -> Message:
    return Message("user" if row.role == "user" else "assistant", row.text, row.run, row.created)


def _as_langchain(message: Message) -> BaseMessage:
    return HumanMessage(message.text) if message.role == "user" else AIMessage(message.text)
