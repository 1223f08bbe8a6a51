"""Who may reach the page and the API: its own host names and pages only, in no frame, with bodies of bounded size.

A page elsewhere can make a browser send requests here, and by DNS rebinding even read the answers: the `Host` header
then is another name, or the `Origin` another page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cairn.ui.api.error_replies import refusal

LOCAL = ("127.0.0.1", "localhost", "::1")
_PLAIN_PORTS = {"http": 80, "https": 443}
_BODY_SECONDS = 30.0
"""Of a body, and of each million bytes more that it may have."""
_ADDED = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """`body`: bytes of a request, `upload`: of one that brings documents."""

    body: int = 1_000_000
    upload: int = 50_000_000


class HostGuard:
    """ASGI middleware around everything that is served.

    Args:
        app: What is behind it.
        port: Where it listens: a host without its port is another one.
        names: Further host names, of a proxy or a network; their port is the proxy's matter.
        limits: Of bodies.
        uploads: Beginnings of paths that take a body of `limits.upload`.
    """

    def __init__(
        self,
        app: ASGIApp,
        port: int,
        names: Sequence[str] = (),
        limits: Limits | None = None,
        uploads: Collection[str] = (),
    ) -> None:
        self._app = app
        self._port = port
        self._names = frozenset(name.casefold().strip("[]") for name in names)
        self._limits = limits or Limits()
        self._uploads = tuple(uploads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._limits.upload if scope["path"].startswith(self._uploads) else self._limits.body
        if (refused := self._refused(headers, limit)) is None:
            await self._app(scope, _bounded(scope, receive, limit), _marked(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope["path"], *refused)(scope, receive, _marked(send))

    def _refused(self, headers: Headers, limit: int) -> tuple[int, str, str, str | None] | None:
        """Status, kind, message and hint of what is not let in."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own(f"http://{hosts[0]}"):
            hint = "Start it with --host-name NAME if it is reached by that name."
            return 421, "ForeignHost", "This server does not answer for that host name.", hint
        if any(not self._is_own(origin) for origin in headers.getlist("origin")):
            return 403, "ForeignOrigin", "Pages of other sites may not use this server.", None
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            return 413, "TooLarge", f"The request is larger than {limit:,} bytes.", "Send less at once."
        return None

    def _is_own(self, address: str) -> bool:
        """Whether an origin, or a `Host` written as one, is this server's."""
        try:
            parts = urlsplit(address)
            host, port = (parts.hostname or "").casefold(), parts.port
        except ValueError:
            return False
        if f"{parts.scheme}://{parts.netloc}" != address or parts.scheme not in _PLAIN_PORTS or "@" in address:
            return False
        return host in self._names or (
            host in LOCAL and (_PLAIN_PORTS[parts.scheme] if port is None else port) == self._port
        )


def _bounded(scope: Scope, receive: Receive, limit: int) -> Receive:
    """`receive`, which gives no more than `limit` bytes of a body, and does not wait for it without end."""
    if scope["type"] != "http":
        return receive
    seen, whole = 0, False
    ends = asyncio.get_running_loop().time() + _BODY_SECONDS * max(1, limit / 1_000_000)

    async def bounded() -> Message:
        nonlocal seen, whole
        if whole:  # what comes now is the end of the connection, and that may take its time
            return await receive()
        try:
            async with asyncio.timeout_at(min(ends, asyncio.get_running_loop().time() + _BODY_SECONDS)):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "The request's body did not come.") from None
        seen += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if seen > limit:
            raise HTTPException(413, f"The request is larger than {limit:,} bytes.")
        return message

    return bounded


def _marked(send: Send) -> Send:
    """`send`, whose responses can be framed and read by nobody else; nothing behind it can allow that."""

    async def marked(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message = {**message, "headers": _own_headers(message)}
        await send(message)

    return marked


def _own_headers(message: Message) -> list[Any]:
    headers = MutableHeaders(raw=list(message.get("headers", ())))
    for name in [name for name in headers if name.startswith("access-control-")]:
        del headers[name]
    for name, value in _ADDED.items():
        headers[name] = value
    return headers.raw
