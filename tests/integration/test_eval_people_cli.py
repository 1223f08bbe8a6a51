"""What people do with an evaluation's answers, as processes. The models are scripted."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cairn.core.settings import Home
from tests.command import CAIRN, cairn
from tests.server import Server


@pytest.fixture
def env(home: Home, server: Server) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    return {**kept, "CAIRN_HOME": str(home.root), "CAIRN_EMBEDDINGS": "hash", "CAIRN_BASE_URL": server.url}


def written(request: dict[str, Any]) -> str:
    """A model that asks about a passage, answers "26 days", and judges that this is supported."""
    system, asked = request["messages"][0]["content"], request["messages"][-1]["content"]
    if "does not answer" in system:
        return "question: 谁定下了这条规则？"
    if "You write questions" in system:
        quotes = [line.strip() for line in re.findall(r"^(?:\d+\.)? +(.{60,}?\.)(?:\s|$)", asked, re.MULTILINE)]
        return f"question: What of {quotes[0][:30]}?\nanswer: 26 days\nquote: {quotes[0]}\nsecond quote: {quotes[-1]}"
    if "take answers apart" in system:
        return "- Leave is 26 days."
    if "follow from passages" in system:
        return "1: yes"
    return "26 days [1]"


def test_from_documents_to_a_judge_that_was_held_against_people(
    env: dict[str, str], server: Server, tmp_path: Path
) -> None:
    server.answer = written
    draft, record = tmp_path / "draft.jsonl", tmp_path / "first.jsonl"
    told = cairn(env, "eval", "make", "documents", "-n", 10, "--model", "openai:m", "--out", draft)
    rows = [json.loads(line) for line in draft.read_text("utf-8").splitlines()]
    assert rows and not any(row["reviewed"] for row in rows)
    assert f"{draft}: {len(rows)} questions" in told.stdout
    asking = ("eval", draft, "--task", "documents", "--model", "openai:m", "--judge", "openai:judge", "--out", record)
    assert "has been accepted yet" in cairn(env, *asking, ok=2).stderr
    cairn(env, "eval", "review", draft, stdin="a\n" * 3 + "r\n")
    done = cairn(env, *asking)
    assert f"{len(rows) - 3} of {len(rows)} questions are left out" in done.stderr and "faithfulness" in done.stdout

    cairn(env, "eval", "label", record, stdin="y\nn\n")
    agreed = json.loads(cairn(env, "eval", "agree", record, "--json").stdout)
    assert (agreed["judge"], agreed["both_yes"], agreed["only_judge"]) == ("openai:judge", 1, 1)
    assert "labels can't correct it" in cairn(env, "eval", "show", record).stdout

    exported = cairn(env, "eval", "export", draft, "--task", "documents")
    lines = [json.loads(line) for line in exported.stdout.splitlines()]
    assert lines and all(line["messages"][-1]["role"] == "assistant" for line in lines)
    assert "rows (" in exported.stderr and "left out: it was" not in exported.stderr


def test_ctrl_c_keeps_what_was_decided(env: dict[str, str], tmp_path: Path) -> None:
    draft = tmp_path / "draft.jsonl"
    rows = [{"id": str(n), "question": f"第{n}问？", "answers": ["a"], "reviewed": False} for n in range(3)]
    draft.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    process = subprocess.Popen(
        [*CAIRN, "eval", "review", draft],
        env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin and process.stdout
    process.stdin.write("a\n")
    process.stdin.flush()
    while "[2 of 3]" not in (line := process.stdout.readline()):
        assert line
    while not process.stdout.readline().startswith("answers"):  # the whole row was shown, and the next is waited for
        pass
    process.send_signal(signal.SIGINT)
    process.wait(60)  # with its input open: only the signal ends it
    _, told = process.communicate()
    assert process.returncode == 130 and "Traceback" not in told
    decided = [json.loads(line)["reviewed"] for line in draft.read_text("utf-8").splitlines()]
    assert decided == [True, False, False]
