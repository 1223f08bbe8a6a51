"""`cairn web` as a process: page and API in one, who gets in, and how it ends."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.command import cairn

CAIRN = str(Path(sys.executable).with_name("cairn"))
TASKS = "/api/v1/tasks"


@dataclass
class Web:
    process: subprocess.Popen[str]
    port: int
    token: str
    key: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def upgrade(self, *headers: str, host: str | None = None) -> int:
        """The status that the page's WebSocket is answered with."""
        lines = [
            "GET /_stcore/stream HTTP/1.1",
            f"Host: {host or f'127.0.0.1:{self.port}'}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *headers,
        ]
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            return int(connection.recv(65536).split()[1])


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    home = str(tmp_path_factory.mktemp("home"))
    env |= {"CAIRN_HOME": home, "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash", "CAIRN_SAMPLES": "false"}
    key = cairn(env, "keys", "add", "editor").stdout.strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [CAIRN, "web", "--no-open", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        shown = next(line for line in process.stdout if "token=" in line)
        found = re.search(rf"http://127\.0\.0\.1:{port}/\?token=(\S+)", shown)
        assert found, shown
        try:
            yield Web(process, port, found[1], key)
        finally:
            process.terminate()
            rest = process.stdout.read()
        assert process.wait(30) == 0
    assert rest.strip() == ""  # no access log: it would hold the token


def test_the_page_is_entered_by_its_token_and_by_nothing_else(web: Web) -> None:
    key = {"Authorization": f"Bearer {web.key}"}
    with httpx.Client(base_url=web.url, timeout=60) as visitor:
        for path in ("/", "/_stcore/health", "/_stcore/host-config", "/static/js/x.js", "/?token=wrong", "/?token="):
            assert visitor.get(path).status_code == 403
        assert visitor.get("/", headers=key).status_code == 403
        entered = visitor.get(f"/?token={web.token}&thread=ab")
        assert (entered.status_code, entered.headers["location"]) == (303, "/?thread=ab")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=lax" in cookie
        page = visitor.get("/")
        assert page.status_code == 200 and "<html" in page.text
        assert page.headers["x-frame-options"] == "DENY"
        assert visitor.get("/_stcore/agent/openapi.json").status_code == 404
        assert visitor.post("/_stcore/agent/interact", json={}).status_code == 404
        assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 421
        assert visitor.get(TASKS).status_code == 401
        assert visitor.get(TASKS, headers=key).status_code == 200


def test_the_pages_websocket_is_opened_by_its_own_page_only(web: Web) -> None:
    cookie = f"Cookie: cairn_page_{web.port}={web.token}"
    own, evil = f"Origin: {web.url}", "Origin: http://evil.example"
    assert web.upgrade(own, cookie) == 101
    assert web.upgrade(own) == 403
    assert web.upgrade(own, f"Cookie: cairn_page_{web.port}=guessed") == 403
    assert web.upgrade(evil, cookie) == 403
    assert web.upgrade("Origin: null", cookie) == 403
    assert web.upgrade("Origin: http://127.0.0.1:1", cookie) == 403
    assert web.upgrade(evil, cookie, host="evil.example") == 403
    assert web.upgrade(cookie, host=f"evil.example:{web.port}") == 403
