"""The process that talks to MariaDB or MySQL: one connection per request, never used again (see `worker_requests.py`).

Requests: {"op": "query", "sql", "rows", "bytes", "cell"}, {"op": "schema"}, {"op": "stamp"}, {"op": "rights"}, each
with "connect" (PyMySQL's parameters) and "seconds".

A query runs in a READ ONLY transaction, its rows are fetched as they are read (nothing is buffered), and the server
itself ends it after `seconds`. The protocol takes one statement (no multi statements), and no file of this machine.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pymysql
from pymysql.cursors import SSCursor

from cairn.databases.connections import mysql_catalog as catalog
from cairn.databases.connections.worker_requests import LONG, collect, number, quoted, samples, serve

Answer = dict[str, Any]

_SAMPLED_ROWS = 500
_SAMPLING_SECONDS = 1.0
_MEMORY = 512 * 1024 * 1024
# Modes in which a text is read otherwise than the guard read it.
_OTHER_READINGS = (
    *("ANSI", "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "HIGH_NOT_PRECEDENCE", "REAL_AS_FLOAT"),
    *("IGNORE_SPACE", "ORACLE", "MSSQL", "DB2", "POSTGRESQL", "MAXDB", "EMPTY_STRING_IS_NULL"),
)
_INTEGERS, _FLOATS, _DECIMALS, _BIT = {1, 2, 3, 8, 9, 13}, {4, 5}, {0, 246}, 16
_KINDS = {
    "limit": {1028, 1037, 1038, 1041, 1114, 1153, 1205, 1226, 1301, 1317, 1969, 3024, 4166},
    "refused": {1044, 1142, 1143, 1227, 1290, 1345, 1370, 1792},
    "database": {1040, 1045, 1049, 1053, 1129, 1130, 1203, 1927, 2002, 2003, 2006, 2013, 2055},
}
_NO_SUCH_THREAD = 1094
_WITHOUT_SAMPLES = ("blob", "binary", "geometry", "point", "polygon", "linestring", "json", "bit", "vector")


def main() -> None:
    serve(answer)


def answer(request: dict[str, Any]) -> Answer:
    """Raises MemoryError."""
    try:
        connection = _connect(request)
    except pymysql.Error as error:
        return {"error": _text(error), "kind": "database"}
    try:
        return _OPERATIONS[request["op"]](connection, request)
    except pymysql.Error as error:
        return {"error": _text(error), "kind": _kind(error)}
    finally:
        if connection.open:
            connection.close()


class _Connection(pymysql.Connection):  # pyright: ignore[reportMissingTypeArgument]
    """Reading a machine's certificates takes longer than most queries: once in a process is enough."""

    _contexts: ClassVar[dict[Any, Any]] = {}

    def _create_ssl_ctx(self, sslp: dict[str, Any]) -> Any:
        key = tuple(sorted(sslp.items()))
        if key not in self._contexts:
            self._contexts[key] = super()._create_ssl_ctx(sslp)  # pyright: ignore
        return self._contexts[key]


def _connect(request: dict[str, Any]) -> pymysql.Connection[Any]:
    given: dict[str, Any] = request["connect"]
    checks = {name: value not in ("0", "false") for name, value in given.items() if name.startswith("ssl_verify")}
    given |= checks | {"connect_timeout": int(given["connect_timeout"])}
    seconds: float = request["seconds"]
    connection = _Connection(
        **given,
        charset="utf8mb4",
        conv={},
        local_infile=False,
        autocommit=True,
        read_timeout=int(seconds) + 2,
        write_timeout=int(seconds) + 2,
    )
    modes = _rows(connection, "SELECT @@sql_mode")[0][0].split(",")
    kept = ",".join(mode for mode in modes if mode not in _OTHER_READINGS)
    _run(connection, f"SET SESSION sql_mode = '{kept}', lock_wait_timeout = 1, wait_timeout = 60")
    _run(connection, "SET SESSION TRANSACTION READ ONLY")
    if _is_mariadb(connection):
        _run(connection, f"SET SESSION max_session_mem_used = {_MEMORY}")
    _limit(connection, seconds)
    return connection


