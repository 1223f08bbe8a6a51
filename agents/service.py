"""Cairn as its user interfaces see it: ask, follow, stop; threads; what can be chosen."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from cairn.agents.assembly import Assistant, build
from cairn.agents.attempts import attempt
from cairn.agents.run_progress import read_history
from cairn.agents.run_recorder import Recorder, record
from cairn.agents.tool_calls import problem_with
from cairn.agents.workspace import Workspace
from cairn.core import event_loop
from cairn.core.answer import Answer, fold
from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.events import ENDS, Approval, Event
from cairn.core.settings import Settings
from cairn.core.strategy import Reply
from cairn.memory.fact_store import facts_from
from cairn.memory.run_store import WAITING
from cairn.memory.thread_store import name_from
from cairn.models.model_registry import Choice, choose_model, list_models
from cairn.tools.tool_invocation import is_untrusted

Decision = Literal["approve", "edit", "reject"]
_DECIDED = {"approve": "approved", "edit": "edited", "reject": "rejected"}
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
        self.settings = settings
        self.workspace = Workspace(settings)
        self.threads = self.workspace.threads
        self.prompts = self.workspace.prompts
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
    ) -> Handle:
        """Begin to answer, and return at once.

        Args:
            question: What is asked.
            thread: The thread to answer in; its id's beginning is enough. None is a new one.
            task: The task that answers, None for the setting's.
            patch: What of the task is changed for this question.
            model: The model that answers: a name, a LangChain chat model, or None for the task's or the setting's.
            parent: The run that this one branches off, or is another version of.

        Returns:
            The run and its thread.

        Raises:
            UsageError: What is asked for is wrong (also TaskError, TemplateError).
            ModelError: The model can't be used.
            ThreadBusy: The thread is being answered, or waits for a decision. In all cases nothing is written.
        """
        question = clean(question)
        self._check(question)
        assistant = build(self.workspace, task or self.settings.task, patch, model)
        if thread:
            thread = self.threads.get(thread).id
            run = self.workspace.runs.begin(thread, question, parent)
        else:
            thread, run = self.workspace.runs.begin_anew(question, name_from(question), parent)
        started = _started(assistant, question, thread, patch, parent)
        self._launch(Recorder(run, self.workspace.runs), started, assistant)
        return Handle(run, thread)

    def _launch(
        self, recorder: Recorder, started: dict[str, Any], assistant: Assistant, earlier: Sequence[Event] = ()
    ) -> None:
        if not earlier:
            recorder.emit("started", started)

        async def work() -> Reply:
            with facts_from(started["thread"], recorder.run):
                return await _answer(assistant, started["thread"], started["question"], earlier)

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
        first = self.workspace.runs.events(run, 0)[:1]
        if not first or first[0].type != "started":
            raise UsageError("That run had hardly begun: there is nothing to go on with.", "Ask the question again.")
        said = first[0].data
        assistant = build(self.workspace, said["task"], said.get("patch"), model or said["model"])
        if edit is not None:
            _check_edit(assistant, self.waiting(run), *edit)
        started = _started(assistant, said["question"], said["thread"], said.get("patch"), said.get("parent"))
        if not claim(run, started):
            return False
        earlier = self.workspace.runs.events(run)
        recorder = Recorder(run, self.workspace.runs, earlier, read_history(earlier).seconds)
        self._launch(recorder, started, assistant, earlier)
        return True

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
            return recorder.after(after)
        return self.workspace.runs.events(run, after)

    def follow(self, run: str, after: int = 0) -> Iterator[Event]:
        """The events after `after` as they come, to the last one, or until the run waits for its user."""
        while True:
            recorder = self._recorder(run)
            # asked before the events are read: then nothing comes after them
            over = recorder.over if recorder else self.workspace.runs.state(run) != "running"
            events = recorder.wait_after(after, _PATIENCE) if recorder else self.workspace.runs.events(run, after)
            yield from events
            if over or (events and events[-1].type in ENDS):
                return
            if events:
                after = events[-1].seq
            elif not recorder:
                time.sleep(_POLL)

    def stop(self, run: str) -> None:
        """End a run of this process, or one that waits; what was said so far is its answer."""
        if recorder := self._recorder(run):
            recorder.stop()
        elif self.workspace.runs.state(run) == WAITING:
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
        self.workspace.close()

    def _check(self, question: str) -> None:
        if not question.strip():
            raise UsageError("The question is empty.", 'Write one: cairn ask "…"')
        if len(question) > self.settings.max_question:
            raise UsageError(
                f"The question has {len(question):,} characters; the limit is {self.settings.max_question:,}.",
                "Put long text into a document (`cairn add`), or raise `max_question`.",
            )


def _started(
    assistant: Assistant, question: str, thread: str, patch: Mapping[str, Any] | None, parent: str | None
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "question": question,
        "task": assistant.task.name,
        "strategy": assistant.task.strategy,
        "template": assistant.task.template,
        "template_hash": assistant.template.hash,
        "model": assistant.model,
        "thread": thread,
    }
    return said | ({"patch": dict(patch)} if patch else {}) | ({"parent": parent} if parent else {})


def _check_edit(
    assistant: Assistant, waiting: Sequence[Approval], id: str, arguments: Mapping[str, Any] | None
) -> None:
    """Raises UsageError unless the tool takes the arguments; a call that does not wait is told of later."""
    if (asked := next((one for one in waiting if one["id"] == id), None)) is None:
        return
    tool = next((tool for tool in assistant.tools if tool.name == asked["tool"]), None)
    if tool is not None and (problem := problem_with(tool, arguments or {})) is not None:
        raise UsageError(f"{tool.name} can't be called so: {problem}", "Correct the arguments.")


async def _answer(assistant: Assistant, thread: str, question: str, earlier: Sequence[Event]) -> Reply:
    past = await assistant.thread_context.past(thread, question)
    turn = await asyncio.to_thread(assistant.turn, question, past.history, past.background)
    untrusted = bool(past.history or past.summed_up) and await asyncio.to_thread(_has_untrusted, assistant, thread)
    return await attempt(assistant, replace(turn, untrusted=untrusted, earlier=earlier))


def _has_untrusted(assistant: Assistant, thread: str) -> bool:
    """Whether the thread may hold text that others wrote; where no tool has side effects it does not matter."""
    if not any((tool.metadata or {}).get("side_effects", True) for tool in assistant.tools):
        return False
    trusted = {tool.name for tool in assistant.tools if not is_untrusted(tool)}
    return assistant.workspace.runs.has_untrusted(thread, trusted)
