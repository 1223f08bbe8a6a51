"""`cairn.run` and `cairn.arun`: many questions from a program, answered as `cairn run` answers them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from langchain_core.language_models import BaseChatModel

from cairn.agents.program_interface import InHome, open_home
from cairn.agents.question_engine import Asking, QuestionEngine
from cairn.agents.question_files import Asked, asked_from, digest_of, read_questions
from cairn.agents.question_queue import Answered
from cairn.core import event_loop

T = TypeVar("T")
Questions = str | Path | Iterable[str | Mapping[str, Any]]


def run(
    questions: Questions,
    *,
    task: str | Path | None = None,
    model: str | BaseChatModel | None = None,
    at_once: int = 8,
    in_order: bool = False,
    samples: int = 1,
    approve: bool | None = None,
    reuse: bool = False,
    fresh: bool = False,
    keep: bool = False,
    home: InHome = None,
    **patch: Any,
) -> Iterator[Answered]:
    """Ask many questions, and give each answer as it comes; what was answered before is not asked again.

        >>> import cairn
        >>> asked = [{"question": "What is 6 * 7?", "id": "a"}, {"question": "What is 17.5 % of 2,480?", "id": "b"}]
        >>> for each in cairn.run(asked, task="math", in_order=True):
        ...     print(each.asked.given["id"], each.answer.answer)
        a 6 * 7 = **42**
        b 17.5% of 2480 = **434**

    Args:
        questions: Texts, or mappings with `question`, and `history` and `patch` where they have them; what else is in
            them is carried along. Or a file of them: `.jsonl`, `.csv`, `.tsv` or text.
        task: The name of the task that answers, or a folder of one's own; None for the `task` setting.
        model: A model's name or a LangChain chat model; None for the task's or the setting's.
        at_once: How many are asked at once. No more are read than that needs.
        in_order: Whether answers come in the questions' order, or as they are there.
        samples: How often each is asked.
        approve: What is said to each call of a tool that needs a yes; None is nothing: then the question fails.
        reuse: Use answers that read a database or the web also if another run's.
        fresh: Use no answer that was given before.
        keep: Make a thread of each question, with its events.
        home: Where the documents and databases are, and where answers are kept.
        patch: Fields of the task that are changed for all of them.

    Returns:
        The answers. Where one could not be had, its `error` says why.

    Raises:
        UsageError: A question, the task or the patch is wrong (also TaskError, TemplateError, SettingsError).
        ModelError: The model refuses every question, or is away for good. What was answered is kept.
    """
    options: dict[str, Any] = {"approve": approve, "reuse": reuse, "fresh": fresh, "keep": keep, "home": home}
    batches = _begun(questions, task, model, at_once, in_order, samples, **options, **patch)
    return (each for batch in Pull(batches) for each in batch)


async def arun(questions: Questions, **options: Any) -> AsyncIterator[Answered]:
    """`run`, for a program with an event loop of its own, which is not kept waiting.

        >>> import asyncio, cairn
        >>> async def main():
        ...     async for each in cairn.arun(["What is 6 * 7?"], task="math"):
        ...         print(each.answer.answer)
        >>> asyncio.run(main())
        6 * 7 = **42**

    Args:
        questions: As for `run`.
        options: All others of `run`.

    Returns:
        The answers, as they come.

    Raises:
        UsageError: As `run` does, and so with all others.
    """
    batches = await asyncio.to_thread(lambda: _begun(questions, **options))
    try:
        while batch := await event_loop.on_loop(_next(batches)):
            for each in batch:
                yield each
    finally:
        await event_loop.on_loop(batches.aclose())


class Pull(Generic[T]):
    """Batches for a thread without a loop, each made when it is asked for.

    What nobody takes is not read ahead of. `stop`, from any thread or a signal's handler, ends it.
    """

    def __init__(self, batches: AsyncGenerator[T]) -> None:
        self._batches = batches
        self._next: Future[T | None] | None = None
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True
        if self._next:
            self._next.cancel()

    def __iter__(self) -> Generator[T]:
        try:
            while not self.stopped:
                self._next = event_loop.start(_next(self._batches))
                if self.stopped or (batch := self._next.result()) is None:
                    return
                yield batch
        except CancelledError:
            return
        finally:
            if self._next:
                self._next.cancel()
            event_loop.wait(_closed(self._batches))


async def _next(batches: AsyncGenerator[T]) -> T | None:
    return await anext(batches, None)


async def _closed(batches: AsyncGenerator[Any]) -> None:
    while True:
        try:
            return await batches.aclose()
        except RuntimeError as error:
            if "already running" not in str(error):
                raise
            await asyncio.sleep(0.01)  # what was cancelled is still being ended


def sampled(questions: Iterable[Asked], samples: int) -> Iterator[Asked]:
    """Each question so often, with the number of the sample."""
    for asked in questions:
        yield asked
        yield from (replace(asked, sample=number) for number in range(2, samples + 1))


def _begun(
    questions: Questions,
    task: str | Path | None = None,
    model: str | BaseChatModel | None = None,
    at_once: int = 8,
    in_order: bool = False,
    samples: int = 1,
    *,
    home: InHome = None,
    approve: bool | None = None,
    reuse: bool = False,
    fresh: bool = False,
    keep: bool = False,
    **patch: Any,
) -> AsyncGenerator[list[Answered]]:
    app = open_home(home)
    named = str(task.absolute()) if isinstance(task, Path) else task or app.settings.task
    run = _run_of(questions)
    asking = Asking(named, patch, model, at_once, in_order, approve, run, reuse, fresh, keep)
    return QuestionEngine(app, asking).batches(sampled(_asked(questions), samples))


def _run_of(questions: Questions) -> bytes | None:
    """The same questions are the same run; of what can be gone through only once, nobody knows."""
    if isinstance(questions, str | Path):
        return digest_of(Path(questions))
    if isinstance(questions, Sequence):
        return sha256(json.dumps(questions, default=str).encode()).digest()
    return None


def _asked(questions: Questions) -> Iterator[Asked]:
    if isinstance(questions, str | Path):
        return read_questions(Path(questions))
    return (asked_from(given, number, f"Question {number}") for number, given in enumerate(questions, 1))
