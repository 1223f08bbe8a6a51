"""Has each case of a set answered, or takes recorded answers; scores it by all metrics, written down as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel

from cairn.agents.service import Cairn
from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer, AnswerTable, fold
from cairn.core.errors import CairnError, ModelRefused, SettingsError, TaskError, TemplateError
from cairn.core.events import Event
from cairn.core.task import merged
from cairn.evals.cases import Case
from cairn.evals.eval_records import AWAY, Record, RecordFile, as_stored, done, facets_of
from cairn.evals.metrics import Metric, Score, applicable, make_metric, scored
from cairn.evals.metrics.field_match import field_counts

USER = "evaluation"
"""Whose threads an evaluation's runs are, while they last: nobody's list of conversations shows them."""
Show = Callable[[Record], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, the kind of error that ended it, and how many calls of models it took. `cached`: not all were made."""

    answer: Answer
    error: str | None = None
    calls: int | None = None
    cached: bool = False


class Answering(Protocol):
    def __call__(self, case: Case, sample: int) -> Outcome:
        """Safe to call from several threads. Raises what makes all further questions useless too."""
        ...

    def stop(self) -> None:
        """Let what is being answered end soon."""
        ...


class Recorded:
    """Predictions of a file: queries where the case has one, else texts. One that there is none for is unanswered."""

    def __init__(self, predictions: Mapping[str, str]) -> None:
        self._predictions = predictions

    def __call__(self, case: Case, sample: int) -> Outcome:
        said = self._predictions.get(case.id, "").strip()
        if not case.query:
            return Outcome(Answer(run=None, answer=said or None))
        tables = [AnswerTable(columns=[], rows=[], sql=said)] if said else []
        return Outcome(Answer(run=None, answer=said or None, strategy="sql", tables=tables))

    def stop(self) -> None:
        pass


class Asked:
    """What the assembled task answers, each question in a thread of its own that is deleted afterwards."""

    def __init__(self, app: Cairn, task: str, patch: Mapping[str, Any], model: Any = None) -> None:
        self._app = app
        self._task = task
        self._patch = patch
        self._model = model
        self._running: set[str] = set()
        self._stopping = False
        self._lock = threading.Lock()

    def patch_for(self, case: Case) -> dict[str, Any]:
        """The task's patch for this case: it asks the case's database."""
        return merged(self._patch, {"sql": {"database": case.database}}) if case.database else dict(self._patch)

    def __call__(self, case: Case, sample: int) -> Outcome:
        try:
            handle = self._app.start(case.question, task=self._task, patch=self.patch_for(case), model=self._model)
        except (ModelRefused, SettingsError, TaskError, TemplateError):
            raise
        except CairnError as error:
            return Outcome(Answer(run=None, error=str(error)), error.kind)
        with self._lock:
            self._running.add(handle.run)
            stopping = self._stopping
        if stopping:  # it began while all others were being stopped
            self._app.stop(handle.run)
        try:
            return _outcome(list(self._app.follow(handle.run)))
        finally:
            with self._lock:
                self._running.discard(handle.run)
            with suppress(CairnError):
                self._app.threads.delete(handle.thread)

    def stop(self) -> None:
        with self._lock:
            self._stopping = True
            running = list(self._running)
        for run in running:
            self._app.stop(run)


def _outcome(events: list[Event]) -> Outcome:
    answer, last = fold(events), events[-1]
    calls = sum(event.type == "usage" for event in events)
    if last.type != "failed":
        return Outcome(answer, None, calls, (answer.model or "").startswith("replay:"))
    if last.data["kind"] == "ModelRefused":
        raise ModelRefused(last.data["message"], last.data["hint"])
    return Outcome(answer, last.data["kind"], calls)


class Scoring:
    """Scores answers by every metric that their case has the gold for. Metrics are made when they are first used."""

    def __init__(self, home: Workspace, judge: BaseChatModel | None = None) -> None:
        self._home = home
        self._judge = judge
        self._made: dict[str, Metric] = {}
        self._lock = threading.Lock()

    def __call__(self, case: Case, outcome: Outcome) -> dict[str, Score]:
        """Raises UsageError for a metric that can't be made, or gives no Score."""
        found: dict[str, Score] = {}
        for plugin in applicable(case, self._judge is not None):
            if outcome.error in AWAY:
                found[plugin.name] = Score(None, f"no answer: {outcome.answer.error}", outcome.error)
            elif score := scored(self._metric(plugin.name), plugin.name, case, outcome.answer):
                found[plugin.name] = score
        return found

    def _metric(self, name: str) -> Metric:
        with self._lock:
            if name not in self._made:
                self._made[name] = make_metric(name, self._home, self._judge)
            return self._made[name]


def run(
    cases: Sequence[Case],
    answering: Answering,
    scoring: Scoring,
    record_file: RecordFile,
    *,
    repeat: int = 1,
    workers: int = 4,
    show: Show = lambda record: None,
) -> list[Record]:
    """The records of all cases, in their order; answers that the record file has are not asked for again.

    At an interrupt, and at an error after which all further questions would fail as well, what is being answered is
    stopped, and what was answered is kept.
    """
    known = done(record_file.records.values())
    wanted = [(case, sample) for sample in range(repeat) for case in cases]

    def one(case: Case, sample: int) -> Record:
        outcome = answering(case, sample)
        return _record(case, sample, outcome, scoring(case, outcome))

    with ThreadPoolExecutor(workers, thread_name_prefix="eval") as pool:
        waiting = [pool.submit(one, case, sample) for case, sample in wanted if (case.id, sample) not in known]
        try:
            for future in as_completed(waiting):
                record_file.add(record := future.result())
                show(record)
        except BaseException:
            _give_up(waiting, answering)
            raise
    return [record_file.records[case.id, sample] for case, sample in wanted]


def _give_up(waiting: Sequence[Future[Record]], answering: Answering) -> None:
    for future in waiting:
        future.cancel()
    answering.stop()


def _record(case: Case, sample: int, outcome: Outcome, scores: Mapping[str, Score]) -> Record:
    return Record(
        id=case.id,
        sample=sample,
        question=case.question,
        answer=as_stored(outcome.answer),
        scores=dict(scores),
        facets=facets_of(case),
        error=outcome.error,
        calls=outcome.calls,
        cached=outcome.cached,
        field_counts=field_counts(case.fields or {}, outcome.answer) if case.has("fields") else None,
    )


def with_difficulty(case: Case) -> Case:
    """The case with Spider's hardness of its gold query, where it says none and it can be told."""
    if case.difficulty or not case.query:
        return case
    from cairn.databases.query_difficulty import difficulty

    return replace(case, difficulty=difficulty(case.query))
