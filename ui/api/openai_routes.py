"""The API that OpenAI's clients speak: each task is a model. The conversation comes with the request, none is kept."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from cairn.agents.assembly import Assistant, build
from cairn.agents.service import Cairn
from cairn.core import errors
from cairn.core.app_database import new_id
from cairn.core.errors import CairnError, UsageError
from cairn.core.events import Event
from cairn.core.registry import find
from cairn.core.strategy import Turn
from cairn.core.task import task_patch
from cairn.models.embeddings import make_embeddings
from cairn.models.token_counts import APPROXIMATE, token_counter
from cairn.ui.api.error_replies import (
    OPENAI,
    OpenAIErrorBody,
    Refused,
    error_body,
    status_of,
    told_errors,
    without_home,
)
from cairn.ui.api.event_stream import HEARTBEAT, as_json, event_stream, with_heartbeats
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.openai_replies import Completion, Writing
from cairn.ui.api.openai_requests import (
    ChatRequest,
    ContinuedPrompt,
    Conversation,
    Wishes,
    lent_tools,
    read_conversation,
)
from cairn.ui.api.unstored_answers import unstored_answer

openai = APIRouter(prefix=OPENAI, tags=["OpenAI"], responses=told_errors(OpenAIErrorBody))
_CHAT = f"{OPENAI}/chat/completions"
_BELONGS = "cairn"
_LOOK_SECONDS = 1.0


class ModelCard(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = _BELONGS


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelCard]


class EmbeddingsRequest(BaseModel):
    """`model` may have any name: the home has one."""

    model_config = ConfigDict(extra="allow")

    model: str
    input: str | list[str] = Field(min_length=1, max_length=2048)
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """What answers a request: its events, to be written so."""

    events: AsyncGenerator[Event]
    writing: Writing
    completion: Completion


@openai.get("/models", dependencies=[needs("ask", "read")])
def list_models(home: Home) -> ModelList:
    """The tasks."""
    return ModelList(data=[ModelCard(id=name) for name in home.prompts.tasks()])


@openai.get("/models/{model}", dependencies=[needs("ask", "read")])
def show_model(home: Home, model: str) -> ModelCard:
    """One task."""
    if model not in home.prompts.tasks():
        raise Refused(404, "model_not_found", f"There is no task {model!r}.")
    return ModelCard(id=model)


@openai.post("/chat/completions", dependencies=[needs("ask")], response_model=None)
async def complete(
    request: Request,
    home: Home,
    asked: ChatRequest,
    x_cairn_thread: Annotated[
        str | None, Header(pattern=r"^(new|[0-9a-f]{16,32})$", description="An id or `new`: the answer is kept there.")
    ] = None,
) -> Response | dict[str, Any]:
    """Answer the last thing that the user said in a conversation."""
    if x_cairn_thread:
        wishes = Wishes(thread=x_cairn_thread, details=asked.cairn.details)
        asked = asked.model_copy(update={"cairn": wishes})
    prepared = await asyncio.to_thread(_prepare, home, asked)
    if asked.stream:
        wants_usage = asked.stream_options is not None and asked.stream_options.include_usage
        return event_stream(_stream(home, prepared, wants_usage))
    return await _whole(request, home, prepared)


@openai.post("/embeddings", dependencies=[needs("ask")])
def embed(request: Request, home: Home, asked: EmbeddingsRequest) -> dict[str, Any]:
    """The vectors of texts, by the home's embedding model."""
    embedder = getattr(request.app.state, "embedder", None)
    if embedder is None:
        embedder = request.app.state.embedder = make_embeddings(home.settings)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if any(not text for text in texts):
        raise UsageError("An empty text has no vector.", "Leave it out.")
    vectors = embedder.embed_documents(texts)
    data = [
        {
            "object": "embedding",
            "index": n,
            "embedding": _encoded(vector) if asked.encoding_format == "base64" else vector,
        }
        for n, vector in enumerate(vectors)
    ]
    tokens = sum(map(APPROXIMATE, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": embedder.fingerprint, "data": data, "usage": usage}


def _encoded(vector: list[float]) -> str:
    return base64.b64encode(np.asarray(vector, dtype="<f4").tobytes()).decode()


def _prepare(home: Cairn, asked: ChatRequest) -> Prepared:
    """May block. Raises UsageError, Refused, ModelError, ThreadBusy."""
    if not home.prompts.configuration(asked.model):
        raise Refused(404, "model_not_found", f"There is no task {asked.model!r}.")
    asked.refuse_what_cannot_be_done()
    said = read_conversation(asked.messages)
    home.settings.check_question(said.question)
    temperature = None if asked.temperature is None else round(asked.temperature, 1)
    patch = task_patch(temperature=temperature)
    if asked.cairn.thread:
        return _stored(home, asked, said, patch)
    assistant = build(home.workspace, asked.model, patch)
    if asked.offered:
        assistant = _with_tools(home, assistant, asked, patch)
    writing = Writing(asked.most_tokens, assistant.count, [tool.function.name for tool in asked.offered])
    completion = Completion(new_id(), asked.model, asked.cairn.details)
    return Prepared(unstored_answer(assistant, _turn(assistant, said)), writing, completion)


def _stored(home: Cairn, asked: ChatRequest, said: Conversation, patch: dict[str, Any]) -> Prepared:
    """As a run in a thread, which remembers by itself what was said before."""
    if asked.offered or said.after:
        raise UsageError("Tools of yours can't be called for an answer that is kept in a thread.", "Leave one out.")
    thread = None if asked.cairn.thread == "new" else asked.cairn.thread
    handle = home.start(said.question, thread=thread, task=asked.model, patch=patch)
    counter = token_counter(home.model_in_use().name, home.settings.home)
    writing = Writing(asked.most_tokens, counter)
    return Prepared(home.afollow(handle.run), writing, Completion(handle.run, asked.model, details=True))


def _with_tools(home: Cairn, assistant: Assistant, asked: ChatRequest, patch: dict[str, Any]) -> Assistant:
    if "tools" not in find("strategy", assistant.task.strategy).chooses:
        raise UsageError(f"Task {asked.model!r} chooses no tools.", "Ask one of strategy react, or send no `tools`.")
    lent = lent_tools(asked.offered, [tool.name for tool in assistant.tools])
    return build(home.workspace, asked.model, patch, lent=lent)


def _turn(assistant: Assistant, said: Conversation) -> Turn:
    """What came with the request may hold text that others wrote."""
    turn = assistant.turn(said.question, said.history, said.instructions)
    prompt = ContinuedPrompt(turn.prompt, said.after) if said.after else turn.prompt
    return replace(turn, prompt=prompt, untrusted=bool(said.history or said.after))


async def _whole(request: Request, home: Cairn, prepared: Prepared) -> dict[str, Any]:
    """Who hung up ends the work."""
    async with aclosing(with_heartbeats(prepared.events, _LOOK_SECONDS)) as events:
        async for event in events:
            if event is not None:
                prepared.writing.take(event)
            elif await request.is_disconnected():
                raise Refused(499, "HungUp", "The client hung up.")
            if prepared.writing.cut:
                break
    if refused := _refused(home, prepared.writing):
        raise refused
    return prepared.completion.whole(prepared.writing)


async def _stream(home: Cairn, prepared: Prepared, wants_usage: bool) -> AsyncGenerator[bytes]:
    writing, completion = prepared.writing, prepared.completion
    yield _framed(completion.chunk({"role": "assistant", "content": ""}))
    async with aclosing(with_heartbeats(prepared.events)) as events:
        async for event in events:
            if event is None:
                yield HEARTBEAT
            elif text := writing.take(event):
                yield _framed(completion.chunk({"content": text}))
            if writing.cut:
                break
    if refused := _refused(home, writing):
        yield _framed(error_body(_CHAT, refused.status, refused.kind, refused.message, refused.hint))
        return
    ends = [completion.last_chunk(writing), *([completion.usage_chunk(writing)] if wants_usage else ())]
    yield b"".join([*map(_framed, ends), b"data: [DONE]\n\n"])


def _refused(home: Cairn, writing: Writing) -> Refused | None:
    """What kept the answer from coming: a failure, or a call that only a person may allow."""
    if (told := writing.failure) is not None:
        kind = getattr(errors, told["kind"], CairnError)
        status = status_of(kind("")) if isinstance(kind, type) and issubclass(kind, CairnError) else 500
        place = home.settings.home
        return Refused(
            status, told["kind"], without_home(told["message"], place) or "", without_home(told["hint"], place)
        )
    if waiting := writing.waiting:
        told = f"{waiting[0]['tool']} needs a person's yes, which nobody can give over this protocol."
        return Refused(403, "ApprovalNeeded", told, "Ask in Cairn's page or by its own API.")
    return None


def _framed(chunk: dict[str, Any]) -> bytes:
    return f"data: {as_json(chunk)}\n\n".encode()
