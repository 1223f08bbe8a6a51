"""Several tries at a question around any strategy, of which one stands: by a vote, a judge, a checker, or the user."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from cairn.chains.bounded_calls import Helper, HelperError, need_writer
from cairn.chains.question_runnable import StrategyRunnable
from cairn.chains.tries.answer_key import answer_key, same_answer
from cairn.chains.tries.voting import Cluster, clusters, next_wave, plurality, rank, same_rows
from cairn.core.answer import Answer, fold
from cairn.core.clean_text import has_cjk
from cairn.core.errors import CairnError, DatabaseError, TaskError
from cairn.core.events import VERSION, Event, EventType, Vote, emit, held_back, silent
from cairn.core.passages import citing
from cairn.core.registry import find
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task

TEMPERATURE = 0.7
"""Where the task and the settings name none: without variety there is nothing to vote on."""
NOT_CERTAIN = (
    "I am not certain enough to answer: my tries at it differ.",
    "我不够确定，无法回答：几次尝试的结果不一致。",
)
_BEST = re.compile(r"(?:best|最好|最佳)\W{0,4}(\d{1,3})\b|^\W*(\d{1,3})\W*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Try:
    """What came of one, with its events, which nobody was told yet."""

    reply: Reply
    events: Sequence[tuple[EventType, Any]]

    @property
    def answer(self) -> Answer:
        end = ("finished", {"answer": self.reply.text, "stopped_by": self.reply.stopped_by, "seconds": 0.0})
        told: list[tuple[Any, Any]] = [*self.events, end]
        return fold(Event(VERSION, "", number, 0.0, type, data) for number, (type, data) in enumerate(told, 1))

    def tell(self) -> Reply:
        """As if it had been the only one."""
        for type, data in self.events:
            emit(type, data)
        return self.reply


async def make_try(strategy: Runnable[Any, Reply], turn: Turn) -> Try:
    """Only what it spends is told at once. Raises what the strategy raises."""
    with held_back() as events, silent(), citing():
        return Try(await strategy.ainvoke(replace(turn, alone=False, earlier=())), events)


def tried(
    strategy: Runnable[Any, Reply], task: Task, model: BaseChatModel, judge: BaseChatModel
) -> Runnable[Any, Reply]:
    """`strategy` with the tries that `task.tries` asks for; itself where that is one.

    Raises TaskError where the model writes nothing of its own, or the checker is none.
    """
    if task.tries.n == 1:
        return strategy
    if task.tries.by != "choice":
        need_writer(model, "tries.n")
    if (task.tries.by == "checker") != (task.tries.checker is not None):
        raise TaskError("`tries.by: checker` and `tries.checker` need each other.", "Name the checker, as `result`.")
    check = find("checker", task.tries.checker).load() if task.tries.checker else None

    async def answer(turn: Turn) -> Reply:
        return await _Tries(strategy, task, turn, judge, check).reply()

    return StrategyRunnable(task.strategy, task, answer)


class _Tries:
    def __init__(
        self,
        strategy: Runnable[Any, Reply],
        task: Task,
        turn: Turn,
        judge: BaseChatModel,
        check: Callable[[str, Answer], float] | None,
    ) -> None:
        self._strategy = strategy
        self._task = task
        self._spec = task.tries
        self._turn = turn
        self._judge = judge
        self._check = check
        self._done: list[Try] = []
        self._failures: list[BaseException] = []
        self._ended = 0

    @property
    def _left(self) -> int:
        return self._spec.n - len(self._done) - len(self._failures)

    async def reply(self) -> Reply:
        """Raises what all tries did; a database that is away, or a mistake of ours, costs the answer at once."""
        choose: dict[str, Callable[[], Awaitable[Reply]]] = {
            "answer": self._voted,
            "execution": self._voted,
            "judge": self._judged,
            "checker": self._checked,
            "choice": self._to_choose_from,
        }
        return await choose[self._spec.by]()

    async def _make(self, count: int) -> None:
        outcomes = await asyncio.gather(*(self._one() for _ in range(count)), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Try):
                self._done.append(outcome)
            elif not isinstance(outcome, CairnError) or isinstance(outcome, DatabaseError):
                raise outcome
            else:
                self._failures.append(outcome)
                emit("notice", {"text": f"One of {self._spec.n} tries failed: {outcome}"})
        if self._failures and not self._done and not self._left:
            raise self._failures[0]

    async def _one(self) -> Try | CairnError:
        """A try, or why there is none; that it is over is told at once."""
        began = time.perf_counter()
        try:
            outcome: Try | CairnError = await make_try(self._strategy, self._turn)
        except CairnError as error:
            outcome = error
        self._ended += 1
        spent = (time.perf_counter() - began) * 1000
        emit("stage", {"name": "try", "detail": f"{self._ended} of {self._spec.n}", "milliseconds": spent})
        return outcome

    async def _voted(self) -> Reply:
        began = time.perf_counter()
        found: list[Cluster] = []
        while self._left and (count := next_wave(found, self._left) if self._spec.adaptive else self._left):
            await self._make(count)
            found = self._clusters()
        made = len(self._done) + len(self._failures)
        agreed = len(found[0].members) if found else 0
        self._tell(f"{agreed} of {made} tries agree, {len(found)} different", began, agreed)
        if agreed < (self._spec.at_least or 0) * made:
            return Reply(NOT_CERTAIN[has_cjk(self._turn.question)])
        return self._done[found[0].first if found else 0].tell()

    def _clusters(self) -> list[Cluster]:
        if self._spec.by == "execution":
            return rank(clusters([_rows(each) for each in self._done], same_rows), plurality)
        return rank(clusters([answer_key(each.reply.text) or None for each in self._done], same_answer), plurality)

    async def _checked(self) -> Reply:
        """The best by the checker, the earliest of equals; none is made after one that is right."""
        began, scores, wave = time.perf_counter(), list[float](), 1
        while self._left and max(scores, default=0.0) < 1:
            await self._make(min(wave, self._left) if self._spec.adaptive else self._left)
            scores = [self._score(each) for each in self._done]
            wave *= 2
        best = max(scores)
        self._tell(f"{self._spec.checker} gives {best:.2f} to try {scores.index(best) + 1} of {len(scores)}", began)
        if best < (self._spec.at_least or 0):
            return Reply(NOT_CERTAIN[has_cjk(self._turn.question)])
        return self._done[scores.index(best)].tell()

    def _score(self, each: Try) -> float:
        return self._check(self._turn.question, each.answer) if self._check else 0.0

    async def _judged(self) -> Reply:
        began = time.perf_counter()
        await self._make(self._left)
        different = [cluster.first for cluster in clusters([each.reply.text.strip() for each in self._done], _equal)]
        chosen = different[0]
        if len(different) > 1:
            helper = Helper(self._judge, self._task.limits)
            texts = [f"Answer {n}:\n\n{self._done[each].reply.text}" for n, each in enumerate(different, 1)]
            try:
                said = await helper.ask("best_of", question=self._turn.question, answers="\n\n".join(texts))
                chosen = different[_number(said, len(different)) - 1]
            except HelperError as error:
                emit("notice", {"text": f"The tries were not judged, the first one stands: {error}."})
        self._tell(f"{len(different)} different answers of {len(self._done)}", began)
        return self._done[chosen].tell()

    async def _to_choose_from(self) -> Reply:
        """The different answers, numbered; equal ones count once."""
        await self._make(self._left)
        texts = list(dict.fromkeys(each.reply.text.strip() for each in self._done))
        stopped = next((each.reply.stopped_by for each in self._done if each.reply.stopped_by), None)
        if len(texts) == 1:
            emit("notice", {"text": f"All {len(self._done)} attempts gave the same answer."})
            return self._done[0].tell()
        for number, text in enumerate(texts, 1):
            emit("alternative", {"number": number, "text": text})
        return Reply("\n\n".join(f"**{number}.** {text}" for number, text in enumerate(texts, 1)), stopped)

    def _tell(self, detail: str, began: float, agreed: int | None = None) -> None:
        made = len(self._done) + len(self._failures)
        confidence = None if agreed is None else agreed / made
        emit("vote", Vote(by=self._spec.by, tries=made, agreed=agreed, confidence=confidence))
        emit("stage", {"name": "tries", "detail": detail, "milliseconds": (time.perf_counter() - began) * 1000})


def _rows(each: Try) -> Sequence[Sequence[Any]] | None:
    """Of the query that an answer rests on; None where none gave a result."""
    rested = [table for table in each.answer.tables if table.sql and not table.lookup]
    return rested[-1].rows if rested else None


def _equal(one: str, other: str) -> bool:
    return one == other


def _number(said: str, most: int) -> int:
    """Raises HelperError where none of the answers is named."""
    found = [int(one or other) for one, other in _BEST.findall(said)]
    if not found or not 1 <= found[-1] <= most:
        raise HelperError("the judge named none of them")
    return found[-1]


def has_result(question: str, answer: Answer) -> float:
    """A checker, which can be told without a model: 1 for an answer that rests on rows of a query."""
    return float(any(table.rows and not table.lookup for table in answer.tables))


def quoted_share(question: str, answer: Answer) -> float:
    """Another: the share of its statements whose words stand in the passage they cite; 0 where there are none."""
    statements = answer.statements or []
    quoted = sum(statement["state"] in ("quoted", "supported") for statement in statements)
    return quoted / len(statements) if statements else 0.0
