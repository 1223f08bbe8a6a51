"""What a failed model call means: the error a person reads, and whether trying it again can help.

Errors of every provider's client are told apart by what they all carry (`status_code`, `response`, `body`), so that
no client has to be imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cairn.core.clean_text import clean
from cairn.core.errors import CairnError, ModelAnswerError, ModelRefused, ModelUnavailable, RequestRefused
from cairn.models.rate_limits import retry_after

_RETRY = {408, 409, 425, 429}
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
_AWAY = {"APIConnectionError", "TransportError", "ConnectionError"}
_SLOW = {"APITimeoutError", "TimeoutException", "TimeoutError"}
_SHOWN = 200
_NEVER = {
    402: "Look at your account with the provider.",
    404: "Check the model's name and `base_url`; `cairn models list` shows what there is.",
}
"""Whatever is asked."""
_NO_TOOLS = re.compile(
    r"\btools?\b.{0,60}?(?:not supported|unsupported|\brequires\b)|(?:not support|\bsupports no)\b.{0,30}?\btools?\b",
    re.I,
)
"""Ollama: "m does not support tools"; vLLM: "tool choice requires …"; llama.cpp: "tools param requires …"."""
_WITHOUT_TOOLS = "Use a model that can call tools, or let this one write its calls: --strategy react_text."


@dataclass(frozen=True, slots=True)
class Fault:
    """`after`: how many seconds the server asks to wait, when it says so. `busy`: it takes no requests for now."""

    error: CairnError
    retry: bool = False
    after: float | None = None
    busy: bool = False


def explain(error: Exception, model: str, address: str | None) -> Fault:
    """What `error`, raised by a call of `model` at `address`, means."""
    for cause in _chain(error):
        if isinstance(cause, CairnError):
            return Fault(cause)
    where = f"{model} at {address}" if address else model
    if isinstance(status := getattr(error, "status_code", None), int):
        return _by_status(status, error, where)
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _SLOW:
        return Fault(ModelUnavailable(f"{where} did not answer in time.", "Try again, or raise `timeout`."), retry=True)
    if names & _AWAY:
        reason = _short(str(_root(error))).rstrip(".") or "it broke off"
        hint = "Is the server running, and is the address right (`base_url`)?"
        return Fault(ModelUnavailable(f"No connection to {where}: {reason}.", hint), retry=True)
    if _codes(error) & _NO_QUOTA:
        return Fault(_no_quota(where))
    if "APIError" in names:
        return Fault(ModelUnavailable(f"{where} reported a failure: {_said(error)}", "Try again later."), retry=True)
    what = f"{type(error).__name__}: {_short(str(error))}"
    if address is None:
        return Fault(ModelAnswerError(f"{model} failed with {what}."))
    return Fault(unreadable(where, what))


def unreadable(where: str, what: str) -> ModelAnswerError:
    """An answer that is none: what came instead, and where to look."""
    return ModelAnswerError(
        f"The answer of {where} can't be read ({what}).",
        "Check `base_url`: an OpenAI-compatible address mostly ends in /v1.",
    )


def _by_status(status: int, error: Exception, where: str) -> Fault:
    if _codes(error) & _NO_QUOTA:
        return Fault(_no_quota(where))
    if status in (401, 403):  # without the server's words: some repeat the key
        return Fault(ModelRefused(f"{where} refuses the key (HTTP {status}).", "Check the key in the environment."))
    if status != 429 and _NO_TOOLS.search(said := _said(error)):
        return Fault(ModelRefused(f"{where} can't call tools (HTTP {status}): {said}", _WITHOUT_TOOLS))
    if status in _RETRY or status >= 500:
        text = f"{where} is overloaded or failing (HTTP {status}): {_said(error)}"
        return Fault(
            ModelUnavailable(text, "Try again later."), retry=True, after=_asked_to_wait(error), busy=status == 429
        )
    text = f"{where} refuses the request (HTTP {status}): {_said(error)}"
    if hint := _NEVER.get(status):
        return Fault(ModelRefused(text, hint))
    return Fault(RequestRefused(text, "If it was too long, set `context_window`; else see what the server says."))


def _no_quota(where: str) -> ModelRefused:
    return ModelRefused(f"The quota of {where} is used up.", "Look at your account with the provider.")


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__


def _root(error: BaseException) -> BaseException:
    return list(_chain(error))[-1]


def _codes(error: Exception) -> set[str]:
    """The provider's own names for what went wrong."""
    body = _mapping(getattr(error, "body", None))
    inside = _mapping(body.get("error")) or body
    values = (getattr(error, "code", None), inside.get("code"), inside.get("type"))
    return {value for value in values if isinstance(value, str)}


def _said(error: Exception) -> str:
    body = _mapping(getattr(error, "body", None))
    message = (_mapping(body.get("error")) or body).get("message")
    text = _short(message if isinstance(message, str) and message else str(error))
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."


def _short(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _asked_to_wait(error: Exception) -> float | None:
    return retry_after(getattr(getattr(error, "response", None), "headers", {}))
