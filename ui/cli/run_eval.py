"""`cairn eval`: a report on standard output, progress on standard error."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.settings import load_settings
from cairn.evals.eval_records import Record, RecordFile
from cairn.evals.eval_report import NO_QUERY, Report, Share
from cairn.evals.eval_runner import USER
from cairn.evals.set_evaluation import Evaluation, Wanted
from cairn.ui.cli.terminal import note, say, say_json, say_table

_NAMES = {
    "wrong": "another result",
    "failed": "does not run",
    "unanswered": "no query",
    "error": "no answer",
    "gold_failed": "the gold query does not run",
    "unjudged": "could not be judged",
}
_REASONS = 5


def evaluate(home: Path | None, wanted: Wanted, base_url: str | None, as_json: bool) -> None:
    """Exit code 0 once it ran, however good the answers are. Ctrl-C keeps what was answered, and reports on it."""
    with Cairn(load_settings(home, model=wanted.model, base_url=base_url, user=USER)) as app:
        evaluation = Evaluation(app, wanted, note)
        try:
            with Progress(evaluation.left) as progress:
                evaluation.run(progress.show)
        finally:
            if report := evaluation.report():
                _tell(report, evaluation.record_file, as_json)


def _tell(report: Report, record_file: RecordFile, as_json: bool) -> None:
    if as_json:
        say_json({**report.as_dict(), "measured": record_file.measured, "records": str(record_file.path)})
        return
    say(f"{_what(record_file.measured)}\n")
    rows = [_row("all", report.total)]
    rows += [_row(f"  {name}", share) for name, share in report.by_difficulty.items()]
    if len(report.by_database) > 1:
        rows += [_row(name, share) for name, share in report.by_database.items()]
    say_table(["", "right", "of", "accuracy", "95 %"], rows)
    failures = [(_NAMES[verdict], sum(kinds.values()), _kinds(kinds)) for verdict, kinds in report.failures.items()]
    if failures:
        say("")
        say_table(["not right", "", ""], failures)
    say("")
    for line in _rest(report):
        say(line)
    note(f"Each question: {record_file.path}")


def _what(measured: dict[str, Any]) -> str:
    if "task" not in measured:
        return f"Recorded predictions; {measured['metric']} accuracy"
    task = measured["task"]
    return f"Task {task['name']} ({task['template']}), model {measured['model']}; {measured['metric']} accuracy"


def _row(name: str, share: Share) -> tuple[Any, ...]:
    if share.accuracy is None:
        return name, 0, 0, "", ""
    low, high = share.interval
    return name, share.right, share.of, f"{share.accuracy:.1%}", f"{low:.1%} to {high:.1%}"


def _kinds(kinds: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in kinds.items() if kind != NO_QUERY)


def _rest(report: Report) -> list[str]:
    """What stands apart, and what it took."""
    lines = [line for verdict in report.apart for line in told_apart(report, verdict)]
    if report.missing:
        lines.append(f"{report.missing} were not asked.")
    taken = [
        f"{report.input_tokens:,} + {report.output_tokens:,} tokens"
        if report.input_tokens is not None and report.output_tokens is not None
        else None,
        f"cost {report.cost:.4g}" if report.cost else None,
        f"{report.median_seconds:.2f} s a question (median; {report.p95_seconds:.2f} s at the 95th percentile)"
        if report.median_seconds is not None
        else None,
    ]
    return [*lines, ", ".join(part for part in taken if part)]


def told_apart(report: Report, verdict: str) -> list[str]:
    """Which questions, and of the first of them why."""
    ids = report.apart[verdict]
    head = f"{len(ids)} not counted, {_NAMES[verdict]}: {', '.join(ids[:10])}{', …' if len(ids) > 10 else ''}"
    told = [id for id in ids if id in report.reasons][:_REASONS]
    return [head, *(f"  {id}: {report.reasons[id]}" for id in told)]


class Progress:
    """`120 of 972, 83.3 % right so far, 4 min left` on standard error."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = self._right = self._judged = 0
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._terminal and self._done:
            sys.stderr.write("\r\x1b[K")

    def show(self, record: Record) -> None:
        """Another question is done."""
        self._done += 1
        self._judged += record.verdict not in ("gold_failed", "unjudged")
        self._right += record.verdict == "right"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{self.line()}")
            sys.stderr.flush()
        elif self._done < self._total and self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            note(self.line())

    def line(self) -> str:
        right = f", {self._right / self._judged:.1%} right so far" if self._judged else ""
        seconds = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        return f"{self._done} of {self._total}{right}, {_duration(seconds)} left"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
