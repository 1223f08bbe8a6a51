"""Cairn as its user interfaces see it: ask, follow, stop; threads; what can be chosen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from typing import Any

from agents.build import Assistant, build
from agents.rooms import Rooms
from agents.runner import Recorder, record
from cairn import loop
from cairn.answer import Answer, fold
from cairn.errors import UsageError
from cairn.events import ENDS, Event, emit, silent
from cairn.settings import Settings
from cairn.strategy import Reply
from cairn.text import clean
from memory.threads import Threads
from models.names import Choice, choose_model, list_models

_PATIENCE = 1.0
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Handle:
    """A run that was started, and the thread it answers in."""

    run: str
    thread: str


@dataclass(frozen=True, slots=True)
class _Live:
    recorder: Recorder
    work: Future[None]


class Cairn:
    """One home, open. Its methods can be called from any thread but the event loop's own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rooms = Rooms(settings)
        self.threads = self.rooms.threads
        self.prompts = self.rooms.prompts
        self._live: dict[str, _Live] = {}

    def start(
        self,
        question: str,
        *,
        thread: str | None = None,
        task: str | None = None,
        patch: Mapping[str, Any] | None = None,
        model: Any = None,
    ) -> Handle:
        """Begin to answer, in a new thread if none is named, and return at once.

        Raises UsageError (and TaskError, TemplateError), ModelError, ThreadBusy before anything is written.
        """
        question = clean(question)
        self._check(question)
        assistant = build(self.rooms, task or self.settings.task, patch, model)
        known = self.threads.get(thread) if thread else self.threads.new(question)
        run = self.rooms.runs.begin(known.id, question)
        self._forget_ended()
        self._live[run] = self._launch(run, known.id, question, assistant)
        return Handle(run, known.id)

    def _launch(self, run: str, thread: str, question: str, assistant: Assistant) -> _Live:
        recorder = Recorder(run, self.rooms.runs)
        started = {
            "question": question,
            "task": assistant.task.name,
            "strategy": assistant.task.strategy,
            "template": assistant.task.template,
            "template_hash": assistant.template.hash,
            "model": assistant.model,
            "thread": thread,
        }

        async def work() -> Reply:
            return await _answer(assistant, self.threads, thread, question)

        return _Live(recorder, loop.start(record(recorder, self.rooms.runs, started, work)))

    def _forget_ended(self) -> None:
        for run, live in list(self._live.items()):
            if live.work.done():
                self._live.pop(run, None)

    def events(self, run: str, after: int = 0) -> list[Event]:
        """The events so far with a `seq` above `after`."""
        if live := self._live.get(run):
            return live.recorder.after(after)
        return self.rooms.runs.events(run, after)

    def follow(self, run: str, after: int = 0) -> Iterator[Event]:
        """The events as they come, to the last one."""
        while True:
            live = self._live.get(run)
            events = live.recorder.wait_after(after, _PATIENCE) if live else self.rooms.runs.events(run, after)
            yield from events
            if events:
                after = events[-1].seq
                if events[-1].type in ENDS:
                    return
            elif not live:
                time.sleep(_POLL)

    def stop(self, run: str) -> None:
        """End a run of this process; what was said so far is its answer."""
        if live := self._live.get(run):
            live.recorder.stop()

    def ask(self, question: str, **options: Any) -> Answer:
        """`start` and follow to the end."""
        return fold(self.follow(self.start(question, **options).run))

    def answer(self, run: str) -> Answer:
        return fold(self.events(run))

    def choose(self, run: str, number: int) -> None:
        """Of several answers to choose from, this one is the one that the thread goes on with."""
        texts = {event.data["number"]: event.data["text"] for event in self.events(run) if event.type == "alternative"}
        if number not in texts:
            raise UsageError(f"That run has no answer number {number}.", f"It has: {', '.join(map(str, texts))}.")
        self.rooms.runs.rephrase(run, texts[number])

    def running(self, thread: str) -> str | None:
        """The run that is answering in this thread now, in this process or another."""
        return self.rooms.runs.running(thread)

    def model_in_use(self, model: str | None = None) -> Choice:
        """The model that answers now, and why it is this one."""
        name = model or self.settings.model
        return choose_model(self.settings) if name == "auto" else Choice(name, "chosen")

    def choices(self) -> list[str]:
        """The models that can be chosen here."""
        return [model.name for model in list_models(self.settings) if model.usable]

    def close(self) -> None:
        """What still runs is stopped, and has a moment to write down its end."""
        running = [live for live in list(self._live.values()) if not live.work.done()]
        for live in running:
            live.recorder.stop()
        wait_for([live.work for live in running], _PATIENCE)
        self.rooms.close()

    def _check(self, question: str) -> None:
        if not question.strip():
            raise UsageError("The question is empty.", 'Write one: cairn ask "…"')
        if len(question) > self.settings.max_question:
            raise UsageError(
                f"The question has {len(question):,} characters; the limit is {self.settings.max_question:,}.",
                "Put long text into a document (`cairn add`), or raise `max_question`.",
            )


async def _answer(assistant: Assistant, threads: Threads, thread: str, question: str) -> Reply:
    history = await asyncio.to_thread(threads.history, thread, assistant.task.memory.max_tokens)
    turn = await asyncio.to_thread(assistant.turn, question, history)
    tries = assistant.template.head.experiment
    if tries == 1:
        return await assistant.answer(turn)
    with silent():
        done = await asyncio.gather(*(assistant.answer(turn) for _ in range(tries)), return_exceptions=True)
    replies = [reply for reply in done if isinstance(reply, Reply)]
    failures = [error for error in done if isinstance(error, BaseException)]
    if failures and not replies:
        raise failures[0]
    for error in failures:
        emit("notice", {"text": f"One of {tries} attempts failed: {error}"})
    return _to_choose_from(replies)


def _to_choose_from(replies: list[Reply]) -> Reply:
    """The different answers, numbered; equal ones count once."""
    texts = list(dict.fromkeys(reply.text.strip() for reply in replies))
    stopped = next((reply.stopped_by for reply in replies if reply.stopped_by), None)
    if len(texts) == 1:
        emit("notice", {"text": f"All {len(replies)} attempts gave the same answer."})
        return Reply(texts[0], stopped)
    for number, text in enumerate(texts, 1):
        emit("alternative", {"number": number, "text": text})
    return Reply("\n\n".join(f"**{number}.** {text}" for number, text in enumerate(texts, 1)), stopped)
