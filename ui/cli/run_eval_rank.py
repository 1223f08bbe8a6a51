"""`cairn eval rank`: evaluations of one set, compared in pairs by a judge model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from cairn.agents.service import Cairn
from cairn.chains.bounded_calls import need_writer
from cairn.core.answer import Answer
from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.cases import Case
from cairn.evals.elo import duels, ratings
from cairn.evals.eval_records import read_records
from cairn.evals.eval_runner import USER
from cairn.evals.judge import Judge
from cairn.ui.cli.run_eval_files import evaluation_file
from cairn.ui.cli.terminal import note, say_json, say_table

Answers = dict[str, tuple[Case, Answer]]


def rank(home: Path | None, names: list[str], judge: str | None, as_json: bool) -> None:
    """What the judge could not compare is told on standard error, and is in no rating."""
    answers = {path.stem: _answers(path) for path in (evaluation_file(home, name) for name in names)}
    if len(answers) < 2:
        raise UsageError("There is nothing to compare.", "Name two evaluations or more; `cairn eval list` has them.")
    settings = load_settings(home, user=USER)
    model = judge or settings.judge
    if model is None:
        raise UsageError("There is no judge.", "Name a model with --judge, or set `judge`.")
    with Cairn(settings) as app:
        chat_model = app.workspace.chat_model(model)
        need_writer(chat_model, "judge")
        found, failed = duels(Judge(chat_model, app.prompts), answers)
    for case, reason in list(failed.items())[:5]:
        note(f"{case}: {reason}")
    if not found:
        raise UsageError("No pair of answers could be compared.", "Are they evaluations of one set?")
    rated = sorted(ratings(found).items(), key=lambda one: -one[1].value)
    if as_json:
        say_json({"ratings": {name: asdict(one) for name, one in rated}, "duels": len(found), "failed": failed})
        return
    say_table(["", "Elo", "95 %"], [(n, f"{one.value:.0f}", f"{one.low:.0f} to {one.high:.0f}") for n, one in rated])
    note(f"{len(found)} pairs compared, {len(failed)} cases with a pair that could not be.")


def _answers(path: Path) -> Answers:
    """The first answer of each case, without what could not be had."""
    _, records = read_records(path)
    return {
        record.id: (Case(record.id, record.question), record.as_answer())
        for record in records
        if record.sample == 0 and not record.away
    }
