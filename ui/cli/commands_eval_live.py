"""`cairn eval promote`, `rollback` and `gate`: what was measured becomes live, and is watched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Asked, FailUnder, Name, Scored
from cairn.ui.cli.flags import Home, Json, group
from cairn.ui.cli.shared_flags import command

live = group("")
Anyway = Annotated[bool, typer.Option("--anyway", help="Also where something has changed since.")]


@command(live, "promote")
def promote(name: Name, anyway: Anyway = False, json: Json = False, home: Home = None) -> None:
    """Make live what an evaluation measured: its task, template, patch and model, from the next question on."""
    from cairn.ui.cli.run_eval_live import promote

    promote(home, name, anyway, json)


@command(live, "rollback")
def rollback(
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
        list_promotions(home, task, json)
    else:
        rollback(home, task, steps, anyway, json)


@command(live, "gate")
def gate(
    asked: Asked,
    scored: Scored,
    baseline: Annotated[str | None, typer.Option("--baseline", help="An evaluation (else the promoted one).")] = None,
    margin: Annotated[float, typer.Option("--margin", help="A loss that is small enough.", min=0, max=1)] = 0.02,
    strict: Annotated[bool, typer.Option("--strict", help="Shut unless it is shown to be as good.")] = False,
    fail_under: FailUnder = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML, one testcase a case.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write a table for a pull request.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask the live task, and compare with the baseline. Exit code 1 when it got worse by more than the margin.

    Without --task it is the baseline's task that is asked.
    """
    from cairn.ui.cli.run_eval_live import Bounds, gate

    wanted = asked.wanted(**scored._asdict())
    bounds = Bounds(margin, strict, tuple(fail_under or ()))
    gate(home, wanted, baseline, bounds, junit, markdown, base_url=asked.base_url, as_json=json)
