"""What docs/api.md shows, against `cairn serve` as a process: curl, OpenAI's SDK, and how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.command import cairn, cairn_command, python_command
from tests.server import Server

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
SHELL = re.findall(r"^```sh\n(.*?)^```", PAGE, re.S | re.M)
PYTHON = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)


@dataclass
class Api:
    port: int
    key: str
    env: dict[str, str]
    process: subprocess.Popen[str]

    @property
    def client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api/v1", headers=headers, timeout=60)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Its exit code, and what it said since it was up."""
        self.process.send_signal(number)
        said = self.process.communicate(timeout=60)[1]
        return self.process.returncode, said

    def adapted(self, text: str) -> str:
        return text.replace(":8502", f":{self.port}")


def environment(home: Path, **settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CAIRN_", "OPENAI_"))}
    given = {"home": str(home), "model": "builtin", "embeddings": "hash", **settings}
    return clean | {f"CAIRN_{name.upper()}": value for name, value in given.items()}


def start(env: dict[str, str]) -> Api:
    made = json.loads(cairn(env, "keys", "list", "--json").stdout)
    scopes = [part for scope in ("ask", "read", "documents") for part in ("--scope", scope)]
    key = cairn(env, "keys", "add", f"key{len(made)}", *scopes).stdout.strip()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [cairn_command(), "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    assert f"http://127.0.0.1:{port}/api/v1" in process.stderr.readline()
    return Api(port, key, env, process)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    api = start(environment(tmp_path / "home"))
    try:
        yield api
    finally:
        assert api.end(signal.SIGTERM) == (0, "")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_commands_work(api: Api, tmp_path: Path) -> None:
    run, said = "", list[str]()
    for block in SHELL:
        env = api.env | {"KEY": api.key, "RUN": run}
        done = subprocess.run(
            ["sh", "-ec", api.adapted(block)], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
        run = run or json.loads(done.stdout)["run"]
    assert "event: finished" in said[1] and "80 days" in said[1]
    assert '"state":"waiting"' in said[2] and "Leave and holidays" in said[2]


def test_openais_sdk_works(api: Api) -> None:
    for block in PYTHON:
        code = api.adapted(f"KEY = {api.key!r}\n{block}")
        done = subprocess.run([python_command(), "-c", code], env=api.env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        for expected in ("'documents'", "80 days", "Leave and holidays", "42", "512"):
            assert expected in done.stdout


def test_every_route_is_on_the_page() -> None:
    described = json.loads((ROOT / "tests" / "golden" / "openapi.json").read_text("utf-8"))["paths"]
    for path in described:
        named = re.sub(r"\{(run|thread|id)\}", "ID", re.sub(r"\{(task|template|database)\}", "NAME", path))
        short = named.removeprefix("/api/v1").removesuffix("/{model}")
        assert short in PAGE or f"/{short.rsplit('/', 1)[1]}`" in PAGE or short == "/v1/models", path


def test_answers_end_before_the_server_does(tmp_path: Path, server: Server) -> None:
    """The first signal lets them; what a kill breaks off is told, and can be gone on with."""

    def slowly(_request: object) -> str:
        time.sleep(1)
        return "Done at last."

    server.answer = slowly
    env = environment(tmp_path / "home", model="openai:m", base_url=server.url, api_key="k", samples="false")
    api = start(env)
    with api.client as client:
        run = client.post("/runs", json={"question": "Wait."}).json()["run"]
        assert api.end(signal.SIGTERM) == (0, "")
    api = start(env)
    with api.client as client:
        assert client.get(f"/runs/{run}/answer").json()["answer"] == "Done at last."
        broken = client.post("/runs", json={"question": "Wait again."}).json()["run"]
        api.end(signal.SIGKILL)
    api = start(env)
    with api.client as client:
        assert client.get(f"/runs/{broken}").json()["state"] == "interrupted"
        assert client.post(f"/runs/{broken}/resume").status_code == 200
        assert "Done at last." in client.get(f"/runs/{broken}/events").text
        assert api.end(signal.SIGINT) == (0, "")
