"""An evaluation of a question set from its beginning to its report: what `cairn eval` and `cairn.evaluate` both run."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.core.clean_text import normalise
from cairn.core.errors import UsageError
from cairn.core.registry import find
from cairn.core.settings import Settings, load_settings
from cairn.evals.datasets import Folder, Question, digest, placed, read_predictions, read_questions
from cairn.evals.eval_records import Record, RecordFile, done, newest
from cairn.evals.eval_report import Report, summarise
from cairn.evals.eval_runner import USER, Asked, Predict, Recorded, Show, run
from cairn.evals.metrics import make_metric


@dataclass(frozen=True)
class Wanted:
    """What is to be measured, and how."""

    questions: Path
    database: str | None = None
    databases: Path | None = None
    task: str = "database"
    patch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    model: Any = None
    predictions: Path | None = None
    limit: int | None = None
    metric: str = "execution"
    strict: bool = False
    out: Path | None = None
    resume: bool = False
    workers: int = 4


class Evaluation:
    """One that is about to run: what can be wrong has been found. `left`: the questions still to be asked."""

    def __init__(self, app: Cairn, wanted: Wanted, tell: Callable[[str], None]) -> None:
        """`app` asks as the user `USER`; `tell` is told what flatters or spoils the figure. Raises CairnError."""
        if wanted.database and wanted.databases:
            raise UsageError(
                "A database and a folder can't both be had.", "The one is registered, the other holds files."
            )
        find("metric", wanted.metric)
        self._app = app
        self._wanted = wanted
        self._tell = tell
        self._questions = read_questions(wanted.questions)[: wanted.limit]
        if wanted.databases:
            app.workspace.lend(Folder(app.workspace, wanted.databases))
        self._places = placed(self._questions, app.workspace.databases, wanted.database)
        self._warn_of_examples()
        self._predict, measured = self._measured()
        self.record_file = RecordFile(self._file(measured), measured, resume=wanted.resume)
        self.left = len(self._questions) - len(done(self.record_file.records.values()) & set(self._places))

    def run(self, show: Show = lambda record: None) -> None:
        """Ask what is left; `show` is given each record. What was answered is kept, whatever ends it."""
        wanted = self._wanted
        metric = make_metric(wanted.metric, self._app.workspace.databases.open, wanted.strict)
        run(self._questions, self._places, self._predict, metric, self.record_file, workers=wanted.workers, show=show)

    def report(self) -> Report | None:
        """Of what was asked so far; None while there is nothing."""
        known = self.record_file.records
        records: list[Record] = [known[question.id] for question in self._questions if question.id in known]
        return summarise(records, len(self._questions)) if records else None

    def _measured(self) -> tuple[Predict, dict[str, Any]]:
        """Where predictions come from, and all that a figure depends on but the databases' contents."""
        wanted = self._wanted
        common = {
            "metric": f"{wanted.metric}, strict" if wanted.strict else wanted.metric,
            "questions": digest(wanted.questions),
            "database": wanted.database,
        }
        if wanted.predictions:
            predictions = read_predictions(wanted.predictions)
            if not wanted.limit and (told := strangers(predictions, self._questions)):
                self._tell(told)
            return Recorded(predictions), {**common, "predictions": digest(wanted.predictions)}
        asked = Asked(self._app, wanted.task, wanted.patch, wanted.model)
        patch = asked.patch_for(self._places[self._questions[0].id])
        assistant = build(self._app.workspace, wanted.task, patch, wanted.model)
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

    def _warn_of_examples(self) -> None:
        """A question whose answer stands in the prompt measures nothing."""
        wanted = self._wanted
        if wanted.predictions:
            return
        known = {normalise(example["input"]) for example in self._app.prompts.examples(wanted.task)}
        if shared := sum(normalise(question.question) in known for question in self._questions):
            told = f"{shared} of these questions are among the examples of task {wanted.task}"
            self._tell(f"{told}: the figure will flatter it.")

    def _file(self, measured: dict[str, Any]) -> Path:
        wanted, folder = self._wanted, self._app.workspace.home.root / "evals"
        known = newest(folder, measured) if wanted.resume and not wanted.out else None
        stamp = time.strftime("%Y%m%d-%H%M%S")
        return wanted.out or known or folder / f"{stamp}-{wanted.questions.stem}.jsonl"


def strangers(predictions: Mapping[str, str], questions: Sequence[Question]) -> str | None:
    """What is to be told of predictions for no question: other ids, most likely, so that the figure says nothing."""
    known = {question.id for question in questions}
    if not (strange := [id for id, sql in predictions.items() if sql and id not in known]):
        return None
    many = "1 prediction is" if len(strange) == 1 else f"{len(strange)} predictions are"
    return f"{many} for no question of this set, with the id {', '.join(strange[:5])}."


def evaluate(
    questions: str | Path,
    *,
    database: str | None = None,
    databases: str | Path | None = None,
    task: str | Path = "database",
    model: str | BaseChatModel | None = None,
    predictions: str | Path | None = None,
    metric: str = "execution",
    strict: bool = False,
    limit: int | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    workers: int = 4,
    home: str | Path | Settings | Cairn | None = None,
    **patch: Any,
) -> Report:
    """Ask a set of questions, judge each answer's query, and report, as `cairn eval` does.

        >>> import cairn
        >>> cairn.evaluate("samples/shop_questions.csv", database="shop", limit=2).total.of
        2

    Args:
        questions: A file of questions with gold SQL: `.json`, `.jsonl`, `.csv` or `.tsv`.
        database: The registered database that all are asked of; None for the set's own, or the only one.
        databases: A folder of SQLite files to ask instead, each named as the set's `db_id`.
        task: The task that answers: its name, or a folder of one's own.
        model: A model's name or a LangChain chat model; None for the task's or the setting's.
        predictions: A file of queries to judge; then nothing is asked.
        metric: The name of the metric that judges.
        strict: Columns in order, equal types, DISTINCT counts.
        limit: Only the first so many questions.
        out: Where each question's record goes; None is a new file in the home's `evals`.
        resume: Go on with the newest such file, or with `out`.
        workers: How many questions at once.
        home: A folder, `Settings`, or an open `Cairn`; None for `CAIRN_HOME` or the platform's folder.
        patch: Fields of the task that are changed, as `sql={"candidates": 5}`.

    Returns:
        The report: `report.total.accuracy` with its `interval`, shares by difficulty and database, failures by kind.

    Raises:
        UsageError: A file, the task, the patch or the metric is wrong (also TaskError, TemplateError, SettingsError).
        DatabaseError: A database is away.
        ModelError: The model can't be used, so that all further questions would fail.
        StorageError: The records can't be written.
    """
    wanted = Wanted(
        questions=Path(questions),
        database=database,
        databases=_path(databases),
        task=str(task.absolute()) if isinstance(task, Path) else task,
        patch=patch,
        model=model,
        predictions=_path(predictions),
        limit=limit,
        metric=metric,
        strict=strict,
        out=_path(out),
        resume=resume,
        workers=workers,
    )
    settings = home.settings if isinstance(home, Cairn) else home if isinstance(home, Settings) else load_settings(home)
    with Cairn(settings.model_copy(update={"user": USER})) as app:
        evaluation = Evaluation(app, wanted, lambda text: warnings.warn(text, stacklevel=2))
        evaluation.run()
        return evaluation.report() or summarise([])


def _path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)
