"""Facts: what is remembered of one user across threads, whom no other user's id can reach.

Each says who said it, in which thread and run, and when. One takes the place of another only where the user or the
model says so; the older one is kept, marked as replaced, and is neither searched nor put into prompts. What is
forgotten is deleted with what it replaced and with its vector, which stands in the same row: no two processes can
disagree about it.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, TypeVar

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.orm import Session

from cairn.core.app_database import Database, new_id
from cairn.core.app_tables import FactRow
from cairn.core.clean_text import clean, normalise
from cairn.core.context_values import inside
from cairn.core.errors import UsageError
from cairn.memory.secret_detection import secret_in
from cairn.models.embedder import Embedder

LONGEST = 300
MOST = 1000
_SHORTEST_ID = 4
Author = Literal["user", "model"]


@dataclass(frozen=True, slots=True)
class Fact:
    """`replaced` is when the fact `replaced_by` took its place, None while it holds. Times are Unix seconds (UTC)."""

    id: str
    text: str
    said_by: Author
    thread: str | None
    run: str | None
    created: float
    replaced: float | None = None
    replaced_by: str | None = None

    @property
    def line(self) -> str:
        """As a model is shown it: `3f2a91bc, 2026-03-02: prefers metric units`."""
        return f"{self.id[:8]}, {date.fromtimestamp(self.created)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Saved:
    """The fact as it is kept, what it took the place of, and whether it was known already."""

    fact: Fact
    replaced: tuple[Fact, ...] = ()
    known: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    thread: str
    run: str


AnyFact = TypeVar("AnyFact", Fact, FactRow)
_origin: ContextVar[Origin | None] = ContextVar("cairn_fact_origin", default=None)


def facts_from(thread: str, run: str) -> AbstractContextManager[None]:
    """Facts saved inside, also by tools that are called inside, were said in this run."""
    return inside(_origin, Origin(thread, run))


def origin() -> Origin | None:
    """The run that this code is part of."""
    return _origin.get()


class Facts:
    """The facts of one user. `embedder` is asked for only when there are more facts than are wanted."""

    def __init__(self, database: Database, user: str, embedder: Callable[[], Embedder]) -> None:
        self._database = database
        self._user = user
        self._embedder = embedder

    def add(self, text: str, said_by: Author = "user", replaces: str | None = None) -> Saved:
        """Remember `text`, in the place of the fact that `replaces` names as `get` does. Raises UsageError."""
        text = _tidy(text)
        with self._exclusive() as session:
            held = self._held(session)
            old = only(held, replaces) if replaces else None
            plain = _plain(text)
            equal = [row for row in held if _plain(row.text) == plain and (row is not old or row.text == text)]
            if not equal and old is None and len(held) >= MOST:
                raise UsageError(f"{MOST} facts are remembered: there is no room for more.", "Forget some.")
            row = equal[0] if equal else self._new(session, text, said_by, held)
            if old is None or old is row:
                return Saved(_fact(row), known=bool(equal))
            old.replaced, old.replaced_by, old.vector, old.embedder = time.time(), row.id, None, None
            return Saved(_fact(row), (_fact(old),), bool(equal))

    def correct(self, fact: str, text: str) -> Saved:
        """`text` in the place of `fact`, which is named as for `get`. Raises UsageError."""
        return self.add(text, "user", fact)

    def list(self, *, replaced: bool = False) -> list[Fact]:
        """Newest first: those that hold, or with `replaced` all of them."""
        with self._database.session() as session:
            return [_fact(row) for row in self._rows(session) if replaced or row.replaced is None]

    def get(self, fact: str) -> Fact:
        """The fact named by its id, its id's beginning or its text. Raises UsageError unless that is one."""
        with self._database.session() as session:
            return _fact(only(self._rows(session), fact))

    def forget(self, fact: str) -> Fact:
        """Delete a fact, and those whose place it took. Raises UsageError."""
        with self._exclusive() as session:
            rows = self._rows(session)
            row = only(rows, fact)
            gone = [one.id for one in _lineage(rows, row)]
            session.execute(delete(FactRow).where(FactRow.user == self._user, FactRow.id.in_(gone)))
            return _fact(row)

    def lineage(self, fact: str) -> list[Fact]:
        """A fact, and those whose place it took: what `forget` deletes. Raises UsageError."""
        with self._database.session() as session:
            rows = self._rows(session)
            return list(map(_fact, _lineage(rows, only(rows, fact))))

    def kept_data(self, fact: str) -> dict[str, Any]:
        """What `RecentlyDeleted` keeps of a fact, kind `fact`, so that it can be put back. Raises UsageError."""
        return {"facts": [asdict(one) for one in self.lineage(fact)]}

    def put_back(self, facts: Sequence[Fact]) -> None:
        """What was forgotten, as it was; what is there again meanwhile is left alone."""
        with self._exclusive() as session:
            rows = self._rows(session)
            known, said = {row.id for row in rows}, {_plain(row.text) for row in rows if row.replaced is None}
            there = any(fact.replaced is None and _plain(fact.text) in said for fact in facts)
            if not there:
                session.add_all(FactRow(user=self._user, **asdict(fact)) for fact in facts if fact.id not in known)

    def forget_all(self) -> int:
        """Delete everything that is remembered of this user; how many facts held."""
        with self._exclusive() as session:
            held = len(self._held(session))
            session.execute(delete(FactRow).where(FactRow.user == self._user))
            return held

    def search(self, query: str, k: int) -> list[Fact]:
        """The `k` facts that are nearest in meaning, best first; newest first where that makes no difference."""
        return list(map(_fact, self._nearest(self._rows_held(), query)[: max(0, k)]))

    def best(self, question: str, k: int) -> list[Fact]:
        """The `k` facts for a question's prompt: all that there are, newest first, while there are so few."""
        if k <= 0:
            return []
        rows = self._rows_held()
        return list(map(_fact, (self._nearest(rows, question) if len(rows) > k else rows)[:k]))

    def _nearest(self, rows: Sequence[Row[Any]], query: str) -> Sequence[Row[Any]]:
        if len(rows) < 2:
            return rows
        from cairn.memory.fact_search import nearest

        return nearest(rows, clean(query), self._embedder(), self._keep)

    def _rows_held(self) -> Sequence[Row[Any]]:
        """Plain rows: objects for all of them would cost more than the search."""
        held = select(FactRow.__table__).where(FactRow.user == self._user, FactRow.replaced.is_(None))
        with self._database.session() as session:
            return session.execute(held.order_by(FactRow.created.desc(), FactRow.id)).all()

    def _keep(self, vectors: dict[str, bytes], embedder: str) -> None:
        """For the next search. A fact that was forgotten or replaced in the meantime gets none."""
        with self._database.session() as session:
            for id, vector in vectors.items():
                held = (FactRow.user == self._user, FactRow.id == id, FactRow.replaced.is_(None))
                session.execute(update(FactRow).where(*held).values(vector=vector, embedder=embedder))

    def _new(self, session: Session, text: str, said_by: Author, held: Sequence[FactRow]) -> FactRow:
        at = origin()
        row = FactRow(
            id=new_id(),
            user=self._user,
            text=text,
            said_by=said_by,
            thread=at.thread if at else None,
            run=at.run if at else None,
            created=max([time.time(), *(row.created + 1e-6 for row in held[:1])]),
        )
        session.add(row)
        return row

    def _held(self, session: Session) -> list[FactRow]:
        return [row for row in self._rows(session) if row.replaced is None]

    def _rows(self, session: Session) -> list[FactRow]:
        newest_first = select(FactRow).where(FactRow.user == self._user).order_by(FactRow.created.desc(), FactRow.id)
        return list(session.scalars(newest_first))

    @contextmanager
    def _exclusive(self) -> Generator[Session]:
        """A transaction that no other change of this user's facts overlaps, in whatever process."""
        with self._database.session() as session:
            if self._database.engine.dialect.name == "sqlite":
                session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            else:
                session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:user))"), {"user": f"facts {self._user}"})
            yield session


