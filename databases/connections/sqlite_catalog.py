"""What is read from a SQLite file's schema, in the process in which SQLite runs: standard library only."""

from __future__ import annotations

import re
import sqlite3

from cairn.databases.connections.worker_requests import LONG, quoted, samples

TYPE_CHECKING = False  # `typing` itself would cost a quarter of the start
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

SAMPLED_ROWS = 2_000
REFUSED = "user-defined function raised exception"
_FULL_TEXT = ("fts3", "fts4", "fts5")
_MODULE = re.compile(
    r"""CREATE VIRTUAL TABLE ("(?:[^"]|"")+"|'(?:[^']|'')+'|`(?:[^`]|``)+`|\[[^\]]+\]|\w+)\s+USING\s+(?P<name>\w+)""",
    re.IGNORECASE,
)


def tables(connection: sqlite3.Connection, functions: Iterable[str]) -> dict[str, Any]:
    """`tables` (and views) in the order of their making; `unread`: what can't be read, as [name, reason].

    `functions` are those that a query, and so a view, may call. Full-text tables are read like others; other virtual
    tables are not. What virtual tables keep their data in is left out.
    """
    listed = connection.execute(
        "SELECT name, type, coalesce(sql, ''), rootpage FROM sqlite_master WHERE type IN ('table', 'view') "
        "ORDER BY rowid"
    ).fetchall()
    modules = {name.lower(): _module(sql) for name, kind, sql, page in listed if kind == "table" and not page}
    kept_inside = ("sqlite_", *(f"{name}_" for name in modules))
    reader = _Reader(connection, {name.lower() for name, kind, *_ in listed if kind == "table"}, frozenset(functions))
    for name, kind, sql, _ in sorted(listed, key=lambda row: row[1]):  # tables first: a view may read a later one
        if kind == "view":
            reader.view(name)
        elif name.lower() in modules or not name.lower().startswith(kept_inside):
            reader.table(name, modules.get(name.lower()), not _without_rowid(sql))
    order = [name for name, *_ in listed]
    return {"tables": sorted(reader.found, key=lambda table: order.index(table["name"])), "unread": reader.unread}


def _module(sql: str) -> str:
    """Of a virtual table, by its text as SQLite itself writes it."""
    found = _MODULE.match(sql)
    return found["name"].lower() if found else "unknown"


def _without_rowid(sql: str) -> bool:
    return "WITHOUT ROWID" in " ".join(sql.upper().rpartition(")")[2].split())


