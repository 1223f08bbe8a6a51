"""`cairn eval export`: rows to tune a model on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Database, Databases, SetTask
from cairn.ui.cli.flags import Home, Json, ModelOption, PatchOption, group
from cairn.ui.cli.shared_flags import command

exports = group("")


@command(exports, "export")
def export(
    sets: Annotated[
        list[Path] | None, typer.Argument(help="Sets with what is right, beside what was accepted.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The file (.jsonl); else standard output.")] = None,
    held_out: Annotated[
        Path | None, typer.Option("--held-out", help="A set that must not be trained on: what is like it is left out.")
    ] = None,
    task: SetTask = None,
    patch: PatchOption = None,
    feedback: Annotated[
        bool, typer.Option("--feedback/--no-feedback", help="Also what was accepted of people's verdicts.")
    ] = True,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Leave longer rows out.", min=1)] = None,
    model: ModelOption = None,
    database: Database = None,
    databases: Databases = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Write checked rows in chat format to tune a model on. What to know of them is told on standard error."""
    from cairn.core.task import task_patch
    from cairn.evals.evaluation_request import Wanted
    from cairn.ui.cli.run_eval_export import Source, export

    changes = task_patch(patch or [])
    wanted = [Wanted(one, database, databases, task=task, patch=changes) for one in sets or []]
    source = Source(wanted, feedback, held_out, max_tokens, model)
    export(home, source, out, json)
