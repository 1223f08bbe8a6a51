"""The page and the API by HTTP: an ASGI application served on Cairn's own event loop, until it is told to end.

Answers are made on that loop, so that no event has to cross to another one. Nothing synchronous of `Cairn` may be
called there: endpoints that do are plain functions, which FastAPI runs in threads.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import wait
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import FrameType

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.core import event_loop
from cairn.core.errors import UsageError

LOCALHOST = "127.0.0.1"
GRACE_SECONDS = 20
_BACKLOG = 2048
_TICK = 0.1
_CONNECTIONS = 1000
_MESSAGE_BYTES = 20_000_000
"""Of one message of the page's WebSocket."""
_BREAKS_OFF = "Cancel %s running task(s)"
"""As uvicorn logs it when the grace is over."""


class ByPath:
    """The API below its paths, the page everywhere else; without a page the API everywhere."""

    def __init__(self, api: ASGIApp, page: ASGIApp | None = None) -> None:
        self._api = api
        self._page = page or api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mine = scope["type"] == "http" and scope["path"].startswith(("/api/", "/v1/"))
        await (self._api if mine else self._page)(scope, receive, send)


def listen_on(address: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 is any free one. Raises UsageError."""
    family = socket.AF_INET6 if _read(address).version == 6 else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; else each piece may wait 40 ms
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name != "nt":  # there it would let two programs listen on one port
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        told = f"{address} port {port} can't be listened on: {error.strerror}."
        raise UsageError(told, "Take another one: --port NUMBER.") from None
    return made


def is_local(address: str) -> bool:
    """Whether only programs of this machine reach that address. Raises UsageError for what is none."""
    return _read(address).is_loopback


def _read(address: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(address)
    except ValueError:
        raise UsageError(f"{address!r} is no address to listen on.", "Such as 127.0.0.1, 0.0.0.0 or ::1.") from None


def make_server(app: ASGIApp, grace: int = GRACE_SECONDS) -> uvicorn.Server:
    """What serves `app`. When it is told to end, requests under way have `grace` seconds."""
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_graceful_shutdown=grace,
        lifespan="on",
    )
    for name in ("uvicorn.access", "uvicorn.error"):
        logging.getLogger(name).addFilter(_is_told)
    return uvicorn.Server(config)


def _is_told(record: logging.LogRecord) -> bool:
    """Requests name the page's token and what is searched for; a level would not hold: Streamlit sets it anew.

    That the end breaks off an open page's stream is no fault, and what it breaks off of a run, the run tells.
    """
    broken_off = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
    return record.levelno >= logging.WARNING and not broken_off and not str(record.msg).startswith(_BREAKS_OFF)


def serve_until_told(
    app: ASGIApp,
    at: socket.socket,
    ready: Callable[[], object] = lambda: None,
    busy: Callable[[], bool] = lambda: False,
    grace: int = GRACE_SECONDS,
) -> None:
    """Serve `app` until SIGTERM or Ctrl-C. Call it from the main thread.

    Args:
        app: What is served.
        at: The socket that it listens on.
        ready: Called once it answers.
        busy: Whether answers are being made, which nobody need be reading.
        grace: Seconds that these, and requests under way, have at the end; a second signal takes them away.
    """
    server = make_server(app, grace)
    told, seen = threading.Event(), set[int]()

    def end(number: int, _frame: FrameType | None) -> None:
        server.force_exit = number in seen  # Ctrl-C reaches a whole group, of which one then may send SIGTERM
        server.should_exit = True
        seen.add(number)
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    serving = event_loop.start(server.serve(sockets=[at]))
    while not (server.started or serving.done()):
        wait([serving], timeout=0.02)
    if server.started:
        ready()
    while not (told.wait(_TICK) or serving.done()):  # in portions: a signal's handler runs between two
        pass
    ends = time.monotonic() + grace
    while not serving.done() or (busy() and time.monotonic() < ends and not server.force_exit):
        time.sleep(_TICK)
    serving.result()
