"""SQLite: files opened read-only by worker processes that are killed when they take too long."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from cairn.core.errors import CairnError, DatabaseError, SqlRefused, ToolError
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.connections.worker_pool import GRACE, Workers
from cairn.databases.linking.schema_text import Column, Schema, Table

_MAGIC = b"SQLite format 3\x00"
_SCHEMA_SECONDS = 20.0
_TABLES = {".csv", ".tsv", ".tab", ".xlsx", ".xlsm"}
_OF_A_TABLE = (
    "`cairn add FILE` reads it as a document. To have its rows counted or added up, import them into a SQLite file "
    "and name that."
)


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
            hint = _OF_A_TABLE if self.path.suffix.lower() in _TABLES else "Name an unencrypted SQLite file."
            raise DatabaseError(f"{self.path} is not a SQLite database, or it is encrypted.", hint)

    def schema(self) -> Schema:
        return _schema(str(self.path), *_stamp(self.path))

    def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
        request = {
            "op": "query",
            "path": str(self.path),
            "sql": sql,
            "visible": {table.name: [column.name for column in table.columns] for table in visible.tables},
            "inner": {table.name: _tables_in(table) for table in visible.tables if table.reads and not table.view},
            "rows": limits.rows,
            "bytes": limits.bytes,
            "cell": limits.cell,
            "seconds": limits.seconds,
        }
        answer = _WORKERS.ask(request, limits.seconds + GRACE)
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
    answer = _WORKERS.ask({"op": "schema", "path": path, "seconds": _SCHEMA_SECONDS}, _SCHEMA_SECONDS + GRACE)
    if "error" in answer:
        raise DatabaseError(f"{path} can't be opened: {answer['error']}.", "Is it a whole, unencrypted SQLite file?")
    keys = {table["name"].lower(): _key(table["columns"]) for table in answer["tables"]}
    return Schema(
        "sqlite",
        tuple(_table(table, keys) for table in answer["tables"] if table["columns"]),
        frozenset(table["name"].lower() for table in answer["tables"] if table["partial"]),
        namespace="main",
        unread=tuple((name, why) for name, why in answer["unread"]),
    )


def _key(columns: list[dict[str, Any]]) -> list[str]:
    """The primary key's columns in its own order."""
    return [column["name"] for column in sorted(columns, key=lambda c: c["primary_key"]) if column["primary_key"]]


def _tables_in(table: Table) -> list[str]:
    return sorted(name for name in table.reads or () if "." not in name)


def _table(data: dict[str, Any], keys: dict[str, list[str]]) -> Table:
    columns = tuple(_column(column, keys) for column in data["columns"])
    return Table(data["name"], columns, data["view"], data["rowid"], data["comment"], frozenset[str](data["reads"]))


def _column(data: dict[str, Any], keys: dict[str, list[str]]) -> Column:
    samples, all_values = data["samples"]
    target = _target(data["references"], keys)
    return Column(data["name"], data["type"], bool(data["primary_key"]), target, tuple(samples), all_values)


def _target(reference: list[Any] | None, keys: dict[str, list[str]]) -> tuple[str, str] | None:
    """Without a named column a foreign key points at the primary key, place by place."""
    if reference is None:
        return None
    table, column, place = reference
    key = keys.get(table.lower(), [])
    if column is None and place >= len(key):
        return None
    return table, column or key[place]


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


_WORKERS = Workers("cairn.databases.connections.sqlite_worker", site=False)
