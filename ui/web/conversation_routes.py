"""What the page's conversation asks its server for, beside the API that other programs use: HTML, files, a key.

Its requests carry the page's key, which the server makes anew at each start and the page hands to its script.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.agents.service import Handle
from cairn.core.answer import Answer
from cairn.core.errors import CairnError, UsageError
from cairn.core.source import Source
from cairn.ui.api.document_routes import Upload, upload_state
from cairn.ui.api.error_replies import Refused
from cairn.ui.api.event_stream import event_stream
from cairn.ui.api.key_access import Home, needs
from cairn.ui.api.request_models import RunThere, ThreadThere
from cairn.ui.brought_files import folder_of
from cairn.ui.web import answer_files, answer_verdict, chart_drawing, edited_question, pdf_page, sample_choice
from cairn.ui.web.conversation_stream import News, conversation_events, drawn, look
from cairn.ui.web.document_html import document_html, question_about
from cairn.ui.web.html_pieces import Words, source_name
from cairn.ui.web.page_hints import hint_here, said_here
from cairn.ui.web.page_texts import language_of, text
from cairn.ui.web.run_view import view
from cairn.ui.web.shown_documents import shown_name

PAGE = "/api/page"
conversation = APIRouter(prefix=PAGE, include_in_schema=False, dependencies=[needs("page")])
script = APIRouter(prefix=PAGE, include_in_schema=False)
_HERE = Path(__file__).parent
_EARLIER = 20
news = News()


async def _words(accept_language: Annotated[str | None, Header()] = None) -> Words:
    return partial(text, language=language_of(accept_language))


Say = Annotated[Words, Depends(_words)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Verdict(_Body):
    """None takes back what was said. `source` is the number of the right passage."""

    verdict: Literal["good", "bad"] | None
    reason: str = Field(default="", max_length=10_000)
    answer: str = Field(default="", max_length=100_000)
    sql: str = Field(default="", max_length=100_000)
    source: int | None = Field(default=None, ge=1)


class ModelKey(_Body):
    """`model`: the one that is asked with it."""

    key: SecretStr = Field(min_length=1, max_length=1000)
    model: str = Field(max_length=1000)


class Alternative(_Body):
    number: int


class Edited(_Body):
    question: str = Field(min_length=1)


def with_conversation(api: FastAPI) -> ASGIApp:
    """The API with the page's routes; whoever changes something by it wakes the streams."""
    _tell_hints_of_the_page(api)
    api.include_router(script)
    api.include_router(conversation)

    async def telling(scope: Scope, receive: Receive, send: Send) -> None:
        await api(scope, receive, send)
        if scope["type"] == "http" and scope["method"] != "GET":
            news.tell()

    return telling


def _tell_hints_of_the_page(api: FastAPI) -> None:
    """To the page's script, what an error tells to do is said as what to do there."""
    told = cast("Callable[[Request, CairnError], Awaitable[Response]]", api.exception_handlers[CairnError])

    async def told_here(request: Request, error: Any) -> Response:
        key = getattr(request.state, "key", None)
        if key is not None and "page" in key.scopes:
            say = await _words(request.headers.get("accept-language"))
            error.message = said_here(error.message, say)
            error.hint = hint_here(error.hint, say) or None
        return await told(request, error)

    api.add_exception_handler(CairnError, told_here)


