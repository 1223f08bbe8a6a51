"""How documents are written into the catalog's tables. Every function is part of a transaction that holds the lock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from secrets import randbits
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, text
from sqlalchemy.orm import Session

from cairn.core.app_database import portions
from cairn.core.app_tables import ChangeRow, ChunkRow, SourceRow, TagRow, TextRow
from cairn.retrieval.catalog_records import Entry
from cairn.retrieval.load import Section
from cairn.retrieval.splitting import Piece


def lock(session: Session) -> None:
    """Numbers of the log must become visible in order, else a follower would step over one."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(20251121)"))
    if not session.scalar(select(ChangeRow.seq).limit(1)):
        session.add(ChangeRow(chunk=randbits(52) + (1 << 52), added=False))
        session.flush()


def add_sources(
    session: Session, collection: str, entries: Sequence[Entry], tags: Mapping[str, Iterable[str]], user: str
) -> None:
    """Rows for documents that are not there, which `user` adds; `tags` by source."""
    rows = [{**_source(collection, entry), "user": user} for entry in entries]
    ids = list(session.scalars(insert(SourceRow).returning(SourceRow.id, sort_by_parameter_order=True), rows))
    read = [(id, entry, entry.document) for id, entry in zip(ids, entries, strict=True) if entry.document]
    _insert(
        session,
        TextRow,
        [{"source_id": id, "text": document.text, "sections": packed(document.sections)} for id, _, document in read],
    )
    tagged = [(id, tag) for id, entry in zip(ids, entries, strict=True) for tag in sorted(tags[entry.source])]
    add_tags(session, tagged)
    add_chunks(session, collection, [(id, entry.pieces) for id, entry, _ in read])


def add_tags(session: Session, tagged: Sequence[tuple[int, str]]) -> None:
    _insert(session, TagRow, [{"source_id": id, "tag": tag} for id, tag in tagged])


def add_chunks(session: Session, collection: str, documents: Sequence[tuple[int, Sequence[Piece]]]) -> None:
    rows = [
        {
            "source_id": id,
            "collection": collection,
            "position": position,
            "text": piece.text,
            "page": piece.page,
            "heading": piece.heading,
            "start": piece.start,
            "end": piece.end,
            "parent_start": piece.parent_start,
            "parent_end": piece.parent_end,
        }
        for id, pieces in documents
        for position, piece in enumerate(pieces)
    ]
    if rows:
        ids = session.scalars(insert(ChunkRow).returning(ChunkRow.id, sort_by_parameter_order=True), rows)
        _insert(session, ChangeRow, [{"chunk": id, "added": True} for id in ids])


def drop(session: Session, which: ColumnElement[bool]) -> int:
    """Documents with all that belongs to them; how many."""
    sources = list(session.scalars(select(SourceRow.id).where(which)))
    drop_chunks(session, sources)
    for some in portions(sources):
        for table in (TagRow, TextRow):
            session.execute(delete(table).where(table.source_id.in_(some)))
        session.execute(delete(SourceRow).where(SourceRow.id.in_(some)))
    return len(sources)


def drop_chunks(session: Session, sources: Sequence[int]) -> None:
    for some in portions(sources):
        chunks = list(session.scalars(select(ChunkRow.id).where(ChunkRow.source_id.in_(some)).order_by(ChunkRow.id)))
        _insert(session, ChangeRow, [{"chunk": id, "added": False} for id in chunks])
        session.execute(delete(ChunkRow).where(ChunkRow.source_id.in_(some)))


def packed(sections: Iterable[Section]) -> str:
    rows = [[part.start, part.end, part.heading, part.page] for part in sections]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":"))


def unpacked(sections: str) -> list[Section]:
    return [Section(*row) for row in json.loads(sections)]


def _insert(session: Session, table: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _source(collection: str, entry: Entry) -> dict[str, Any]:
    document = entry.document
    return {
        "collection": collection,
        "source": entry.source,
        "title": document.title if document else None,
        "author": document.author if document else None,
        "date": (document.date if document else None) or entry.date,
        "language": document.language if document else None,
        "digest": entry.digest,
        "stamp": entry.stamp,
        "recipe": entry.recipe,
        "state": "ready" if document else "failed",
        "error": entry.error,
        "notice": document.notice if document else None,
        "added": time.time(),
    }
