"""`cairn db`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ui.cli.asking import opened
from ui.cli.output import note, say, say_json, say_table


def add(home: Path | None, name: str, url: str) -> None:
    with opened(home) as app:
        app.rooms.databases.add(name, url)
        tables = app.rooms.databases.open(name).schema().tables
    shown = ", ".join(table.name for table in tables[:8])
    say(f"{name}: {len(tables)} tables ({shown}{', …' if len(tables) > 8 else ''})")
    note(f'Ask it: cairn ask --task database "How many rows are in {tables[0].name if tables else "…"}?"')


def list_databases(home: Path | None, as_json: bool) -> None:
    with opened(home) as app:
        databases = app.rooms.databases.list()
    if as_json:
        say_json([asdict(database) for database in databases])
    elif databases:
        say_table(["name", "url", ""], [(d.name, d.url, "sample" if d.sample else "") for d in databases])
    else:
        note("No databases yet. Add one: cairn db add shop sqlite:///shop.db")


def show(home: Path | None, name: str) -> None:
    with opened(home) as app:
        say(app.rooms.databases.open(name).describe())


def remove(home: Path | None, name: str) -> None:
    with opened(home) as app:
        app.rooms.databases.remove(name)
    say(f"{name} is forgotten; the database itself stays as it is.")
