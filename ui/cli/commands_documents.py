"""`cairn add`, `sources`, `remove`, `search`: the declarations; the work is in the `run_` modules."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import Home, Json, command, group

documents = group("Documents.")


@command(documents, "add")
def add(
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
    add(home, paths or [], options, json)


@command(documents, "sources")
def sources(
    failed: Annotated[
        bool, typer.Option("--failed", help="Only those that could not be read, with the reason.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """The documents that are known."""
    from cairn.ui.cli.run_documents import list_sources

    list_sources(home, failed, json)


@command(documents, "remove")
def remove(
    sources: Annotated[list[str], typer.Argument(help="Files, folders and addresses that were added.")],
    home: Home = None,
) -> None:
    """Forget documents; of a folder, all of them. Your files stay."""
    from cairn.ui.cli.run_documents import remove

    remove(home, sources)


@command(documents, "search")
def search(
    query: Annotated[str, typer.Argument(help="What to look for; filters such as tag:hr count.")],
    k: Annotated[int | None, typer.Option("-k", help="At most so many passages.", min=1, max=100)] = None,
    task: Annotated[
        str | None, typer.Option("--task", "-t", help="Search as this task does (else the setting's).")
    ] = None,
    collection: Annotated[
        list[str] | None, typer.Option("--collection", "-c", help="Search this collection. Repeatable.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", help="Only documents with this tag. Repeatable.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="A part of the path or address.")] = None,
    title: Annotated[str | None, typer.Option("--title", help="A part of the title.")] = None,
    author: Annotated[str | None, typer.Option("--author", help="A part of the author's name.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="The language's code: en, zh.")] = None,
    after: Annotated[str | None, typer.Option("--after", help="From this year, month or day on.")] = None,
    before: Annotated[str | None, typer.Option("--before", help="Until this year, month or day.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Show the passages that a question would be answered from, and how each was found."""
    from cairn.ui.cli.run_search import search

    options = {"k": k, "collections": collection}
    named = {"source": source, "title": title, "author": author, "lang": lang, "after": after, "before": before}
    search(home, query, task, options, {"tags": tag or [], **named}, json)


@documents.command(hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def tune() -> None:
    """What was one command is two rungs of `cairn climb`; the next version will not know it."""
    from cairn.core.errors import UsageError

    raise UsageError(
        "`cairn tune` is now two rungs of `cairn climb`: the weight of the vectors, and the map of question vectors.",
        "A set with `question` and `source`: cairn climb SET --task documents --only retrieval",
    )
