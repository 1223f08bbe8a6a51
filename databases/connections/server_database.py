"""Databases on a server: asked by a worker process, with a role that can only read."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cairn.core.errors import CairnError, DatabaseError, SqlRefused, ToolError
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.connections.privileges import Rights, refusal
from cairn.databases.connections.worker_pool import GRACE, Workers
from cairn.databases.linking.schema_text import Column, Schema, Table, one_line

_SCHEMA_SECONDS = 30.0
_CONNECT_SECONDS = 5.0
_FRESH = 30.0  # seconds in which the schema is not looked at again
_SAMPLES_FRESH = 900.0
_MOST_NOTICES = 3
_SLOW = 1.0
_AWAY = 5.0
_WORKERS = {
    "postgres": Workers("cairn.databases.connections.postgres_worker", site=True),
    "mysql": Workers("cairn.databases.connections.mysql_worker", site=True),
}
_PROBE_SECONDS = 0.8
_PORTS = {"postgres": 5432, "mysql": 3306}
_HELLO = {"postgres": b"\x00\x00\x00\x08\x04\xd2\x16\x2f", "mysql": b""}  # "do you speak TLS?"; MariaDB speaks first

_TITLES = {"postgres": "PostgreSQL", "mysql": "MariaDB"}


@dataclass(frozen=True, slots=True)
class Server:
    """How it is reached: `connect` are the driver's parameters, the password among them; `shown` is without it."""

    dialect: str
    shown: str
    namespace: str
    connect: tuple[tuple[str, str | int], ...]


@dataclass(slots=True)
class _Known:
    """What was learnt about a server, and when (monotonic seconds); `away`: when it kept us waiting last, and why."""

    rights: float = 0.0
    schema: Schema | None = None
    stamp: str = ""
    read: float = 0.0
    looked: float = 0.0
    away: tuple[float, str] | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


_KNOWN: dict[Server, _Known] = {}


