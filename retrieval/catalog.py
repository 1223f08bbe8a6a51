"""The catalog in SQL: documents, their chunks and the log of changes. It is the truth; the indexes follow its log."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from secrets import randbits
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, text
from sqlalchemy.orm import Session

from cairn.database import Database
from cairn.hit import Hit
from cairn.tables import ChangeRow, ChunkRow, SourceRow
from retrieval.load import Document
from retrieval.split import Piece

_PARAMETERS = 500


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """`state` is ready or failed, then `error` says why. `added` is in Unix seconds."""

    source: str
    title: str | None
    collection: str
    state: str
    error: str | None
    chunks: int
    added: float


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog remembers of a file, to see whether it changed."""

    digest: str
    recipe: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk with what an index needs to find it by."""

    id: int
    collection: str
    title: str | None
    heading: str | None
    text: str

    @property
    def label(self) -> str:
        """Where the chunk stands, in words: `Handbook > Leave > Parental leave`."""
        return " > ".join(dict.fromkeys(part for part in (self.title, self.heading) if part))


@dataclass(frozen=True, slots=True)
class Position:
    """`birth` is a random number that tells this catalog from others, 0 while it is empty; `head` the newest change."""

    birth: int
    head: int


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the log, as it amounts to now: chunks that were added and still exist, and ids that were removed."""

    added: list[Chunk]
    removed: list[int]
    last: int


class Catalog:
    """Every method is one transaction; failures are StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, collection: str) -> dict[str, Known]:
        with self._database.session() as session:
            rows = session.execute(
                select(SourceRow.source, SourceRow.digest, SourceRow.recipe, SourceRow.error).where(
                    SourceRow.collection == collection
                )
            )
            return {source: Known(digest, recipe, error) for source, digest, recipe, error in rows}

    def store(
        self, collection: str, source: str, document: Document, pieces: Sequence[Piece], digest: str, recipe: str
    ) -> None:
        """Put a document and its chunks in the place of what was there under this name."""
        with self._database.session() as session:
            _lock(session)
            _drop(session, _named(collection, source))
            row = _row(collection, source, digest, recipe, title=document.title, text=document.text)
            session.add(row)
            session.flush()
            _add_chunks(session, row, pieces)

    def fail(self, collection: str, source: str, error: str, digest: str, recipe: str) -> None:
        """Remember that a document could not be read; what an earlier version of it said is gone."""
        with self._database.session() as session:
            _lock(session)
            _drop(session, _named(collection, source))
            session.add(_row(collection, source, digest, recipe, error=error))

    def remove(self, source: str) -> int:
        """Forget a document, or all below a folder, in every collection; how many documents went."""
        below = source.rstrip("/\\")
        inside = or_(*(SourceRow.source.startswith(below + slash, autoescape=True) for slash in "/\\"))
        with self._database.session() as session:
            _lock(session)
            return _drop(session, or_(SourceRow.source == source, inside))

    def sources(self) -> list[SourceInfo]:
        counted = select(ChunkRow.source_id, func.count().label("n")).group_by(ChunkRow.source_id).subquery()
        fields = (SourceRow.source, SourceRow.title, SourceRow.collection, SourceRow.state, SourceRow.error)
        query = (
            select(*fields, func.coalesce(counted.c.n, 0), SourceRow.added)
            .outerjoin(counted, counted.c.source_id == SourceRow.id)
            .order_by(SourceRow.collection, SourceRow.source)
        )
        with self._database.session() as session:
            return [SourceInfo(*row) for row in session.execute(query)]

    def text(self, source: str) -> str | None:
        """A document's whole text; None if there is no such document, or it could not be read."""
        query = select(SourceRow.text).where(SourceRow.source == source, SourceRow.state == "ready")
        with self._database.session() as session:
            return session.scalars(query.order_by(SourceRow.collection)).first()

    def collections(self) -> list[str]:
        """The collections that have chunks."""
        with self._database.session() as session:
            return list(session.scalars(select(ChunkRow.collection).distinct().order_by(ChunkRow.collection)))

    def position(self) -> Position:
        first = select(ChangeRow.chunk).order_by(ChangeRow.seq).limit(1).scalar_subquery()
        with self._database.session() as session:
            birth, head = session.execute(select(first, func.max(ChangeRow.seq))).one()
            return Position(birth or 0, head or 0)

    def count(self) -> int:
        with self._database.session() as session:
            return session.scalar(select(func.count()).select_from(ChunkRow)) or 0

    def changes(self, after: int, limit: int) -> Changes:
        query = select(ChangeRow.seq, ChangeRow.chunk, ChangeRow.added).where(ChangeRow.seq > after)
        with self._database.session() as session:
            rows = session.execute(query.order_by(ChangeRow.seq).limit(limit)).all()
            added = _chunks(session, [chunk for _, chunk, is_added in rows if is_added])
        removed = [chunk for _, chunk, is_added in rows if not is_added]
        return Changes(added, removed, rows[-1][0] if rows else after)

    def hits(self, ids: Iterable[int]) -> dict[int, Hit]:
        """The chunks that still exist, as hits without a score."""
        found: dict[int, Hit] = {}
        with self._database.session() as session:
            for some in _portions(list(ids)):
                query = select(ChunkRow, SourceRow.source, SourceRow.title).join(SourceRow).where(ChunkRow.id.in_(some))
                for row, source, title in session.execute(query):
                    found[row.id] = Hit(
                        row.id, source, title, row.page, row.heading, row.start, row.end, row.text, score=0.0
                    )
        return found


