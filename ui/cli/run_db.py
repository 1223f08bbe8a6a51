"""`cairn db`."""

from __future__ import annotations

import getpass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import URL, make_url

from cairn.databases.database_registry import Registered
from cairn.databases.linking.schema_text import describe
from cairn.databases.sql_text import quoted
from cairn.models.builtin.builtin_sql import write_query
from cairn.models.builtin.shown_schema import read_schema
from cairn.ui import deletions
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_deleted import way_back
from cairn.ui.cli.terminal import note, say, say_list

BUILTIN = "builtin"
_EVERYTHING = 1_000_000


def add(home: Path | None, name: str, url: str, hidden: list[str]) -> None:
    with opened(home) as app:
        entry = app.workspace.databases.add(name, url, hidden=hidden)
        schema = app.workspace.databases.open(name).schema()
        known = read_schema(describe(name, schema, schema.tables, _EVERYTHING)) if app.settings.model == BUILTIN else []
    names = [table.name for table in schema.tables]
    for one, why in schema.unread:
        note(f"{one} can't be read: {why}.")
    if not names:
        note(without_tables(entry))
        return
    say(f"{name}: {len(names)} tables ({', '.join(names[:8])}{', …' if len(names) > 8 else ''})")
    questions = [f"How many rows are in {table}?" for table in names[:8]]
    if asked := next((question for question in questions if not known or write_query(question, known).sql), None):
        note(f'Ask it: cairn ask --task database "{asked}"')


def without_tables(entry: Registered) -> str:
    """Why nothing can be asked of it, and what to do about it."""
    if entry.hidden:
        return f"{entry.name} has no tables beside what is hidden: {', '.join(entry.hidden)}."
    if entry.dialect == "sqlite":
        return f"{entry.name} has no tables yet; questions find them once they are there."
    address = make_url(entry.redacted)
    role = address.username or getpass.getuser()  # as the drivers do
    lines = [
        f"{entry.name} has no tables that the role {role} may read. If they are there, run on the server:",
        *(_postgres_grants if entry.dialect == "postgresql" else _mysql_grants)(address, role),
    ]
    if entry.dialect == "postgresql":
        lines.append(f"If they are in another schema: cairn db remove {entry.name}, and add it with ?schema=NAME.")
    return "\n".join(lines)


def _postgres_grants(address: URL, role: str) -> list[str]:
    schema, reader = _folded(str(address.query.get("schema", "public"))), _folded(role)
    return [
        f"  GRANT USAGE ON SCHEMA {schema} TO {reader};",
        f"  GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {reader};",
    ]


def _folded(name: str) -> str:
    """PostgreSQL reads a name without quotes in small letters."""
    return quoted(name, "postgres") if name.islower() else '"' + name.replace('"', '""') + '"'


def _mysql_grants(address: URL, role: str) -> list[str]:
    return [f"  GRANT SELECT, SHOW VIEW ON {quoted(address.database or '', 'mysql')}.* TO '{role}'@'%';"]


def list_databases(home: Path | None, as_json: bool) -> None:
    with opened(home) as app:
        databases = app.workspace.databases.list()
    nothing = "No databases yet. Add one: cairn db add shop sqlite:///shop.db"
    say_list(databases, ["name", "url", ""], lambda d: (d.name, unquote(d.redacted), _state(d)), nothing, as_json)


def hide(home: Path | None, name: str, names: list[str], undo: bool) -> None:
    with opened(home) as app:
        entry = app.workspace.databases.hide(name, names, undo)
    say(f"{name}: {_hidden(entry) or 'nothing is hidden'}")


def _state(database: Registered) -> str:
    unused = "sample (not used: you have your own; CAIRN_SAMPLES=always uses both)"
    state = "" if not database.sample else "sample" if database.used else unused
    return "; ".join(part for part in (state, _hidden(database)) if part)


def _hidden(database: Registered) -> str:
    return f"hidden: {', '.join(database.hidden)}" if database.hidden else ""


def show(home: Path | None, name: str) -> None:
    with opened(home) as app:
        database = app.workspace.databases.open(name)
        schema = database.schema()
    say(describe(name, schema, schema.tables, _EVERYTHING))
    if database.hidden:
        note(f"Hidden: {', '.join(database.hidden)}")


def remove(home: Path | None, name: str) -> None:
    with opened(home) as app:
        kept = deletions.delete_database(app, name)
    say(f"{name} is forgotten; the database itself stays as it is.")
    note(way_back(kept))
