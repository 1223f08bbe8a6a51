"""The process that talks to PostgreSQL: one connection per request, read only, used once (see `worker_requests.py`).

Requests: {"op": "query", "sql", "rows", "bytes", "cell"}, {"op": "schema"}, {"op": "stamp"}, {"op": "rights"}, each
with "connect" (libpq's parameters), "namespace" (the schema) and "seconds".

A query runs in a READ ONLY transaction through a server-side cursor, which takes one SELECT and nothing else; it is
sent by the extended protocol, which takes one statement. All values come as PostgreSQL writes them, without adapters,
so that none (`infinity`, years before 1) can fail on the way.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import pq
from psycopg.pq import DiagnosticField

from cairn.databases.connections import postgres_catalog as catalog
from cairn.databases.connections.postgres_aggregates import gathers, too_much
from cairn.databases.connections.worker_requests import LONG, collect, end_at, number, quoted, samples, serve

Answer = dict[str, Any]

_SAMPLED_ROWS = 500
_SAMPLING_SECONDS = 1.0
_BATCH = 200
_SETTINGS = {
    "default_transaction_read_only": "on",
    "lock_timeout": "1000",
    "standard_conforming_strings": "on",
    "bytea_output": "hex",
    "datestyle": "ISO,YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "1",
    "transform_null_equals": "off",
    "jit": "off",
}
# The backend ends when its client is gone, also in the middle of a query.
_SINCE_14 = {"client_connection_check_interval": "500", "idle_session_timeout": "60000"}
_BOOL, _BYTES, _INTEGERS, _FLOATS, _NUMERIC = 16, 17, {20, 21, 23, 26}, {700, 701}, 1700
_SHOWN_AS_TEXT = set("SEDTIU")
_SHOWN_AS_IS = set("NB")


def main() -> None:
    serve(answer)


def answer(request: dict[str, Any]) -> Answer:
    """Raises MemoryError."""
    try:
        server = _Server(request)
    except psycopg.Error as error:
        return {"error": _first_line(str(error)), "kind": "database"}
    try:
        return _OPERATIONS[request["op"]](server, request)
    except _Failed as error:
        return {"error": error.message, "kind": error.kind}
    finally:
        server.close()


class _Failed(Exception):
    """What the server said: the message without its detail and hint, which may name other tables and columns."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.message = message
        self.kind = _kind(state)


def _kind(state: str) -> str:
    if state == "57014":
        return "limit"
    if state == "42501":
        return "refused"
    if state[:2] in ("53", "54"):
        return "limit"
    return "database" if state[:2] in ("08", "57", "58", "XX", "") else "query"


class _Server:
    """A connection, which is closed after one request."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._end = time.monotonic() + request["seconds"]
        milliseconds = max(1, int(request["seconds"] * 1000))
        settings = {
            **_SETTINGS,
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": milliseconds + 1000,
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        connection = psycopg.connect(
            **request["connect"], options=options, client_encoding="utf8", application_name="cairn", autocommit=True
        )
        self._connection = connection
        self._pgconn = connection.pgconn
        self.notices: list[str] = []
        connection.add_notice_handler(self._note)
        self._deadline = end_at(self._end, self._cancel)
        path = f"pg_catalog, {quoted(request['namespace'])}, pg_temp"
        self.run("SELECT set_config('search_path', $1, false)", path)
        if connection.info.server_version >= 140000:
            for name, value in _SINCE_14.items():
                self._try_setting(name, value)

    def _note(self, said: psycopg.errors.Diagnostic) -> None:
        if said.severity_nonlocalized in ("WARNING", "NOTICE") and said.message_primary:
            self.notices.append(said.message_primary)

    def _cancel(self) -> None:
        """By a second connection: the server's own timeout waits for a statement to begin, and this one does not."""
        with suppress(psycopg.Error):
            self._connection.cancel()

    def _try_setting(self, name: str, value: str) -> None:
        with suppress(_Failed):  # not every platform can watch a socket
            self.run("SELECT set_config($1, $2, false)", name, value)

    def run(self, sql: str, *values: str) -> pq.abc.PGresult:
        """One statement; the extended protocol refuses a second. Raises _Failed, MemoryError."""
        result = self._pgconn.exec_params(sql.encode("utf-8", "replace"), [value.encode() for value in values] or None)
        if result.status in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
            return result
        message = (
            result.error_field(DiagnosticField.MESSAGE_PRIMARY) or result.error_message or b"the connection was lost"
        )
        text = _first_line(message.decode("utf-8", "replace"))
        if "out of memory" in text and not result.error_field(DiagnosticField.SQLSTATE):
            raise MemoryError
        raise _Failed(text, (result.error_field(DiagnosticField.SQLSTATE) or b"").decode())

    def rows(self, sql: str, *values: str) -> list[list[Any]]:
        return list(_rows(self.run(sql, *values)))

    def limit(self, seconds: float) -> None:
        """Each statement from here on may take this long, and no longer than is left of the request."""
        left = min(seconds, self._end - time.monotonic())
        if left <= 0:
            raise _Failed("interrupted", "57014")
        self.run("SELECT set_config('statement_timeout', $1, false)", str(max(1, int(left * 1000))))

    def close(self) -> None:
        self._deadline.cancel()
        self._connection.close()


