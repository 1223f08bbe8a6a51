"""The process in which SQLite runs: standard library only, files opened read-only (see `worker_requests.py`).

Requests: {"op": "query", "path", "sql", "visible": {table: [columns]}, "inner", "rows", "bytes", "cell", "seconds"};
          "inner": {full-text table: [the tables it is kept in]}, which only it may read
          {"op": "schema", "path", "seconds"}, answered with {"tables", "unread"}

A schema may use functions too, in views, generated columns and indexes, of which no authorizer hears. SQLite's own bar
(`trusted_schema=0`) refuses whole files for `json_extract`, so it is rebuilt: what SQLite does not call innocuous gives
an error here, but for JSON.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from urllib.parse import quote

from cairn.databases.connections.sqlite_catalog import tables
from cairn.databases.connections.worker_requests import collect, quoted, serve

TYPE_CHECKING = False  # `typing` itself would cost a quarter of the start
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_NAMES = """
    abs avg char coalesce concat concat_ws count cume_dist current_date current_time current_timestamp date datetime
    dense_rank first_value format glob group_concat hex ifnull iif instr json json_array json_array_length
    json_extract json_group_array json_group_object json_object json_quote json_type json_valid julianday lag
    last_value lead length like likelihood likely lower ltrim max min nth_value ntile nullif octet_length
    percent_rank printf quote random rank replace round row_number rtrim sign soundex strftime string_agg substr
    substring sum time timediff total trim typeof unhex unicode unixepoch unlikely upper
    acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power
    radians sin sinh sqrt tan tanh trunc
"""
TABLE_FUNCTIONS = frozenset({"json_each", "json_tree"})
FUNCTIONS = frozenset(_NAMES.split()) | {"->", "->>"}
_INSIDE = (sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA)  # FTS5 asks for the pragma data_version
_INNOCUOUS = 0x200000  # SQLite's own mark of what an untrusted schema may call

LIMITS = {
    "SQLITE_LIMIT_ATTACHED": 0,
    "SQLITE_LIMIT_LENGTH": 10_000_000,
    "SQLITE_LIMIT_SQL_LENGTH": 50_000,
    "SQLITE_LIMIT_EXPR_DEPTH": 500,
    "SQLITE_LIMIT_COMPOUND_SELECT": 100,
    "SQLITE_LIMIT_TRIGGER_DEPTH": 1,
    "SQLITE_LIMIT_LIKE_PATTERN_LENGTH": 1_000,
    "SQLITE_LIMIT_WORKER_THREADS": 0,
}


def main() -> None:
    serve(_answer)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    try:
        connection = _open(request["path"], request["seconds"])
    except sqlite3.Error as error:
        return {"error": str(error), "kind": "database"}
    try:
        if request["op"] == "schema":
            return tables(connection, FUNCTIONS)
        return _query(connection, request)
    except (sqlite3.Error, sqlite3.Warning, ValueError, OverflowError) as error:
        return {"error": str(error), "kind": _kind(error)}
    finally:
        connection.close()


def _kind(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name in ("SQLITE_INTERRUPT", "SQLITE_TOOBIG", "SQLITE_NOMEM"):
        return "limit"
    broken = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_BUSY", "SQLITE_PERM")
    return "database" if name.startswith(broken) else "query"


def _open(path: str, seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=2, isolation_level=None)
    connection.text_factory = _decode
    for name, bound in LIMITS.items():
        connection.setlimit(getattr(sqlite3, name), bound)
    for pragma in ("query_only=1", "trusted_schema=1", "cell_size_check=1", "temp_store=2", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    for name, arguments in _UNTRUSTED:
        connection.create_function(name, arguments, _refuse)
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, 20_000)
    return connection


def _untrusted() -> list[tuple[str, int]]:
    """The functions that a schema may not call: (name, number of arguments)."""
    query = "SELECT DISTINCT name, narg FROM pragma_function_list WHERE flags & ? = 0"
    with closing(sqlite3.connect(":memory:")) as connection:
        listed = connection.execute(query, (_INNOCUOUS,)).fetchall()
    return [(name, arguments) for name, arguments in listed if not name.startswith(("json", "->"))]


def _refuse(*_arguments: Any) -> None:
    raise PermissionError


_UNTRUSTED = _untrusted()


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _confine(
    connection: sqlite3.Connection, visible: dict[str, list[str]], inner: dict[str, list[str]]
) -> Callable[[], None]:
    """From here on the connection can read the visible columns and call the known functions, and nothing else.

    To be called once the query is prepared: from then on full-text tables may read what they are kept in.
    """
    real = {name.lower() for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    tables = {name.lower(): {column.lower() for column in columns} | {"", "rowid"} for name, columns in visible.items()}
    for name in TABLE_FUNCTIONS - real:  # made once, now: it would look like a change of the database later
        tables[name] = {row[0] for row in connection.execute("SELECT name FROM pragma_table_xinfo(?)", (name,))} | {""}
        connection.execute(f"SELECT 1 FROM {name}('[]')").fetchall()  # noqa: S608
    for name in inner:  # as it is first used it reads how it was made
        connection.execute(f"SELECT 1 FROM {quoted(name)} LIMIT 0").fetchall()  # noqa: S608
    kept_inside: set[str] = set()

    def allowed(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and (second or "").lower() in tables.get((first or "").lower(), ()):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and second == "" and _is_query_name(first or "", real):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS:
            return sqlite3.SQLITE_OK
        if kept_inside and (first or "").lower() in kept_inside and action in _INSIDE:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(allowed)
    return lambda: kept_inside.update({"data_version", *(name for names in inner.values() for name in names)})


def _is_query_name(name: str, real: set[str]) -> bool:
    """Whether `count(*)` goes over a WITH clause of this name and not over a table."""
    return name.lower() not in real and not name.lower().startswith(("sqlite_", "pragma_"))


def _query(connection: sqlite3.Connection, request: dict[str, Any]) -> dict[str, Any]:
    open_inside = _confine(connection, request["visible"], request["inner"])
    if request["inner"]:
        connection.execute(f"EXPLAIN {request['sql']}").close()
        open_inside()
    cursor = connection.execute(request["sql"])
    return collect([column[0] for column in cursor.description or ()], cursor, request)
