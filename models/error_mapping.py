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
from cairn.core.errors import (
    CairnError,
    KeyRefused,
    ModelAnswerError,
    ModelRefused,
    ModelUnavailable,
    PromptTooLong,
    RequestRefused,
)
from cairn.models.providers import NO_KEY
from cairn.models.rate_limits import retry_after
from cairn.models.server_errors import words

_RETRY = {408, 409, 425, 429}
_NO_QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
_AWAY = {"APIConnectionError", "TransportError", "ConnectionError"}
_SAID = {"APIError", "ServerFault"}
_SLOW = {"APITimeoutError", "TimeoutException", "TimeoutError"}
_TOO_LONG_CODES = {"context_length_exceeded", "exceed_context_size_error"}
_TOO_LONG = re.compile(
    r"(?:maximum|exceeds?|available|over)\b.{0,40}\bcontext (?:length|size|window)|prompt is too long", re.I
)
_COUNT = re.compile(r"\d[\d,]{2,}")
_SHOWN = 300
_KEY = re.compile(r"\bsk-\S+|[\w*-]{20,}")
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


def explain(error: Exception, model: str, address: str | None, answered: bool = False) -> Fault:
    """What `error`, raised by a call of `model` at `address`, means.

    `answered`: whether an earlier call of it got its answer.
    """
    for cause in _chain(error):
        if isinstance(cause, CairnError):
            return Fault(cause)
    where = f"{model} at {address}" if address else model
    if (status := _status(error)) is not None:
        return _by_status(status, error, where)
    names = {kind.__name__ for kind in type(error).__mro__}
    if names & _SLOW:
        return Fault(ModelUnavailable(f"{where} did not answer in time.", "Try again, or raise `timeout`."), retry=True)
    if names & _AWAY:
        return Fault(_away(error, where, answered), retry=True)
    if _codes(error) & _NO_QUOTA:
        return Fault(_no_quota(where))
    if names & _SAID and (long := _too_long(error, where, "")) is not None:
        return Fault(long)
    if names & _SAID:
        return Fault(ModelUnavailable(f"{where} reported a failure: {_said(error)}", "Try again later."), retry=True)
    what = f"{type(error).__name__}: {_short(str(error))}"
    if address is None:
        return Fault(ModelAnswerError(f"{model} failed with {what}."))
    return Fault(unreadable(where, what))


def _away(error: Exception, where: str, answered: bool) -> ModelUnavailable:
    reason = _short(str(_root(error))).rstrip(".") or "it broke off"
    if answered:
        return ModelUnavailable(
            f"{where} is gone, though it answered before: {reason}.", "Is the server still running? Look at its log."
        )
    hint = "Is the server running, and is the address right (`base_url`)?"
    return ModelUnavailable(f"No connection to {where}: {reason}.", hint)


def unreadable(where: str, what: str) -> ModelAnswerError:
    """An answer that is none: what came instead, and where to look."""
    return ModelAnswerError(
        f"The answer of {where} can't be read ({what}).",
        "Check `base_url`: an OpenAI-compatible address mostly ends in /v1.",
    )


def _by_status(status: int, error: Exception, where: str) -> Fault:
    if _codes(error) & _NO_QUOTA:
        return Fault(_no_quota(where))
    if status in (401, 403):
        return Fault(_key_refused(status, error, where))
    if (long := _too_long(error, where, f" (HTTP {status})")) is not None:
        return Fault(long)
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
    too_large = "Ask for less at once, or set a smaller `context_window`."
    return Fault(RequestRefused(text, too_large if status == 413 else "See what the server says."))


def _key_refused(status: int, error: Exception, where: str) -> KeyRefused:
    said = _KEY.sub("…", _said(error))  # some servers repeat the key
    if _without_key(error):
        hint = "Set CAIRN_API_KEY, or `api_key` in cairn.toml."
        return KeyRefused(f"{where} wants a key, and none was given (HTTP {status}): {said}", hint)
    return KeyRefused(f"{where} refuses the key (HTTP {status}): {said}", "Check the key in the environment.")


def _without_key(error: Exception) -> bool:
    try:
        return str(error.response.request.headers["authorization"]) == f"Bearer {NO_KEY}"  # type: ignore[attr-defined]
    except Exception:  # no response, or another client's
        return False


def _too_long(error: Exception, where: str, status: str) -> PromptTooLong | None:
    """Both numbers, as fields or as the first two in the server's words; None where it is another error."""
    said, inside = _said(error), _inside(error)
    if not (_codes(error) & _TOO_LONG_CODES or _TOO_LONG.search(said)):
        return None
    told = (inside.get("n_prompt_tokens"), inside.get("n_ctx"))
    counts = [count for count in told if isinstance(count, int)]
    if len(counts) < 2:
        counts = [int(count.replace(",", "")) for count in _COUNT.findall(said)[:2]]
    if len(counts) < 2:
        return PromptTooLong(
            f"{where} takes no prompt of this length{status}: {said}", "Set `context_window` to what it takes."
        )
    window, asked = sorted(counts)
    return PromptTooLong(
        f"{where} takes {window} tokens, and this was {asked}{status}: {said}",
        "Ask for less at once, or in a new thread. Unless `context_window` is set, prompts are cut to fit from now on.",
        window,
    )


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
    inside = _inside(error)
    values = (getattr(error, "code", None), inside.get("code"), inside.get("type"))
    return {value for value in values if isinstance(value, str)}


def _status(error: Exception) -> int | None:
    """The HTTP status, also where it came inside a stream that began well."""
    status = getattr(error, "status_code", None)
    if status is None:
        status = _inside(error).get("code")
    return status if isinstance(status, int) and 400 <= status < 600 else None


def _said(error: Exception) -> str:
    """The server's own words, else the client's."""
    text = _short(words(_read(error)) or words(getattr(error, "body", None)) or str(error))
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."


def _read(error: Exception) -> str:
    """The text of the response, as far as it was read: the client keeps only a part of it in `body`."""
    try:
        return str(error.response.text)  # type: ignore[attr-defined]
    except Exception:  # no response, or one that was not read
        return ""


def _short(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def _inside(error: Exception) -> Mapping[str, Any]:
    body = _mapping(getattr(error, "body", None))
    return _mapping(body.get("error")) or body


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _asked_to_wait(error: Exception) -> float | None:
    return retry_after(getattr(getattr(error, "response", None), "headers", {}))
