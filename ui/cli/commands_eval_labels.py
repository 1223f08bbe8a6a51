"""`cairn eval label` and `cairn eval agree`: people's verdicts, and a judge that is held against them."""

from __future__ import annotations

from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Name
from cairn.ui.cli.flags import Home, Json, group
from cairn.ui.cli.shared_flags import command

labels = group("")
Labelled = Annotated[str | None, typer.Option("--metric", help="What is labelled (else the first of a judge's).")]


@command(labels, "label")
def label(
    name: Name,
    metric: Labelled = None,
    seed: Annotated[int, typer.Option("--seed", help="Which of all orders.")] = 0,
    home: Home = None,
) -> None:
    """Say of an evaluation's answers whether they are good, without seeing their scores. Ctrl-C keeps what was said."""
    from cairn.ui.cli.run_eval_labels import label

    label(home, name, metric, seed)


@command(labels, "agree")
def agree(
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

    agree(home, name, metric, threshold, json)
