"""An evaluation of a question set from its beginning to its report: what `cairn eval` and `cairn.evaluate` both run."""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel

from cairn.agents.assembly import build
from cairn.agents.service import Cairn
from cairn.chains.bounded_calls import need_writer
from cairn.core.clean_text import normalise, without_password
from cairn.core.registry import find
from cairn.core.settings import Settings, load_settings
from cairn.core.task import merged
from cairn.evals.eval_records import Record, RecordFile, done, newest
from cairn.evals.eval_report import Report, summarise
from cairn.evals.eval_runner import USER, Answering, AskedTask, Recorded, Scoring, Show, patch_of, run
from cairn.evals.evaluation_request import Wanted, placed_cases, records_folder, strangers, task_for
from cairn.evals.judge_agreement import corrections
from cairn.evals.measured_configuration import configuration_of
from cairn.evals.outside_answers import NOT_TOLD, of_target, read_predictions
from cairn.evals.set_check import SetCheck, check_set
from cairn.evals.set_formats import digest
from cairn.models.training_notes import notes_of_model


class Evaluation:
    """One that is about to run: what can be wrong has been found. `left`: the answers still to be asked for."""

    def __init__(self, app: Cairn, wanted: Wanted, tell: Callable[[str], None]) -> None:
        """`app` asks as the user `USER`; `tell` is told what flatters or spoils the figure. Raises CairnError."""
        if wanted.metric:
            find("metric", wanted.metric)
        wanted = of_target(wanted, app.settings) if wanted.target else wanted
        self._app = app
        self._wanted = wanted
        self._tell = tell
        self._cases = placed_cases(app, wanted, tell)
        self._task = wanted.task or task_for(self._cases, app.settings.task)
        self._warn_of_examples()
        judge = wanted.judge or app.settings.judge
        self._judge: BaseChatModel | None = app.workspace.chat_model(judge) if judge else None
        if self._judge is not None:
            need_writer(self._judge, "judge")
        self._scoring = Scoring(app.workspace, self._cases, self._judge, NOT_TOLD if wanted.target else ())
        self._answering, measured = self._measured()
        self.record_file = RecordFile(self._file(measured), measured, resume=wanted.resume)
        self._asked_for = {(case.id, sample) for case in self._cases for sample in range(wanted.repeat)}
        self.left = len(self._asked_for - done(self.record_file.records.values()))

    def check(self) -> SetCheck:
        """What is wrong with the set; nothing is asked yet."""
        return check_set(self._cases, self._app.workspace)

    def run(self, show: Show = lambda record: None) -> None:
        """Ask what is left; `show` is given each record. What was answered is kept, whatever ends it."""
        wanted = self._wanted
        run(
            self._cases, self._answering, self._scoring, self.record_file,
            repeat=wanted.repeat, workers=wanted.workers, show=show,
        )  # fmt: skip

    def report(self) -> Report | None:
        """Of what was asked so far; None while there is nothing."""
        records = self.records()
        if not records:
            return None
        corrected = corrections(records_folder(self._app.settings), self.record_file.measured, records)
        return replace(summarise(records, len(self._asked_for), self._wanted.metric), corrected=corrected)

    def records(self) -> list[Record]:
        """In the set's order."""
        known = self.record_file.records
        keys = [(case.id, sample) for case in self._cases for sample in range(self._wanted.repeat)]
        return [known[key] for key in keys if key in known]

    def _measured(self) -> tuple[Answering, dict[str, Any]]:
        """Where answers come from, and all that a figure depends on but the databases' and documents' contents."""
        wanted = self._wanted
        common = {
            "set": wanted.questions.name,
            "questions": digest(wanted.questions),
            "database": wanted.database,
            "judge": getattr(self._judge, "model_name", None),
        } | ({"target": without_password(wanted.target)} if wanted.target else {})
        if wanted.predictions:
            predictions = read_predictions(wanted.predictions)
            if not wanted.limit and (told := strangers(predictions, self._cases)):
                self._tell(told)
            return Recorded(predictions), {**common, "predictions": digest(wanted.predictions)}
        patch = merged(wanted.patch, {} if wanted.target else patch_of(self._cases[0]))
        assistant = build(self._app.workspace, self._task, patch, wanted.model)
        asked = AskedTask(self._app, self._task, wanted.patch, wanted.model, workers=wanted.workers, fresh=wanted.fresh)
        return asked, {**common, **configuration_of(assistant)}

    def _warn_of_examples(self) -> None:
        """A question whose answer stands in the prompt measures nothing."""
        if self._wanted.predictions:
            return
        known = {normalise(example["input"]) for example in self._app.prompts.examples(self._task)}
        if shared := sum(normalise(case.question) in known for case in self._cases):
            told = f"{shared} of these questions are among the examples of task {self._task}"
            self._tell(f"{told}: the figure will flatter it.")
        notes = notes_of_model(str(self._wanted.model or self._app.settings.model))
        if notes and (taught := sum(notes.knows(case.question) for case in self._cases)):
            self._tell(f"The model was trained on {taught} of these questions: the figure will flatter it.")

    def _file(self, measured: dict[str, Any]) -> Path:
        wanted, folder = self._wanted, records_folder(self._app.settings)
        known = newest(folder, measured) if wanted.resume and not wanted.out else None
        if wanted.out or known:
            return wanted.out or known or folder
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{wanted.questions.stem}"
        names = itertools.chain([name], (f"{name}-{n}" for n in itertools.count(2)))
        return next(file for one in names if not (file := folder / f"{one}.jsonl").exists())


