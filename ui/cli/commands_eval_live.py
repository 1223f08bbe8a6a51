"""`cairn eval promote`, `rollback` and `gate`: what was measured becomes live, and is watched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Database, Databases, JudgeOption, MetricOption, Name, Set
from cairn.ui.cli.flags import BaseUrl, Home, Json, ModelOption, group

live = group("")
Anyway = Annotated[bool, typer.Option("--anyway", help="Also where something has changed since.")]


@live.command("promote")
def promote(context: typer.Context, name: Name, anyway: Anyway = False, json: Json = False, home: Home = None) -> None:
    """Make live what an evaluation measured: its task, template, patch and model, from the next question on."""
    from cairn.ui.cli.run_eval_live import promote

    promote(home or context.obj, name, anyway, json)


@live.command("rollback")
def rollback(
    context: typer.Context,
    task: Annotated[str | None, typer.Argument(help="The task (else that of the last promotion).")] = None,
    steps: Annotated[int, typer.Option("--steps", help="How many promotions to take back.", min=1)] = 1,
    listed: Annotated[bool, typer.Option("--list", help="Only list what was promoted.")] = False,
    anyway: Anyway = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Have back what was live before the last promotion."""
    from cairn.ui.cli.run_eval_live import list_promotions, rollback

    if listed:
        list_promotions(home or context.obj, task, json)
    else:
        rollback(home or context.obj, task, steps, anyway, json)


@live.command("gate")
def gate(
    context: typer.Context,
    questions: Set,
    baseline: Annotated[str | None, typer.Option("--baseline", help="An evaluation (else the promoted one).")] = None,
    margin: Annotated[float, typer.Option("--margin", help="A loss that is small enough.", min=0, max=1)] = 0.02,
    strict: Annotated[bool, typer.Option("--strict", help="Shut unless it is shown to be as good.")] = False,
    fail_under: Annotated[
        list[str] | None, typer.Option("--fail-under", help="Shut when a mean is lower: METRIC=X. Repeatable.")
    ] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML, one testcase a case.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write a table for a pull request.")] = None,
    task: Annotated[str | None, typer.Option("--task", "-t", help="The task (else the baseline's).")] = None,
    database: Database = None,
    databases: Databases = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    judge: JudgeOption = None,
    metric: MetricOption = None,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many questions.", min=1)] = None,
    repeat: Annotated[int, typer.Option("--repeat", help="Ask each so often; its score is the mean.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Where each answer's record goes (.jsonl).")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Use no answer that an earlier run was given.")] = False,
    workers: Annotated[int, typer.Option("--workers", help="How many questions at once.", min=1, max=64)] = 4,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask the live task, and compare with the baseline. Exit code 1 when it got worse by more than the margin."""
    from cairn.evals.evaluation_request import Wanted
    from cairn.ui.cli.run_eval_live import Bounds, gate

    wanted = Wanted(
        questions=questions,
        database=database,
        databases=databases,
        task=task,
        model=model,
        judge=judge,
        metric=metric,
        limit=limit,
        repeat=repeat,
        out=out,
        fresh=fresh,
        workers=workers,
    )
    bounds = Bounds(margin, strict, tuple(fail_under or ()))
    gate(home or context.obj, wanted, baseline, bounds, junit, markdown, base_url=base_url, as_json=json)
