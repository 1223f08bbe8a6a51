"""`cairn runs`, `cairn retry` and `cairn stop`: the declarations; the work is in `run_runs.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import (
    BaseUrl,
    Home,
    Json,
    ModelOption,
    No,
    PatchOption,
    StrategyOption,
    Stream,
    TaskOption,
    Temperature,
    TemplateOption,
    Yes,
    group,
)

runs = group("What was asked, step by step, and its versions.")
answers = group("")
RunArgument = Annotated[str, typer.Argument(help="The run's id or its beginning.")]


@runs.command("list")
def runs_list(
    context: typer.Context,
    thread: Annotated[
        str | None, typer.Option("--thread", help="Of this conversation only (its id's beginning).")
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only those: running, waiting, interrupted, finished, failed or stopped."),
    ] = None,
    number: Annotated[int, typer.Option("-n", help="At most so many.", min=1)] = 20,
    json: Json = False,
    home: Home = None,
) -> None:
    """Runs, newest first: state, task, model, seconds, tokens."""
    from cairn.ui.cli.run_runs import list_runs

    list_runs(home or context.obj, thread, state, number, as_json=json)


@runs.command("show")
def runs_show(context: typer.Context, run: RunArgument, json: Json = False, home: Home = None) -> None:
    """Everything that a run told, with its times, and what its model was sent first."""
    from cairn.ui.cli.run_runs import show

    show(home or context.obj, run, as_json=json)


@runs.command("choose")
def runs_choose(context: typer.Context, run: RunArgument, home: Home = None) -> None:
    """Go on with this version of an answer in its conversation."""
    from cairn.ui.cli.run_runs import choose

    choose(home or context.obj, run)


@answers.command()
def retry(
    context: typer.Context,
    run: RunArgument,
    question: Annotated[str | None, typer.Option("--question", help="Another wording.")] = None,
    task: TaskOption = None,
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    patch: PatchOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    yes: Yes = False,
    no: No = False,
    json: Json = False,
    stream: Stream = False,
    home: Home = None,
) -> None:
    """Answer a question again: another version, which the conversation goes on with."""
    from cairn.ui.cli.run_ask import Options
    from cairn.ui.cli.run_runs import retry

    options = Options(task, template, strategy, model, base_url, temperature, None, yes, no, tuple(patch or ()))
    retry(home or context.obj, run, question, options, as_json=json, as_stream=stream)


@answers.command()
def stop(context: typer.Context, run: RunArgument, home: Home = None) -> None:
    """End a run, whichever process works on it; what was said so far is its answer."""
    from cairn.ui.cli.run_runs import stop

    stop(home or context.obj, run)
