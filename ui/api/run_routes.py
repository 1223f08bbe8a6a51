"""Runs: started, followed, stopped, decided about, gone on with, answered anew, and what is said of their answers."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from cairn.agents.service import Handle
from cairn.core.answer import Answer
from cairn.core.app_tables import Origin
from cairn.core.events import Approval
from cairn.core.task import task_patch
from cairn.memory.feedback_store import Feedback, FeedbackStore
from cairn.ui.api.error_replies import Refused
from cairn.ui.api.event_stream import event_stream, run_events
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.request_models import Decided, Question, RunThere, Said, Version

runs = APIRouter(prefix="/runs", tags=["runs"])


_FRAME = {"type": "object", "properties": {name: {"type": "string"} for name in ("id", "event", "data")}}


class RunState(BaseModel):
    """`state`: running, waiting, interrupted, finished, failed or stopped; `waiting`: what is to be decided."""

    run: str
    thread: str
    state: str
    waiting: list[Approval]


class GoesOn(BaseModel):
    """False while other calls of the run are to be decided."""

    goes_on: bool


def _origin(request: Request) -> Origin:
    return "page" if "page" in request.state.key.scopes else "program"


def _named_here(model: str | None, request: Request) -> None:
    """Raises Refused for a file as a model, which only who sits at this machine may name: on the page, or in a task."""
    kind = (model or "").strip().partition(":")[0].casefold()
    if kind in ("replay", "gguf") and _origin(request) != "page":
        told = "A file is named on this machine only."
        raise Refused(422, "InvalidRequest", told, "Write it into a task or the settings, and leave `model` out.")


@runs.post("", status_code=201, dependencies=[needs("ask")])
def start(home: Home, asked: Question, request: Request) -> Handle:
    """Begin to answer a question."""
    _named_here(asked.model, request)
    patch = task_patch(template=asked.template, strategy=asked.strategy)
    thread, task, model = asked.thread, asked.task, asked.model
    return home.start(asked.question, thread=thread, task=task, patch=patch, model=model, origin=_origin(request))


@runs.get("/{run}", dependencies=[needs("ask", "read")])
def state(home: Home, run: RunThere) -> RunState:
    """How far a run is."""
    thread = home.workspace.runs.find(run)[1]
    return RunState(run=run, thread=thread, state=home.workspace.runs.state(run), waiting=home.waiting(run))


@runs.get("/{run}/answer", dependencies=[needs("ask", "read")])
def answer(home: Home, run: RunThere) -> Answer:
    """What the run amounts to so far, as `cairn ask --json` gives it."""
    return home.answer(run)


@runs.get(
    "/{run}/events",
    dependencies=[needs("ask", "read")],
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": _FRAME}}}},
)
async def follow(
    home: Home,
    run: RunThere,
    after: Annotated[int, Query(ge=0, le=2**31, description="Only events with a `seq` above this one.")] = 0,
    last_event_id: Annotated[str | None, Header(description="The same, as browsers send it.")] = None,
) -> StreamingResponse:
    """The events as they come, as server-sent events, to the last one or until the run waits for a decision."""
    if last_event_id:
        if not last_event_id.isascii() or not last_event_id.isdecimal() or len(last_event_id) > 9:
            raise Refused(422, "InvalidRequest", "Last-Event-ID is no number of an event.")
        after = int(last_event_id)
    return event_stream(run_events(home, run, after))


@runs.post("/{run}/stop", dependencies=[needs("ask")])
def stop(home: Home, run: RunThere) -> RunState:
    """End a run; what was said so far is its answer. That it has ended is told by its last event."""
    home.stop(run)
    return state(home, run)


@runs.post("/{run}/decisions", dependencies=[needs("approve")])
def decide(home: Home, run: RunThere, decided: Decided) -> GoesOn:
    """Approve, edit or reject a tool call that the run waits for."""
    return GoesOn(goes_on=home.decide(run, decided.call, decided.decision, decided.arguments))


@runs.post("/{run}/resume", dependencies=[needs("ask")])
def resume(home: Home, run: RunThere) -> Handle:
    """Go on with a run that was broken off."""
    return home.resume(run)


@runs.post("/{run}/versions", status_code=201, dependencies=[needs("ask")])
def answer_anew(home: Home, run: RunThere, other: Version, request: Request) -> Handle:
    """Another version of the answer: by another model, template, strategy or task, or to the question put otherwise."""
    _named_here(other.model, request)
    patch = task_patch(template=other.template, strategy=other.strategy) or None
    model, task, question = other.model, other.task, other.question
    return home.retry(run, model=model, patch=patch, task=task, question=question, origin=_origin(request))


@runs.get("/{run}/feedback", dependencies=[needs("read")])
def feedback(home: Home, run: RunThere) -> Feedback:
    """What was said of the answer."""
    if (said := _store(home).of(run)) is None:
        raise Refused(404, "NotFound", "Nothing was said of this answer.")
    return said


@runs.put("/{run}/feedback", dependencies=[needs("ask")])
def give_feedback(home: Home, run: RunThere, said: Said) -> Feedback:
    """Say that the answer is good or bad, and why; in the place of what was said before."""
    return _store(home).give(run, said.verdict, said.reason, said.correction)


@runs.delete("/{run}/feedback", status_code=204, dependencies=[needs("ask")])
async def take_feedback_back(home: Home, run: RunThere) -> Response:
    """Nothing is said of the answer any more."""
    await asyncio.to_thread(_store(home).take_back, run)
    return Response(status_code=204)


def _store(home: Home) -> FeedbackStore:
    return FeedbackStore(home.workspace.database, home.settings.user)
