"""`cairn models` and `cairn threads`: the declarations; the work is in `run_models.py` and `run_threads.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, group

models = group("Which models there are, and which one answers.")
threads = group("Your conversations.")


@models.command("list")
def models_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Which models can be used here, and which one answers."""
    from cairn.ui.cli.run_models import list_all

    list_all(home or context.obj, json)


@models.command("get")
def models_get(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="minilm: embeddings for English; tiktoken: exact counts of tokens.")],
    home: Home = None,
) -> None:
    """Download an embedding model, or the encodings of your models. Nothing is ever downloaded unasked."""
    from cairn.ui.cli.run_models import get

    get(home or context.obj, name)


@threads.command("list")
def threads_list(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Your conversations, newest first."""
    from cairn.ui.cli.run_threads import list_threads

    list_threads(home or context.obj, json)


@threads.command("show")
def threads_show(context: typer.Context, thread: str, json: Json = False, home: Home = None) -> None:
    """A conversation's messages."""
    from cairn.ui.cli.run_threads import show

    show(home or context.obj, thread, json)


@threads.command("branch")
def threads_branch(
    context: typer.Context,
    thread: str,
    at: Annotated[str | None, typer.Option("--at", help="The last run of the new one (its id's beginning).")] = None,
    name: Annotated[str | None, typer.Option("--name", help="The new one's name, else the old one's.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Begin a new conversation with the questions and answers of this one."""
    from cairn.ui.cli.run_threads import branch

    branch(home or context.obj, thread, at, name, json)


@threads.command("rename")
def threads_rename(context: typer.Context, thread: str, name: str, home: Home = None) -> None:
    """Give a conversation a name."""
    from cairn.ui.cli.run_threads import rename

    rename(home or context.obj, thread, name)


@threads.command("delete")
def threads_delete(context: typer.Context, thread: str, home: Home = None) -> None:
    """Delete a conversation with all it holds."""
    from cairn.ui.cli.run_threads import delete

    delete(home or context.obj, thread)
