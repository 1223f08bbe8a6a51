"""A role that can do more than read is refused, with the statements that make a right one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from cairn.core.errors import DatabaseError
from cairn.databases.connections.worker_requests import quoted
from cairn.databases.linking.schema_text import Schema, Table
from cairn.databases.sql_text import RESERVED

READER = "cairn_reader"
_SUPERUSER = "is a superuser"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rights:
    """`excess`: what else `role` may do: (what, of which object, whether everybody can)."""

    dialect: str
    role: str
    database: str
    namespace: str
    excess: tuple[tuple[str, str | None, bool], ...]


def refusal(rights: Rights, schema: Schema, hidden: Collection[str]) -> DatabaseError:
    """What is wrong with the role, and what to run on the server (as one that may) to make a right one."""
    named = [f"{what} {name}" if name else what for what, name, _ in rights.excess]
    named = [what for what in named if what == _SUPERUSER] or named
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    statements = (_postgres if rights.dialect == "postgres" else _mysql)(rights, schema, hidden)
    return DatabaseError(
        f"The role {rights.role} can do more than read: it {', it '.join(named[:_SHOWN])}{more}.",
        "Make one that can only read, and add the database with it:\n" + "\n".join(f"  {line}" for line in statements),
    )


def _postgres(rights: Rights, schema: Schema, hidden: Collection[str]) -> list[str]:
    namespace, database = _name(rights.namespace), _name(rights.database)
    return [
        f"CREATE ROLE {READER} LOGIN PASSWORD '…';",
        *(_revoke(what, name) for what, name, everybody in rights.excess if everybody and name),
        f"GRANT CONNECT ON DATABASE {database} TO {READER};",
        f"GRANT USAGE ON SCHEMA {namespace} TO {READER};",
        *_postgres_grants(namespace, schema, hidden),
        f"ALTER ROLE {READER} SET default_transaction_read_only = on;",
    ]


def _postgres_grants(namespace: str, schema: Schema, hidden: Collection[str]) -> list[str]:
    seen = schema.without(hidden)
    if not hidden:
        return [f"GRANT SELECT ON ALL TABLES IN SCHEMA {namespace} TO {READER};"]
    return [
        f"GRANT SELECT{_columns(table, seen, _name)} ON {namespace}.{_name(table.name)} TO {READER};"
        for table in seen.tables
    ]


_REVOKE = {
    "may create in the database": "CREATE ON DATABASE",
    "may create in the schema": "CREATE ON SCHEMA",
    "owns or may write to": "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON",
    "may change the sequence": "USAGE, UPDATE ON SEQUENCE",
    "may call as its owner (SECURITY DEFINER)": "EXECUTE ON",
    "may write code in the language": "USAGE ON LANGUAGE",
    "may use the foreign server": "USAGE ON FOREIGN SERVER",
    "may create in the tablespace": "CREATE ON TABLESPACE",
}


def _revoke(what: str, name: str) -> str:
    return f"REVOKE {_REVOKE[what]} {name} FROM PUBLIC;"


def _mysql(rights: Rights, schema: Schema, hidden: Collection[str]) -> list[str]:
    seen, database = schema.without(hidden), _backticks(rights.database)
    grants = [f"GRANT SELECT, SHOW VIEW ON {database}.* TO '{READER}'@'%';"]
    if hidden:
        grants = [
            f"GRANT {_mysql_rights(table, seen)} ON {database}.{_backticks(table.name)} TO '{READER}'@'%';"
            for table in seen.tables
        ]
    return [f"CREATE USER '{READER}'@'%' IDENTIFIED BY '…';", *grants]


def _mysql_rights(table: Table, schema: Schema) -> str:
    """A view's text has to be seen, to know whether it reads what is hidden."""
    return "SELECT, SHOW VIEW" if table.view else f"SELECT{_columns(table, schema, _backticks)}"


def _columns(table: Table, schema: Schema, written: Callable[[str], str]) -> str:
    """` (a, b)` for a table of which some columns are hidden."""
    if table.name.lower() not in schema.partial:
        return ""
    names = ", ".join(written(column.name) for column in table.columns)
    return f" ({names})"


def _name(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) and name not in RESERVED else quoted(name)


def _backticks(name: str) -> str:
    return quoted(name, "`")
