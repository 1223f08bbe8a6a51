"""The registered databases: added, listed, removed, opened."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import PurePath

from sqlalchemy import URL, make_url, select

from cairn.core.app_database import Database
from cairn.core.app_tables import DatabaseRow
from cairn.core.errors import DatabaseError, SqlRefused, ToolError
from cairn.core.events import emit
from cairn.core.settings import Home, Settings
from cairn.databases.connections.database_addresses import engine_of, parse, shown
from cairn.databases.connections.database_engine import Engine, Limits, Rows
from cairn.databases.linking.schema_text import Schema, names_any

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SLOW = 1.0
HOW_TO_ADD = "Add one with `cairn db add NAME URL`, for example `cairn db add shop sqlite:///shop.db`."


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered database; `redacted` is its address without the password. `used`: questions may be asked of it."""

    name: str
    redacted: str
    dialect: str
    sample: bool
    hidden: tuple[str, ...]
    used: bool


@dataclass(frozen=True, slots=True)
class Result:
    """Rows, and the SQL that gave them (the guard's text, not the model's)."""

    rows: Rows
    sql: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A database ready to be asked. It holds no connection: each query has its own."""

    name: str
    engine: Engine
    hidden: tuple[str, ...] = ()

    @property
    def dialect(self) -> str:
        return self.engine.dialect

    def schema(self) -> Schema:
        """What may be seen of it. Raises DatabaseError."""
        return self.engine.schema().without(self.hidden)

    def query(self, sql: str, limits: Limits) -> Result:
        """Check and run one query; a notice event tells what was read otherwise than written.

        Raises SqlRefused, ToolError, DatabaseError.
        """
        from cairn.databases.guard.sql_guard import check  # sqlglot costs 100 ms

        schema = self.schema()
        checked = check(sql, schema)
        for text in checked.notices:
            emit("notice", {"text": text})
        try:
            rows = self.engine.run(checked.sql, schema.only(checked.tables), limits)
        except ToolError as error:
            if names_any(error.message, self.hidden):
                raise SqlRefused("The query can't be run.", "Use the tables and columns listed.") from None
            raise error from None
        for text in rows.notices:
            if not names_any(text, self.hidden):
                emit("notice", {"text": f"The database says: {text}"})
        return Result(rows, checked.sql)


class Databases:
    """The registry, in the app database. Samples step aside for databases of the user's own, as the settings say."""

    def __init__(self, home: Home, settings: Settings, database: Database) -> None:
        self._home = home
        self.settings = settings
        self._database = database

    def add(self, name: str, url: str, sample: bool = False, hidden: Collection[str] = ()) -> Registered:
        """Register a database. `hidden`: `table` or `table.column` names.

        A relative SQLite path is read from the current folder. A sample of that name gives way; another database of
        that name stays. Raises DatabaseError.
        """
        if not _NAME.fullmatch(name):
            raise DatabaseError(f"{name[:80]!r} can't be a database's name.", "Use a-z, 0-9, - and _.")
        address = parse(url)
        _check_hidden(engine_of(address, tuple(hidden)).schema(), hidden)
        row = DatabaseRow(
            name=name,
            url=address.render_as_string(hide_password=False),
            sample=sample,
            hidden=_names(hidden),
            created=time.time(),
        )
        with self._database.session() as session:
            known = session.get(DatabaseRow, name)
            if known is not None and not known.sample and known.url != row.url:
                raise DatabaseError(
                    f"{name} is the name of another database already.", f"Take another, or: cairn db remove {name}"
                )
            if known is not None and known.url == row.url:
                row.hidden = _names([*known.hidden, *hidden])
            session.merge(row)
        return self._entry(name)

    def hide(self, name: str, names: Collection[str], undo: bool = False) -> Registered:
        """Hide more `table`s and `table.column`s, or show hidden ones again (`undo`). Raises DatabaseError."""
        with self._database.session() as session:
            row = session.get(DatabaseRow, name)
            if row is None:
                raise self._unknown(name)
            if undo:
                _check_shown(row.hidden, names)
                row.hidden = [hidden for hidden in row.hidden if hidden not in _names(names)]
            else:
                _check_hidden(engine_of(make_url(row.url)).schema(), names)
                row.hidden = _names([*row.hidden, *names])
        return self._entry(name)

    def _entry(self, name: str) -> Registered:
        return next(entry for entry in self.list() if entry.name == name)

    def list(self) -> list[Registered]:
        """All registered databases, by name."""
        with self._database.session() as session:
            rows = session.scalars(select(DatabaseRow).order_by(DatabaseRow.name)).all()
        own = any(not row.sample for row in rows)
        return [
            Registered(
                name=row.name,
                redacted=shown(make_url(row.url)),
                dialect=make_url(row.url).get_backend_name(),
                sample=row.sample,
                hidden=tuple(row.hidden),
                used=not row.sample or self.settings.samples_used(own),
            )
            for row in rows
        ]

    def names(self) -> tuple[str, ...]:
        """Those that questions may be asked of."""
        return tuple(entry.name for entry in self.list() if entry.used)

    def remove(self, name: str) -> None:
        """Forget a database; the database itself is not touched. Raises DatabaseError."""
        with self._database.session() as session:
            row = session.get(DatabaseRow, name)
            if row is None:
                raise self._unknown(name)
            session.delete(row)

    def url(self, name: str) -> str:
        """The address with its password, to register it again; never to be shown. Raises DatabaseError."""
        with self._database.session() as session:
            row = session.get(DatabaseRow, name)
        if row is None:
            raise self._unknown(name)
        return row.url

    def open(self, name: str) -> Opened:
        """A database by its name. Raises DatabaseError when it is unknown or away.

        A file in the home remembers one that kept us waiting, for the processes to come.
        """
        with self._database.session() as session:
            row = session.get(DatabaseRow, name)
            if row is None:
                raise self._unknown(name)
            url, hidden = row.url, tuple(row.hidden)
        away = self._home.locks / f"{name}.away"
        suspected, began = away.exists(), time.monotonic()
        try:
            engine = engine_of(make_url(url), hidden, suspected)
        except DatabaseError:
            if time.monotonic() - began > _SLOW:
                away.touch()
            raise
        if suspected:
            away.unlink(missing_ok=True)
        return Opened(name, engine, hidden)

    def _unknown(self, name: str) -> DatabaseError:
        names = ", ".join(entry.name for entry in self.list())
        hint = f"There are: {names}." if names else HOW_TO_ADD
        return DatabaseError(f"No database is named {name[:80]!r}.", hint)


