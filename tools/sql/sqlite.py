"""SQLite: files opened read-only by worker processes that are killed when they take too long."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from cairn.errors import CairnError, DatabaseError, SqlRefused, ToolError
from tools.sql.engine import Limits, Rows
from tools.sql.schema import Column, Schema, Table

_SCRIPT = Path(__file__).with_name("worker.py")
_MAGIC = b"SQLite format 3\x00"
_GRACE = 0.5
_SCHEMA_SECONDS = 20.0
_KEPT = 2
_KEPT_VARIABLES = ("SYSTEMROOT", "TMPDIR", "TEMP")


class SqliteEngine:
    """One SQLite file."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        self.path = path

    def check(self) -> None:
        """Raises DatabaseError unless the file is there, can be read and is a SQLite database."""
        try:
            with self.path.open("rb") as file:
                head = file.read(len(_MAGIC))
        except FileNotFoundError:
            raise DatabaseError(f"There is no file {self.path}.", "Check the path of the database.") from None
        except IsADirectoryError:
            raise DatabaseError(f"{self.path} is a folder.", "Name the database file in it.") from None
        except OSError as error:
            raise DatabaseError(f"{self.path} can't be read: {error.strerror}.", "Check the file's rights.") from None
        if head and head != _MAGIC:
            raise DatabaseError(
                f"{self.path} is not a SQLite database, or it is encrypted.", "Name an unencrypted SQLite file."
            )

    def schema(self) -> Schema:
        return _schema(str(self.path), *_stamp(self.path))

    def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
        request = {
            "op": "query",
            "path": str(self.path),
            "sql": sql,
            "visible": {table.name: [column.name for column in table.columns] for table in visible.tables},
            "rows": limits.rows,
            "bytes": limits.bytes,
            "cell": limits.cell,
            "seconds": limits.seconds,
        }
        answer = _WORKERS.ask(request, limits.seconds + _GRACE)
        if "error" in answer:
            raise _error(answer, self.path, limits)
        return Rows(answer["columns"], answer["rows"], answer["truncated"])


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when the file does; a database in WAL mode changes beside it first."""
    try:
        stats = [path.stat()]
    except OSError:
        raise DatabaseError(f"There is no file {path} any more.", "Put it back, or remove the database.") from None
    wal = path.with_name(path.name + "-wal")
    if wal.exists():
        stats.append(wal.stat())
    return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_size))


@lru_cache(maxsize=32)
def _schema(path: str, *_stamp: int) -> Schema:
    answer = _WORKERS.ask({"op": "schema", "path": path, "seconds": _SCHEMA_SECONDS}, _SCHEMA_SECONDS + _GRACE)
    if "error" in answer:
        raise DatabaseError(f"{path} can't be opened: {answer['error']}.", "Is it a whole, unencrypted SQLite file?")
    keys = {
        table["name"].lower(): [column["name"] for column in table["columns"] if column["primary_key"]]
        for table in answer["tables"]
    }
    return Schema("sqlite", tuple(_table(table, keys) for table in answer["tables"]))


def _table(data: dict[str, Any], keys: dict[str, list[str]]) -> Table:
    return Table(data["name"], tuple(_column(column, keys) for column in data["columns"]), data["view"], data["rowid"])


def _column(data: dict[str, Any], keys: dict[str, list[str]]) -> Column:
    samples, all_values = data["samples"]
    return Column(
        data["name"], data["type"], data["primary_key"], _target(data["references"], keys), tuple(samples), all_values
    )


def _target(reference: list[str | None] | None, keys: dict[str, list[str]]) -> tuple[str, str] | None:
    """Without a named column a foreign key points at the primary key."""
    table, column = reference or (None, None)
    if table is None:
        return None
    key = keys.get(table.lower(), [])
    return (table, column or key[0]) if column or key else None


def _error(answer: dict[str, Any], path: Path, limits: Limits) -> CairnError:
    """SQLite's own words, but for those that could name what is hidden."""
    text, kind = answer["error"], answer["kind"]
    if kind == "limit":
        cause = f"it took longer than {limits.seconds:g} s" if text == "interrupted" else text
        return ToolError(f"The query was stopped: {cause}.", "Ask for less: filter more, join less.")
    if kind == "database":
        return DatabaseError(f"The database {path} does not answer: {text}.", "Is the file whole, and not locked?")
    if any(word in text for word in ("prohibited", "not authorized", "authorization denied")):
        return SqlRefused("The query reads something that may not be read.", "Use the tables and columns listed.")
    return ToolError(f"SQLite can't run the query: {text}.", "Correct the query.")


class _Worker:
    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own script, our own interpreter)
            [sys.executable, "-I", "-S", str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ},
        )

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The answer, or None when the process ended or had to be killed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None and stdout is not None  # noqa: S101 (both are pipes)
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
            return json.loads(stdout.readline())
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class _Workers:
    """Idle workers, each of which serves one query at a time; safe to use from several threads."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._lock = threading.Lock()

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """The answer. A worker that ends before its time is replaced once: it may have died while it was idle."""
        for _ in range(2):
            began, answer = time.monotonic(), None
            worker = self._take()
            try:
                answer = worker.ask(request, seconds)
            finally:
                self._give_back(worker, keep=answer is not None)
            if answer is not None:
                return answer
            if time.monotonic() - began >= seconds:
                return {"error": "interrupted", "kind": "limit"}
        return {"error": "it ended the process that ran it", "kind": "limit"}

    def _take(self) -> _Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        try:
            return _Worker()
        except OSError as error:
            raise DatabaseError(f"No process can be started for SQLite: {error}.", "Free memory, try again.") from None

    def _give_back(self, worker: _Worker, keep: bool) -> None:
        with self._lock:
            if keep and len(self._idle) < _KEPT:
                self._idle.append(worker)
                return
        worker.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


_WORKERS = _Workers()
atexit.register(_WORKERS.close)
