"""Running summaries: what of a thread no longer fits into a prompt, kept with the message up to which it holds."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from sqlalchemy import select

from cairn.core.app_database import Database
from cairn.core.app_tables import MessageRow, SummaryRow, ThreadRow
from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import UsageError

_MOST_MESSAGES = 400
_KEPT_SHARE = 0.5


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
