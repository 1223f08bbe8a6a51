"""`cairn run`, `extract`: the declarations; the work is in `run_many.py` and `run_extract.py`."""

from __future__ import annotations

from pathlib import Path
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
    TaskOption,
    Temperature,
    TemplateOption,
    Yes,
    group,
)

many = group("Many questions.")


@many.command("run")
def run(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(help="Questions: .jsonl, .csv or .tsv with `question`, or text, one a line; - is stdin.")
    ],
    task: TaskOption = None,
    template: TemplateOption = None,
    strategy: StrategyOption = None,
    patch: PatchOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    at_once: Annotated[int, typer.Option("--at-once", "-j", help="How many questions at once.", min=1, max=1024)] = 8,
    rpm: Annotated[int | None, typer.Option("--rpm", help="At most so many model calls a minute.", min=1)] = None,
    tpm: Annotated[int | None, typer.Option("--tpm", help="At most so many tokens a minute.", min=1)] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Append to this file, in which each answer comes to be once.")
    ] = None,
    in_order: Annotated[bool, typer.Option("--in-order", help="In the questions' order, not as they come.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", help="Only the first so many questions.", min=1)] = None,
    samples: Annotated[int, typer.Option("--samples", help="Ask each so often.", min=1, max=1000)] = 1,
    yes: Yes = False,
    no: No = False,
    reuse: Annotated[
        bool, typer.Option("--reuse", help="Also answers of other runs that read a database or the web.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Ask everything anew.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Make a conversation of each question.")] = False,
    json: Annotated[bool, typer.Option("--json", hidden=True, help="Always.")] = False,
    home: Home = None,
) -> None:
    """Ask many questions, an answer a line as JSON; the same command again asks only what is missing."""
    from cairn.core.errors import UsageError
    from cairn.core.task import task_patch
    from cairn.ui.cli.run_many import Wanted, run_many

    if yes and no:
        raise UsageError("--yes and --no can't both be had.", "Choose one.")
    wanted = Wanted(
        questions=questions,
        task=task,
        patch=task_patch(patch or [], template=template, strategy=strategy),
        model=model,
        at_once=at_once,
        in_order=in_order,
        approve=True if yes else False if no else None,
        limit=limit,
        samples=samples,
        out=out,
        reuse=reuse,
        fresh=fresh,
        keep=keep,
    )
    run_many(
        home or context.obj,
        wanted,
        base_url=base_url,
        temperature=temperature,
        requests_per_minute=rpm,
        tokens_per_minute=tpm,
    )


@many.command("extract")
def extract(
    context: typer.Context,
    documents: Annotated[list[str], typer.Argument(help="Files and folders.")],
    into: Annotated[str, typer.Option("--into", help="The table, which is a database of that name from then on.")],
    task: TaskOption = "extract",
    template: TemplateOption = None,
    patch: PatchOption = None,
    model: ModelOption = None,
    base_url: BaseUrl = None,
    temperature: Temperature = None,
    at_once: Annotated[int, typer.Option("--at-once", "-j", help="How many pieces at once.", min=1, max=1024)] = 8,
    fresh: Annotated[bool, typer.Option("--fresh", help="Read everything anew.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Fill a typed row a document by a task of strategy `extract`; changed documents replace their rows."""
    from cairn.agents.question_engine import Asking
    from cairn.core.task import task_patch
    from cairn.ui.cli.run_extract import run_extract

    asking = Asking(task or "extract", task_patch(patch or [], template=template), model, at_once, fresh=fresh)
    run_extract(home or context.obj, documents, into, asking, fresh, json, base_url=base_url, temperature=temperature)
