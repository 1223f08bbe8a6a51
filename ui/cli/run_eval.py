"""`cairn eval`: a report on standard output, progress on standard error."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.clean_text import normalise
from cairn.core.errors import UsageError
from cairn.core.registry import find
from cairn.core.settings import load_settings
from cairn.core.task import task_patch
from cairn.evals.datasets import Folder, Question, digest, placed, read_predictions, read_questions
from cairn.evals.eval_records import Record, RecordFile, done, newest
from cairn.evals.eval_report import NO_QUERY, Report, Share, summarise
from cairn.evals.eval_runner import USER, Asked, Predict, Recorded, run
from cairn.evals.metrics import make_metric
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


@dataclass(frozen=True)
class Wanted:
    """What the flags say."""

    questions: Path
    database: str | None
    databases: Path | None
    task: str
    patch: list[str]
    model: str | None
    base_url: str | None
    predictions: Path | None
    limit: int | None
    metric: str
    strict: bool
    out: Path | None
    resume: bool
    workers: int


def evaluate(home: Path | None, wanted: Wanted, as_json: bool) -> None:
    """Exit code 0 once it ran, however good the answers are. Ctrl-C keeps what was answered, and reports on it."""
    if wanted.database and wanted.databases:
        raise UsageError("--database and --databases can't both be had.", "One is registered, one is a folder.")
    find("metric", wanted.metric)
    questions = read_questions(wanted.questions)[: wanted.limit]
    patch = task_patch(wanted.patch)
    app = Cairn(load_settings(home, model=wanted.model, base_url=wanted.base_url, user=USER))
    try:
        if wanted.databases:
            app.workspace.lend(Folder(app.workspace, wanted.databases))
        places = placed(questions, app.workspace.databases, wanted.database)
        _warn_of_examples(app, wanted, questions)
        predict, measured = _measured(app, wanted, patch, places[questions[0].id], questions)
        record_file = RecordFile(_file(app, wanted, measured), measured, resume=wanted.resume)
        _run(app, questions, places, predict, record_file, wanted, as_json)
    finally:
        app.close()


def _measured(
    app: Cairn, wanted: Wanted, patch: dict[str, Any], database: str, questions: Sequence[Question]
) -> tuple[Predict, dict[str, Any]]:
    """Where predictions come from, and all that a figure depends on but the databases' contents."""
    common = {
        "metric": f"{wanted.metric}, strict" if wanted.strict else wanted.metric,
        "questions": digest(wanted.questions),
        "database": wanted.database,
    }
    if wanted.predictions:
        predictions = read_predictions(wanted.predictions)
        if not wanted.limit:
            warn_of_strangers(predictions, questions)
        return Recorded(predictions), {**common, "predictions": digest(wanted.predictions)}
    asked = Asked(app, wanted.task, patch, wanted.model)
    assistant = build(app.workspace, wanted.task, asked.patch_for(database), wanted.model)
    task = assistant.task.model_dump(mode="json")
    task["sql"]["database"] = None
    examples = hashlib.sha256(json.dumps(list(assistant.examples)).encode()).hexdigest()[:16]
    return asked, {
        **common,
        "model": assistant.model,
        "task": task,
        "template": assistant.template.hash,
        "examples": examples,
    }


def warn_of_strangers(predictions: Mapping[str, str], questions: Sequence[Question]) -> None:
    """Predictions that are for no question: other ids, most likely, so that the figure says nothing."""
    known = {question.id for question in questions}
    if strange := [id for id, sql in predictions.items() if sql and id not in known]:
        many = "1 prediction is" if len(strange) == 1 else f"{len(strange)} predictions are"
        note(f"{many} for no question of this set, with the id {', '.join(strange[:5])}.")


def _warn_of_examples(app: Cairn, wanted: Wanted, questions: Sequence[Question]) -> None:
    """A question whose answer stands in the prompt measures nothing."""
    if wanted.predictions:
        return
    known = {normalise(example["input"]) for example in app.prompts.examples(wanted.task)}
    if shared := sum(normalise(question.question) in known for question in questions):
        note(f"{shared} of these questions are among the examples of task {wanted.task}: the figure will flatter it.")


def _file(app: Cairn, wanted: Wanted, measured: dict[str, Any]) -> Path:
    folder = app.workspace.home.root / "evals"
    known = newest(folder, measured) if wanted.resume and not wanted.out else None
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return wanted.out or known or folder / f"{stamp}-{wanted.questions.stem}.jsonl"


def _run(
    app: Cairn,
    questions: Sequence[Question],
    places: dict[str, str],
    predict: Predict,
    record_file: RecordFile,
    wanted: Wanted,
    as_json: bool,
) -> None:
    metric = make_metric(wanted.metric, app.workspace.databases.open, wanted.strict)
    left = len(questions) - len(done(record_file.records.values()) & set(places))
    records: list[Record] = []
    try:
        with Progress(left) as progress:
            run(questions, places, predict, metric, record_file, workers=wanted.workers, show=progress.show)
    finally:
        records = [record_file.records[question.id] for question in questions if question.id in record_file.records]
        if records:
            _tell(summarise(records, len(questions)), record_file, as_json)


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
