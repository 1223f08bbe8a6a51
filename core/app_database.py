"""The app database: one engine per URL and process, migrated when it is opened."""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from cairn.core.backups import REPAIR, back_up, back_up_daily, refuse_emptied
from cairn.core.errors import SettingsError, StorageError
from cairn.core.settings import Settings, load_settings

HEAD = "0006"
UNDO_SECONDS = 24 * 3600.0
"""How long what was deleted can be had back."""
_BUSY_MS = 30_000
_PARAMETERS = 500
_T = TypeVar("_T")
_DAMAGED = ("malformed", "not a database", "disk image")


class Database:
    """Sessions on the app database. Every failure of it surfaces as StorageError."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextmanager
    def session(self) -> Generator[Session]:
        """One transaction: committed when the block ends well, else rolled back."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise storage_error(error) from error

    def overwrite_deleted(self) -> None:
        """Take what was deleted out of SQLite's files too, as far as nobody is reading: else the next time."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    def close(self) -> None:
        self.engine.dispose()


@cache
def open_database(url: str, home: Path | None = None) -> Database:
    """The app database at `url`, with its tables made or migrated.

    Args:
        url: Where it is, as SQLAlchemy writes addresses.
        home: Whose settings name the user of documents from before documents had users.

    Returns:
        The same object for the same arguments.

    Raises:
        StorageError: It is damaged, away or can't be written.
        SettingsError: The address can't be read, or its driver is missing.
    """
    try:
        engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), json_serializer=_json)
    except ValueError:  # what it says may hold a part of the password
        raise SettingsError(
            "`database_url` can't be read: what should be the port is no number.",
            "Write / @ : in a password as %2F %40 %3A.",
        ) from None
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise SettingsError(f"`database_url` is not usable: {error}.", "Write it as postgresql+psycopg://…") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    file = sqlite_file(url)
    if file is not None:
        refuse_emptied(file)
    try:
        version = _version(engine)
        if file is not None and version is not None:
            back_up_daily(file) if version == HEAD else back_up(file, f"before-{HEAD}")
        if version != HEAD:
            _migrate(engine, home)
    except SQLAlchemyError as error:
        raise storage_error(error) from error
    return Database(engine)


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address."""
    address = make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        return None
    return Path(str(address.database))


def storage_error(error: SQLAlchemyError) -> StorageError:
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    cause = lines[0] if lines else type(error).__name__
    if any(words in cause for words in _DAMAGED):
        return StorageError(f"The app database is damaged: {cause}.", REPAIR)
    return StorageError(
        f"The app database does not work: {cause}.",
        "Is there room on the disk, may the file be written, is the server there? `cairn doctor` looks.",
    )


def _json(value: Any) -> str:
    """Letters as they are: escaped, Chinese takes twice the room. Half of a pair, which is no text, stays escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value)
    return text


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    busy = f"busy_timeout={_BUSY_MS}"
    for pragma in ("journal_mode=WAL", busy, "foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _version(engine: Engine) -> str | None:
    """Read without Alembic, whose import costs more than a whole question."""
    with engine.connect() as connection:
        if not engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine, home: Path | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    # not the user who opens it now, who may be an evaluation's
    config.attributes["user"] = load_settings(home).user if home else Settings.model_fields["user"].default
    with engine.connect() as connection:
        _lock(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def _lock(connection: Connection) -> None:
    """Two first starts at once must not both create the tables."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(20251120)"))


def new_id() -> str:
    """64 random bits, in 16 hexadecimal digits: that two of a million are alike happens once in forty million times."""
    return secrets.token_hex(8)


def portions(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """Databases bound the parameters of one statement."""
    return (values[start : start + _PARAMETERS] for start in range(0, len(values), _PARAMETERS))
