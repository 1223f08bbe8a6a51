"""`cairn eval label` and `cairn eval agree`: people's verdicts, and a judge that is held against them."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Name
from cairn.ui.cli.flags import Home, Json, group

labels = group("")
Labelled = Annotated[str | None, typer.Option("--metric", help="What is labelled (else the first of a judge's).")]


@labels.command("label")
def label(
    context: typer.Context,
    name: Name,
    metric: Labelled = None,
    seed: Annotated[int, typer.Option("--seed", help="Which of all orders.")] = 0,
    home: Home = None,
) -> None:
    """Say of an evaluation's answers whether they are good, without seeing their scores. Ctrl-C keeps what was said."""
    from cairn.ui.cli.run_eval_labels import label

    label(home or context.obj, name, metric, seed)


@labels.command("agree")
def agree(
    context: typer.Context,
    name: Name,
    metric: Labelled = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="From which score on it says yes.", min=0, max=1)
    ] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Hold a judge against people's labels; from then on its figures are corrected by them."""
    from cairn.ui.cli.run_eval_labels import agree

    agree(home or context.obj, name, metric, threshold, json)
