"""Has every question of a set answered, or takes recorded answers; judges each and writes it down as it comes."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, Protocol

from cairn.agents import question_files
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_queue import Answered
from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.answer import Answer, TokenUsage
from cairn.core.errors import CairnError, ModelRefused, SettingsError, TaskError, TemplateError, UsageError
from cairn.core.task import merged
from cairn.evals.datasets import Question
from cairn.evals.eval_records import Record, RecordFile, done, shown
from cairn.evals.metrics import Metric
from cairn.evals.metrics.execution_accuracy import APART, JUDGED, Judgement

USER = "evaluation"
"""Whom an evaluation asks for: nobody, whose facts could be in its prompts."""
Show = Callable[[Record], None]


@dataclass(frozen=True, slots=True)
class Prediction:
    """`sql` None: there was no query. `error`: why no answer came, with its `kind`."""

    sql: str | None
    kind: str | None = None
    error: str | None = None
    answer: str | None = None
    usage: TokenUsage | None = None
    seconds: float | None = None


class Predict(Protocol):
    def __call__(self, question: Question, database: str) -> Prediction:
        """Safe to call from several threads. Raises what makes all further questions useless too."""
        ...

    def stop(self) -> None:
        """Let what is being answered end soon."""
        ...


class Recorded:
    """Predictions of a file; a question that it has none for is unanswered."""

    def __init__(self, predictions: Mapping[str, str]) -> None:
        self._predictions = predictions

    def __call__(self, question: Question, database: str) -> Prediction:
        return Prediction(self._predictions.get(question.id) or None)

    def stop(self) -> None:
        pass


class Asked:
    """What the assembled task answers. No thread is made, and nothing is remembered from one question to the next."""

    def __init__(self, app: Cairn, task: str, patch: Mapping[str, Any], model: Any = None) -> None:
        self._patch = patch
        self._engine = QuestionEngine(app, Asking(task, dict(patch), model))
        self._running: set[Future[Answered]] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def patch_for(self, database: str) -> dict[str, Any]:
        """The task's patch for a question to this database."""
        return merged(self._patch, _of(database))

    def __call__(self, question: Question, database: str) -> Prediction:
        asked = question_files.Asked(1, question.question, {}, patch=_of(database))
        with self._lock:
            if self._stopping:
                raise CancelledError
            answering = event_loop.start(self._engine.answered(asked))
            self._running.add(answering)
        try:
            return _prediction(answering.result())
        except (ModelRefused, SettingsError, TaskError, TemplateError):
            raise
        except CairnError as error:
            return Prediction(None, error.kind, str(error))
        finally:
            with self._lock:
                self._running.discard(answering)

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for answering in running:
            answering.cancel()


def _of(database: str) -> dict[str, Any]:
    return {"sql": {"database": database}}


def _prediction(answered: Answered) -> Prediction:
    answer = answered.answer
    if answered.error is not None:
        return Prediction(None, answered.error.kind, answer.error, None, answer.usage, answer.seconds)
    return Prediction(query_of(answer), None, None, answer.answer, answer.usage, answer.seconds)


def query_of(answer: Answer) -> str | None:
    """The SQL that an answer stands on: the last that is no lookup, else the last that was tried."""
    if run := [table.sql for table in answer.tables if table.sql and not table.lookup]:
        return run[-1]
    tried = [step.arguments.get("query") for step in answer.steps if step.tool == "query_database"]
    return next((sql for sql in reversed(tried) if isinstance(sql, str) and sql.strip()), None)


def run(
    questions: Sequence[Question],
    databases: Mapping[str, str],
    predict: Predict,
    metric: Metric,
    record_file: RecordFile,
    *,
    workers: int = 4,
    show: Show = lambda record: None,
) -> list[Record]:
    """The records of all questions, in their order; those that the record_file has are not asked again.

    `databases` tells for each question's id where it is asked. At an interrupt, and at an error after which all
    further questions would fail as well, what is being answered is stopped, and what was answered is kept.
    """
    known = done(record_file.records.values())

    def one(question: Question) -> Record:
        database = databases[question.id]
        prediction = predict(question, database)
        judged = _checked(metric, metric.judge(database, question.query, prediction.sql))
        return _record(question, database, prediction, judged)

    with ThreadPoolExecutor(workers, thread_name_prefix="eval") as pool:
        waiting = [pool.submit(one, question) for question in questions if question.id not in known]
        try:
            for future in as_completed(waiting):
                record_file.add(record := future.result())
                show(record)
        except BaseException:
            _give_up(waiting, predict)
            raise
    return [record_file.records[question.id] for question in questions]


def _give_up(waiting: Sequence[Future[Record]], predict: Predict) -> None:
    for future in waiting:
        future.cancel()
    predict.stop()


def _checked(metric: Metric, judged: Any) -> Judgement:
    """Raises UsageError for what somebody's metric gave that is no judgement, or none that a report can count."""
    if isinstance(judged, Judgement) and judged.verdict in (*JUDGED, *APART):
        return judged
    raise UsageError(
        f"The metric {type(metric).__name__} gave {judged!r}, which is no judgement.",
        f"Let it give Judgement(verdict), one of: {', '.join((*JUDGED, *APART))}.",
    )


def _record(question: Question, database: str, prediction: Prediction, judged: Judgement) -> Record:
    broken = prediction.error is not None and judged.verdict == "unanswered"
    usage = prediction.usage
    return Record(
        id=question.id,
        question=question.question,
        database=database,
        difficulty=question.difficulty or _difficulty(question.query),
        gold=question.query,
        predicted=prediction.sql,
        verdict="error" if broken else judged.verdict,
        kind=prediction.kind if broken else judged.kind,
        error=prediction.error if broken else judged.error,
        gold_result=shown(judged.gold),
        predicted_result=shown(judged.predicted),
        answer=prediction.answer,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost=usage.cost if usage else None,
        seconds=prediction.seconds,
    )


def _difficulty(sql: str) -> str:
    """Spider's hardness of the gold query, where it can be told."""
    try:
        return importlib.import_module("cairn.databases.query_difficulty").difficulty(sql)
    except ImportError:
        return "unknown"
