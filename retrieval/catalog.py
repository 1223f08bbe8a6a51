"""The catalog in SQL: documents, their chunks and the log of changes. It is the truth; the indexes follow its log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from cairn.core.app_database import Database, portions
from cairn.core.app_tables import ChangeRow, ChunkRow, SourceRow, TagRow, TextRow
from cairn.core.filters import Filters
from cairn.retrieval.catalog_records import Changes, Chunk, Entry, Known, Note, Position, SourceInfo, read_as_of
from cairn.retrieval.catalog_writes import (
    add_chunks,
    add_sources,
    add_tags,
    drop,
    drop_chunks,
    lock,
    unpacked,
)
from cairn.retrieval.document_filters import matching
from cairn.retrieval.hit import Hit
from cairn.retrieval.load import Document
from cairn.retrieval.splitting import Piece


class Catalog:
    """Every method is one transaction; failures are StorageError."""

    def __init__(self, database: Database, user: str = "local") -> None:
        """`user` is whose documents are put here."""
        self._database = database
        self._user = user

    def known(self, collection: str) -> dict[str, Known]:
        fields = (SourceRow.digest, SourceRow.stamp, SourceRow.recipe, SourceRow.state, SourceRow.error)
        query = select(SourceRow.id, SourceRow.source, *fields).where(SourceRow.collection == collection)
        with self._database.session() as session:
            tags = _tags(session, SourceRow.collection == collection)
            return {
                source: Known(digest, stamp, recipe, state, error, frozenset(tags.get(id, ())))
                for id, source, digest, stamp, recipe, state, error in session.execute(query)
            }

    def put(self, collection: str, entries: Sequence[Entry]) -> None:
        """Put documents with their chunks in the place of what was there under their names; its tags stay."""
        named = {entry.source: entry for entry in entries}
        with self._database.session() as session:
            lock(session)
            tags = {source: set(entry.tags) for source, entry in named.items()}
            for some in portions(list(named)):
                there = (SourceRow.collection == collection) & SourceRow.source.in_(some)
                tagged = select(SourceRow.source, TagRow.tag).join(TagRow, TagRow.source_id == SourceRow.id)
                for source, tag in session.execute(tagged.where(there)):
                    tags[source].add(tag)
                drop(session, there)
            add_sources(session, collection, list(named.values()), tags, self._user)

    def note(self, collection: str, notes: Sequence[Note]) -> None:
        """Remember what is new of documents whose text is not."""
        with self._database.session() as session:
            for note in notes:
                here = (SourceRow.collection == collection) & (SourceRow.source == note.source)
                id = session.scalar(select(SourceRow.id).where(here))
                if id is None:
                    continue
                session.execute(update(SourceRow).where(here).values(stamp=note.stamp, error=note.error))
                there = set(session.scalars(select(TagRow.tag).where(TagRow.source_id == id)))
                add_tags(session, [(id, tag) for tag in sorted(note.tags - there)])

    def remove(self, source: str) -> int:
        """Forget a document, or all below a folder, in every collection; how many documents went."""
        below = source.rstrip("/\\")
        inside = or_(*(SourceRow.source.startswith(below + slash, autoescape=True) for slash in "/\\"))
        return self._drop(or_(SourceRow.source == source, inside))

    def forget(self, collection: str, sources: Sequence[str]) -> int:
        """Forget these documents of a collection; how many there were."""
        here = SourceRow.collection == collection
        return sum(self._drop(here & SourceRow.source.in_(some)) for some in portions(sources))

    def _drop(self, which: ColumnElement[bool]) -> int:
        with self._database.session() as session:
            lock(session)
            return drop(session, which)

    def otherwise_split(self, splitting: str, limit: int) -> list[tuple[int, str, Document]]:
        """Some documents that were not split so, with number and recipe; not those of versions without sections."""
        stale = SourceRow.recipe.like("%/%") & ~SourceRow.recipe.like(f"%/{splitting}")
        query = select(SourceRow.id, SourceRow.recipe, SourceRow.title, TextRow.text, TextRow.sections)
        with self._database.session() as session:
            rows = session.execute(query.join(TextRow).where(stale).order_by(SourceRow.id).limit(limit))
            return [
                (id, recipe, Document(title, text, unpacked(packed or "[]")))
                for id, recipe, title, text, packed in rows
            ]

    def resplit(self, documents: Sequence[tuple[int, str, Sequence[Piece]]]) -> None:
        """Give documents, by their numbers, other chunks and another recipe."""
        with self._database.session() as session:
            lock(session)
            drop_chunks(session, [id for id, _, _ in documents])
            for id, recipe, pieces in documents:
                collection = session.scalar(select(SourceRow.collection).where(SourceRow.id == id))
                if collection is not None:
                    session.execute(update(SourceRow).where(SourceRow.id == id).values(recipe=recipe))
                    add_chunks(session, collection, [(id, pieces)])

    def sources(self) -> list[SourceInfo]:
        counted = select(ChunkRow.source_id, func.count().label("n")).group_by(ChunkRow.source_id).subquery()
        names = (SourceRow.source, SourceRow.title, SourceRow.collection, SourceRow.state, SourceRow.error)
        about = (SourceRow.added, SourceRow.author, SourceRow.date, SourceRow.language, SourceRow.notice)
        query = (
            select(SourceRow.id, *names, func.coalesce(counted.c.n, 0).label("chunks"), *about, SourceRow.recipe)
            .outerjoin(counted, counted.c.source_id == SourceRow.id)
            .order_by(SourceRow.collection, SourceRow.source)
        )
        with self._database.session() as session:
            tags = _tags(session)
            return [_info(row, tags.get(row.id, [])) for row in session.execute(query)]

    def text(self, source: str) -> str | None:
        """A document's whole text; None if there is no such document, or it could not be read."""
        query = select(TextRow.text).join(SourceRow).where(SourceRow.source == source)
        with self._database.session() as session:
            return session.scalars(query.order_by(SourceRow.collection)).first()

    def passages(self, source: str) -> list[Hit]:
        """What a document was split into, in its order."""
        ids = select(ChunkRow.id).join(SourceRow).where(SourceRow.source == source)
        with self._database.session() as session:
            ordered = list(session.scalars(ids.order_by(SourceRow.collection, ChunkRow.position)))
        found = self.hits(ordered)
        return [found[id] for id in ordered if id in found]

    def collections(self) -> list[str]:
        """The collections that have chunks, found by steps through the index instead of a look at each chunk."""
        found: list[str] = []
        with self._database.session() as session:
            step = select(func.min(ChunkRow.collection))
            name = session.scalar(step)
            while name is not None:
                found.append(name)
                name = session.scalar(step.where(ChunkRow.collection > name))
        return found

    def matching(self, filters: Filters, collections: Sequence[str]) -> frozenset[int] | None:
        """The numbers of the documents that pass all filters; None when there is nothing to filter by."""
        if filters == Filters():
            return None
        with self._database.session() as session:
            return matching(session, filters, collections)

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

    def chunk_ids(self, collections: Sequence[str], sources: Collection[int] | None, limit: int) -> list[int]:
        """At most `limit` of the chunks in the collections; of the documents with these numbers, if they are given."""
        with self._database.session() as session:
            if sources is None:
                inside = ChunkRow.collection.in_(collections)
                return list(session.scalars(select(ChunkRow.id).where(inside).limit(limit)))
            found: list[int] = []
            for some in portions(list(sources)):
                query = select(ChunkRow.id, ChunkRow.collection).where(ChunkRow.source_id.in_(some))
                found += [id for id, collection in session.execute(query) if collection in collections]
                if len(found) >= limit:
                    break
            return found[:limit]

    def are_more(self, collections: Sequence[str], most: int) -> bool:
        """Whether there are more chunks in the collections than `most`."""
        query = select(ChunkRow.id).where(ChunkRow.collection.in_(collections)).limit(1).offset(most)
        with self._database.session() as session:
            return session.scalar(query) is not None

    def among(self, ids: Sequence[int], sources: Collection[int]) -> set[int]:
        """Which of the chunks belong to the documents with these numbers."""
        query = select(ChunkRow.id, ChunkRow.source_id)
        with self._database.session() as session:
            rows = (row for some in portions(ids) for row in session.execute(query.where(ChunkRow.id.in_(some))))
            return {id for id, source in rows if source in sources}

    def hits(self, ids: Iterable[int]) -> dict[int, Hit]:
        """The chunks that still exist, as hits without a score."""
        found: dict[int, Hit] = {}
        with self._database.session() as session:
            for some in portions(list(ids)):
                rows = session.execute(_HIT.where(ChunkRow.id.in_(some))).all()
                tags = _tags(session, SourceRow.id.in_({row.source_id for row in rows}))
                found |= {row.id: _hit(row, tags.get(row.source_id, [])) for row in rows}
        return found

    def parents(self, ids: Iterable[int]) -> dict[int, tuple[int, int, str]]:
        """The part of its document that each chunk is read in: start, end and text."""
        part = func.substr(TextRow.text, ChunkRow.parent_start + 1, ChunkRow.parent_end - ChunkRow.parent_start)
        query = select(ChunkRow.id, ChunkRow.parent_start, ChunkRow.parent_end, part)
        query = query.join(TextRow, TextRow.source_id == ChunkRow.source_id)
        with self._database.session() as session:
            return {
                id: (start, end, text)
                for some in portions(list(ids))
                for id, start, end, text in session.execute(query.where(ChunkRow.id.in_(some)))
            }


