"""A queue of questions: read as slots become free, so many asked at once; what failed for a moment comes again later.

Answers are stored before they are shown: killed at any moment, the same run goes on where it ended. Who asks pulls
batches; what nobody has taken keeps the next questions from being read.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from cairn.agents.question_files import Asked
from cairn.core.answer import Answer
from cairn.core.errors import CairnError, ModelRefused, ModelUnavailable

_AHEAD = 4096
"""Questions that are read before an earlier answer is taken: in their order, one slow answer holds so many others."""
_CHUNK, _CHUNK_SECONDS = 256, 0.05
_TRIES = 3
_LEAST_FAILURES = 10
_FIRST_PAUSE, _LONGEST_PAUSE, _ROUNDS = 2.0, 30.0, 3
_GO_ON = "What was answered is kept: the same command goes on from there."


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question.

    >>> import cairn
    >>> [each.answer.answer for each in cairn.run(["What is 6 * 7?"])]
    ['6 * 7 = **42**']

    Args:
        asked: The question, with the line that it stands in and all that came with it (`given`).
        json: The answer as `cairn ask --json` writes it.
        known: It was there already, and nothing was sent.
        error: Why there is none; None where it was answered.
        input_tokens: What was sent for it; None where that is unknown, or nothing was sent. So with what follows.
        output_tokens: What the model wrote.
        cost: In the currency of the `prices` setting.
    """

    asked: Asked
    json: str
    known: bool = False
    error: CairnError | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None

    @property
    def answer(self) -> Answer:
        return Answer.model_validate_json(self.json)


def unanswered(asked: Asked, error: CairnError) -> Answered:
    """A question that nothing was sent for."""
    return Answered(asked, Answer(run=None, error=str(error)).model_dump_json(), error=error)


@dataclass(slots=True)
class Item:
    """A question that has to be asked. `changing`: its answer read what may be another thing tomorrow. `also`: the same
    question on other lines, which its answer is for as well."""

    asked: Asked
    key: bytes
    prepared: Any
    number: int = 0
    changing: bool = False
    tries: int = 0
    also: list[tuple[int, Asked]] = field(default_factory=list[tuple[int, Asked]])


@dataclass(frozen=True, slots=True)
class _Done:
    number: int
    answered: Answered
    item: Item | None = None


