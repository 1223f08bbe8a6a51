"""What requests to our own API may say. What they do not know is an error, never passed over."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from cairn.agents.service import Decision
from cairn.core.errors import UsageError
from cairn.ui.api.error_replies import Refused
from cairn.ui.api.key_access import Home

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Lower-case letters, digits, - and _.")]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16,32}$", description="An id.")]
Model = Annotated[
    str,
    Field(min_length=1, max_length=200, description="`provider:name` or `builtin`; else the task's or the setting's."),
]

Now = Annotated[bool, Query(description="For good, at once; else the page, or the terminal, has it back for a day.")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Question(_Body):
    """`thread` None is a new one. `template` and `strategy` change the task for this question."""

    question: str = Field(min_length=1)
    thread: Id | None = None
    task: Name | None = None
    template: Name | None = None
    strategy: Name | None = None
    model: Model | None = None


class Version(_Body):
    """What is other than in the run that is answered once more; None stays."""

    question: str | None = Field(default=None, min_length=1)
    task: Name | None = None
    template: Name | None = None
    strategy: Name | None = None
    model: Model | None = None


class Decided(_Body):
    """`call` is the approval's `id`; `arguments` are those of an `edit`."""

    call: str = Field(min_length=1, max_length=200)
    decision: Decision
    arguments: dict[str, Any] | None = None


class Renamed(_Body):
    name: str = Field(min_length=1, max_length=1000)


class BranchOff(_Body):
    """`run`: the last one that the new thread holds; None holds all."""

    run: Id | None = None
    name: str | None = Field(default=None, min_length=1, max_length=1000)


class Said(_Body):
    """`correction`: what would have been right, as `{"answer": …}` or `{"sql": …, "database": …}`."""

    verdict: Literal["good", "bad"]
    reason: str | None = Field(default=None, max_length=10_000)
    correction: dict[str, str] | None = None


def _run_there(home: Home, run: Annotated[str, Path(pattern=r"^[0-9a-f]{16,32}$")]) -> str:
    with suppress(UsageError):
        if home.workspace.runs.find(run)[0] == run:  # an id's beginning is for people who type
            return run
    raise Refused(404, "NotFound", f"There is no run {run}.")


def _thread_there(home: Home, thread: Annotated[str, Path(pattern=r"^[0-9a-f]{16,32}$")]) -> str:
    with suppress(UsageError):
        if home.threads.get(thread).id == thread:
            return thread
    raise Refused(404, "NotFound", f"There is no thread {thread}.")


def _task_there(home: Home, task: Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]) -> str:
    if task not in home.prompts.tasks():
        raise Refused(404, "NotFound", f"There is no task {task!r}.")
    return task


RunThere = Annotated[str, Depends(_run_there)]
ThreadThere = Annotated[str, Depends(_thread_there)]
TaskThere = Annotated[str, Depends(_task_there)]
