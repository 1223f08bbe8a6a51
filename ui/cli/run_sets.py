"""`cairn eval check` and `cairn eval split`: a question set before anything is asked."""

from __future__ import annotations

from pathlib import Path

import typer

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted, placed_cases
from cairn.evals.set_check import check_set
from cairn.evals.set_split import split_set
from cairn.ui.cli.run_eval import rows_named
from cairn.ui.cli.terminal import note, say, say_json, say_table


def check(home: Path | None, wanted: Wanted, as_json: bool) -> None:
    """Exit code 1 where a gold is wrong."""
    with Cairn(load_settings(home, user=USER)) as app:
        found = check_set(placed_cases(app, wanted), app.workspace)
    if as_json:
        say_json(found.as_dict())
    else:
        golds = ", ".join(f"{count} with {gold}" for gold, count in found.golds.items())
        groups = f"; {found.groups} groups" if found.groups else ""
        say(f"{found.cases} cases: {golds or 'none with gold'}{groups}")
        rows = [("wrong" if one.wrong else "", one.kind, rows_named(one.cases), one.told) for one in found.findings]
        if rows:
            say_table(["", "what", "where", ""], rows)
        note("A gold is wrong: mend it before you measure." if found.wrong else "Every gold can be used.")
    if found.wrong:
        raise typer.Exit(1)


def split(questions: Path, share: float, seed: int, out: Path | None, as_json: bool) -> None:
    parts = split_set(questions, share, seed, out)
    if as_json:
        names = ("tuning", "held_out")
        say_json({name: {"file": str(file), "cases": cases} for name, (file, cases) in zip(names, parts, strict=True)})
        return
    for file, cases in parts:
        say(f"{file}: {cases} cases")
    note("Tune on the first; look at the second once, at the end.")
