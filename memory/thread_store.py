"""Threads: conversations as append-only messages, each of one user, whom no other user's id can reach.

What of them no longer fits into a prompt is summed up, and kept with the message up to which that holds.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from sqlalchemy import delete, select, update

from cairn.core.app_database import Database
from cairn.core.app_tables import EventRow, MessageRow, RunRow, SummaryRow, ThreadRow
from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import UsageError
from cairn.memory.run_rows import insert_thread

NAME_LENGTH = 60
_PAGE = 32
_MOST_MESSAGES = 400
_KEPT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Thread:
    id: str
    name: str
    created: float
    updated: float


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
        query = select(ThreadRow).where(ThreadRow.user == self._user).order_by(ThreadRow.updated.desc(), ThreadRow.id)
        with self._database.session() as session:
            return [_thread(row) for row in session.scalars(query)]

    def get(self, thread: str) -> Thread:
        """The thread with this id, or the only one whose id begins so. Raises UsageError."""
        mine = select(ThreadRow).where(ThreadRow.user == self._user)
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

    def delete(self, thread: str) -> None:
        """The thread with its messages, runs and events."""
        id = self.get(thread).id
        runs = select(RunRow.id).where(RunRow.thread == id)
        with self._database.session() as session:
            session.execute(delete(EventRow).where(EventRow.run.in_(runs)))
            session.execute(delete(RunRow).where(RunRow.thread == id))
            session.execute(delete(MessageRow).where(MessageRow.thread == id))
            session.execute(delete(ThreadRow).where(ThreadRow.id == id))

    def messages(self, thread: str) -> list[Message]:
        """Oldest first. Of several answers of one run the last one written counts: it was chosen."""
        query = select(MessageRow).where(MessageRow.thread == self.get(thread).id).order_by(MessageRow.id)
        with self._database.session() as session:
            rows = [_message(row) for row in session.scalars(query)]
        return list({(message.run, message.role): message for message in rows}.values())

    def history(self, thread: str, max_tokens: int, count: TokenCount = approximate_tokens) -> list[BaseMessage]:
        """The newest whole exchanges that fit into `max_tokens`, oldest first."""
        kept: dict[tuple[str | None, str], Message] = {}
        spent = 0
        for message in self._newest_first(thread):
            spent += count(message.text)
            if spent > max_tokens:
                break
            kept[message.run, message.role] = message
        asked = [message for message in reversed(kept.values()) if message.role == "user"]
        exchanges = [(question, kept.get((question.run, "assistant"))) for question in asked]
        return [_as_langchain(message) for exchange in exchanges for message in exchange if message]

    def _newest_first(self, thread: str) -> Iterator[Message]:
        """In pages, so that a long thread costs no more than what is kept of it."""
        id = self.get(thread).id
        seen: set[tuple[str | None, str]] = set()
        before: int | None = None
        while True:
            query = select(MessageRow).where(MessageRow.thread == id).order_by(MessageRow.id.desc()).limit(_PAGE)
            if before is not None:
                query = query.where(MessageRow.id < before)
            with self._database.session() as session:
                rows = list(session.scalars(query))
            for row in rows:
                if (row.run, row.role) not in seen:
                    seen.add((row.run, row.role))
                    yield _message(row)
            if len(rows) < _PAGE:
                return
            before = rows[-1].id


def name_from(text: str) -> str:
    """One short line."""
    line = " ".join(text.split())
    return line if len(line) <= NAME_LENGTH else line[: NAME_LENGTH - 1].rstrip() + "…"


def _thread(row: ThreadRow) -> Thread:
    return Thread(row.id, row.name, row.created, row.updated)


def _message(row: MessageRow) -> Message:
    return Message("user" if row.role == "user" else "assistant", row.text, row.run, row.created)


def _as_langchain(message: Message) -> BaseMessage:
    return HumanMessage(message.text) if message.role == "user" else AIMessage(message.text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its answer, if there is one. `id` is the question's."""

    id: int
    question: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """`summary` is of what came before; `overflow` is to go into it, up to message `upto`; `kept` stays as it is."""

    summary: str
    overflow: Sequence[Exchange]
    kept: Sequence[Exchange]
    upto: int


