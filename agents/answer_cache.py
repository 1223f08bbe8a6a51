"""Answers that were given, by the digest of all that was sent for them: a file in the home that may be deleted."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cairn.core.errors import StorageError

ANY = b""
"""The run of an answer that any other may use."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
  key BLOB NOT NULL, run BLOB NOT NULL, created REAL NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (key, run)
) WITHOUT ROWID
"""
_STORE = "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)"
_MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """`run` is the only one that may use it again (it read what may change), or `ANY`."""

    key: bytes
    run: bytes
    json: str


class AnswerCache:
    """Safe to use from several threads and processes. Raises StorageError where there is no room, or no right."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "answers.db"
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection = self._opened()
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error) from error

    def _opened(self) -> sqlite3.Connection:
        """One that is damaged is begun anew: whatever was in it can be asked again."""
        try:
            return _connect(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            return _connect(self._path)

    def find(self, keys: Sequence[bytes], run: bytes, of_any_run: bool = False) -> dict[bytes, str]:
        """The newest answers to these that this run may use: its own and those of no run, or all."""
        found: dict[bytes, str] = {}
        try:
            with self._lock:
                for first in range(0, len(keys), _MOST_AT_ONCE):
                    found |= self._found(keys[first : first + _MOST_AT_ONCE], run, of_any_run)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return found

    def _found(self, keys: Sequence[bytes], run: bytes, of_any_run: bool) -> dict[bytes, str]:
        places = ",".join("?" * len(keys))
        query = f"SELECT key, answer FROM answers WHERE key IN ({places})"  # noqa: S608 (question marks)
        query += "" if of_any_run else " AND run IN (?, ?)"
        return dict(self._connection.execute(f"{query} ORDER BY created", [*keys, *(() if of_any_run else (ANY, run))]))

    def store(self, answers: Sequence[StoredAnswer]) -> None:
        """All of them, or none."""
        rows = [(each.key, each.run, time.time(), each.json) for each in answers]
        try:
            with self._lock, self._connection:
                self._connection.executemany(_STORE, rows)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def close(self) -> None:
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _failure(self, error: Exception) -> StorageError:
        return StorageError(f"Answers can't be kept in {self._path}: {error}.", "Is there room, may it be written?")


def _connect(path: Path) -> sqlite3.Connection:
    """What is committed survives this process's end (WAL), and a power cut all but the last moment of it."""
    connection = sqlite3.connect(path, timeout=60, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(_SCHEMA)
        connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection
