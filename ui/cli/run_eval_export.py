"""`cairn eval export`: the rows go to a file or standard output, what is to be known of them to standard error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.evals.asked_before import all_feedback
from cairn.evals.case_reading import read_cases
from cairn.evals.evaluation_request import Wanted, placed_cases, task_for
from cairn.evals.set_formats import digest
from cairn.evals.training_checks import TrainingChecks, TrainingSummary
from cairn.evals.training_rows import NotTrainable, row_of_case, row_of_feedback
from cairn.models.token_counts import token_counter
from cairn.models.training_notes import TrainingNotes
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.terminal import note, say_json, say_line, write_file

_SHOWN = 8


@dataclass(frozen=True)
class Source:
    """Where rows come from. `model`: whose tokens are counted."""

    sets: Sequence[Wanted]
    feedback: bool = True
    held_out: Path | None = None
    max_tokens: int | None = None
    model: str | None = None


def export(home: Path | None, source: Source, out: Path | None, as_json: bool) -> None:
    if out and out.exists():
        raise UsageError(f"{out} is there already.", "Take it away, or name another file.")
    if as_json and out is None:
        raise UsageError("With --json the rows need a file of their own.", "Name it with --out.")
    if source.held_out and any(digest(one.questions) == digest(source.held_out) for one in source.sets):
        raise UsageError(f"{source.held_out} can't be both trained on and held out.", "Name another --held-out.")
    with opened(home) as app:
        summary = _summary(app, source)
    _tell(summary)
    if not summary.rows:
        raise UsageError("Nothing is left to train on.", "`cairn eval review` accepts answers; or name a set.")
    rows = summary.balanced
    lines = [json.dumps(row.as_json(), ensure_ascii=False) for row in rows]
    if out is None:
        for line in lines:
            say_line(line)
        return
    write_file(out, "".join(f"{line}\n" for line in lines))
    TrainingNotes(tuple(row.notes for row in rows)).write(out)
    if as_json:
        say_json({"file": str(out), **summary.as_dict()})
    else:
        note(f"{out}: {len(lines)} rows")


def _summary(app: Cairn, source: Source) -> TrainingSummary:
    summary = TrainingSummary()
    count = token_counter(source.model or app.settings.model, app.settings.home)
    held_out = read_cases(source.held_out) if source.held_out else []
    checks = TrainingChecks(summary, count, held_out, source.max_tokens)
    for said in all_feedback(app.workspace) if source.feedback else ():
        if said.feedback.reviewed != "accepted":
            summary.leave_out(said.feedback.run[:12], f"it was {said.feedback.reviewed or 'not looked through'}")
            continue
        try:
            checks.add(row_of_feedback(app.workspace, said))
        except NotTrainable as why:
            summary.leave_out(said.feedback.run[:12], str(why))
    for wanted in source.sets:
        cases = placed_cases(app, wanted, note)
        task = wanted.task or task_for(cases, app.settings.task)
        for case in cases:
            try:
                checks.add(row_of_case(app.workspace, task, case, wanted.patch))
            except NotTrainable as why:
                summary.leave_out(case.id, str(why))
    checks.end()
    return summary


def _tell(summary: TrainingSummary) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in summary.kinds.most_common(_SHOWN))
    note(f"{len(summary.rows)} rows ({kinds or 'none'}), {summary.tokens:,} tokens, the longest {summary.longest:,}.")
    for title, found in (("left out", summary.left_out), ("to know", summary.told)):
        for why, ids in found.items():
            note(f"{len(ids)} {title}: {why} ({', '.join(ids[:_SHOWN])}{', …' if len(ids) > _SHOWN else ''})")
    if summary.rows and summary.unbalanced:
        note(f"To know: {summary.unbalanced}.")
    if summary.untaught:
        note(f"To know: no row has these labels of the held-out set: {', '.join(summary.untaught)}.")
