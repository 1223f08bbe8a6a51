"""`cairn eval`: the declaration; the work is in `run_eval.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, PatchOption, group

evals = group("Evaluation.")


@evals.command("eval")
def eval_(
    context: typer.Context,
    questions: Annotated[Path, typer.Argument(help="Questions with gold SQL: .json, .jsonl, .csv or .tsv.")],
    database: Annotated[str | None, typer.Option("--database", help="The registered database to ask.")] = None,
    databases: Annotated[
        Path | None, typer.Option("--databases", help="A folder of SQLite files, each named as the set's db_id.")
    ] = None,
    task: Annotated[str, typer.Option("--task", "-t", help="The task that answers.")] = "database",
    patch: PatchOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="Judge this file's queries; nothing is asked.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many questions.", min=1)] = None,
    metric: Annotated[str, typer.Option("--metric", help="How answers are judged: see cairn plugins.")] = "execution",
    strict: Annotated[bool, typer.Option("--strict", help="Columns in order, equal types, DISTINCT counts.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Where each question's record goes (.jsonl).")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it ended; what failed is tried again.")] = False,
    workers: Annotated[int, typer.Option("--workers", help="How many questions at once.", min=1, max=64)] = 4,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask a set of questions, and tell how many queries give the gold query's result."""
    from cairn.core.task import task_patch
    from cairn.evals.set_evaluation import Wanted
    from cairn.ui.cli.run_eval import evaluate

    wanted = Wanted(
        questions,
        database,
        databases,
        task,
        task_patch(patch or []),
        model,
        predictions,
        limit,
        metric,
        strict,
        out,
        resume,
        workers,
    )
    evaluate(home or context.obj, wanted, base_url, json)
