"""`cairn runs`, `cairn retry` and `cairn stop`: the declarations; the work is in `run_runs.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.flags import (
    Answering,
    Home,
    Json,
    No,
    Options,
    Stream,
    Yes,
    command,
    group,
)

runs = group("What was asked, step by step, and its versions.")
answers = group("")
RunArgument = Annotated[str, typer.Argument(help="The run's id or its beginning.")]


@command(runs, "list")
def runs_list(
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

    list_runs(home, thread, state, number, as_json=json)


@command(runs, "show")
def runs_show(run: RunArgument, json: Json = False, home: Home = None) -> None:
    """Everything that a run told, with its times, and what its model was sent first."""
    from cairn.ui.cli.run_runs import show

    show(home, run, as_json=json)


@command(runs, "choose")
def runs_choose(run: RunArgument, home: Home = None) -> None:
    """Go on with this version of an answer in its conversation."""
    from cairn.ui.cli.run_runs import choose

    choose(home, run)


@command(answers, "retry")
def retry(
    run: RunArgument,
    *,
    question: Annotated[str | None, typer.Option("--question", help="Another wording.")] = None,
    asked: Answering,
    yes: Yes = False,
    no: No = False,
    json: Json = False,
    stream: Stream = False,
    home: Home = None,
) -> None:
    """Answer a question again: another version, which the conversation goes on with."""
    from cairn.ui.cli.run_runs import retry

    options = Options(**vars(asked), yes=yes, no=no)
    retry(home, run, question, options, as_json=json, as_stream=stream)


@command(answers, "stop")
def stop(run: RunArgument, home: Home = None) -> None:
    """End a run, whichever process works on it; what was said so far is its answer."""
    from cairn.ui.cli.run_runs import stop

    stop(home, run)
