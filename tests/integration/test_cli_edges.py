"""The command line in places that are not a friendly terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cairn.core.settings import Home
from tests.command import cairn

CAIRN = [str(Path(sys.executable).parent / "cairn")]


@pytest.fixture
def env(home: Home) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    return {**kept, "CAIRN_HOME": str(home.root), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}


def started(env: dict[str, str], *arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*CAIRN, *arguments], env=env, capture_output=True, timeout=120, check=False, **options)


def test_json_is_utf_8_and_text_is_readable_in_any_locale(env: dict[str, str]) -> None:
    ascii_only = {**env, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = started(ascii_only, "ask", "--json", "--task", "math", "你好 😀 2+3 £")
    assert json.loads(done.stdout.decode("utf-8"))["error"] is None
    assert started(ascii_only, "ask", "--task", "math", "你好 😀").returncode == 0
    assert started(ascii_only, "prompts", "list", "--json").returncode == 0


def test_chat_reads_lines_that_are_not_utf_8(env: dict[str, str]) -> None:
    done = started(env, "chat", "--task", "math", input=b"caf\xe9\n2+3\n")
    assert (done.returncode, b"5" in done.stdout) == (0, True)


def test_a_reader_that_leaves_and_streams_that_are_closed(env: dict[str, str]) -> None:
    command = f"{CAIRN[0]} ask --task math --stream 2+3 | head -1"
    done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (json.loads(done.stdout)["type"], done.stderr) == ("started", "")
    for closed in (">&-", "2>&-", "<&-"):
        command = f"{CAIRN[0]} ask --task math 2+3 {closed}"
        done = subprocess.run(["bash", "-c", command], env=env, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0
        assert "Error" not in done.stderr


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CAIRN_TIMEOUT": "-1"}, 2),
        ({"CAIRN_PRICES": "{"}, 2),
        ({"CAIRN_DATABASE_URL": "postgresql+psycopg://u:secret@127.0.0.1:1/x"}, 1),
        ({"CAIRN_MODEL": "openai:x", "CAIRN_BASE_URL": "http://127.0.0.1:9/v1", "CAIRN_RETRIES": "0"}, 1),
        ({"CAIRN_DATABASE_URL": "sqlite:////proc/nope/cairn.db"}, 1),
    ],
)
def test_json_is_one_object_whatever_fails(env: dict[str, str], change: dict[str, str], code: int) -> None:
    done = cairn({**env, **change}, "ask", "--json", "x", ok=code)
    assert json.loads(done.stdout)["error"]
    assert "secret" not in done.stdout + done.stderr


def test_an_editor_that_is_not_there(env: dict[str, str]) -> None:
    for editor in ("no-such-editor", "'"):
        cairn({**env, "EDITOR": editor}, "prompts", "edit", "math", ok=2)
        (Path(env["CAIRN_HOME"]) / "prompts" / "math" / "default.md").unlink()


def test_a_template_in_another_encoding(env: dict[str, str], home: Home) -> None:
    (home.prompts / "math").mkdir()
    (home.prompts / "math" / "latin.md").write_bytes(b"caf\xe9")
    for command in (["show", "math", "latin"], ["diff", "math", "latin", "default"]):
        assert "UTF-8" in cairn(env, "prompts", *command, ok=2).stderr


@pytest.mark.parametrize("answered", [0, 1])
def test_ctrl_c_at_any_moment_keeps_the_chat(env: dict[str, str], answered: int) -> None:
    """Also before the first answer begins, when everything is being opened, and as the next line comes."""
    with subprocess.Popen(
        [*CAIRN, "chat", "--task", "math"],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin and process.stderr
        process.stderr.readline()
        process.stdin.write(b"2+3\n")
        process.stdin.flush()
        for _ in range(answered):
            assert process.stdout and b"5" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            said, _ = process.communicate(b"4*7\n", timeout=60)
        finally:
            process.kill()  # else leaving the block would wait for one that hangs
    assert process.returncode == 0
    assert b"28" in said
