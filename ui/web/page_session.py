"""Who may see the page: who came by the address with this start's token, which a cookie then keeps.

Other people of the same machine can reach its port as well, and they may not read what is in the home.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, urlencode

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

TOKEN = "token"  # noqa: S105 (the parameter's name)
_CLOSED = """<!doctype html><meta charset="utf-8"><title>Cairn</title>
<p>This page opens by the address that <code>cairn web</code> shows when it starts: it ends with a token,
which is a new one at each start.</p>
"""
_AGENTS = "/_stcore/agent"
"""Streamlit's own API for programs; ours asks for keys."""


class PageSession:
    """ASGI middleware around the page: its token once, by address, then the cookie.

    Args:
        page: What is behind it.
        token: Of this start.
        port: Cookies know no ports: each server's cookie has a name of its own.
    """

    def __init__(self, page: ASGIApp, token: str, port: int) -> None:
        self._page = page
        self._token = token
        self._cookie = f"cairn_page_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._page(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if scope["path"].startswith(_AGENTS):
            await self._end(scope, receive, send, PlainTextResponse("Not found", 404))
        elif self._is_right(connection.cookies.get(self._cookie)):
            await self._page(scope, receive, send)
        elif scope.get("method") == "GET" and self._is_right(connection.query_params.get(TOKEN)):
            await self._entered(scope)(scope, receive, send)
        else:
            await self._end(scope, receive, send, HTMLResponse(_CLOSED, 403))

    def _is_right(self, given: str | None) -> bool:
        return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())

    def _entered(self, scope: Scope) -> Response:
        """On to the same page, without the token: it would stay in the address and in the browser's history."""
        asked = parse_qsl(scope["query_string"].decode("latin-1"))
        rest = urlencode([(name, value) for name, value in asked if name != TOKEN])
        response = RedirectResponse("/?" + rest if rest else "/", 303)
        response.set_cookie(self._cookie, self._token, httponly=True, samesite="lax", path="/")
        return response

    async def _end(self, scope: Scope, receive: Receive, send: Send, response: Response) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await response(scope, receive, send)
