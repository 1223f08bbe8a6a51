"""Summaries: what of a thread no longer fits into a prompt, summed up, kept with the message up to which that holds."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from sqlalchemy import select
from sqlalchemy.orm import Session

from cairn.core.app_database import Database
from cairn.core.app_tables import MessageRow, SummaryRow, ThreadRow
from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import UsageError
from cairn.memory.thread_turns import messages_of, turns_from

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

    def window(
        self, thread: str, max_tokens: int, count: TokenCount = approximate_tokens, before: str | None = None
    ) -> Window:
        """What is not summed up yet, as it is while it fits into `max_tokens`; else its newer half stays.

        So the model is asked once for many turns. `before`: a run; its turn and those after it are left out. Raises
        UsageError for a thread that is not this user's.
        """
        summary, upto, last, exchanges = self._read(thread, before)
        if sum(_size(exchange, count) for exchange in exchanges) <= max_tokens:
            return Window(summary, (), exchanges, upto)
        kept = _newest(exchanges, int(max_tokens * _KEPT_SHARE), count) or _newest(exchanges[-1:], max_tokens, count)
        overflow = exchanges[: len(exchanges) - len(kept)]
        return Window(summary, overflow, kept, kept[0].id - 1 if kept else last)

    def put(self, thread: str, text: str, upto: int) -> None:
        """`text` sums up the thread to message `upto`. Raises UsageError for a thread that is not this user's."""
        with self._database.session() as session:
            self._check(session.get(ThreadRow, thread), thread)
            session.merge(SummaryRow(thread=thread, text=text, upto=upto, updated=time.time()))

    def _read(self, thread: str, before: str | None) -> tuple[str, int, int, Sequence[Exchange]]:
        """The summary, up to where it holds, the last message and the exchanges since then; of very many the newest."""
        with self._database.session() as session:
            self._check(session.get(ThreadRow, thread), thread)
            left_out = turns_from(session, thread, before)
            known = _of_others(session, session.get(SummaryRow, thread), left_out)
            upto = known.upto if known else 0
            newer = messages_of(thread).where(MessageRow.id > upto)
            rows = session.execute(newer.order_by(MessageRow.id.desc()).limit(_MOST_MESSAGES)).all()
        told = [(turn or row.id, row) for row, turn, _ in reversed(rows) if turn not in left_out]
        last = told[-1][1].id if told else upto
        return known.text if known else "", upto, last, _exchanges(told)

    def _check(self, row: ThreadRow | None, thread: str) -> None:
        if row is None or row.user != self._user:
            raise UsageError(f"No thread {thread!r}: there is none.", "`cairn threads list` shows them.")


def _of_others(session: Session, summary: SummaryRow | None, turns: Collection[str]) -> SummaryRow | None:
    """A summary, unless it holds one of these turns."""
    if summary is None or not turns:
        return summary
    summed = select(MessageRow.id).where(MessageRow.run.in_(turns), MessageRow.id <= summary.upto)
    return None if session.scalar(summed.limit(1)) is not None else summary


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


def _exchanges(rows: Sequence[tuple[str | int, MessageRow]]) -> list[Exchange]:
    """From messages with their turns. Of several answers to a question the last one written counts: it was chosen."""
    told = {(turn, row.role): row for turn, row in rows}
    first: dict[str | int, int] = {}
    for turn, row in rows:
        if row.role == "user":
            first.setdefault(turn, row.id)
    answers = {turn: told[turn, "assistant"] for turn in first if (turn, "assistant") in told}
    return [
        Exchange(id, told[turn, "user"].text, answers[turn].text if turn in answers else None)
        for turn, id in first.items()
    ]
