"""`cairn threads`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cairn.ui import deletions
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_deleted import way_back
from cairn.ui.cli.terminal import moment, note, say, say_json, say_list


def list_threads(home: Path | None, as_json: bool) -> None:
    with opened(home) as app:
        threads = app.threads.list()
    nothing = 'No conversations yet. Begin one: cairn ask "…" or cairn chat'
    heads = ["id", "last used", "from", "name"]
    say_list(threads, heads, lambda t: (t.id[:8], moment(t.updated), t.origin or "", t.name), nothing, as_json)


def show(home: Path | None, thread: str, as_json: bool) -> None:
    with opened(home) as app:
        messages = app.threads.messages(thread)
    if as_json:
        say_json([asdict(message) for message in messages])
    else:
        for message in messages:
            say(f"› {message.text}\n" if message.role == "user" else f"{message.text}\n")


def branch(home: Path | None, thread: str, at: str | None, name: str | None, as_json: bool) -> None:
    with opened(home) as app:
        copy = app.threads.get(app.branch(thread, at, name))
    if as_json:
        say_json(asdict(copy))
    else:
        say(f"{copy.id[:8]}  {copy.name}")


def rename(home: Path | None, thread: str, name: str) -> None:
    with opened(home) as app:
        app.threads.rename(thread, name)


def delete(home: Path | None, thread: str) -> None:
    with opened(home) as app:
        kept = deletions.delete_thread(app, thread)
    note(f"Deleted: {kept.name}. {way_back(kept)}")
