"""`cairn add`, `sources`, `remove`: the declarations; the work is in `run_documents.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, group

documents = group("Documents.")


@documents.command()
def add(
    context: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(help="Files, folders and addresses of pages.")] = None,
    collection: Annotated[str, typer.Option("--collection", "-c", help="Where they belong.")] = "default",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="A tag for all of them, besides their folders' names. Repeatable.")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read what failed again; without paths, all of the collection that did.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Forget documents below these folders whose files are gone.")
    ] = False,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="That of their text, such as windows-1251: kept for later times.")
    ] = None,
    whole_page: Annotated[
        bool, typer.Option("--whole-page", help="Keep menus, side bars and footers of web pages; also later.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Add documents. Running it again does nothing; changed files are replaced."""
    from cairn.ui.cli.run_documents import add

    options = {"collection": collection, "tags": tag or [], "retry": retry, "prune": prune}
    options |= {"encoding": encoding, "whole_page": whole_page}
    add(home or context.obj, paths or [], options, json)


@documents.command()
def sources(
    context: typer.Context,
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that could not be read, with the reason.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """The documents that are known."""
    from cairn.ui.cli.run_documents import list_sources

    list_sources(home or context.obj, failed, json)


@documents.command()
def remove(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Files, folders and addresses that were added.")],
    home: Home = None,
) -> None:
    """Forget documents; of a folder, all of them. Your files stay."""
    from cairn.ui.cli.run_documents import remove

    remove(home or context.obj, sources)


@documents.command()
def tune(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help='Questions of yours: lines of {"question", and "source" or "passage"}.')],
    collection: Annotated[str | None, typer.Option("--collection", help="Search this collection only.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would help.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Learn from your own questions how to search your documents; what surely helps is kept."""
    from cairn.ui.cli.run_tune import tune

    tune(home or context.obj, file, collection, dry_run, json)
