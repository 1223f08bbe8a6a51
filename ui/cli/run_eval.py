"""`cairn eval SET`: reports on standard output, progress on standard error."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import typer

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.settings import load_settings
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.eval_report import Report, summarise
from cairn.evals.eval_runner import USER
from cairn.evals.evaluation_request import Wanted, varied
from cairn.evals.sample_home import is_samples, sample_home, sample_records, sample_wanted
from cairn.evals.set_check import SetCheck
from cairn.evals.set_evaluation import Evaluation
from cairn.ui.cli.report_printer import percent, say_report
from cairn.ui.cli.terminal import StatusLine, duration, note, say, say_json, say_table

_TOLD = 5


def evaluate(
    home: Path | None,
    wanted: Wanted,
    base_url: str | None,
    as_json: bool,
    vary: Iterable[str] = (),
    fail_under: Iterable[str] = (),
) -> None:
    """Exit code 0 once it ran, however good the answers are, unless `fail_under` says otherwise.

    Ctrl-C keeps what was answered, and reports on it.
    """
    least = list(fail_under)
    for setting in least:
        _least(setting)
    done: list[tuple[str, Report, RecordFile]] = []
    settings = load_settings(home, model=wanted.model, base_url=base_url, user=USER)
    sampled = is_samples(wanted.questions)
    if sampled:
        wanted = replace(sample_wanted(wanted, "assistant"), out=wanted.out or sample_records(settings))
    variants = varied(wanted, vary)
    with sample_home(settings) if sampled else Cairn(settings) as app:
        evaluations = [(name, Evaluation(app, one, note)) for name, one in variants]
        if any(evaluation.left for _, evaluation in evaluations):
            tell_check(evaluations[0][1].check())
        for name, evaluation in evaluations:
            try:
                with Progress(evaluation.left, wanted.metric) as progress:
                    evaluation.run(progress.show)
            finally:
                if report := evaluation.report():
                    done.append((name, report, evaluation.record_file))
                    _tell(name, report, evaluation.record_file, as_json, alone=len(variants) == 1)
    if len(variants) > 1:
        _tell_all(done, as_json)
    if under := [told for _, report, _ in done for told in fails_under(report, least)]:
        for told in under:
            note(told)
        raise typer.Exit(1)


def fails_under(report: Report, least: Iterable[str]) -> list[str]:
    """Which of the means that are asked for as `METRIC=X` is lower, or was not measured. Raises UsageError."""
    found: list[str] = []
    for metric, value in map(_least, least):
        figure = report.metrics.get(metric)
        mean = figure.mean if figure else None
        if mean is None or mean < value:
            found.append(f"{metric} is {percent(mean) or 'not measured'}, below {percent(value)}.")
    return found


def _least(setting: str) -> tuple[str, float]:
    metric, _, value = setting.partition("=")
    try:
        return metric.strip(), float(value)
    except ValueError:
        raise UsageError(f"{setting!r} is no least mean.", "Write METRIC=X, as recall=.8.") from None


def tell_check(check: SetCheck) -> None:
    """What a check found, on standard error; of many of one kind the first ones."""
    for kind in dict.fromkeys(finding.kind for finding in check.findings):
        found = [finding for finding in check.findings if finding.kind == kind]
        for finding in found[:_TOLD]:
            where = f" ({rows_named(finding.cases, 10)})" if finding.cases else ""
            note(f"{kind}: {finding.told}{where}")
        if len(found) > _TOLD:
            note(f"{kind}: {len(found) - _TOLD} more; `cairn eval check` lists them")


def rows_named(ids: Sequence[str], most: int | None = None) -> str:
    """`row 4`, `rows 2, 4`: an id alone, which is mostly the row's number, reads as how many there are."""
    more = ", …" if most and len(ids) > most else ""
    return f"row{'s' if len(ids) > 1 else ''} {', '.join(ids[:most])}{more}" if ids else ""


def _tell(name: str, report: Report, record_file: RecordFile, as_json: bool, alone: bool) -> None:
    if as_json and alone:
        say_json(_as_dict(name, report, record_file))
    elif not as_json:
        if not alone:
            say(f"\n## {name}\n")
        say_report(report, record_file.measured)
        note(f"Each answer: {record_file.path}")


def _as_dict(name: str, report: Report, record_file: RecordFile) -> dict[str, object]:
    varied_by = {"varied": name} if name else {}
    return {**varied_by, **report.as_dict(), "measured": record_file.measured, "records": str(record_file.path)}


def _tell_all(done: Sequence[tuple[str, Report, RecordFile]], as_json: bool) -> None:
    if as_json:
        say_json([_as_dict(*one) for one in done])
        return
    say("")
    rows = [
        (
            name,
            percent(report.figure.mean),
            f"{report.figure.low:.1%} to {report.figure.high:.1%}",
            report.cost,
            f"{report.median_seconds:.2f}" if report.median_seconds is not None else "",
        )
        for name, report, _ in done
    ]
    say_table(["", done[0][1].primary if done else "", "95 %", "cost", "seconds"], rows)
    note("`cairn eval compare` tells whether two differ by more than chance.")


class Progress:
    """`120 of 972, 83.3 % so far, 4 min left` on standard error."""

    def __init__(self, total: int, metric: str | None = None) -> None:
        self._total = total
        self._metric = metric
        self._records: list[Record] = []
        self._sum = self._judged = 0.0
        self._began = time.monotonic()
        self._status = StatusLine()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._status.clear()

    def show(self, record: Record) -> None:
        """Another answer is there."""
        self._records.append(record)
        done = len(self._records)
        self._metric = self._metric or summarise([record]).primary
        if (value := record.value(self._metric)) is not None:
            self._sum, self._judged = self._sum + value, self._judged + 1
        self._status.draw(self.line())
        tenth = done < self._total and done * 10 // self._total > (done - 1) * 10 // self._total
        if tenth and not self._status.terminal:
            note(self.line())

    def line(self) -> str:
        done = len(self._records)
        mean = f", {self._metric} {self._sum / self._judged:.1%} so far" if self._judged else ""
        seconds = (time.monotonic() - self._began) / done * (self._total - done)
        return f"{done} of {self._total}{mean}, {duration(seconds)} left"
