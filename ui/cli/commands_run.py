"""`cairn run`, `extract`: the declarations; the work is in `run_many.py` and `run_extract.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.flags import (
    BaseUrl,
    Home,
    Json,
    Many,
    ModelOption,
    PatchOption,
    TaskOption,
    Temperature,
    TemplateOption,
    command,
    group,
)

many = group("Many questions.")


@command(many, "run")
def run(
    questions: Annotated[
        Path, typer.Argument(help="Questions: .jsonl, .csv or .tsv with `question`, or text, one a line; - is stdin.")
    ],
    wanted: Many,
    json: Annotated[bool, typer.Option("--json", hidden=True, help="Always.")] = False,
    home: Home = None,
) -> None:
    """Ask many questions, an answer a line as JSON; the same command again asks only what is missing."""
    from cairn.ui.cli.run_many import run_many

    run_many(home, questions, wanted)


@command(many, "extract")
def extract(
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
    run_extract(home, documents, into, asking, fresh, json, base_url=base_url, temperature=temperature)
