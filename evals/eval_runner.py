"""Asks every question of a set, several at once, judges each answer and writes it down as it comes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from cairn.evals.datasets import Question
from cairn.evals.eval_records import Record, RecordFile, done, shown
from cairn.evals.metrics import Metric
from cairn.evals.metrics.execution_accuracy import Judgement
from cairn.evals.prediction_sources import Predict, Prediction

Show = Callable[[Record], None]


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
        judged = metric.judge(database, question.query, prediction.sql)
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