def _lock(session: Session) -> None:
    """Numbers of the log must become visible in order, else a follower would step over one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(20251121)"))
    if not session.scalar(select(ChangeRow.seq).limit(1)):
        session.add(ChangeRow(chunk=randbits(52) + (1 << 52), added=False))
        session.flush()


def _named(collection: str, source: str) -> ColumnElement[bool]:
    return (SourceRow.collection == collection) & (SourceRow.source == source)


def _row(collection: str, source: str, digest: str, recipe: str, **values: Any) -> SourceRow:
    state = "failed" if values.get("error") else "ready"
    blank = {"title": None, "text": "", "error": None}
    return SourceRow(
        collection=collection,
        source=source,
        digest=digest,
        recipe=recipe,
        state=state,
        added=time.time(),
        **blank | values,
    )


def _add_chunks(session: Session, row: SourceRow, pieces: Sequence[Piece]) -> None:
    if not pieces:
        return
    values = [
        {
            "source_id": row.id,
            "collection": row.collection,
            "position": position,
            "text": piece.text,
            "page": piece.page,
            "heading": piece.heading,
            "start": piece.start,
            "end": piece.end,
        }
        for position, piece in enumerate(pieces)
    ]
    ids = session.scalars(insert(ChunkRow).returning(ChunkRow.id, sort_by_parameter_order=True), values)
    session.execute(insert(ChangeRow), [{"chunk": id, "added": True} for id in ids])


def _drop(session: Session, which: ColumnElement[bool]) -> int:
    sources = list(session.scalars(select(SourceRow.id).where(which)))
    for some in _portions(sources):
        chunks = list(session.scalars(select(ChunkRow.id).where(ChunkRow.source_id.in_(some)).order_by(ChunkRow.id)))
        if chunks:
            session.execute(insert(ChangeRow), [{"chunk": id, "added": False} for id in chunks])
        session.execute(delete(ChunkRow).where(ChunkRow.source_id.in_(some)))
        session.execute(delete(SourceRow).where(SourceRow.id.in_(some)))
    return len(sources)


def _chunks(session: Session, ids: Sequence[int]) -> list[Chunk]:
    fields = (ChunkRow.id, ChunkRow.collection, SourceRow.title, ChunkRow.heading, ChunkRow.text)
    found: list[Chunk] = []
    for some in _portions(ids):
        rows = session.execute(select(*fields).join(SourceRow).where(ChunkRow.id.in_(some)).order_by(ChunkRow.id))
        found += [Chunk(*row) for row in rows]
    return found


def _portions(ids: Sequence[int]) -> Iterable[Collection[int]]:
    """Databases bound the parameters of one statement."""
    return (ids[start : start + _PARAMETERS] for start in range(0, len(ids), _PARAMETERS))
