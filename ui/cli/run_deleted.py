"""`cairn deleted`, and what is said where something is deleted."""

from __future__ import annotations

from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.recently_deleted import Deleted
from cairn.ui import deletions
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import moment, note, say_json, say_list


def way_back(kept: Deleted) -> str:
    """Said behind what was deleted."""
    return f"For a day `cairn deleted restore {kept.id[:8]}` has it back."


def list_deleted(home: Path | None, as_json: bool) -> None:
    """Without what it takes to put a thing back, such as an address with its password."""
    with opened(home) as app:
        found = deletions.known(app)
    if as_json:
        say_json([{"id": one.id, "kind": one.kind, "name": one.name, "deleted": one.deleted} for one in found])
        return
    columns = ["id", "deleted", "what", "name"]
    nothing = "Nothing was deleted in the last day."
    say_list(found, columns, lambda one: (one.id[:8], moment(one.deleted), one.kind, one.name), nothing, False)


def restore(home: Path | None, id: str) -> None:
    with opened(home) as app:
        one = _found(app, id)
        deletions.put_back(app, one.id)
    note(f"It is back: {one.name}")


def purge(home: Path | None, id: str) -> None:
    with opened(home) as app:
        one = _found(app, id)
        deletions.delete_now(app, one.id)
    note(f"Gone for good: {one.name}")


def _found(app: Cairn, id: str) -> Deleted:
    """By its id or the beginning of it. Raises UsageError."""
    found = [one for one in deletions.known(app) if id and one.id.startswith(id)]
    if len(found) != 1:
        told = "several things that were deleted begin so" if found else "nothing of it was deleted in the last day"
        raise UsageError(f"{id!r}: {told}.", "`cairn deleted list` shows what was.")
    return found[0]