class _Reader:
    """Collects what is `found` and what is `unread`; `real` are the lower-case names of all tables."""

    def __init__(self, connection: sqlite3.Connection, real: set[str], functions: frozenset[str]) -> None:
        self._connection = connection
        self._real = real
        self._functions = functions
        self.found: list[dict[str, Any]] = []
        self.unread: list[list[str]] = []

    def table(self, name: str, module: str | None, rowid: bool) -> None:
        """`module`: of a virtual table."""
        if module is not None and module not in _FULL_TEXT:
            self.unread.append([name, f"it is a virtual table ({module})"])
            return
        try:
            info = _info(self._connection, name)
            reads, _ = self._noted(f"SELECT * FROM {quoted(name)} LIMIT 1") if module else (set[str](), set[str]())  # noqa: S608
        except sqlite3.Error as error:
            self.unread.append([name, str(error)])
            return
        failures = {row[0]: _failure(self._connection, name, row[0]) for row in info if row[3]}
        self.unread += [[f"{name}.{column}", why] for column, why in failures.items() if why]
        kept = [row for row in info if not failures.get(row[0])]
        table = _described(name, kept, _references(self._connection, name), _samples(self._connection, name, kept))
        told = f"full text ({module}): search it with LIKE" if module else None
        inner = sorted(read for read in reads if read.partition(".")[0] != name.lower())
        self.found.append(table | {"rowid": rowid, "reads": inner, "partial": len(kept) < len(info), "comment": told})

    def view(self, name: str) -> None:
        try:
            info = _info(self._connection, name)
            reads, functions = self._noted(f"EXPLAIN SELECT * FROM {quoted(name)}")  # noqa: S608
        except sqlite3.Error as error:  # it is over something that is gone
            self.unread.append([name, str(error)])
            return
        known = {table["name"].lower() for table in self.found}
        outside = {read for read in reads if read.startswith(("sqlite_", "pragma_")) and "." not in read}
        problems = [f"it calls {one}()" for one in sorted(functions - self._functions)]
        problems += [f"it reads {one}" for one in sorted((reads & self._real) - known | outside)]
        if problems:
            self.unread.append([name, problems[0]])
            return
        table = _described(name, info, {}, {})
        self.found.append(table | {"view": True, "rowid": False, "reads": sorted(reads - {name.lower()})})

    def _noted(self, sql: str) -> tuple[set[str], set[str]]:
        """The `table` and `table.column` names that SQLite asks leave to read for a query, and the functions."""
        reads: set[str] = set()
        functions: set[str] = set()

        def note(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
            if action == sqlite3.SQLITE_READ and first:
                reads.update({first.lower(), f"{first}.{second}".lower()})
            elif action == sqlite3.SQLITE_FUNCTION and second:
                functions.add(second.lower())
            return sqlite3.SQLITE_OK

        self._connection.set_authorizer(note)
        try:
            self._connection.execute(sql).fetchall()
        finally:
            self._connection.set_authorizer(None)
        return reads, functions


def _info(connection: sqlite3.Connection, name: str) -> list[tuple[str, str, int, int]]:
    """Per column its name, type, place in the primary key, and more than 0 if it is generated."""
    query = "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?) WHERE hidden <> 1"
    return connection.execute(query, (name,)).fetchall()


def _failure(connection: sqlite3.Connection, table: str, column: str) -> str | None:
    """Why a generated column can't be read, whatever the row."""
    query = f"SELECT {quoted(column)} FROM {quoted(table)} LIMIT 1"  # noqa: S608
    try:
        connection.execute(f"EXPLAIN {query}").close()
    except sqlite3.Error as error:
        return str(error)
    try:
        connection.execute(query).fetchall()
    except sqlite3.Error as error:
        return "it calls a function that may not be called" if str(error) == REFUSED else None
    return None


def _described(
    name: str,
    info: list[tuple[str, str, int, int]],
    keys: dict[str, list[Any]],
    found: dict[str, tuple[list[Any], bool]],
) -> dict[str, Any]:
    columns = [
        {
            "name": column,
            "type": kind,
            "primary_key": key,
            "references": keys.get(column.lower()),
            "samples": found.get(column, ([], False)),
        }
        for column, kind, key, _ in info
    ]
    return {"name": name, "view": False, "columns": columns, "partial": False, "comment": None}


def _references(connection: sqlite3.Connection, table: str) -> dict[str, list[Any]]:
    """Per lower-case column the table, the column (None: of its primary key) and the place in the key."""
    query = 'SELECT "from", "table", "to", seq FROM pragma_foreign_key_list(?)'
    return {row[0].lower(): list(row[1:]) for row in connection.execute(query, (table,))}


def _samples(
    connection: sqlite3.Connection, table: str, info: list[tuple[str, str, int, int]]
) -> dict[str, tuple[list[Any], bool]]:
    """Per column the first distinct values of the first rows, and whether these are all there are."""
    columns = [row[0] for row in info]
    try:
        return _sampled(connection, table, columns)
    except sqlite3.Error:  # too slow, a damaged page, or a value that can't be made
        if len(info) == 1 or all(row[3] == 0 for row in info):
            return {}
    found: dict[str, tuple[list[Any], bool]] = {}
    for row in info:
        found |= _samples(connection, table, [row])
    return found


def _sampled(connection: sqlite3.Connection, table: str, columns: list[str]) -> dict[str, tuple[list[Any], bool]]:
    if not columns:
        return {}
    kinds = "CASE typeof({0}) WHEN 'text' THEN substr({0}, 1, {1}) WHEN 'blob' THEN NULL ELSE {0} END"
    names = ", ".join(kinds.format(quoted(column), LONG + 1) for column in columns)
    query = f"SELECT {names} FROM {quoted(table)} LIMIT {SAMPLED_ROWS}"  # noqa: S608
    return samples(columns, connection.execute(query), SAMPLED_ROWS)
