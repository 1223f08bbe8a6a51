"""Many questions through the very assistant of the chat, so many at once; answers that are known are not asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from itertools import count
from typing import Any

from cairn.agents.answer_cache import ANY, AnswerCache, StoredAnswer
from cairn.agents.question_files import Asked
from cairn.agents.question_preparation import Prepared, Preparer
from cairn.agents.question_queue import Answered, Item, QuestionQueue, unanswered
from cairn.agents.service import Cairn
from cairn.agents.threadless_run import run_threadless
from cairn.core.answer import fold
from cairn.core.app_tables import Origin
from cairn.core.errors import CairnError, ModelRefused, ModelUnavailable, RequestRefused, SettingsError
from cairn.core.events import Event
from cairn.memory.thread_store import name_from


@dataclass(frozen=True, slots=True)
class Asking:
    """How questions are asked.

    Args:
        task: The task that answers.
        patch: What of it is changed for all of them.
        model: A name or a model; None for the task's or the setting's.
        at_once: How many at once.
        in_order: Whether answers come in the questions' order, or as they are there.
        approve: What is said to each call that needs a yes; None is nothing: then the question fails.
        run: What this run is known by: an answer that read what may change is used again by it alone. None for a run
            that is made once.
        reuse: Use answers of other runs all the same.
        fresh: Use no answer that was given before.
        keep: Make a thread of each question.
        origin: Where such a thread is told to have been begun.
    """

    task: str
    patch: dict[str, Any] = field(default_factory=dict[str, Any])
    model: Any = None
    at_once: int = 8
    in_order: bool = False
    approve: bool | None = None
    run: bytes | None = None
    reuse: bool = False
    fresh: bool = False
    keep: bool = False
    origin: Origin = "program"


class QuestionEngine:
    """Asks questions of one home, all in the same way.

    Raises UsageError, ModelError where it is made: what is wrong with the task or the model is found then.
    """

    def __init__(self, app: Cairn, asking: Asking, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._app = app
        self._asking = asking
        self._sleep = sleep
        self._preparer = Preparer(app.workspace, asking.task, asking.patch, asking.model)
        self._preparer.prepared({})
        self._numbers = count()
        self._cache: AnswerCache | None = None

    async def batches(self, questions: Iterable[Asked]) -> AsyncGenerator[list[Answered]]:
        """The answers, as many at a time as are there. On Cairn's loop.

        Raises what makes all further questions useless, after what was answered until then.
        """
        asking = self._asking
        self._cache = await asyncio.to_thread(AnswerCache, self._app.workspace.home.root / "cache")
        queue = QuestionQueue(
            iter(questions),
            self._look_up,
            self._ask,
            self._store,
            at_once=asking.at_once,
            in_order=asking.in_order,
            sleep=self._sleep,
        )
        batches = queue.batches()
        try:
            async for batch in batches:
                yield batch
        finally:
            await batches.aclose()
            self._cache.close()

    async def answered(self, asked: Asked) -> Answered:
        """The answer to one question, past the cache. Raises what makes all further questions useless."""
        prepared = await asyncio.to_thread(self._preparer.prepared, asked.patch)
        return await self._ask(Item(asked, b"", prepared))

    def _look_up(self, chunk: Sequence[Asked]) -> list[Answered | Item]:
        made = [self._item(asked) for asked in chunk]
        keys = [] if self._asking.fresh else [item.key for item in made if isinstance(item, Item)]
        known = self._cache.find(keys, self._asking.run or ANY, self._asking.reuse) if self._cache else {}
        return [
            Answered(item.asked, known[item.key], known=True) if isinstance(item, Item) and item.key in known else item
            for item in made
        ]

    def _item(self, asked: Asked) -> Answered | Item:
        """What is wrong with a question's own patch is wrong with it alone."""
        try:
            self._app.settings.check_question(asked.question)
            prepared = self._preparer.prepared(asked.patch)
        except CairnError as error:
            return unanswered(asked, error)
        return Item(asked, self._key(asked, prepared), prepared)

    def _key(self, asked: Asked, prepared: Prepared) -> bytes:
        """Of all that is sent. Where that can't be told, no two questions are the same one."""
        if prepared.digest is None:
            return b"%d" % next(self._numbers)
        history = [(message.type, message.text) for message in asked.history]
        sent = [asked.question, history, asked.sample, self._asking.approve, self._asking.keep]
        return sha256(prepared.digest + json.dumps(sent, ensure_ascii=False).encode("utf-8", "surrogatepass")).digest()

    async def _ask(self, item: Item) -> Answered:
        asked, prepared = item.asked, item.prepared
        await prepared.limiter.admit()
        with prepared.limiter.admitted():
            events, error = await run_threadless(
                prepared.assistant, asked.question, asked.history, self._asking.approve, dict(asked.patch)
            )
        if isinstance(error, ModelRefused | SettingsError) and not isinstance(error, RequestRefused):
            raise error
        if self._asking.keep and not isinstance(error, ModelUnavailable):
            events = await self._kept(asked, events)
        answer = fold(events)
        answer.thread = answer.thread or None
        item.changing = prepared.read_what_changes(answer)
        failure = error if error is None or isinstance(error, CairnError) else CairnError(answer.error or "It failed.")
        usage = answer.usage
        return Answered(
            asked, answer.model_dump_json(), False, failure, usage.input_tokens, usage.output_tokens, usage.cost
        )

    def _store(self, answers: Sequence[tuple[Item, Answered]]) -> None:
        kept = [
            StoredAnswer(item.key, self._asking.run or ANY if item.changing else ANY, answered.json)
            for item, answered in answers
            if item.prepared.digest is not None and (self._asking.run is not None or not item.changing)
        ]
        if self._cache and kept:
            self._cache.store(kept)

    async def _kept(self, asked: Asked, events: Sequence[Event]) -> list[Event]:
        """As if it had been asked in the chat: a thread with the run and its events."""
        runs = self._app.workspace.runs
        begun = partial(runs.begin_anew, asked.question, name_from(asked.question), origin=self._asking.origin)
        thread, run = await asyncio.to_thread(begun)
        kept = [
            replace(event, run=run, data=event.data | {"thread": thread} if event.type == "started" else event.data)
            for event in events
        ]
        last = kept[-1]
        await runs.end(run, last.type, last.data.get("answer") or None, kept)
        return kept
