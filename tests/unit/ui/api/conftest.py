"""The API over a home, served by real HTTP on Cairn's own loop, as `cairn serve` serves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from cairn.agents.service import Cairn
from cairn.core import event_loop
from cairn.core.settings import Home, load_settings
from cairn.memory.api_keys import SCOPES, Keys
from cairn.ui.api.application import UPLOADS, make_api
from cairn.ui.api.host_guard import HostGuard, Limits
from cairn.ui.api.http_server import listen_on, make_server
from tests.server import Server


@dataclass
class Served:
    """`http` sends a key with all scopes."""

    home: Cairn
    port: int
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.client(self.key(*SCOPES))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def key(self, *scopes: str, rpm: int | None = None) -> str:
        keys = Keys(self.home.workspace.database, self.home.settings.user)
        return keys.add(f"key {len(keys.list())}", scopes, rpm)[1]

    def client(self, key: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def events(self, run: str, **headers: str) -> list[tuple[str, str, str]]:
        """(id, event, data) of a run that is followed to its end."""
        with self.http.stream("GET", f"/api/v1/runs/{run}/events", headers=headers) as response:
            blocks = response.read().decode().split("\n\n")
        fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks if block.strip()]
        return [(one["id"], one["event"], one["data"]) for one in fields if "id" in one]

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 60
        while not (met := condition()):
            assert time.monotonic() < deadline, "waited a minute in vain"
            time.sleep(0.02)
        return met


def serve(app: Callable[[int], ASGIApp], home: Cairn) -> Iterator[Served]:
    """`app` of its port, until the test is over."""
    with closing(listen_on("127.0.0.1", 0)) as at:
        port = at.getsockname()[1]
        server = make_server(app(port), grace=1)
        serving = event_loop.start(server.serve(sockets=[at]))
        served = Served(home, port)
        try:
            served.until(lambda: server.started or serving.done())
            yield served
        finally:
            served.http.close()
            server.should_exit = True
            serving.result(30)


@pytest.fixture
def model() -> Iterator[Server]:
    """The model that answers as `openai:test-model`."""
    with Server() as server:
        yield server


@pytest.fixture
def opened(home: Home, model: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cairn]:
    monkeypatch.setenv("CAIRN_MODEL", "openai:test-model")
    cairn = Cairn(load_settings(home.root, base_url=model.url, api_key="k", retries=0))
    yield cairn
    cairn.close()


@pytest.fixture
def served(opened: Cairn) -> Iterator[Served]:
    limits = Limits(body=100_000, upload=1_000_000)
    yield from serve(lambda port: HostGuard(make_api(opened), port, ["cairn.example"], limits, [UPLOADS]), opened)
