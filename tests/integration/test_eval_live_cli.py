"""`cairn eval promote`, `gate` and `rollback` as people use them: whole processes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cairn.core.settings import Home
from cairn.prompts.task_store import PromptStore
from tests import command


def cairn(home: Home, *arguments: object, ok: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    env = {**kept, "CAIRN_HOME": str(home.root), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}
    return command.cairn(env, *arguments, ok=ok, stdin=stdin)


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "sums.jsonl"
    rows = [{"question": f"What is {n} + {n}?", "answers": [str(2 * n)]} for n in range(2, 22)]
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    return file


def test_promoted_watched_and_taken_back(home: Home, tmp_path: Path, questions: Path) -> None:
    cairn(home, "eval", questions, "--task", "math", "--patch", "memory.facts=0", "--out", tmp_path / "first.jsonl")
    told = cairn(home, "eval", "promote", tmp_path / "first.jsonl")
    assert "now:\n  memory:\n    facts: 0" in told.stdout
    assert PromptStore(home).task("math").memory.facts == 0

    junit, markdown = tmp_path / "junit.xml", tmp_path / "gate.md"
    gate = ("eval", "gate", questions, "--metric", "number", "--junit", junit, "--markdown", markdown)
    cairn(home, *gate, "--margin", ".2")
    assert ElementTree.parse(junit).getroot().get("tests") == "21"
    assert markdown.read_text("utf-8").startswith("### Open: sums.jsonl\n\nAs good: +0.0%")
    shut = cairn(home, *gate, "--strict", "--margin", "0", ok=1)
    assert "Not shown to be worse, which is not as good" in shut.stdout

    PromptStore(home).set_patch("math", {"strategy": "direct", "template": "default", "memory": {"facts": 0}})
    worse = json.loads(cairn(home, *gate, "--fresh", "--json", ok=1).stdout)
    assert worse["open"] is False and worse["comparison"]["verdict"] == "worse"

    cairn(home, "eval", "rollback", ok=2)
    cairn(home, "eval", "rollback", "--anyway")
    assert PromptStore(home).patch("math") is None
    assert json.loads(cairn(home, "eval", "rollback", "--list", "--json").stdout) == []


def test_a_gate_without_a_baseline_needs_a_least_mean(home: Home, questions: Path) -> None:
    assert "Name a --baseline" in cairn(home, "eval", "gate", questions, "--task", "math", ok=2).stderr
    cairn(home, "eval", "gate", questions, "--task", "math", "--fail-under", "number=.9")
    told = cairn(home, "eval", "gate", questions, "--task", "math", "--fail-under", "exact=.9", ok=1)
    assert "exact is 0.0%, below 90.0%." in told.stdout
