"""What is read from MariaDB's and MySQL's own tables: what the user may read, and what else it may do."""

from __future__ import annotations

import re

TABLES = """
SELECT table_name, table_type, IF(table_type = 'VIEW', '', table_comment) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
ORDER BY table_name
"""
COLUMNS = """
SELECT table_name, column_name, column_type, data_type, column_comment, column_key, privileges
FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
"""
KEYS = """
SELECT table_name, column_name, referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE()
"""
VIEWS = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
# Tables of which the user was granted single columns.
PARTIAL = """
SELECT DISTINCT table_name FROM information_schema.column_privileges
WHERE table_schema = DATABASE() AND privilege_type = 'SELECT'
"""
STAMP = """
SELECT CONCAT_WS(':', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS(':', table_name, column_name, column_type, column_comment,
  privileges))), 0)) FROM information_schema.columns WHERE table_schema = DATABASE()
"""

_READING = frozenset({"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES"})
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<where>.+?) TO (?P<who>.+)", re.DOTALL)
_ROLE = re.compile(r"GRANT (?P<roles>.+?) TO ", re.DOTALL)
_NAME = re.compile(r"`((?:[^`]|``)+)`")


def excess(grant: str) -> list[tuple[str, str]]:
    """What a line of SHOW GRANTS allows beyond reading: (privilege, where)."""
    match = _GRANT.match(grant)
    if match is None:
        return []
    what = re.sub(r"\s*\([^)]*\)", "", match["what"])
    found = [name.strip() for name in what.split(",") if name.strip().upper() not in _READING]
    if "WITH GRANT OPTION" in match["who"]:
        found.append("GRANT OPTION")
    return [(name, match["where"]) for name in found]


def roles(grant: str) -> list[str]:
    """The roles that a line of SHOW GRANTS gives, as written."""
    match = None if _GRANT.match(grant) else _ROLE.match(grant)
    return [name.strip() for name in match["roles"].split(",")] if match else []


def reads(definition: str | None, tables: set[str]) -> list[list[str | None]]:
    """Every table and column that a view may read; `[None, None]` when its text is not to be seen or calls a function.

    The server writes names in backticks, but columns by their table's alias: so each table is taken to be read with
    each column named.
    """
    if not definition or re.search(r"`\s*\(", definition):
        return [[None, None]]
    names = {name.replace("``", "`").lower() for name in _NAME.findall(definition)}
    return [[table, column] for table in names & tables for column in (None, *names)]
