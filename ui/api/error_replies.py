"""Every failure as one shape of JSON, with the status that fits: ours for our own API, OpenAI's for its clients."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from cairn.core import errors
from cairn.core.errors import CairnError
from cairn.core.secrets import scrubbed

OPENAI = "/v1"
_STATUS: dict[type[CairnError], int] = {
    errors.UsageError: 400,
    errors.ModelUnavailable: 503,
    errors.ModelError: 502,
    errors.StorageError: 503,
    errors.SourceError: 422,
    errors.DatabaseError: 502,
    errors.ThreadBusy: 409,
    errors.ToolError: 422,
    CairnError: 500,
}
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_log = logging.getLogger(__name__)


class Problem(BaseModel):
    """`kind` is the error's name in Cairn's tree of errors, or that of a refusal; `hint` says what to do about it.

    `model`: of `KeyMissing`, the one that needs a key.
    """

    kind: str
    message: str
    hint: str | None = None
    model: str | None = None


class ErrorBody(BaseModel):
    error: Problem


class OpenAIProblem(BaseModel):
    """`type` is one of OpenAI's, `code` our `kind`."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorBody(BaseModel):
    error: OpenAIProblem


def told_errors(body: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """How routes describe the errors that they answer with."""
    return {
        "4XX": {"model": body, "description": "What is wrong with the request, or not allowed."},
        "5XX": {"model": body, "description": "What did not work here, or at the model or database asked."},
    }


class Refused(Exception):
    """What is refused before anything of ours is asked: a key that is missing, something that is not there."""

    def __init__(
        self, status: int, kind: str, message: str, hint: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.message, self.hint, self.headers = status, kind, message, hint, headers


def status_of(error: CairnError) -> int:
    """The HTTP status of an error of ours."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def refusal(
    path: str, status: int, kind: str, message: str, hint: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The response that says so, in the shape that clients of this path read."""
    return JSONResponse(error_body(path, status, kind, message, hint), status, dict(headers or {}))


def error_body(path: str, status: int, kind: str, message: str, hint: str | None = None, **more: str) -> dict[str, Any]:
    if path.startswith(f"{OPENAI}/"):
        type = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
        text = f"{message} {hint}" if hint else message
        return {"error": {"message": text, "type": type, "param": None, "code": kind}}
    return {"error": {"kind": kind, "message": message, "hint": hint, **more}}


def without_home(text: str | None, home: Path) -> str | None:
    """`text` without the place of the home, which is nobody's matter who is not on this machine."""
    return None if text is None else scrubbed(text).replace(str(home), "HOME").replace(str(Path.home()), "~")


def handle_errors(api: FastAPI, home: Path) -> None:
    """From now on everything that `api` raises ends as such a response."""

    async def refused(request: Request, error: Any) -> JSONResponse:
        return refusal(request.url.path, error.status, error.kind, error.message, error.hint, error.headers)

    async def ours(request: Request, error: Any) -> JSONResponse:
        message, hint = without_home(error.message, home) or "", without_home(error.hint, home)
        more = {"model": error.model} if isinstance(error, errors.KeyMissing) else {}
        body = error_body(request.url.path, status_of(error), error.kind, message, hint, **more)
        return JSONResponse(body, status_of(error))

    async def invalid(request: Request, error: Any) -> JSONResponse:
        wrong = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:5]]
        return refusal(request.url.path, 422, "InvalidRequest", f"The request can't be read: {'; '.join(wrong)}.")

    async def http(request: Request, error: Any) -> JSONResponse:
        named = {404: "NotFound", 405: "MethodNotAllowed", 413: "TooLarge"}
        kind = named.get(error.status_code, "Refused")
        return refusal(request.url.path, error.status_code, kind, str(error.detail), headers=error.headers)

    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("%s %s", request.method, request.url.path, exc_info=error)
        return refusal(
            request.url.path, 500, "Unexpected", "Something went wrong that should not.", "Please report it."
        )

    for kind, handler in ((Refused, refused), (CairnError, ours), (HTTPException, http)):
        api.add_exception_handler(kind, handler)
    api.add_exception_handler(RequestValidationError, invalid)
    api.add_exception_handler(Exception, unexpected)