@script.get("/{name}.js")
async def page_script(name: Literal["conversation", "question_box", "page_elements"]) -> FileResponse:
    """The page's scripts; there is no secret in them."""
    return FileResponse(_HERE / f"{name}.js", media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@conversation.get("/uploads/{id}")
def page_upload(request: Request, id: str, say: Say) -> Upload:
    """How far an upload is, as the page says it."""
    upload = upload_state(request, id)
    return replace(upload, problems=[said_here(problem, say) for problem in upload.problems])


@conversation.get("/threads/{thread}/stream")
async def stream(home: Home, thread: ThreadThere, say: Say) -> StreamingResponse:
    """The newest turns, and from then on what changes."""
    return event_stream(conversation_events(home, thread, news, say))


@conversation.get("/threads/{thread}/turns")
def earlier_turns(home: Home, thread: ThreadThere, say: Say, before: Annotated[str, Query()]) -> dict[str, Any]:
    """The turns before the one of that id."""
    seen = look(home, thread)
    ids = [turn.id for turn in seen.turns]
    end = ids.index(before) if before in ids else len(ids)
    start = max(0, end - _EARLIER)
    return {"turns": drawn(home, seen, seen.turns[start:end], say), "earlier": start}


@conversation.get("/runs/{run}/sources/{number}")
def passage(home: Home, run: RunThere, number: int, say: Say) -> dict[str, Any]:
    """The document around a passage, its name, and where in it; `picture`: whether its page can be drawn as well."""
    seen = view(home.events(run))
    source = _source(seen.answer, number)
    html = document_html(home, source, seen.quotes(number - 1), say)
    named = {"name": shown_name(source["source"]), "where": source_name(source, say)}
    return {**named, "html": html, "picture": _pdf(source) is not None}


@conversation.get("/runs/{run}/sources/{number}/page.png")
def passage_page(home: Home, run: RunThere, number: int) -> Response:
    """The page of a PDF on which a passage stands."""
    source = _source(home.answer(run), number)
    if (file := _pdf(source)) is None or source["page"] is None:
        raise Refused(404, "NotFound", "There is no page to draw.")
    return Response(pdf_page.picture_of(file, source["page"], source["quote"]), media_type="image/png")


def _source(answer: Answer, number: int) -> Source:
    if not 1 <= number <= len(answer.sources):
        raise Refused(404, "NotFound", f"The answer has no source {number}.")
    return answer.sources[number - 1]


def _pdf(source: Source) -> Path | None:
    file = Path(source["source"])
    return file if source["page"] and file.suffix.lower() == ".pdf" and file.is_file() else None


@conversation.get("/runs/{run}/tables/{number}")
def table_file(home: Home, run: RunThere, number: int, form: Literal["csv", "xlsx"]) -> Response:
    """A result with all of its rows."""
    data, kind = answer_files.table_file(home, run, number, form)
    return Response(data, media_type=kind, headers={"Content-Disposition": f'attachment; filename="result.{form}"'})


@conversation.get("/runs/{run}/charts/{number}")
def chart(
    home: Home, run: RunThere, number: int, form: chart_drawing.Form, theme: chart_drawing.Theme | None = None
) -> Response:
    """A chart of an answer, drawn: on a page of that theme, else on white."""
    return Response(chart_drawing.chart_file(home, run, number, form, theme), media_type=chart_drawing.KINDS[form])


@conversation.get("/runs/{run}/markdown")
def markdown(home: Home, run: RunThere) -> dict[str, str]:
    """The answer as it was written, with its sources below."""
    return {"text": answer_files.as_markdown(home.answer(run))}


@conversation.post("/runs/{run}/version")
def choose_version(home: Home, run: RunThere, say: Say) -> dict[str, str]:
    """The thread goes on with this version; one without an answer is only shown."""
    with suppress(UsageError):
        home.choose_version(run)
    seen = look(home, home.workspace.runs.find(run)[1])
    turn = next(turn for turn in seen.turns if run in turn.versions)
    question, state = view(home.events(run)).question, home.workspace.runs.state(run)
    return drawn(home, seen, [replace(turn, run=run, question=question, state=state)], say)[0]


@conversation.post("/runs/{run}/alternative")
def choose_alternative(home: Home, run: RunThere, chosen: Alternative) -> None:
    """The thread goes on with this of several answers."""
    home.choose(run, chosen.number)


@conversation.post("/runs/{run}/branch")
def ask_in_branch(home: Home, run: RunThere, edited: Edited) -> Handle:
    """Ask another question in this one's place, in a new thread that begins as this one did."""
    return edited_question.ask_in_branch(home, run, edited.question)


@conversation.post("/runs/{run}/verdict")
def give_verdict(home: Home, run: RunThere, said: Verdict) -> dict[str, str | None]:
    """Say what an answer is, and what would have been right; `learned` names the task that learned a query by it."""
    right = answer_verdict.Right(said.answer.strip(), said.sql.strip(), said.source)
    return {"learned": answer_verdict.give(home, run, said.verdict, said.reason.strip(), right)}


@conversation.get("/documents/question")
def first_question(home: Home, name: str, say: Say) -> dict[str, Any]:
    """A question that a document which was just brought by this name can answer; whether the samples step aside."""
    question = question_about(home, folder_of(home) / name, say)
    return {"question": question, "left_out": sample_choice.left_out(home)}


@conversation.post("/samples")
def search_samples(home: Home) -> None:
    """From now on the samples are searched beside the user's own documents."""
    sample_choice.search(home, True)


@conversation.post("/key")
def set_key(home: Home, given: ModelKey) -> None:
    """From now on the model is asked with this key, in the place of the one that was refused."""
    home.replace_key(given.key.get_secret_value(), given.model)