def _plain(text: str) -> str:
    """For comparing: without case, double spaces, full-width letters and a full stop at the end."""
    return normalise(text).rstrip(" .!。")


def only(facts: Sequence[AnyFact], named: str) -> AnyFact:
    """The one that holds and has this text, else the one whose id begins so. Raises UsageError unless that is one."""
    named = named.strip().strip("[]")
    plain = _plain(named)
    found = [fact for fact in facts if fact.replaced is None and _plain(fact.text) == plain]
    if not found and len(named) >= _SHORTEST_ID:
        found = [fact for fact in facts if fact.id.startswith(named.casefold())]
    if len(found) != 1:
        several = "several are called so" if found else "there is none"
        raise UsageError(f"No fact {named[:40]!r}: {several}.", "`cairn memory list` shows them.")
    return found[0]


def _tidy(text: str) -> str:
    """One clean line. Raises UsageError for what can't be remembered."""
    line = " ".join(re.sub(r"^[\s\-*•]+", "", "".join(map(_shown, clean(text)))).split())
    if not any(map(str.isalnum, line)):
        raise UsageError("There is nothing to remember.", "Say it in words.")
    if len(line) > LONGEST:
        raise UsageError(f"A fact has at most {LONGEST} characters; this has {len(line):,}.", "Say it shorter.")
    if secret := secret_in(line):
        raise UsageError(
            f"This looks like {secret}, which is not remembered: facts are sent to the model.", "Leave it out."
        )
    return line


def _lineage(rows: Sequence[FactRow], row: FactRow) -> list[FactRow]:
    found = {row.id}
    while more := {other.id for other in rows if other.replaced_by in found} - found:
        found |= more
    return [row, *(other for other in rows if other.id in found and other is not row)]


def _shown(letter: str) -> str:
    """Without what steers a terminal or turns the writing round; joiners are letters in some scripts."""
    kind = unicodedata.category(letter)
    return " " if kind in ("Cc", "Zl", "Zp") else "" if kind == "Cf" and letter not in "\u200c\u200d" else letter


def _fact(row: FactRow | Row[Any]) -> Fact:
    said_by: Author = "model" if row.said_by == "model" else "user"
    return Fact(row.id, row.text, said_by, row.thread, row.run, row.created, row.replaced, row.replaced_by)
