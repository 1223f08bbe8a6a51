"""What a request may do by its key: its scopes, and so many requests a minute."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections import deque
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette import types
from starlette.datastructures import Headers

from cairn.agents.service import Cairn
from cairn.memory.api_keys import SCOPES, Key, Keys, Scope
from cairn.ui.api.error_replies import Refused, refusal

_MINUTE = 60.0
_SEEN_SECONDS = 1.0
_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key that `cairn keys add` made.")


_PAGE = Key("page", "page", frozenset((*SCOPES, "page")), None, 0, None)
"""What the page's own script may do, besides what every key may be allowed."""


class RequestRates:
    """When the last minute's requests of each key came."""

    def __init__(self) -> None:
        self._came: dict[str, deque[float]] = {}

    def wait_for(self, key: str, most: int) -> float:
        """Count one more request; the seconds to wait where it is one too many, else 0."""
        came, now = self._came.setdefault(key, deque()), time.monotonic()
        while came and came[0] <= now - _MINUTE:
            came.popleft()
        if len(came) >= most:
            return came[0] + _MINUTE - now if came else _MINUTE
        came.append(now)
        return 0.0


class KnownKeys:
    """The keys that were seen a moment ago, so that each of many requests need not ask the database."""

    def __init__(self, keys: Keys, page_key: str | None = None) -> None:
        self._keys = keys
        self._page_key = page_key
        self._seen: dict[str, tuple[float, Key]] = {}

    async def find(self, key: str) -> Key | None:
        """One that was removed opens nothing from a second later on; that of the page is stored nowhere."""
        if self._page_key is not None and hmac.compare_digest(key.encode(), self._page_key.encode()):
            return _PAGE
        now = time.monotonic()
        if (seen := self._seen.get(key)) is not None and now - seen[0] < _SEEN_SECONDS:
            return seen[1]
        found = await asyncio.to_thread(self._keys.find, key)
        self._seen = {other: last for other, last in self._seen.items() if now - last[0] < _SEEN_SECONDS}
        if found is not None:
            self._seen[key] = (now, found)
        return found


async def the_home(request: Request) -> Cairn:
    return request.app.state.home


Home = Annotated[Cairn, Depends(the_home)]


_NO_KEY = (
    401,
    "NoKey",
    "No valid key came with this request.",
    "Send a key as `Authorization: Bearer …`; `cairn keys add NAME` makes one.",
    {"WWW-Authenticate": "Bearer"},
)


class KeyBeforeBody:
    """ASGI middleware: of a request without a valid key no body is taken, however long it is."""

    def __init__(self, app: types.ASGIApp, keys: KnownKeys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            kind, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
            if kind.casefold() != "bearer" or await self._keys.find(key.strip()) is None:
                await refusal(scope["path"], *_NO_KEY)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def the_key(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)] = None
) -> Key:
    """The key of a request. Raises Refused where there is none, or it asks too often."""
    keys: KnownKeys = request.app.state.keys
    key = await keys.find(given.credentials) if given else None
    if key is None:
        raise Refused(*_NO_KEY)
    request.state.key = key
    rates: RequestRates = request.app.state.rates
    if key.requests_per_minute is not None and (wait := rates.wait_for(key.id, key.requests_per_minute)):
        told = f"This key may send {key.requests_per_minute} requests a minute."
        raise Refused(429, "TooManyRequests", told, "Wait a little.", {"Retry-After": str(int(wait) + 1)})
    return key


def needs(*scopes: Scope | Literal["page"]) -> Any:
    """A dependency that lets a key pass which has one of these scopes."""

    async def check(key: Annotated[Key, Depends(the_key)]) -> None:
        if not key.scopes & set(scopes):
            told = f"The key {key.name!r} may not do this."
            raise Refused(403, "NotAllowed", told, f"It needs the scope {' or '.join(scopes)}.")

    return Depends(check)
