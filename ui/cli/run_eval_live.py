"""`cairn eval promote`, `rollback` and `gate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import typer
import yaml

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.eval_comparison import compare_records
from cairn.evals.eval_records import Record, read_records
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted
from cairn.evals.promotion import Promotion, all_promotions, promotions
from cairn.evals.promotion import promote as make_live
from cairn.evals.promotion import rollback as take_back
from cairn.evals.promotion_gate import GateResult, as_junit, as_markdown, told, verdict
from cairn.evals.set_evaluation import Evaluation
from cairn.ui.cli.report_printer import what_was_measured
from cairn.ui.cli.run_ask import opened
from cairn.ui.cli.run_eval import Progress, fails_under, tell_check
from cairn.ui.cli.run_eval_files import evaluation_file
from cairn.ui.cli.terminal import moment, note, say, say_json, say_list, write_file


@dataclass(frozen=True)
class Bounds:
    """When the gate shuts. `strict`: unless it is shown to be as good. `fail_under`: `METRIC=X` each."""

    margin: float
    strict: bool = False
    fail_under: tuple[str, ...] = ()


def promote(home: Path | None, name: str, anyway: bool, as_json: bool) -> None:
    file = evaluation_file(home, name)
    measured, _ = read_records(file)
    with opened(home) as app:
        promotion = make_live(app.workspace, file, measured, anyway=anyway)
    if as_json:
        say_json(asdict(promotion))
        return
    say(f"Live from the next question on: {what_was_measured(measured)}")
    _say_patch(promotion)
    note(f"cairn eval rollback {promotion.task} takes it back.")


def _say_patch(promotion: Promotion) -> None:
    for title, patch in (("before", promotion.before), ("now", promotion.after)):
        text = yaml.safe_dump(patch, allow_unicode=True, sort_keys=False).strip() if patch else "as it is packaged"
        say(f"{title}:\n  " + text.replace("\n", "\n  "))


def rollback(home: Path | None, task: str | None, steps: int, anyway: bool, as_json: bool) -> None:
    with opened(home) as app:
        known = all_promotions(app.workspace)
        name = task or (known[-1].task if known else None)
        if name is None:
            raise UsageError("Nothing was promoted.", "`cairn eval promote RUN` does.")
        if steps > (there := len(promotions(app.workspace, name))) > 0:
            raise UsageError(f"Only {there} promotions of task {name} can be taken back.", "Take a smaller --steps.")
        taken = [take_back(app.workspace, name, anyway=anyway) for _ in range(steps)]
    if as_json:
        say_json([asdict(one) for one in taken])
        return
    for one in taken:
        say(f"Task {name} is as it was before {one.evaluation} was promoted.")


def list_promotions(home: Path | None, task: str | None, as_json: bool) -> None:
    with opened(home) as app:
        known = [one for one in reversed(all_promotions(app.workspace)) if task in (None, one.task)]
    columns, nothing = ["promoted", "task", "evaluation"], "Nothing was promoted: cairn eval promote RUN"
    say_list(known, columns, lambda one: (moment(one.at), one.task, one.evaluation), nothing, as_json)


def gate(
    home: Path | None,
    wanted: Wanted,
    baseline: str | None,
    bounds: Bounds,
    junit: Path | None,
    markdown: Path | None,
    *,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Exit code 1 where the gate is shut."""
    with Cairn(load_settings(home, model=wanted.model, base_url=base_url, user=USER)) as app:
        file = _baseline(app, home, wanted, baseline)
        measured, before = read_records(file) if file else ({}, [])
        if wanted.task is None and "task" in measured:
            wanted = replace(wanted, task=measured["task"]["name"])
        evaluation = Evaluation(app, wanted, note)
        if measured and measured["questions"] != evaluation.record_file.measured["questions"]:
            note("The set has changed since the baseline: only cases that ask the same are compared.")
        tell_check(evaluation.check())
        with Progress(evaluation.left, wanted.metric) as progress:
            evaluation.run(progress.show)
        result = _result(wanted, evaluation, before, bounds)
    for path, text in ((junit, as_junit), (markdown, as_markdown)):
        if path:
            write_file(path, text(result))
    _say(result, as_json, file)
    note(f"Each answer: {evaluation.record_file.path}")
    if result.failed:
        raise typer.Exit(1)


def _baseline(app: Cairn, home: Path | None, wanted: Wanted, name: str | None) -> Path | None:
    """The one that is named, else the promoted one of the task. Without either, only `--fail-under` can shut."""
    if name:
        return evaluation_file(home, name)
    known = [one for one in all_promotions(app.workspace) if wanted.task in (None, one.task)]
    if not known:
        note("There is no baseline: nothing was promoted, and --baseline names none.")
        return None
    if not Path(known[-1].file).is_file():
        raise UsageError(f"The records of {known[-1].evaluation}, which is live, are gone.", "Name a --baseline.")
    return Path(known[-1].file)


def _result(wanted: Wanted, evaluation: Evaluation, before: Sequence[Record], bounds: Bounds) -> GateResult:
    records, report = evaluation.records(), evaluation.report()
    if report is None or (not before and not bounds.fail_under):
        raise UsageError("There is nothing to hold the answers against.", "Name a --baseline, or --fail-under.")
    failed = fails_under(report, bounds.fail_under)
    if not before:
        return GateResult(wanted.questions.name, report, records, tuple(failed))
    asked = {(record.id, record.question) for record in records}
    before = [record for record in before if (record.id, record.question) in asked]
    compared = compare_records(before, records, wanted.metric)
    words, found = told(compared.comparison, bounds.margin), verdict(compared.comparison, bounds.margin)
    if found == "worse" or (bounds.strict and found == "open"):
        failed = [words, *failed]
    return GateResult(wanted.questions.name, report, records, tuple(failed), compared, before, words)


def _say(result: GateResult, as_json: bool, baseline: Path | None) -> None:
    if as_json:
        compared = result.compared.as_dict() if result.compared else None
        say_json(
            {
                "open": not result.failed,
                "failed": result.failed,
                "verdict": result.verdict,
                "baseline": baseline and baseline.stem,
                "comparison": compared,
                "report": result.report.as_dict(),
            }
        )
        return
    say(as_markdown(result))
