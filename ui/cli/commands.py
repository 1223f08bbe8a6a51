"""The commands and their flags. Each hands over to a module of its own at once, so that `--help` imports none of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.commands_db import db
from cairn.ui.cli.commands_deleted import deleted
from cairn.ui.cli.commands_documents import documents
from cairn.ui.cli.commands_eval import climbing, evals
from cairn.ui.cli.commands_eval_uses import make
from cairn.ui.cli.commands_memory import memory
from cairn.ui.cli.commands_models import models, threads
from cairn.ui.cli.commands_prompts import prompts
from cairn.ui.cli.commands_run import many
from cairn.ui.cli.commands_runs import answers, runs
from cairn.ui.cli.commands_serve import HostNames, Listen, keys, serving
from cairn.ui.cli.flags import (
    BaseUrl,
    Home,
    Json,
    ModelOption,
    No,
    Options,
    Stream,
    Temperature,
    Yes,
    command,
    group,
)

app = group("A chat over your documents and databases that you can measure, and improve step by step.", "cairn")


@app.callback(invoke_without_command=True)
def cairn(
    context: typer.Context,
    home: Home = None,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        from cairn import __version__

        typer.echo(f"cairn {__version__}")
        raise typer.Exit
    context.obj = home


@command(app, "ask")
def ask(
    question: Annotated[str, typer.Argument(help="The question; - reads it from standard input.")],
    options: Options,
    json: Json = False,
    stream: Stream = False,
    home: Home = None,
) -> None:
    """Ask a question; the answer comes with its sources, tables and steps."""
    from cairn.ui.cli.run_ask import ask

    ask(home, question, options, as_json=json, as_stream=stream)


@command(app, "chat")
def chat(options: Options, home: Home = None) -> None:
    """A conversation in the terminal. Ctrl-C stops the answer only; Ctrl-D ends."""
    from cairn.ui.cli.run_chat import chat

    chat(home, options)


@command(app, "resume")
def resume(
    run: Annotated[
        str | None, typer.Argument(help="The run's id or its beginning; without it they are listed.")
    ] = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    yes: Yes = False,
    no: No = False,
    stop: Annotated[bool, typer.Option("--stop", help="End a run that waits, without deciding.")] = False,
    json: Json = False,
    stream: Stream = False,
    home: Home = None,
) -> None:
    """Go on with an answer that waits for your yes, or that was broken off."""
    from cairn.ui.cli.run_resume import list_unfinished, resume

    if run is None:
        list_unfinished(home, json, decided=yes or no or stop)
        return
    options = Options(model=model, base_url=base_url, temperature=temperature, yes=yes, no=no)
    resume(home, run, options, stop=stop, as_json=json, as_stream=stream)


@command(app, "web")
def web(
    port: Annotated[int, typer.Option(help="The page's port.", envvar="CAIRN_WEB_PORT", min=1, max=65535)] = 8501,
    open: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    listen: Listen = "127.0.0.1",
    host_name: HostNames = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    home: Home = None,
) -> None:
    """The chat as a page in the browser, and beside it what `cairn serve` serves."""
    from cairn.core.settings import load_settings
    from cairn.ui.cli.run_serve import warn_if_exposed
    from cairn.ui.web import serve

    warn_if_exposed(listen)
    settings = load_settings(home, model=model, base_url=base_url)
    raise typer.Exit(serve(settings, port, open, listen, host_name or []))


@command(app, "doctor")
def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Put the last good backup in the place of a damaged app database.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """What is configured, what is missing, and how to mend it."""
    from cairn.ui.cli.run_doctor import doctor

    doctor(home, json, repair)


@command(app, "plugins")
def plugins(json: Json = False) -> None:
    """Strategies, tools, formats and metrics: what can be named, and where each comes from."""
    from cairn.ui.cli.run_plugins import list_plugins

    list_plugins(json)


app.add_typer(answers)
app.add_typer(climbing)
app.add_typer(many)
app.add_typer(documents)
evals.add_typer(make, name="make")
app.add_typer(evals)
app.add_typer(db, name="db")
app.add_typer(prompts, name="prompts")
app.add_typer(models, name="models")
app.add_typer(memory, name="memory")
app.add_typer(threads, name="threads")
app.add_typer(deleted, name="deleted")
app.add_typer(runs, name="runs")
app.add_typer(serving)
app.add_typer(keys, name="keys")
