"""Asks and scores configurations for a climb, each case of each once, within a budget."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cairn.agents.service import Cairn
from cairn.core.errors import UsageError
from cairn.core.task import merged
from cairn.evals.cases import Case, SourceGold
from cairn.evals.climb.climbing import BudgetSpent, Outcome
from cairn.evals.climb.failure_diagnosis import name_failure
from cairn.evals.climb.ladder import Configuration
from cairn.evals.climb.learned_rungs import ENOUGH
from cairn.evals.eval_records import AWAY, Record
from cairn.evals.eval_runner import AskedTask, Scoring, Wish, patch_of
from cairn.evals.eval_runner import Outcome as Answered
from cairn.evals.metrics.passage_matching import is_file
from cairn.models.training_notes import model_without

_BUDGET = re.compile(r"\s*([\d.]+)\s*(calls|usd|min)\s*", re.IGNORECASE)
_LEAVE_ONE_OUT = {"examples": {"leave_one_out": True}}


@dataclass
class Budget:
    """What a climb may take. Known answers cost nothing of it.

    Args:
        calls: Calls of models; a question may take several.
        usd: The cost of their answers, in the currency of the `prices` setting.
        minutes: By the clock, from the first question on.
    """

    calls: float | None = None
    usd: float | None = None
    minutes: float | None = None
    spent_calls: int = 0
    spent: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raises BudgetSpent when nothing is left."""
        if self.calls is not None and self.spent_calls >= self.calls:
            raise BudgetSpent(f"The budget of {self.calls:g} calls is spent.")
        if self.usd is not None and self.spent >= self.usd:
            raise BudgetSpent(f"The budget of {self.usd:g} is spent.")
        if self.minutes is not None and time.monotonic() - self.began >= 60 * self.minutes:
            raise BudgetSpent(f"The budget of {self.minutes:g} minutes is spent.")

    def take(self, record: Record) -> None:
        if not record.cached:
            self.spent_calls += max(1, record.usage.get("calls") or 0)
            self.spent += record.usage.get("cost") or 0.0


def read_budget(text: str | None) -> Budget:
    """`500calls`, `2usd`, `20min`; none is no limit. Raises UsageError."""
    if text is None:
        return Budget()
    match = _BUDGET.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no budget.", "Write 500calls, 2usd or 20min.")
    amount = float(match[1])
    unit = match[2].lower()
    if unit == "calls":
        return Budget(calls=amount)
    return Budget(usd=amount) if unit == "usd" else Budget(minutes=amount)


class Measuring:
    """Answers and scores. One object keeps all that it was told: a case of a configuration is asked once.

    Args:
        app: The home that is asked, as the user of evaluations.
        task: The task that answers.
        cases: All cases that may be asked for.
        primary: The metric that counts.
        scoring: Scores by every metric.
        budget: What may be spent.
        workers: How many questions at once.
        tell: Is told of each record as it comes.
    """

    def __init__(
        self,
        app: Cairn,
        task: str,
        cases: Sequence[Case],
        primary: str,
        scoring: Scoring,
        budget: Budget,
        workers: int = 4,
        tell: Callable[[Configuration, Record], None] = lambda configuration, record: None,
    ) -> None:
        self._app = app
        self._task = task
        self._cases = {case.id: case for case in cases}
        self._primary = primary
        self._scoring = scoring
        self._budget = budget
        self._workers = workers
        self._tell = tell
        self._there: dict[SourceGold, bool] = {}
        self.records: dict[str, dict[str, Record]] = {}

    def __call__(self, configuration: Configuration, cases: Sequence[str]) -> Mapping[str, Outcome]:
        """The outcomes of these cases, whose answers are kept. Raises BudgetSpent, CairnError."""
        known = self.records.setdefault(configuration.key, {})
        left = [Wish(self._cases[case]) for case in cases if case not in known]
        if left:
            self._budget.check()
            with closing(self._outcomes(configuration, left)) as outcomes:
                for place, (wish, outcome) in enumerate(outcomes, 1):
                    record = self._scoring.record(wish, outcome)
                    known[wish.case.id] = record
                    self._budget.take(record)
                    self._tell(configuration, record)
                    if place < len(left):
                        self._budget.check()
        return {case: self._outcome(self._cases[case], known[case]) for case in cases if case in known}

    def _outcomes(self, configuration: Configuration, wishes: Sequence[Wish]) -> Generator[tuple[Wish, Answered]]:
        """Each case is asked as nothing that it taught has a say: of a model, and with a patch, from the others."""
        alike: dict[str, list[Wish]] = defaultdict(list)
        for wish in wishes:
            model = configuration.model and model_without(wish.case.question, configuration.model)
            alike[json.dumps([configuration.patch_for(wish.case.id), model], sort_keys=True)].append(wish)
        for asked, some in alike.items():
            patch, model = json.loads(asked)
            yield from self._asked(configuration, patch, model).outcomes(some)

    def _asked(self, configuration: Configuration, patch: Mapping[str, Any], model: str | None) -> AskedTask:
        """Answers that read what may change belong to this configuration on this set."""
        patch = merged(patch, _LEAVE_ONE_OUT)
        run = sha256(" ".join([configuration.key, self._task, *sorted(self._cases)]).encode()).digest()
        return AskedTask(self._app, self._task, patch, model, workers=self._workers, run=run)

    def _outcome(self, case: Case, record: Record) -> Outcome:
        score = record.value("refused" if case.refuse else self._primary)
        usage = record.usage
        tokens = [usage.get("input_tokens"), usage.get("output_tokens")]
        told = [count for count in tokens if count is not None]
        failure = None
        if score is not None and score < 1:
            failure = name_failure(case, record.as_answer(), record.scores, self._primary, record.error, self._is_there)
        return Outcome(
            score=None if record.error in AWAY else score,
            failure=failure,
            tokens=sum(told) if len(told) == len(tokens) else None,
            cost=usage.get("cost"),
            seconds=None if record.cached else record.answer.get("seconds"),
        )

    def _is_there(self, gold: SourceGold) -> bool:
        """Whether the documents hold the file that a gold passage names; one that names none may be anywhere."""
        if gold not in self._there:
            file = gold.file
            self._there[gold] = file is None or any(
                is_file(file, source.source, source.title) for source in self._app.workspace.library.sources()
            )
        return self._there[gold]


def there_is(app: Cairn, task: str, cases: Sequence[Case], generative: bool) -> set[str]:
    """What of a rung's needs this home, task and set have."""
    found = {"generative"} if generative else set[str]()
    if sum(bool(case.sources) for case in cases) >= ENOUGH:
        found.add("sources")
    if app.prompts.examples(task):
        found.add("examples")
    if any(patch_of(case) for case in cases):
        found.add("database")
    if app.workspace.library.holds_passages():
        found.add("documents")
    return found