def _is_mariadb(connection: pymysql.Connection[Any]) -> bool:
    return "mariadb" in str(connection.get_server_info()).lower()


def _limit(connection: pymysql.Connection[Any], seconds: float) -> None:
    """Each statement from here on ends after so long, whoever listens."""
    if _is_mariadb(connection):
        _run(connection, f"SET SESSION max_statement_time = {max(0.001, seconds):.3f}")
    else:
        _run(connection, f"SET SESSION max_execution_time = {max(1, int(seconds * 1000))}")


def _run(connection: pymysql.Connection[Any], sql: str) -> None:
    connection.query(sql)


def _rows(connection: pymysql.Connection[Any], sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        kinds = [column[1] for column in cursor.description or ()]
        return [[_value(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in cursor.fetchall()]


def _query(connection: pymysql.Connection[Any], request: dict[str, Any]) -> Answer:
    end = time.monotonic() + request["seconds"]
    _run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    cursor = connection.cursor(SSCursor)
    try:
        cursor.execute(request["sql"])
    except pymysql.Error as error:
        if "timed out" in _text(error):
            _end_query(request, connection.thread_id())
        raise
    described: list[Any] = list(cursor.description or ())
    collected = collect([d[0] for d in described], _fetched(cursor, [d[1] for d in described]), request)
    # what is left of a truncated result would have to be read first
    notices = [] if collected["truncated"] else [row[2] for row in _rows(connection, "SHOW WARNINGS LIMIT 10")]
    connection.close()  # before the cursor is, which would read all that is left
    if time.monotonic() > end:  # some functions (sleep) are cut short and give a value
        return {"error": "interrupted", "kind": "limit"}
    return collected | {"notices": notices}


def _end_query(request: dict[str, Any], thread: int) -> None:
    """The server's own deadline did not end it: it does now, by a second connection of the same user."""
    connection = _connect(request)
    try:
        _run(connection, f"KILL {thread}")
    except pymysql.Error as error:
        if error.args[0] != _NO_SUCH_THREAD:  # it ended by itself meanwhile
            raise
    finally:
        connection.close()


def _fetched(cursor: SSCursor, kinds: list[int]) -> Iterator[list[Any]]:
    while (row := cursor.fetchone()) is not None:
        yield [_value(value, kind) for value, kind in zip(row, kinds, strict=True)]


def _value(value: Any, kind: int) -> Any:
    if value is None:
        return None
    if kind in _INTEGERS:
        return int(value)
    if kind in _FLOATS:
        return float(value)
    if kind in _DECIMALS:
        return number(value)
    return int.from_bytes(value, "big") if kind == _BIT and isinstance(value, bytes) else value


def _schema(connection: pymysql.Connection[Any], request: dict[str, Any]) -> Answer:
    columns: dict[str, list[list[Any]]] = {}
    for table, *column in _rows(connection, catalog.COLUMNS):
        if "select" in column[-1]:
            columns.setdefault(table, []).append(column)
    keys = {(table, column): target for table, column, *target in _rows(connection, catalog.KEYS)}
    views = dict(_rows(connection, catalog.VIEWS))
    partial = {name for (name,) in _rows(connection, catalog.PARTIAL)}
    listed = _rows(connection, catalog.TABLES)
    names = {name.lower() for name, _, _ in listed}
    _limit(connection, _SAMPLING_SECONDS)
    tables = [
        {
            "name": name,
            "view": kind == "VIEW",
            "comment": comment,
            "partial": name in partial,
            "reads": catalog.reads(views[name], names) if name in views else [],
            "columns": _columns(connection, name, columns.get(name, []), keys, kind == "VIEW"),
        }
        for name, kind, comment in listed
    ]
    return {"tables": tables, "stamp": _stamp(connection, request)["stamp"]}


def _columns(
    connection: pymysql.Connection[Any],
    table: str,
    columns: list[list[Any]],
    keys: dict[tuple[str, str], list[str]],
    view: bool,
) -> list[dict[str, Any]]:
    found = {} if view else _samples(connection, table, columns)
    return [
        {
            "name": name,
            "type": kind,
            "comment": comment,
            "primary_key": key == "PRI",
            "references": keys.get((table, name)),
            "samples": found.get(name, ([], False)),
        }
        for name, kind, _, comment, key, _ in columns
    ]


def _samples(connection: pymysql.Connection[Any], table: str, columns: list[list[Any]]) -> dict[str, Any]:
    """Of the first rows, whatever the table's size."""
    if not columns:
        return {}
    shown = ", ".join(_shown(name, kind) for name, _, kind, *_ in columns)
    query = f"SELECT {shown} FROM {quoted(table, '`')} LIMIT {_SAMPLED_ROWS}"  # noqa: S608
    try:
        return samples([column[0] for column in columns], _rows(connection, query), _SAMPLED_ROWS)
    except pymysql.Error:  # too slow, locked, or not to be read: then without samples
        return {}


def _shown(name: str, kind: str) -> str:
    if any(word in kind for word in _WITHOUT_SAMPLES):
        return "NULL"
    return f"LEFT({quoted(name, '`')}, {LONG + 1})" if "char" in kind or "text" in kind else _quoted(name)


def _stamp(connection: pymysql.Connection[Any], _request: dict[str, Any]) -> Answer:
    return {"stamp": str(_rows(connection, catalog.STAMP)[0][0])}


def _rights(connection: pymysql.Connection[Any], _request: dict[str, Any]) -> Answer:
    """All that the user and its roles were granted beyond reading."""
    user, database = _rows(connection, "SELECT CURRENT_USER(), DATABASE()")[0]
    grants = _column(connection, "SHOW GRANTS FOR CURRENT_USER()")
    for role in {role for grant in grants for role in catalog.roles(grant)}:
        grants += _role_grants(connection, role)
    found = {(f"has {what} on", where, False) for grant in grants for what, where in catalog.excess(grant)}
    for grant in _public_grants(connection):
        found |= {(f"has {what} on", where, True) for what, where in catalog.excess(grant)}
    return {"role": user, "database": database, "namespace_there": True, "excess": sorted(found)}


def _role_grants(connection: pymysql.Connection[Any], role: str) -> list[str]:
    """With those of the roles in the role."""
    if not _is_mariadb(connection):
        return _column(connection, f"SHOW GRANTS FOR CURRENT_USER() USING {role}")
    _run(connection, f"SET ROLE {role}")
    return _column(connection, "SHOW GRANTS FOR CURRENT_ROLE")


def _public_grants(connection: pymysql.Connection[Any]) -> list[str]:
    try:
        return _column(connection, "SHOW GRANTS FOR PUBLIC")
    except pymysql.Error:  # servers without such a role
        return []


def _column(connection: pymysql.Connection[Any], sql: str) -> list[str]:
    return [row[0] for row in _rows(connection, sql)]


_OPERATIONS = {"query": _query, "schema": _schema, "stamp": _stamp, "rights": _rights}


def _text(error: pymysql.Error) -> str:
    """The server's words, without its number."""
    text = str(error.args[-1]) if error.args else str(error)
    return (text.strip().splitlines() or ["the connection was lost"])[0].rstrip(".")


def _kind(error: pymysql.Error) -> str:
    code = error.args[0] if error.args else 0
    if "timed out" in _text(error):
        return "limit"
    return next((kind for kind, codes in _KINDS.items() if code in codes), "query")


def _quoted(name: str) -> str:
    return quoted(name, "`")