class QuestionQueue:
    """One going through the questions, on Cairn's loop. Only `look_up` and `store` run in threads, and may block.

    Args:
        questions: They are read in a thread too, and may block.
        look_up: Of each question the answer, or what is to be asked.
        ask: Asks. Raises what makes all further questions useless; other failures are in the answer.
        store: Keeps new answers.
        at_once: How many are asked at once.
        in_order: Whether answers come in the questions' order, or as they are there.
    """

    def __init__(
        self,
        questions: Iterator[Asked],
        look_up: Callable[[Sequence[Asked]], list[Answered | Item]],
        ask: Callable[[Item], Awaitable[Answered]],
        store: Callable[[list[tuple[Item, Answered]]], None],
        *,
        at_once: int,
        in_order: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._questions = questions
        self._look_up = look_up
        self._ask = ask
        self._store = store
        self._at_once = at_once
        self._in_order = in_order
        self._sleep = sleep
        self._todo: asyncio.Queue[Item] = asyncio.Queue()
        self._done: asyncio.Queue[_Done | BaseException | None] = asyncio.Queue()
        self._wanted = asyncio.Event()
        self._under_way: dict[bytes, Item] = {}
        self._early: dict[int, Answered] = {}
        self._read = self._finished = self._taken = 0
        self._all_read = False
        self._most_failures = max(_LEAST_FAILURES, _ROUNDS * at_once)
        self._in_a_row = self._failed = self._answered = 0

    async def batches(self) -> AsyncGenerator[list[Answered]]:
        """The answers, as many at a time as are there; an error that ends it all comes after them."""
        tasks = [
            asyncio.create_task(self._read_all()),
            *(asyncio.create_task(self._work()) for _ in range(self._at_once)),
        ]
        try:
            while (first := await self._done.get()) is not None:
                done, end = self._at_hand(first)
                await self._keep(done)
                if ready := self._in_turn(done):
                    yield ready
                    self._taken += len(ready)
                    self._wanted.set()
                if end is not None:
                    raise end
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._keep(self._rest())

    def _rest(self) -> list[_Done]:
        """What was answered and nobody will take: the next run does not ask it again."""
        rest = [self._done.get_nowait() for _ in range(self._done.qsize())]
        return [each for each in rest if isinstance(each, _Done)]

    def _at_hand(self, first: _Done | BaseException) -> tuple[list[_Done], BaseException | None]:
        """All that is there, up to the end."""
        found: list[_Done] = []
        following: _Done | BaseException | None = first
        while isinstance(following, _Done):
            found.append(following)
            if self._done.empty() or len(found) >= _CHUNK:
                return found, None
            following = self._done.get_nowait()
        if following is None:
            self._done.put_nowait(None)
        return found, following

    async def _keep(self, done: Sequence[_Done]) -> None:
        """Until it is stored, the same question on a later line waits for this answer."""
        new = [(each.item, each.answered) for each in done if each.item]
        if stored := [pair for pair in new if pair[1].error is None]:
            await asyncio.to_thread(self._store, stored)
        for item, answered in new:
            del self._under_way[item.key]
            for number, asked in item.also:
                self._finish(_Done(number, _same(answered, asked)))

    def _in_turn(self, done: Sequence[_Done]) -> list[Answered]:
        if not self._in_order:
            return [each.answered for each in done]
        self._early.update((each.number, each.answered) for each in done)
        ready: list[Answered] = []
        while (number := self._taken + len(ready)) in self._early:
            ready.append(self._early.pop(number))
        return ready

    async def _read_all(self) -> None:
        try:
            while found := await asyncio.to_thread(self._chunk):
                for each in found:
                    self._take_in(each)
                while self._todo.qsize() >= self._at_once or self._read - self._taken >= _AHEAD:
                    self._wanted.clear()
                    await self._wanted.wait()
        except Exception as error:
            self._done.put_nowait(error)
        else:
            self._all_read = True
            self._end_if_all_done()

    def _chunk(self) -> list[Answered | Item]:
        """The next questions, looked up; of a slow source what came within a moment."""
        chunk: list[Asked] = []
        began = time.monotonic()
        for asked in self._questions:
            chunk.append(asked)
            if len(chunk) >= _CHUNK or time.monotonic() - began > _CHUNK_SECONDS:
                break
        return self._look_up(chunk) if chunk else []

    def _take_in(self, found: Answered | Item) -> None:
        number, self._read = self._read, self._read + 1
        if isinstance(found, Answered):
            self._finish(_Done(number, found))
        elif (same := self._under_way.get(found.key)) is not None:
            same.also.append((number, found.asked))
        else:
            found.number = number
            self._under_way[found.key] = found
            self._todo.put_nowait(found)

    async def _work(self) -> None:
        while True:
            item = await self._todo.get()
            self._wanted.set()
            try:
                await self._wait_if_it_fails()
                self._judge(item, await self._ask(item))
            except Exception as error:
                self._done.put_nowait(error)
                return

    async def _wait_if_it_fails(self) -> None:
        """While nothing succeeds, fewer and fewer questions are sent."""
        if self._in_a_row:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 4 ** (self._in_a_row // self._at_once))
            await self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 (not a secret)

    def _judge(self, item: Item, answered: Answered) -> None:
        """Raises what ends it all: a model that is away for good, or that has refused everything from the beginning."""
        error = answered.error
        if error is None:
            self._answered += 1
            self._in_a_row = 0
        elif isinstance(error, ModelUnavailable):
            self._in_a_row += 1
            item.tries += 1
            if self._in_a_row >= self._most_failures:
                raise ModelUnavailable(f"{self._in_a_row} calls in a row have failed. {error.message}", _GO_ON)
            if item.tries < _TRIES:
                self._todo.put_nowait(item)
                return
        elif isinstance(error, ModelRefused):
            self._failed += 1
            if not self._answered and self._failed >= self._most_failures:
                raise error
        self._finish(_Done(item.number, answered, item))

    def _finish(self, done: _Done) -> None:
        self._done.put_nowait(done)
        self._finished += 1
        self._end_if_all_done()

    def _end_if_all_done(self) -> None:
        if self._all_read and self._finished == self._read:
            self._done.put_nowait(None)


def _same(answered: Answered, asked: Asked) -> Answered:
    return Answered(asked, answered.json, answered.error is None, answered.error)
