"""`cairn db`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from urllib.parse import unquote

from tools.sql.databases import Registered
from tools.sql.schema import describe
from ui.cli.asking import opened
from ui.cli.output import note, say, say_json, say_table

_EVERYTHING = 1_000_000


def add(home: Path | None, name: str, url: str, hidden: list[str]) -> None:
    with opened(home) as app:
        app.rooms.databases.add(name, url, hidden=hidden)
        names = [table.name for table in app.rooms.databases.open(name).schema().tables]
    if not names:
        note(f"{name} has no tables yet; questions find them once they are there.")
        return
    say(f"{name}: {len(names)} tables ({', '.join(names[:8])}{', …' if len(names) > 8 else ''})")
    note(f'Ask it: cairn ask --task database "How many rows are in {names[0]}?"')


def list_databases(home: Path | None, as_json: bool) -> None:
    with opened(home) as app:
        databases = app.rooms.databases.list()
    if as_json:
        say_json([asdict(database) for database in databases])
    elif databases:
        say_table(["name", "url", ""], [(d.name, unquote(d.redacted), _state(d)) for d in databases])
    else:
        note("No databases yet. Add one: cairn db add shop sqlite:///shop.db")


def hide(home: Path | None, name: str, names: list[str], undo: bool) -> None:
    with opened(home) as app:
        entry = app.rooms.databases.hide(name, names, undo)
    say(f"{name}: {_hidden(entry) or 'nothing is hidden'}")


def _state(database: Registered) -> str:
    state = "" if not database.sample else "sample" if database.used else "sample (not used: you have your own)"
    return "; ".join(part for part in (state, _hidden(database)) if part)


def _hidden(database: Registered) -> str:
    return f"hidden: {', '.join(database.hidden)}" if database.hidden else ""


def show(home: Path | None, name: str) -> None:
    with opened(home) as app:
        database = app.rooms.databases.open(name)
        schema = database.schema()
    say(describe(name, schema, schema.tables, _EVERYTHING))
    if database.hidden:
        note(f"Hidden: {', '.join(database.hidden)}")


def remove(home: Path | None, name: str) -> None:
    with opened(home) as app:
        app.rooms.databases.remove(name)
    say(f"{name} is forgotten; the database itself stays as it is.")
