"""Threads: listed, read, renamed, branched off, deleted."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from cairn.core.app_tables import Origin
from cairn.memory.thread_store import Message, Thread
from cairn.ui import deletions
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.request_models import BranchOff, Now, Renamed, ThreadThere

threads = APIRouter(prefix="/threads", tags=["threads"])


class ThreadRun(BaseModel):
    run: str
    question: str
    state: str


class WholeThread(BaseModel):
    """`runs` are oldest first; `messages` are what the thread remembers of them."""

    id: str
    name: str
    created: float
    updated: float
    origin: Origin | None
    messages: list[Message]
    runs: list[ThreadRun]


class ThreadId(BaseModel):
    thread: str


@threads.get("", dependencies=[needs("read")])
def list_threads(home: Home) -> list[Thread]:
    """Newest first."""
    return home.threads.list()


@threads.get("/{thread}", dependencies=[needs("read")])
def read_thread(home: Home, thread: ThreadThere) -> WholeThread:
    """A thread with its messages and runs."""
    known = home.threads.get(thread)
    runs = [ThreadRun(run=run[0], question=run[1], state=run[2]) for run in home.workspace.runs.of_thread(thread)]
    return WholeThread(
        id=known.id,
        name=known.name,
        created=known.created,
        updated=known.updated,
        origin=known.origin,
        messages=home.threads.messages(thread),
        runs=runs,
    )


@threads.patch("/{thread}", dependencies=[needs("threads")])
def rename_thread(home: Home, thread: ThreadThere, renamed: Renamed) -> Thread:
    """Give it another name."""
    home.threads.rename(thread, renamed.name)
    return home.threads.get(thread)


@threads.delete("/{thread}", status_code=204, dependencies=[needs("threads")])
def delete_thread(home: Home, thread: ThreadThere, now: Now = False) -> None:
    """Delete it with its messages, runs and events; a run that is at work in it is stopped."""
    kept = deletions.delete_thread(home, thread)
    if now:
        deletions.delete_now(home, kept.id)


@threads.post("/{thread}/branches", status_code=201, dependencies=[needs("ask")])
def branch_thread(home: Home, thread: ThreadThere, off: BranchOff) -> ThreadId:
    """A new thread that begins as this one did, up to a run."""
    return ThreadId(thread=home.branch(thread, off.run, off.name))
