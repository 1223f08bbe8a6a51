"""`cairn deleted`: the declarations; the work is in `run_deleted.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, command, group

deleted = group("What was deleted in the last day, here or on the page.")
IdArgument = Annotated[str, typer.Argument(help="Its id or the beginning of it.")]


@command(deleted, "list")
def deleted_list(json: Json = False, home: Home = None) -> None:
    """What can be had back, newest first."""
    from cairn.ui.cli.run_deleted import list_deleted

    list_deleted(home, json)


@command(deleted, "restore")
def deleted_restore(id: IdArgument, home: Home = None) -> None:
    """Have it back; a document is read again from where it lies."""
    from cairn.ui.cli.run_deleted import restore

    restore(home, id)


@command(deleted, "purge")
def deleted_purge(id: IdArgument, home: Home = None) -> None:
    """Take it out of the home's files now, and not at the day's end."""
    from cairn.ui.cli.run_deleted import purge

    purge(home, id)
