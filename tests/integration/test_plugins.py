"""Installed plug-ins, as the command line meets them: distributions with entry points of the group `cairn.plugins`."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cairn.core.settings import Home
from tests.command import cairn

SHOUT = '''
"""One of each kind."""

from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from cairn.core.registry import Plugin
from cairn.core.strategy import Reply
from cairn.evals.metrics import Score
from cairn.retrieval.load import Document, Section


def shout(task, tools, model):
    async def answer(turn):
        message = await model.ainvoke(turn.prompt.messages(volume="loud"))
        return Reply(f"{turn.question.upper()} ({len(message.text) > 0})")

    return RunnableLambda(answer)


@tool
def calculator(expression: str) -> str:
    """Calculates."""
    return f"{expression} = 1234"


def echoes(home, task, count):
    return [calculator]


def load_notes(data, name):
    assert not data.startswith(b"\\xef"), "a plug-in is given UTF-8 without a mark"
    text = data.decode().replace("@@", "The mooring fee is ")
    return Document(name, text, [Section(0, len(text))])


class Mood:
    def __init__(self, home, judge):
        self.known = home.databases.names()

    def __call__(self, case, answer):
        return Score(float(bool(answer.answer) and case.database in self.known), "in a good mood")


PLUGINS = [
    Plugin("strategy", "shout", "shout_plugin:shout", gives=["volume"]),
    Plugin("tool", "echoes", echoes, gives=["calculator"]),
    Plugin("loader", "notes", load_notes, needs=[".note"]),
    Plugin("metric", "mood", Mood),
]
CLASH = Plugin("tool", "calculator", echoes)
'''


def install(folder: Path, name: str, module: str, code: str, **entries: str) -> None:
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{entry} = {value}" for entry, value in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[cairn.plugins]", *lines]) + "\n")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    install(folder, "cairn-shout", "shout_plugin", SHOUT, shout="shout_plugin:PLUGINS")
    return folder


@pytest.fixture
def env(home: Home, site: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    mine = {"CAIRN_HOME": str(home.root), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}
    return {**kept, **mine, "PYTHONPATH": str(site)}


def ask(env: dict[str, str], *arguments: object) -> dict[str, Any]:
    return json.loads(cairn(env, "ask", "--json", *arguments).stdout)


def write_task(home: Home, name: str, body: str, template: str = "---\nrole: You answer.\n---\n") -> None:
    folder = home.prompts / name
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(body)
    (folder / "default.md").write_text(template)


def test_plugins_are_listed_with_where_they_come_from(env: dict[str, str]) -> None:
    told = json.loads(cairn(env, "plugins", "--json").stdout)
    found = {(plugin["kind"], plugin["name"]): plugin for plugin in told["plugins"]}
    assert found["strategy", "rag"] == {
        "kind": "strategy",
        "name": "rag",
        "needs": ["search"],
        "gives": ["context"],
        "from": "cairn",
    }
    mine = {key for key, plugin in found.items() if plugin["from"] == "cairn-shout"}
    assert mine == {("strategy", "shout"), ("tool", "echoes"), ("loader", "notes"), ("metric", "mood")}
    assert told["problems"] == []
    assert "cairn-shout" in cairn(env, "plugins").stdout


def test_a_strategy_of_a_plugin_answers(env: dict[str, str], home: Home) -> None:
    write_task(home, "loud", "strategy: shout\n", "---\nrole: You shout.\n---\nHow: {{volume}}\n")
    assert ask(env, "--task", "loud", "hello there")["answer"] == "HELLO THERE (True)"
    told = cairn(env, "ask", "--task", "documents", "--strategy", "shout", "hello", ok=2)
    assert "has no place for volume" in told.stderr or "asks for context" in told.stderr


def test_a_tool_of_a_plugin_is_called(env: dict[str, str], home: Home) -> None:
    write_task(home, "sums", "strategy: react\ntools: [echoes]\n")
    assert "1234" in ask(env, "--task", "sums", "What is 6*7?")["answer"]


def test_a_format_of_a_plugin_is_added(env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "harbour.note").write_text("@@300 euros a month.")
    (folder / "other.unheard").write_text("Nothing.")
    added = json.loads(cairn(env, "add", "--json", folder).stdout)
    assert added["added"] == 1
    assert "300 euros" in ask(env, "--task", "documents", "What is the mooring fee?")["answer"]


def test_a_metric_of_a_plugin_judges(env: dict[str, str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "town.sqlite")) as connection:
        connection.execute("CREATE TABLE people (name TEXT)")
    questions, predictions = tmp_path / "questions.jsonl", tmp_path / "predictions.jsonl"
    questions.write_text(json.dumps({"id": "1", "question": "Who?", "query": "SELECT 1", "db_id": "town"}))
    predictions.write_text(json.dumps({"id": "1", "query": "SELECT 2"}))
    wanted = ["eval", questions, "--databases", tmp_path, "--predictions", predictions, "--json", "--metric"]
    told = json.loads(cairn(env, *wanted, "mood").stdout)
    assert (told["primary"], told["metrics"]["mood"]["mean"], told["metrics"]["execution"]["mean"]) == ("mood", 1, 0)
    told_of = " ".join(cairn(env, *wanted, "luck", ok=2).stderr.split())
    assert "There is no metric 'luck'. There are: execution, " in told_of and ", mood." in told_of


def test_a_broken_plugin_is_named_and_everything_else_works(env: dict[str, str], site: Path, home: Home) -> None:
    install(site, "cairn-broken", "broken_plugin", "import nowhere_at_all", broken="broken_plugin:PLUGINS")
    install(site, "cairn-odd", "odd_plugin", "PLUGINS = [5]", odd="odd_plugin:PLUGINS")
    install(site, "cairn-clash", "clash_plugin", "from shout_plugin import CLASH", clash="clash_plugin:CLASH")
    told = json.loads(cairn(env, "plugins", "--json").stdout)
    assert ("strategy", "shout") in {(plugin["kind"], plugin["name"]) for plugin in told["plugins"]}
    broken, clash, odd = told["problems"]
    assert "broken of cairn-broken" in broken and "nowhere_at_all" in broken
    assert "odd of cairn-odd" in odd
    assert clash == "The tool calculator of cairn-clash is not used: cairn has one."
    assert "cairn-broken" in cairn(env, "plugins").stderr

    assert "42" in ask(env, "What is 6*7?")["answer"]
    write_task(home, "loud", "strategy: shout\n", "How: {{volume}}\n")
    answer = ask(env, "--task", "loud", "hello")
    assert answer["answer"] == "HELLO (True)"
    assert any("cairn-broken" in notice for notice in answer["notices"])
    assert "cairn-broken" in cairn(env, "ask", "--strategy", "gone", "hello", ok=2).stderr


def test_a_part_that_can_not_be_imported_when_it_is_used_is_named(env: dict[str, str], site: Path, home: Home) -> None:
    late = 'from cairn.core.registry import Plugin\nPLUGIN = Plugin("strategy", "late", "nowhere_at_all:strategy")\n'
    install(site, "cairn-late", "late_plugin", late, late="late_plugin:PLUGIN")
    write_task(home, "later", "strategy: late\n")
    told = cairn(env, "ask", "--task", "later", "hello", ok=2).stderr
    assert "cairn-late" in told and "nowhere_at_all" in told
