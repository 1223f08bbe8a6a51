"""`cairn climb`: the declaration; the work is in `run_climb.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cairn.ui.cli.commands_eval import Asked
from cairn.ui.cli.flags import Home, Json, PatchOption, group
from cairn.ui.cli.shared_flags import command

climbing = group("Climb.")


@command(climbing, "climb")
def climb(
    asked: Asked,
    patch: PatchOption = None,
    held_out: Annotated[
        Path | None, typer.Option("--held-out", help="A set that is opened once, at the end, to prove what was chosen.")
    ] = None,
    budget: Annotated[str | None, typer.Option("--budget", help="500calls (of models), 2usd or 20min.")] = None,
    ladder: Annotated[Path | None, typer.Option("--ladder", help="Your own rungs, as YAML.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only rungs of this group, as examples. Repeatable.")
    ] = None,
    in_order: Annotated[
        bool, typer.Option("--in-order", help="The path as it is written, not as the failures suggest.")
    ] = False,
    down: Annotated[bool, typer.Option("--down", help="As good within the margin, and cheapest.")] = False,
    margin: Annotated[float, typer.Option("--margin", help="Of --down: how much worse is as good.", min=0)] = 0.02,
    no_proof: Annotated[bool, typer.Option("--no-proof", help="Choose only; test nothing at the end.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the order of the cases, and of divisions.")] = 0,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report with every case as one page.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the picture of the ladder.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Try one change after the other, keep what is worth it, and tell what of it is proven and what comes next."""
    from cairn.core.task import task_patch
    from cairn.evals.climb.climb_run import ClimbRequest
    from cairn.ui.cli.run_climb import climb

    wanted = asked.wanted(patch=task_patch(patch or []))
    request = ClimbRequest(
        wanted, held_out, ladder, only or (), budget, in_order, margin if down else None, seed, not no_proof
    )
    climb(home, request, asked.base_url, html, svg, json)