def _query(server: _Server, request: dict[str, Any]) -> Answer:
    server.run("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if gathers(request["sql"]):
        plan = server.run(f"EXPLAIN (FORMAT JSON, VERBOSE) {request['sql']}").get_value(0, 0) or b"[]"
        if (problem := too_much(plan.decode("utf-8", "replace"), request["sql"])) is not None:
            return {"error": problem, "kind": "limit"}
    server.run(f"DECLARE cairn NO SCROLL CURSOR FOR {request['sql']}")
    first = server.run("FETCH FORWARD 0 FROM cairn")
    columns = [(first.fname(number) or b"").decode("utf-8", "replace") for number in range(first.nfields)]
    answer = collect(columns, _fetched(server, min(request["rows"] + 1, _BATCH), request["seconds"]), request)
    return answer | {"notices": server.notices}


def _fetched(server: _Server, batch: int, seconds: float) -> Generator[list[Any]]:
    while True:
        server.limit(seconds)
        result = server.run(f"FETCH FORWARD {batch} FROM cairn")
        yield from _rows(result)
        if result.ntuples < batch:
            return


def _rows(result: pq.abc.PGresult) -> Iterator[list[Any]]:
    types = [result.ftype(column) for column in range(result.nfields)]
    for row in range(result.ntuples):
        yield [_value(result.get_value(row, column), kind) for column, kind in enumerate(types)]


def _value(raw: bytes | None, kind: int) -> Any:
    if raw is None:
        return None
    text = raw.decode("utf-8", "replace")
    if kind == _BOOL:
        return text == "t"
    if kind in _INTEGERS:
        return int(text)
    if kind in _FLOATS:
        return float(text) if math.isfinite(float(text)) else text
    if kind == _NUMERIC:
        return number(text)
    return bytes.fromhex(text[2:]) if kind == _BYTES else text


def _schema(server: _Server, request: dict[str, Any]) -> Answer:
    namespace = request["namespace"]
    columns: dict[int, list[list[Any]]] = {}
    for oid, *column in server.rows(catalog.COLUMNS, namespace):
        columns.setdefault(oid, []).append(column)
    keys = {(oid, kind, column): target for oid, kind, column, *target in server.rows(catalog.KEYS, namespace)}
    reads: dict[int, list[list[Any]]] = {}
    for oid, *read in server.rows(catalog.READS, namespace):
        reads.setdefault(oid, []).append(read)
    tables = [
        _table(server, namespace, row, columns.get(row[0], []), keys, reads.get(row[0], []))
        for row in server.rows(catalog.TABLES, namespace)
    ]
    return {"tables": tables, "stamp": _stamp(server, request)["stamp"]}


def _table(
    server: _Server,
    namespace: str,
    row: list[Any],
    columns: list[list[Any]],
    keys: dict[tuple[int, str, str], list[Any]],
    reads: list[list[Any]],
) -> dict[str, Any]:
    oid, name, kind, comment = row
    readable = [column for column in columns if column[3]]
    found = _samples(server, namespace, name, readable) if kind in "rpm" else {}
    return {
        "name": name,
        "view": kind in "vm",
        "comment": comment,
        "partial": len(readable) < len(columns),
        "reads": reads,
        "columns": [
            {
                "name": column,
                "type": kind,
                "comment": comment,
                "primary_key": (oid, "p", column) in keys,
                "references": keys.get((oid, "f", column)),
                "samples": found.get(column, ([], False)),
            }
            for column, kind, _, _, comment in readable
        ],
    }


def _samples(server: _Server, namespace: str, table: str, columns: list[list[Any]]) -> dict[str, Any]:
    """Of the first rows, whatever the table's size."""
    shown = ", ".join(_shown(name, category) for name, _, category, *_ in columns)
    query = f"SELECT {shown} FROM {quoted(namespace)}.{quoted(table)} LIMIT {_SAMPLED_ROWS}"  # noqa: S608
    try:
        server.limit(_SAMPLING_SECONDS)
        return samples([column[0] for column in columns], server.rows(query), _SAMPLED_ROWS)
    except _Failed:  # too slow, locked, or not to be read: then without samples
        return {}
    finally:
        server.limit(60)


def _shown(name: str, category: str) -> str:
    if category in _SHOWN_AS_IS:
        return quoted(name)
    return f"left({quoted(name)}::text, {LONG + 1})" if category in _SHOWN_AS_TEXT else "NULL"


def _stamp(server: _Server, request: dict[str, Any]) -> Answer:
    return {"stamp": server.rows(catalog.STAMP, request["namespace"])[0][0]}


def _rights(server: _Server, request: dict[str, Any]) -> Answer:
    role, database, there = server.rows(catalog.WHO, request["namespace"])[0]
    return {
        "role": role,
        "database": database,
        "namespace_there": there,
        "excess": server.rows(catalog.RIGHTS),
    }


_OPERATIONS = {"query": _query, "schema": _schema, "stamp": _stamp, "rights": _rights}


def _first_line(text: str) -> str:
    lines = text.strip().splitlines() or [""]
    return lines[0].removeprefix("ERROR:").removeprefix("FATAL:").strip().rstrip(".")
