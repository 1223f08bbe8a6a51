"""Every command of the README, in its order, as a newcomer would type them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import cairn_command
from tests.server import Server

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.S | re.M)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]


def test_every_command_of_the_readme_works(tmp_path: Path, server: Server) -> None:
    (tmp_path / "my-docs").mkdir()
    (tmp_path / "my-docs" / "refunds.md").write_text("# Refunds\n\nRefunds take five working days.\n", "utf-8")
    with closing(sqlite3.connect(tmp_path / "mine.db")) as connection, connection:
        connection.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO customers (name) VALUES ('Ann'), ('Bo')")
    (tmp_path / "questions.csv").write_text(
        "question,query\nHow many customers are there?,SELECT count(*) FROM customers\n", "utf-8"
    )
    server.answer = lambda _request: "Five working days [1]."
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")},
        "CAIRN_HOME": str(tmp_path / "home"),
        "CAIRN_EMBEDDINGS": "hash",
        "CAIRN_MODEL": "builtin",
        "OPENAI_API_KEY": "test",
        "OPENAI_BASE_URL": server.url,
        "EDITOR": "true",
        "PATH": f"{Path(cairn_command()).parent}{os.pathsep}{os.environ['PATH']}",
    }
    said: dict[str, str] = {}
    for command in COMMANDS:
        if command.startswith("make "):
            continue
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=env, input="", capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        said[command] = done.stdout
    assert "515" in said['cairn ask "What is 17.5 % of 2,480 plus 3^4?"']
    assert "five working days" in said['cairn ask --task documents "How many days does a refund take? tag:policies"']
    assert "2" in said['cairn ask --task database "How many customers are there?"']


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_run_opens_the_page(tmp_path: Path) -> None:
    """In this checkout, which is set up already; `.ci/run` sets it up from nothing."""
    if not (ROOT / ".venv" / ".ready").exists():
        pytest.skip("this checkout was not set up by make")
    assert "make run" in COMMANDS
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = {**os.environ, "CAIRN_HOME": str(tmp_path / "home"), "CAIRN_WEB_PORT": str(port), "BROWSER": "true"}
    with subprocess.Popen(
        ["make", "run"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    ) as process:
        try:
            assert process.stdout
            shown = next(line for line in process.stdout if f":{port}" in line)
            visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
            with visitor.open(re.findall(r"http\S+", shown)[0], timeout=60) as page:
                assert page.status == 200 and "token" not in page.url
        finally:
            os.killpg(process.pid, signal.SIGTERM)
