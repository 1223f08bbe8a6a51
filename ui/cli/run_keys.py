"""`cairn keys`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from cairn.agents.service import Cairn
from cairn.memory.api_keys import USUAL, Key, Keys
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import moment, note, say, say_json, say_table


def add(home: Path | None, name: str, scopes: list[str] | None, rpm: int | None, as_json: bool) -> None:
    """The key alone on standard output, so that a script can take it."""
    with opened(home) as app:
        known, key = _keys(app).add(name, scopes or USUAL, rpm)
    if as_json:
        say_json({"key": key, **_told(known)})
    else:
        say(key)
        note(f"It may {', '.join(sorted(known.scopes))}. It is not shown again; `cairn keys remove {name}` ends it.")


def list_keys(home: Path | None, as_json: bool) -> None:
    with opened(home) as app:
        keys = _keys(app).list()
    if as_json:
        say_json([_told(key) for key in keys])
    elif keys:
        say_table(["name", "may", "a minute", "last used"], [_row(key) for key in keys])
    else:
        note("No keys yet. Make one: cairn keys add NAME")


def remove(home: Path | None, name: str) -> None:
    with opened(home) as app:
        _keys(app).remove(name)
    note(f"Removed: {name}")


def _keys(app: Cairn) -> Keys:
    return Keys(app.workspace.database, app.settings.user)


def _told(key: Key) -> dict[str, Any]:
    return {**asdict(key), "scopes": sorted(key.scopes)}


def _row(key: Key) -> tuple[Any, ...]:
    used = moment(key.last_used) if key.last_used else "never"
    return key.name, ", ".join(sorted(key.scopes)), key.requests_per_minute, used
