"""The tables of the app database. Messages, runs' events and changes are append-only. Times are Unix seconds (UTC)."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Origin = Literal["page", "terminal", "program"]
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    type_annotation_map = {dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012 (SQLAlchemy's own idiom)


class ThreadRow(Base):
    """`deleted_at` is when its user deleted it, None while it is there.

    `origin` is where it was begun, `page` once it was gone on with there; None where an older version did not say it.
    """

    __tablename__ = "threads"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(200), index=True)
    name: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Float)
    updated: Mapped[float] = mapped_column(Float)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    deleted_at: Mapped[float | None] = mapped_column(Float)
    origin: Mapped[Origin | None] = mapped_column(String(16))


class MessageRow(Base):
    """`role` is `user` or `assistant`; a run's two messages are written together, at its end."""

    __tablename__ = "messages"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    thread: Mapped[str] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    run: Mapped[str | None] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[float] = mapped_column(Float)


class RunRow(Base):
    """`state`: running, waiting, interrupted, finished, failed or stopped.

    `process` is the host:pid:start that works on it, or last did. `parent` is the run that this one
    branches off or is another version of, None for an ordinary one. `stop_asked`: another process wants it to end.

    A partial unique index, which only the migration names (naming it here would import PostgreSQL's dialects), holds
    that one run at a time is running in a thread.
    """

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    thread: Mapped[str] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), index=True)
    user: Mapped[str] = mapped_column(String(200))
    question: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    process: Mapped[str] = mapped_column(String(300))
    heartbeat: Mapped[float] = mapped_column(Float)
    started: Mapped[float] = mapped_column(Float)
    parent: Mapped[str | None] = mapped_column(String(32))
    stop_asked: Mapped[bool] = mapped_column(Boolean, default=False)


class EventRow(Base):
    __tablename__ = "events"
    run: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
    time: Mapped[float] = mapped_column(Float)
    type: Mapped[str] = mapped_column(String(32))
    data: Mapped[dict[str, Any]]


class SourceRow(Base):
    """A document. `state`: ready or failed; `error` says why it could not be read, this time or ever.

    `digest` is of the file's bytes, `stamp` of its size and times, `recipe` of how it was loaded and split: what is
    unchanged in them is not touched. `date` is ISO, `notice` what the loader had to say, such as pages without text.
    `user` added it; `deleted_at` is when it was deleted, None while it is there.
    """

    __tablename__ = "sources"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    collection: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    date: Mapped[str | None] = mapped_column(String(10), index=True)
    language: Mapped[str | None] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    stamp: Mapped[str] = mapped_column(String(80))
    recipe: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    notice: Mapped[str | None] = mapped_column(Text)
    added: Mapped[float] = mapped_column(Float)
    user: Mapped[str] = mapped_column(String(200), index=True)
    pinned: Mapped[bool] = mapped_column(Boolean, default=False)
    deleted_at: Mapped[float | None] = mapped_column(Float)

    __table_args__ = (Index("one_source_per_collection", "collection", "source", unique=True),)


class TextRow(Base):
    """A document's extracted text, kept whole so that citations open at their place and it can be split anew.

    `sections` are JSON: `[[start, end, heading, page], …]`; None where an older version did not keep them. In a table
    of its own, since SQLite reads through a long text to reach what stands behind it.
    """

    __tablename__ = "texts"
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    sections: Mapped[str | None] = mapped_column(Text)


class TagRow(Base):
    __tablename__ = "source_tags"
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(200), primary_key=True, index=True)


class ChunkRow(Base):
    """A passage of a document; rows are inserted and deleted, never updated, so an id means one text for ever.

    `parent_start` and `parent_end` are the part of the document that the passage is read in: its section, or of a long
    one the passages around it.
    """

    __tablename__ = "chunks"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    collection: Mapped[str] = mapped_column(String(64), index=True)
    position: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    page: Mapped[int | None] = mapped_column(Integer)
    heading: Mapped[str | None] = mapped_column(Text)
    start: Mapped[int] = mapped_column(Integer)
    end: Mapped[int] = mapped_column(Integer)
    parent_start: Mapped[int] = mapped_column(Integer)
    parent_end: Mapped[int] = mapped_column(Integer)

    __table_args__ = ({"sqlite_autoincrement": True},)


class ChangeRow(Base):
    """The log from which the derived indexes catch up: a chunk was added (`added`) or removed (not `added`)."""

    __tablename__ = "changes"
    seq: Mapped[int] = mapped_column(Id, primary_key=True)
    chunk: Mapped[int] = mapped_column(Id)
    added: Mapped[bool] = mapped_column(Boolean)

    __table_args__ = ({"sqlite_autoincrement": True},)


class DatabaseRow(Base):
    """A database that questions may be asked of. `url` may hold a password: it is never shown whole."""

    __tablename__ = "databases"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    sample: Mapped[bool] = mapped_column(Boolean)
    hidden: Mapped[list[str]]
    created: Mapped[float] = mapped_column(Float)


class FactRow(Base):
    """What is remembered of a user. The text never changes: a correction is a new fact that supersedes the old one.

    `said_by` is `user` or `model` (its tool), in that thread and run. `replaced` is when the fact `replaced_by` took
    its place, None while it holds. `vector` is float32, made by the embedder with that fingerprint; None until it is
    first searched.
    """

    __tablename__ = "facts"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(200), index=True)
    text: Mapped[str] = mapped_column(Text)
    said_by: Mapped[str] = mapped_column(String(16))
    thread: Mapped[str | None] = mapped_column(String(32))
    run: Mapped[str | None] = mapped_column(String(32))
    created: Mapped[float] = mapped_column(Float)
    replaced: Mapped[float | None] = mapped_column(Float)
    replaced_by: Mapped[str | None] = mapped_column(String(32))
    embedder: Mapped[str | None] = mapped_column(Text)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary)


class SummaryRow(Base):
    """A thread's running summary: of its messages with an id up to `upto`."""

    __tablename__ = "summaries"
    thread: Mapped[str] = mapped_column(ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    upto: Mapped[int] = mapped_column(Id)
    updated: Mapped[float] = mapped_column(Float)


class KeyRow(Base):
    """With which another program may ask. Only the SHA-256 `digest` of it is kept; `scopes` say what it may do."""

    __tablename__ = "keys"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    created: Mapped[float] = mapped_column(Float)
    last_used: Mapped[float | None] = mapped_column(Float)

    __table_args__ = (
        UniqueConstraint("digest", name="one_key_per_digest"),
        UniqueConstraint("user", "name", name="one_key_per_name"),
    )


class FeedbackRow(Base):
    """What a user says of an answer: `verdict` is `good` or `bad`, with the reason, and what would have been right.

    `reviewed`: `accepted` or `refused` by whoever looked it through, None until then; only what was accepted becomes
    an example or a case of a set.
    """

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    user: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    correction: Mapped[dict[str, Any] | None]
    created: Mapped[float] = mapped_column(Float)
    reviewed: Mapped[str | None] = mapped_column(String(16))

    __table_args__ = (UniqueConstraint("run", "user", name="one_verdict_per_run"),)