class ChosenDatabases(Databases):
    """Some of the registered databases, by name, and others that are not registered, by address."""

    def __init__(self, registered: Databases, chosen: Sequence[str], hidden: Collection[str] = ()) -> None:
        """`hidden`: of those with an address. Raises DatabaseError for one that is unknown or away."""
        self._registered = registered
        self._addresses: dict[str, URL | None] = {}
        self._hidden = tuple(_names(hidden))
        for each in chosen:
            address = None if _NAME.fullmatch(each) else parse(each)
            name = each if address is None else _free_name(address, self._addresses)
            self._addresses[name] = address
            engine = self.open(name).engine
            if address is not None and hidden:
                _check_hidden(engine.schema(), hidden)

    def list(self) -> list[Registered]:
        known = {entry.name: entry for entry in self._registered.list()} if None in self._addresses.values() else {}
        return [
            known[name]
            if address is None
            else Registered(name, shown(address), address.get_backend_name(), False, self._hidden, True)
            for name, address in self._addresses.items()
        ]

    def names(self) -> tuple[str, ...]:
        return tuple(self._addresses)

    def open(self, name: str) -> Opened:
        if name not in self._addresses:
            raise DatabaseError(f"No database is named {name[:80]!r}.", f"There are: {', '.join(self._addresses)}.")
        if (address := self._addresses[name]) is None:
            return self._registered.open(name)
        return Opened(name, engine_of(address, self._hidden), self._hidden)


def _free_name(address: URL, taken: Collection[str]) -> str:
    """The file's or the database's name, as a name can be."""
    plain = re.sub(r"[^a-z0-9_-]+", "-", PurePath(address.database or "").stem.lower())[:60].strip("-_") or "database"
    names = chain([plain], (f"{plain}-{number}" for number in count(2)))
    return next(name for name in names if name not in taken)


def _names(names: Collection[str]) -> list[str]:
    return sorted({name.strip().lower() for name in names})


def _check_hidden(schema: Schema, hidden: Collection[str]) -> None:
    for name in _names(hidden):
        table, _, column = name.partition(".")
        found = schema.by_name.get(table)
        if found is None or (column and column not in found.by_name):
            raise DatabaseError(f"There is no {name!r} to hide.", "Write TABLE or TABLE.COLUMN.")


def _check_shown(hidden: Collection[str], names: Collection[str]) -> None:
    for name in _names(names):
        if name not in hidden:
            raise DatabaseError(f"{name!r} is not hidden.", f"Hidden are: {', '.join(hidden) or 'none'}.")