class Summaries:
    """The summaries of one user's threads. Deleting a thread deletes its summary."""

    def __init__(self, database: Database, user: str) -> None:
        self._database = database
        self._user = user

    def window(self, thread: str, max_tokens: int, count: TokenCount = approximate_tokens) -> Window:
        """What is not summed up yet, as it is while it fits into `max_tokens`; else its newer half stays.

        So the model is asked once for many turns. Raises UsageError for a thread that is not this user's.
        """
        summary, upto, rows = self._read(thread)
        exchanges = _exchanges(rows)
        if sum(_size(exchange, count) for exchange in exchanges) <= max_tokens:
            return Window(summary, (), exchanges, upto)
        kept = _newest(exchanges, int(max_tokens * _KEPT_SHARE), count) or _newest(exchanges[-1:], max_tokens, count)
        overflow = exchanges[: len(exchanges) - len(kept)]
        return Window(summary, overflow, kept, kept[0].id - 1 if kept else rows[-1].id)

    def put(self, thread: str, text: str, upto: int) -> None:
        """`text` sums up the thread to message `upto`. Raises UsageError for a thread that is not this user's."""
        with self._database.session() as session:
            self._check(session.get(ThreadRow, thread), thread)
            session.merge(SummaryRow(thread=thread, text=text, upto=upto, updated=time.time()))

    def _read(self, thread: str) -> tuple[str, int, list[MessageRow]]:
        """The summary, up to where it holds, and the messages since then, oldest first; of very many the newest."""
        with self._database.session() as session:
            self._check(session.get(ThreadRow, thread), thread)
            known = session.get(SummaryRow, thread)
            upto = known.upto if known else 0
            newer = select(MessageRow).where(MessageRow.thread == thread, MessageRow.id > upto)
            rows = list(session.scalars(newer.order_by(MessageRow.id.desc()).limit(_MOST_MESSAGES)))
        return known.text if known else "", upto, rows[::-1]

    def _check(self, row: ThreadRow | None, thread: str) -> None:
        if row is None or row.user != self._user:
            raise UsageError(f"No thread {thread!r}: there is none.", "`cairn threads list` shows them.")


def as_messages(exchanges: Sequence[Exchange]) -> list[BaseMessage]:
    pairs = (
        (HumanMessage(one.question), AIMessage(one.answer)) if one.answer is not None else (HumanMessage(one.question),)
        for one in exchanges
    )
    return [message for pair in pairs for message in pair]


def as_text(exchanges: Sequence[Exchange], max_tokens: int, count: TokenCount = approximate_tokens) -> str:
    """For a prompt: the newest that fit, each line indented, so that none of them looks like a speaker."""
    lines: list[str] = []
    for one in _newest(exchanges, max_tokens, count):
        lines += ["User:", *_indented(one.question), "Assistant:", *_indented(one.answer or "(no answer)")]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _size(exchange: Exchange, count: TokenCount) -> int:
    return count(exchange.question) + count(exchange.answer or "")


def _newest(exchanges: Sequence[Exchange], max_tokens: int, count: TokenCount) -> list[Exchange]:
    kept: list[Exchange] = []
    for exchange in reversed(exchanges):
        max_tokens -= _size(exchange, count)
        if max_tokens < 0:
            break
        kept.append(exchange)
    return kept[::-1]


def _exchanges(rows: Sequence[MessageRow]) -> list[Exchange]:
    """Of several answers of one run the last one written counts: it was chosen."""
    answers = {row.run: row.text for row in rows if row.role == "assistant"}
    return [Exchange(row.id, row.text, answers.get(row.run)) for row in rows if row.role == "user"]
