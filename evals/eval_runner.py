"""Has each case of a set answered, or takes recorded answers; scores it by all metrics, written down as they come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from cairn.agents.many_questions import Pull
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_files import Asked
from cairn.agents.question_queue import Answered
from cairn.agents.service import Cairn
from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer, AnswerTable, TokenUsage, total_usage
from cairn.core.events import EventType, listening
from cairn.core.registry import Plugin
from cairn.evals.cases import Case, Said
from cairn.evals.eval_records import AWAY, Record, RecordFile, as_stored, done, facets_of
from cairn.evals.metrics import Metric, Score, applicable, make_metric, scored
from cairn.evals.metrics.field_match import field_counts

USER = "evaluation"
"""Whose home an evaluation asks in: nothing of it is in anybody's conversations or facts."""
Show = Callable[[Record], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A case, and which of its repeats is to be answered, from 0."""

    case: Case
    sample: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, and the kind of error that ended it. `cached`: it was known, and nothing was sent."""

    answer: Answer
    error: str | None = None
    cached: bool = False


class Answering(Protocol):
    def outcomes(self, wishes: Sequence[Wish]) -> Generator[tuple[Wish, Outcome]]:
        """Each answer as it is there. Raises what makes all further questions useless too."""
        ...


class Recorded:
    """Predictions of a file: queries where the case has one, else texts. One that there is none for is unanswered."""

    def __init__(self, predictions: Mapping[str, str]) -> None:
        self._predictions = predictions

    def outcomes(self, wishes: Sequence[Wish]) -> Generator[tuple[Wish, Outcome]]:
        yield from ((wish, self._outcome(wish.case)) for wish in wishes)

    def _outcome(self, case: Case) -> Outcome:
        said = self._predictions.get(case.id, "").strip()
        if not case.query:
            return Outcome(Answer(run=None, answer=said or None))
        tables = [AnswerTable(columns=[], rows=[], sql=said)] if said else []
        return Outcome(Answer(run=None, answer=said or None, strategy="sql", tables=tables))


class AskedTask:
    """What the assembled task answers, as `cairn run` asks it: answers that are known are not asked for again."""

    def __init__(
        self,
        app: Cairn,
        task: str,
        patch: Mapping[str, Any],
        model: Any = None,
        *,
        workers: int = 4,
        fresh: bool = False,
        run: bytes | None = None,
    ) -> None:
        """`run`: by what answers that read what may change are known again. Raises UsageError, ModelError: what is
        wrong with the task or the model is found here."""
        asking = Asking(task, dict(patch), model, at_once=workers, approve=False, fresh=fresh, run=run)
        self._engine = QuestionEngine(app, asking)

    def outcomes(self, wishes: Sequence[Wish]) -> Generator[tuple[Wish, Outcome]]:
        asked = (_asked(number, wish) for number, wish in enumerate(wishes))
        for batch in Pull(self._engine.batches(asked)):
            for each in batch:
                yield wishes[each.asked.line], _outcome(each)


def patch_of(case: Case) -> dict[str, Any]:
    """What of the task is changed for a case: it asks the case's database."""
    return {"sql": {"database": case.database}} if case.database else {}


def _asked(number: int, wish: Wish) -> Asked:
    history = tuple(map(_message, wish.case.history))
    return Asked(number, wish.case.question, {}, history, patch_of(wish.case), wish.sample + 1)


def _message(said: Said) -> BaseMessage:
    role, text = said
    return HumanMessage(text) if role == "user" else AIMessage(text)


def _outcome(each: Answered) -> Outcome:
    answer = each.answer
    replayed = (answer.model or "").startswith("replay:")
    return Outcome(answer, each.error.kind if each.error else None, each.known or replayed)


class Scoring:
    """Scores answers by every metric that their case has the gold for. Used from several threads."""

    def __init__(
        self,
        home: Workspace,
        cases: Iterable[Case],
        judge: BaseChatModel | None = None,
        not_told: Iterable[str] = (),
    ) -> None:
        """Makes every metric that a case will need: raises UsageError before anything is asked.

        `not_told`: golds that the answers say nothing of, so that no metric of them is computed.
        """
        self._judged = judge is not None
        self._not_told = frozenset(not_told)
        names = {plugin.name for case in cases for plugin in self._metrics_of(case)}
        self._metrics: dict[str, Metric] = {name: make_metric(name, home, judge) for name in sorted(names)}

    def __call__(self, case: Case, outcome: Outcome) -> dict[str, Score]:
        found: dict[str, Score] = {}
        for plugin in self._metrics_of(case):
            if outcome.error in AWAY:
                found[plugin.name] = Score(None, f"no answer: {outcome.answer.error}", outcome.error)
            elif self._not_told and "sources" in plugin.needs and not outcome.answer.sources:
                found[plugin.name] = Score(None, "the application named no sources", "not told")
            elif score := scored(self._metrics[plugin.name], case, outcome.answer):
                found[plugin.name] = score
        return found

    def _metrics_of(self, case: Case) -> list[Plugin]:
        return [one for one in applicable(case, self._judged) if self._not_told.isdisjoint(one.needs)]

    def record(self, wish: Wish, outcome: Outcome) -> Record:
        """What is written down of an answer: its scores, and what the judge took for them."""
        calls: list[dict[str, Any]] = []

        def listener(type: EventType, data: Any) -> None:
            if type == "usage":
                calls.append(data)

        with listening(listener):
            scores = self(wish.case, outcome)
        return _as_record(wish, outcome, scores, total_usage(calls))


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

    At an interrupt, and at an error after which all further questions would fail as well, what was answered is scored
    and kept.
    """
    known = done(record_file.records.values())
    wishes = [Wish(case, sample) for sample in range(repeat) for case in cases]
    left = [wish for wish in wishes if (wish.case.id, wish.sample) not in known]
    writing = threading.Lock()

    def keep(wish: Wish, outcome: Outcome) -> None:
        record = scoring.record(wish, outcome)
        with writing:
            record_file.add(record)
            show(record)

    with (
        ThreadPoolExecutor(workers, thread_name_prefix="eval") as pool,
        closing(answering.outcomes(left)) as outcomes,
    ):
        under_way: set[Future[None]] = set()
        for wish, outcome in outcomes:
            under_way.add(pool.submit(keep, wish, outcome))
            finished, under_way = wait(under_way, None if len(under_way) > workers else 0, FIRST_COMPLETED)
            for future in finished:
                future.result()
        for future in under_way:
            future.result()
    return [record_file.records[wish.case.id, wish.sample] for wish in wishes]


def _as_record(wish: Wish, outcome: Outcome, scores: Mapping[str, Score], judged: TokenUsage) -> Record:
    case = wish.case
    return Record(
        id=case.id,
        sample=wish.sample,
        question=case.question,
        answer=as_stored(outcome.answer),
        scores=dict(scores),
        judge_usage=judged.model_dump() if judged.calls else None,
        facets=facets_of(case),
        error=outcome.error,
        cached=outcome.cached,
        field_counts=field_counts(case.fields or {}, outcome.answer) if case.has("fields") else None,
    )


def with_difficulty(case: Case) -> Case:
    """The case with Spider's hardness of its gold query, where it says none and it can be told."""
    if case.difficulty or not case.query:
        return case
    from cairn.databases.query_difficulty import difficulty

    return replace(case, difficulty=difficulty(case.query))