def evaluate(
    questions: str | Path,
    *,
    database: str | None = None,
    databases: str | Path | None = None,
    task: str | Path | None = None,
    model: str | BaseChatModel | None = None,
    judge: str | BaseChatModel | None = None,
    predictions: str | Path | None = None,
    metric: str | None = None,
    limit: int | None = None,
    repeat: int = 1,
    out: str | Path | None = None,
    resume: bool = False,
    fresh: bool = False,
    workers: int = 4,
    home: str | Path | Settings | Cairn | None = None,
    **patch: Any,
) -> Report:
    """Ask a set of questions, score each answer by every metric that its row has the gold for, and report.

        >>> import cairn
        >>> cairn.evaluate("samples/shop_questions.csv", database="shop", limit=2).figure.cases
        2

    Args:
        questions: A file of questions with what is right: `.json`, `.jsonl`, `.csv` or `.tsv`.
        database: The registered database that all are asked of; None for the set's own, or the only one.
        databases: A folder of SQLite files to ask instead, each named as the set's `db_id`.
        task: The task that answers: its name, or a folder of one's own; None for the one that fits the set's gold.
        model: A model's name or a LangChain chat model; None for the task's or the setting's.
        judge: The model that judges answers; None for the setting's, without which none does.
        predictions: A file of answers to score; then nothing is asked.
        metric: The metric that the report is about; None for the one that fits the set's gold.
        limit: Only the first so many questions.
        repeat: How often each is asked; a case's score is the mean.
        out: Where each answer's record goes; None is a new file in the home's `evals`.
        resume: Go on with the newest such file, or with `out`.
        fresh: Use no answer that an earlier run was given.
        workers: How many questions at once.
        home: A folder, `Settings`, or an open `Cairn`; None for `CAIRN_HOME` or the platform's folder.
        patch: Fields of the task that are changed, as `tries={"n": 5}`.

    Returns:
        The report: `report.figure` is the mean of the primary metric with its interval, `report.metrics` has all.

    Raises:
        UsageError: A file, the task, the patch or a metric is wrong (also TaskError, TemplateError, SettingsError).
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
        judge=judge,
        predictions=_path(predictions),
        limit=limit,
        repeat=repeat,
        metric=metric,
        out=_path(out),
        resume=resume,
        fresh=fresh,
        workers=workers,
    )
    settings = home.settings if isinstance(home, Cairn) else home if isinstance(home, Settings) else load_settings(home)
    with Cairn(settings.model_copy(update={"user": USER})) as app:
        evaluation = Evaluation(app, wanted, lambda text: warnings.warn(text, stacklevel=2))
        for finding in evaluation.check().findings if evaluation.left else ():
            if finding.wrong:
                warnings.warn(f"{finding.kind} of {', '.join(finding.cases)}: {finding.told}", stacklevel=2)
        evaluation.run()
        return evaluation.report() or summarise([])


def _path(name: str | Path | None) -> Path | None:
    return None if name is None else Path(name)