class ServerEngine:
    """One schema of a PostgreSQL database, or one MariaDB or MySQL database."""

    def __init__(self, server: Server, suspected: bool = False) -> None:
        """`suspected`: it was away when it was last asked, so that it is not waited for long."""
        self._server = server
        self._known = _KNOWN.setdefault(server, _Known())
        if suspected and not self._known.rights and self._known.away is None:
            self._known.away = (time.monotonic() - _AWAY, "it does not answer")

    @property
    def dialect(self) -> str:
        return self._server.dialect

    def check(self, hidden: tuple[str, ...] = ()) -> None:
        """Raises DatabaseError when the server is away, or when the role could do more than read.

        The role's rights are looked at when the database is added and, as long as it is in use, every 15 minutes.
        """
        with self._known.lock:
            if self._known.rights and time.monotonic() - self._known.rights < _SAMPLES_FRESH:
                return
            answer = self._ask("rights")
            if not answer["namespace_there"]:
                raise DatabaseError(f"There is no schema {self._server.namespace!r}.", "Name another: ?schema=NAME.")
            if answer["excess"]:
                raise refusal(self._rights(answer), self.schema(), hidden)
            self._known.rights = time.monotonic()

    def _rights(self, answer: Mapping[str, Any]) -> Rights:
        excess = tuple((what, name, everybody) for what, name, everybody in answer["excess"])
        return Rights(self.dialect, answer["role"], answer["database"], self._server.namespace, excess)

    def schema(self) -> Schema:
        """As it was read last; looked at again after 30 s, its samples after 15 minutes."""
        known = self._known
        with known.lock:
            now = time.monotonic()
            if known.schema is not None and now - known.looked < _FRESH:
                return known.schema
            if known.schema is not None and now - known.read < _SAMPLES_FRESH and self._stamp() == known.stamp:
                known.looked = now
                return known.schema
            answer = self._ask("schema")
            known.schema, known.stamp = _schema(self._server, answer["tables"]), answer["stamp"]
            known.read = known.looked = now
            return known.schema

    def _stamp(self) -> str:
        return self._ask("stamp")["stamp"]

    def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
        """`visible` is what the guard let through; here the role's own rights hold. Raises ToolError, DatabaseError."""
        answer = self._send(
            {"op": "query", "sql": sql, "rows": limits.rows, "bytes": limits.bytes, "cell": limits.cell},
            limits.seconds,
        )
        if "error" in answer:
            self._known.looked = 0  # a table may have changed
            raise self._error(answer, limits)
        said = tuple(dict.fromkeys(one_line(text) for text in answer["notices"]))
        return Rows(answer["columns"], answer["rows"], answer["truncated"], said[:_MOST_NOTICES])

    def _ask(self, operation: str) -> dict[str, Any]:
        answer = self._send({"op": operation}, _SCHEMA_SECONDS)
        if "error" in answer:
            raise DatabaseError(
                f"{self._server.shown} can't be asked: {answer['error']}.",
                "Is the server there, are the user and the password right?",
            )
        return answer

    def _send(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        self._refuse_if_away()
        request |= {
            "connect": dict(self._server.connect),
            "namespace": self._server.namespace,
            "seconds": seconds,
        }
        began = time.monotonic()
        answer = _WORKERS[self.dialect].ask(request, seconds + _CONNECT_SECONDS + GRACE)
        if answer.get("kind") == "database" and time.monotonic() - began > _SLOW:
            self._known.away = (time.monotonic(), answer["error"])
        return answer

    def _refuse_if_away(self) -> None:
        """One that kept us waiting is not waited for again, until it is heard of. Raises DatabaseError."""
        if self._known.away is None:
            return
        since, why = self._known.away
        if time.monotonic() - since >= _AWAY:
            if answers(self.dialect, dict(self._server.connect)):
                self._known.away = None
                return
            self._known.away = (time.monotonic(), why)
        raise DatabaseError(
            f"{self._server.shown} is still away: {why}.", f"It is looked for again {_AWAY:g} s after each try."
        )

    def _error(self, answer: Mapping[str, Any], limits: Limits) -> CairnError:
        text, kind = answer["error"], answer["kind"]
        if kind == "limit":
            cause = f"it took longer than {limits.seconds:g} s" if _is_time(text) else text
            return ToolError(f"The query was stopped: {cause}.", "Ask for less: filter more, join less.")
        if kind == "database":
            return DatabaseError(f"{self._server.shown} does not answer: {text}.", "Is the server there?")
        if kind == "refused":
            return SqlRefused("The query reads something that may not be read.", "Use the tables and columns listed.")
        return ToolError(f"{_TITLES[self.dialect]} can't run the query: {text}.", "Correct the query.")


def answers(dialect: str, connect: Mapping[str, str | int]) -> bool:
    """Whether a server says anything within .8 s; True where that can't be tried, as through a socket file."""
    host = str(connect.get("hostaddr") or connect.get("host") or "")
    if not host or "unix_socket" in connect or host.startswith("/") or "," in host:
        return True
    heard = threading.Event()

    def ask() -> None:
        try:
            with socket.create_connection((host, int(connect.get("port", _PORTS[dialect]))), _PROBE_SECONDS) as server:
                server.sendall(_HELLO[dialect])
                if server.recv(1):
                    heard.set()
        except OSError:
            return

    threading.Thread(target=ask, daemon=True).start()  # looking up a name has no time limit of its own
    return heard.wait(_PROBE_SECONDS)


def _is_time(text: str) -> bool:
    return any(
        word in text
        for word in ("interrupted", "timeout", "timed out", "max_statement_time", "maximum statement execution")
    )


def _schema(server: Server, tables: list[dict[str, Any]]) -> Schema:
    reads = _closed({table["name"].lower(): _reads(table["reads"]) for table in tables})
    return Schema(
        server.dialect,
        tuple(_table(table, reads[table["name"].lower()]) for table in tables if table["columns"]),
        frozenset(table["name"].lower() for table in tables if table["partial"]),
        server.namespace,
    )


def _reads(pairs: list[list[str | None]]) -> frozenset[str] | None:
    """`table` and `table.column` names; None when one of them isn't known."""
    names: set[str] = set()
    for table, column in pairs:
        if table is None:
            return None
        names |= {table.lower(), *([f"{table}.{column}".lower()] if column else [])}
    return frozenset(names)


def _closed(reads: Mapping[str, frozenset[str] | None]) -> dict[str, frozenset[str] | None]:
    """With what the views below each view read."""
    closed = dict(reads)
    for _ in reads:
        before = dict(closed)
        for name, direct in before.items():
            below = [closed.get(other, frozenset()) for other in direct or ()]
            unknown = direct is None or None in below
            closed[name] = None if unknown else (direct or frozenset()).union(*(b or () for b in below))
        if closed == before:
            break
    return closed


def _table(data: dict[str, Any], reads: frozenset[str] | None) -> Table:
    columns = tuple(_column(column) for column in data["columns"])
    return Table(data["name"], columns, data["view"], comment=data["comment"] or None, reads=reads)


def _column(data: dict[str, Any]) -> Column:
    table, column = data["references"] or (None, None)
    values, all_values = data["samples"]
    return Column(
        name=data["name"],
        type=data["type"],
        primary_key=data["primary_key"],
        references=(table, column) if table and column else None,
        samples=tuple(values),
        all_values=all_values,
        comment=data["comment"] or None,
    )
