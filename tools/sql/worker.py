"""The process in which SQLite runs: standard library only, files opened read-only (see `serving.py`).

Requests: {"op": "query", "path", "sql", "visible": {table: [columns]}, "rows", "bytes", "cell", "seconds"}
          {"op": "schema", "path", "seconds"}, answered with {"tables"}
"""

from __future__ import annotations

import sqlite3
import time
from urllib.parse import quote

from tools.sql.serving import LONG, collect, samples, serve

TYPE_CHECKING = False  # `typing` itself would cost a quarter of the start
if TYPE_CHECKING:
    from typing import Any

SAMPLED_ROWS = 2_000

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
            return {"tables": _tables(connection)}
        _confine(connection, request["visible"])
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
    for pragma in ("query_only=1", "trusted_schema=0", "cell_size_check=1", "temp_store=2", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    end = time.monotonic() + seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, 20_000)
    return connection


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _confine(connection: sqlite3.Connection, visible: dict[str, list[str]]) -> None:
    """From here on the connection can read the visible columns and call the known functions, and nothing else."""
    real = {name.lower() for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    tables = {name.lower(): {column.lower() for column in columns} | {"", "rowid"} for name, columns in visible.items()}
    for name in TABLE_FUNCTIONS - real:  # made once, now: it would look like a change of the database later
        tables[name] = {row[0] for row in connection.execute("SELECT name FROM pragma_table_xinfo(?)", (name,))} | {""}
        connection.execute(f"SELECT 1 FROM {name}('[]')").fetchall()  # noqa: S608

    def allowed(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and (second or "").lower() in tables.get((first or "").lower(), ()):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and second == "" and _is_query_name(first or "", real):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in FUNCTIONS:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    connection.set_authorizer(allowed)


def _is_query_name(name: str, real: set[str]) -> bool:
    """Whether `count(*)` goes over a WITH clause of this name and not over a table."""
    return name.lower() not in real and not name.lower().startswith(("sqlite_", "pragma_"))


def _query(connection: sqlite3.Connection, request: dict[str, Any]) -> dict[str, Any]:
    cursor = connection.execute(request["sql"])
    return collect([column[0] for column in cursor.description or ()], cursor, request)


def _tables(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Tables and views in the order of their making; virtual tables and what they keep their data in are left out."""
    listed = connection.execute(
        "SELECT name, type, coalesce(sql, '') FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid"
    ).fetchall()
    virtual = [name.lower() for name, _, sql in listed if sql.upper().startswith("CREATE VIRTUAL")]
    hidden = ("sqlite_", *(f"{name}_" for name in virtual))
    found: list[dict[str, Any]] = []
    for name, kind, sql in listed:
        if name.lower() not in virtual and not name.lower().startswith(hidden):
            without_rowid = "WITHOUT ROWID" in " ".join(sql.upper().rpartition(")")[2].split())
            found.append(_table(connection, name, kind == "view", without_rowid))
    return [table for table in found if table["columns"]]


def _table(connection: sqlite3.Connection, name: str, view: bool, without_rowid: bool) -> dict[str, Any]:
    try:
        info = connection.execute(
            "SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1", (name,)
        ).fetchall()
    except sqlite3.Error:  # a view over something that is gone
        info = []
    keys: dict[str, list[str]] = {}
    for row in connection.execute('SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)', (name,)):
        keys[row[0].lower()] = [row[1], row[2]]
    found: dict[str, tuple[list[Any], bool]] = (
        {} if view else _samples(connection, name, [column for column, _, _ in info])
    )
    columns = [
        {
            "name": column,
            "type": kind,
            "primary_key": bool(key),
            "references": keys.get(column.lower()),
            "samples": found.get(column, ([], False)),
        }
        for column, kind, key in info
    ]
    reads = _reads(connection, name) if view else []
    return {"name": name, "view": view, "rowid": not view and not without_rowid, "columns": columns, "reads": reads}


def _reads(connection: sqlite3.Connection, view: str) -> list[str] | None:
    """The `table` and `table.column` names that SQLite asks leave to read for a view; None when it can't be made."""
    found: set[str] = set()

    def note(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
        if action == sqlite3.SQLITE_READ and first and first.lower() != view.lower():
            found.update({first.lower(), f"{first}.{second}".lower()})
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        connection.execute(f"EXPLAIN SELECT * FROM {_quoted(view)}").close()  # noqa: S608
    except sqlite3.Error:
        return None
    finally:
        connection.set_authorizer(None)
    return sorted(found)


def _samples(connection: sqlite3.Connection, table: str, columns: list[str]) -> dict[str, tuple[list[Any], bool]]:
    """Per column the first distinct values of the first rows, and whether these are all there are."""
    if not columns:
        return {}
    kinds = "CASE typeof({0}) WHEN 'text' THEN substr({0}, 1, {1}) WHEN 'blob' THEN NULL ELSE {0} END"
    names = ", ".join(kinds.format(_quoted(column), LONG + 1) for column in columns)
    query = f"SELECT {names} FROM {_quoted(table)} LIMIT {SAMPLED_ROWS}"  # noqa: S608
    try:
        return samples(columns, connection.execute(query), SAMPLED_ROWS)
    except sqlite3.Error:  # too slow, or a damaged page
        return {}


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