_HIT = select(
    *(ChunkRow.id, ChunkRow.source_id, ChunkRow.collection, ChunkRow.page, ChunkRow.heading),
    *(ChunkRow.start, ChunkRow.end, ChunkRow.text, SourceRow.source, SourceRow.title, SourceRow.date),
    SourceRow.notice,
).join(SourceRow)


def _info(row: Any, tags: Iterable[str]) -> SourceInfo:
    _, *values, recipe = row
    read_as = read_as_of(recipe)
    return SourceInfo(*values, tags=tuple(tags), encoding=read_as.encoding, whole_page=read_as.whole_page)


def _hit(row: Any, tags: Iterable[str]) -> Hit:
    return Hit(
        chunk=row.id,
        source=row.source,
        title=row.title,
        page=row.page,
        heading=row.heading,
        start=row.start,
        end=row.end,
        text=row.text,
        score=0.0,
        collection=row.collection,
        date=row.date,
        tags=tuple(tags),
        notices=tuple(row.notice.split("; ")) if row.notice else (),
    )


def _tags(session: Session, which: ColumnElement[bool] | None = None) -> dict[int, list[str]]:
    """The tags of documents by their numbers, sorted."""
    query = select(TagRow.source_id, TagRow.tag).order_by(TagRow.tag)
    found: dict[int, list[str]] = {}
    for id, tag in session.execute(query if which is None else query.join(SourceRow).where(which)):
        found.setdefault(id, []).append(tag)
    return found


def _chunks(session: Session, ids: Sequence[int]) -> list[Chunk]:
    fields = (ChunkRow.id, ChunkRow.source_id, ChunkRow.collection, SourceRow.title, ChunkRow.heading, ChunkRow.text)
    found: list[Chunk] = []
    for some in portions(ids):
        rows = session.execute(select(*fields).join(SourceRow).where(ChunkRow.id.in_(some)).order_by(ChunkRow.id))
        found += [Chunk(*row) for row in rows]
    return found
