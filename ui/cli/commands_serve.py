"""`cairn serve` and `cairn keys`: the declarations; the work is in `run_serve.py` and `run_keys.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, command, group

serving = typer.Typer(rich_markup_mode=None)
keys = group("With which other programs may ask.")
Listen = Annotated[str, typer.Option("--listen", help="The address to listen on; 0.0.0.0 lets other machines in.")]
HostNames = Annotated[
    list[str] | None, typer.Option("--host-name", help="Another name it is reached by, as a proxy's. Repeatable.")
]
NameArgument = Annotated[str, typer.Argument(help="What the key is called.")]


@command(serving, "serve")
def serve(
    port: Annotated[int, typer.Option(help="The port.", envvar="CAIRN_SERVE_PORT", min=0, max=65535)] = 8502,
    listen: Listen = "127.0.0.1",
    host_name: HostNames = None,
    max_upload: Annotated[int, typer.Option("--max-upload", help="Of documents at once, in MB.", min=1)] = 50,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    home: Home = None,
) -> None:
    """The API for other programs: Cairn's own, and the one that OpenAI's clients speak."""
    from cairn.core.settings import load_settings
    from cairn.ui.cli.run_serve import serve

    settings = load_settings(home, model=model, base_url=base_url)
    serve(settings, port, listen, host_name or [], max_upload)


@command(keys, "add")
def keys_add(
    name: NameArgument,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="ask, read, approve, threads, documents. Else ask and read.")
    ] = None,
    rpm: Annotated[int | None, typer.Option("--rpm", help="At most so many requests a minute.", min=1)] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Make a key. It is shown this once."""
    from cairn.ui.cli.run_keys import add

    add(home, name, scope, rpm, json)


@command(keys, "list")
def keys_list(json: Json = False, home: Home = None) -> None:
    """The keys, with what each may do and when it was last used."""
    from cairn.ui.cli.run_keys import list_keys

    list_keys(home, json)


@command(keys, "remove")
def keys_remove(name: NameArgument, home: Home = None) -> None:
    """From now on nobody gets in by it."""
    from cairn.ui.cli.run_keys import remove

    remove(home, name)
