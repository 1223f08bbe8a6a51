"""Cairn as its user interfaces see it: ask, follow, stop; threads; what can be chosen."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, Self

from cairn.agents.assembly import Assistant, build
from cairn.agents.event_feed import Feed, Feeds
from cairn.agents.event_log import started
from cairn.agents.run_progress import read_history
from cairn.agents.run_recorder import Recorder, record
from cairn.agents.thread_context import Asked, answer
from cairn.agents.tool_calls import problem_with
from cairn.agents.workspace import OpenHome
from cairn.core import event_loop
from cairn.core.answer import Answer, fold
from cairn.core.app_tables import Origin
from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.events import VERSION, Approval, Event
from cairn.core.secrets import all_scrubbed
from cairn.core.settings import Settings
from cairn.core.strategy import Reply
from cairn.core.task import merged
from cairn.memory.fact_store import facts_from
from cairn.memory.run_store import WAITING
from cairn.memory.thread_store import name_from

Decision = Literal["approve", "edit", "reject"]
_DECIDED = {"approve": "approved", "edit": "edited", "reject": "rejected"}
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Handle:
    """A run that was started, and the thread it answers in."""

    run: str
    thread: str


@dataclass(frozen=True, slots=True)
class _Live:
    recorder: Recorder
    work: Future[None]


class Cairn(OpenHome):
    """One home, open. Its methods can be called from any thread but the event loop's own.

    >>> from cairn import Cairn, load_settings
    >>> with Cairn(load_settings()) as home:
    ...     run = home.start("What is 6 * 7?").run
    ...     kinds = [event.type for event in home.follow(run)]
    ...     print(kinds[0], kinds[-1], home.answer(run).answer)
    started finished 6 * 7 = **42**

    Args:
        settings: Where it is, and everything that can be set.

    Raises:
        StorageError: The home or its database can't be opened.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.threads = self.workspace.threads
        self.prompts = self.workspace.prompts
        self._feeds = Feeds(self.workspace.runs)
        self._live: dict[str, _Live] = {}
        self._launching = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(
        self,
        question: str,
        *,
        thread: str | None = None,
        task: str | None = None,
        patch: Mapping[str, Any] | None = None,
        model: Any = None,
        parent: str | None = None,
        origin: Origin = "program",
    ) -> Handle:
        """Begin to answer, and return at once.

        Args:
            question: What is asked.
            thread: The thread to answer in; its id's beginning is enough. None is a new one.
            task: The task that answers, None for the setting's.
            patch: What of the task is changed for this question.
            model: The model that answers: a name, a LangChain chat model, or None for the task's or the setting's.
            parent: The run that this one branches off or, where it is of the same thread, is another version of: the
                thread goes on with the newest version, unless another is chosen.
            origin: Where it is asked: a new thread is told as begun there; what goes on on the page is the page's.

        Returns:
            The run and its thread.

        Raises:
            UsageError: What is asked for is wrong (also TaskError, TemplateError).
            ModelError: The model can't be used.
            ThreadBusy: The thread is being answered, or waits for a decision. In all cases nothing is written.
        """
        question = clean(question)
        self.settings.check_question(question)
        assistant = build(self.workspace, task or self.settings.task, patch, model)
        told: list[Event] = []

        def first(run: str, thread: str, parent: str | None) -> Event:
            said = all_scrubbed(started(assistant, question, thread, patch, parent))
            told[:] = [Event(VERSION, run, 1, time.time(), "started", said)]
            return told[0]

        if thread:
            thread = self.threads.get(thread).id
            run = self.workspace.runs.begin(thread, question, parent, first, origin)
            asked = Asked(thread, question, before=run if parent else None)
        else:
            name = name_from(question)
            thread, run = self.workspace.runs.begin_anew(question, name, parent, first, origin)
            asked = Asked(thread, question, anew=True)
        self._launch(Recorder(run, self.workspace.runs, told), assistant, asked)
        return Handle(run, thread)

    def _launch(self, recorder: Recorder, assistant: Assistant, asked: Asked) -> None:
        async def work() -> Reply:
            with facts_from(asked.thread, recorder.run):
                return await answer(assistant, asked)

        live = _Live(recorder, event_loop.start(record(recorder, self.workspace.runs, work)))
        with self._launching:
            going_on = {run: other for run, other in self._live.items() if not other.work.done()}
            self._live = {**going_on, recorder.run: live}

    def _recorder(self, run: str) -> Recorder | None:
        """Of a run that this process works on or has just ended: its last events may be unstored."""
        live = self._live.get(run)
        return live.recorder if live and not live.recorder.paused else None

    def resume(self, run: str, *, model: Any = None) -> Handle:
        """Go on with a run that was broken off, from what is stored of it; its id's beginning is enough.

        Raises UsageError for one that can't be gone on with or waits for a decision, ThreadBusy, and what `start` does.
        """
        run, thread = self.workspace.runs.find(run)
        self._go_on(run, model, self.workspace.runs.resume)
        return Handle(run, thread)

    def decide(
        self, run: str, id: str, decision: Decision, arguments: dict[str, Any] | None = None, *, model: Any = None
    ) -> bool:
        """What the user says to the call `id` that `waiting` names; `arguments` are those of an `edit`.

        True when the run goes on now, False while other calls of it wait. Of several decisions, from whatever page or
        process, the first one counts. Raises UsageError (also for arguments that the tool does not take), ThreadBusy.
        """

        def decided(run: str, started: dict[str, Any]) -> bool:
            return self.workspace.runs.decide(run, id, _DECIDED[decision], arguments, started)

        return self._go_on(run, model, decided, (id, arguments) if decision == "edit" else None)

    def _go_on(
        self,
        run: str,
        model: Any,
        claim: Callable[[str, dict[str, Any]], bool],
        edit: tuple[str, dict[str, Any] | None] | None = None,
    ) -> bool:
        """Everything that can be wrong is found before `claim` makes the run this process's."""
        said = self._said(run)
        assistant = build(self.workspace, said["task"], said.get("patch"), model or said["model"])
        if edit is not None:
            _check_edit(assistant, self.waiting(run), *edit)
        begins = started(assistant, said["question"], said["thread"], said.get("patch"), said.get("parent"))
        if not claim(run, begins):
            return False
        earlier = self.workspace.runs.events(run)
        recorder = Recorder(run, self.workspace.runs, earlier, read_history(earlier).seconds)
        version = run if said.get("parent") else None
        self._launch(recorder, assistant, Asked(said["thread"], said["question"], version, earlier=earlier))
        return True

    def retry(
        self,
        run: str,
        *,
        model: Any = None,
        patch: Mapping[str, Any] | None = None,
        task: str | None = None,
        question: str | None = None,
        origin: Origin = "program",
    ) -> Handle:
        """Another version of an answer, in its place in the thread: what is not given is as it was.

        The model is told of the turns before it, not of the other versions. The thread goes on with the newest version;
        `choose_version` takes an earlier one back.

        Args:
            run: The run whose question is asked again; its id's beginning is enough.
            model: Another model, as for `start`.
            patch: What else of the task is changed for it.
            task: Another task, or the same: then nothing of it is changed but by `patch`.
            question: Another wording.
            origin: Where it is asked, as for `start`.

        Raises:
            UsageError, ModelError, ThreadBusy, as `start` does.
        """
        run, thread = self.workspace.runs.find(run)
        said = self._said(run)
        changed = merged({} if task else said.get("patch", {}), patch or {})
        asked, name = question or said["question"], model or said["model"]
        task = task or said["task"]
        return self.start(asked, thread=thread, task=task, patch=changed, model=name, parent=run, origin=origin)

    def choose_version(self, run: str) -> None:
        """Of several versions of an answer, this one is the one that the thread goes on with. Raises UsageError."""
        self.workspace.runs.choose_version(self.workspace.runs.find(run)[0])

    def branch(self, thread: str, run: str | None = None, name: str | None = None) -> str:
        """A new thread with the turns of `thread` up to and with `run`; the old one stays as it is.

        Args:
            thread: The thread's id, or its beginning.
            run: The last turn of the new thread, None for the last one that is over; of several versions this one.
            name: The new thread's, None for the old one's.

        Returns:
            The new thread's id.

        Raises:
            UsageError: There is no such thread, no such run in it, or the run is not over.
        """
        source = self.threads.get(thread)
        last = run and self.workspace.runs.find(run)[0]
        return self.workspace.runs.branch(source.id, last, name_from(name) if name else source.name)

    def _said(self, run: str) -> dict[str, Any]:
        """How a run was started. Raises UsageError."""
        first = self.workspace.runs.events(run, 0)[:1]
        if not first or first[0].type != "started":
            raise UsageError("That run had hardly begun: there is nothing to go on with.", "Ask the question again.")
        return first[0].data

    def waiting(self, run: str) -> list[Approval]:
        """What the user has to decide before the run can go on; nothing while it is at work or over."""
        if self.workspace.runs.state(run) != WAITING:
            return []
        return read_history(self.workspace.runs.events(run)).undecided

    def unfinished(self) -> list[tuple[str, str, str]]:
        """(run, question, `waiting` or `interrupted`) of what can be gone on with, newest first."""
        return self.workspace.runs.unfinished()

    def events(self, run: str, after: int = 0) -> list[Event]:
        """The events so far with a `seq` above `after`."""
        if recorder := self._recorder(run):
            return recorder.feed.after(after)
        return self.workspace.runs.events(run, after)

    def follow(self, run: str, after: int = 0) -> Iterator[Event]:
        """The events after `after` as they come, to the last one, or until the run waits for its user."""
        with self._feed(run) as feed:
            yield from feed.wait(after)

    async def afollow(self, run: str, after: int = 0) -> AsyncGenerator[Event]:
        """The same, on any loop, without a thread for each reader."""
        with self._feed(run) as feed:
            async with aclosing(feed.read(after)) as events:
                async for event in events:
                    yield event

    def _feed(self, run: str) -> AbstractContextManager[Feed]:
        recorder = self._recorder(run)
        return nullcontext(recorder.feed) if recorder else self._feeds.of(run)

    def stop(self, run: str) -> None:
        """End a run, whichever process works on it, or one that waits; what was said so far is its answer."""
        if recorder := self._recorder(run):
            recorder.stop()
        elif not self.workspace.runs.ask_stop(run) and self.workspace.runs.state(run) == WAITING:
            seconds = round(read_history(self.workspace.runs.events(run)).seconds, 3)
            self.workspace.runs.end_waiting(run, {"answer": "", "stopped_by": "user", "seconds": seconds})

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
        self.workspace.runs.rephrase(run, texts[number])

    def running(self, thread: str) -> str | None:
        """The run that is answering in this thread now, in this process or another; not one that waits."""
        return self.workspace.runs.running(thread)

    def close(self) -> None:
        """What still runs is stopped, and has a moment to write down its end."""
        running = [live for live in list(self._live.values()) if not live.work.done()]
        for live in running:
            live.recorder.stop()
        wait_for([live.work for live in running], _PATIENCE)
        self.workspace.close()


def _check_edit(
    assistant: Assistant, waiting: Sequence[Approval], id: str, arguments: Mapping[str, Any] | None
) -> None:
    """Raises UsageError unless the tool takes the arguments; a call that does not wait is told of later."""
    if (asked := next((one for one in waiting if one["id"] == id), None)) is None:
        return
    tool = next((tool for tool in assistant.tools if tool.name == asked["tool"]), None)
    if tool is not None and (problem := problem_with(tool, arguments or {})) is not None:
        raise UsageError(f"{tool.name} can't be called so: {problem}", "Correct the arguments.")
