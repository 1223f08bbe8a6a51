"""Stored runs in the terminal: listed, shown, asked again, chosen between, parted from, stopped by another process."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.command import cairn, cairn_command
from tests.server import Server, call


class Terminal:
    def __init__(self, home: Path, server: Server) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
        self.env = {
            **kept,
            "CAIRN_HOME": str(home),
            "CAIRN_MODEL": "openai:m",
            "CAIRN_BASE_URL": server.url,
            "OPENAI_API_KEY": "none",
            "CAIRN_EMBEDDINGS": "hash",
        }

    def run(self, *arguments: str, ok: int = 0) -> subprocess.CompletedProcess[str]:
        return cairn(self.env, *arguments, ok=ok)

    def json(self, *arguments: str, ok: int = 0) -> Any:
        return json.loads(self.run(*arguments, "--json", ok=ok).stdout)

    def ask(self, question: str, *arguments: str) -> dict[str, Any]:
        return self.json("ask", "--task", "math", question, *arguments)


@pytest.fixture
def terminal(tmp_path: Path, server: Server) -> Terminal:
    return Terminal(tmp_path / "home", server)


def test_runs_are_listed_shown_asked_again_and_parted_from(terminal: Terminal, server: Server) -> None:
    server.say(call("calculator", {"expression": "2+3"}), "Six.", "Sure. 看看", "Five.", "5!")
    first = terminal.ask("What is 2+3?")
    thread = first["thread"]
    terminal.ask("Sure?", "--thread", thread)
    second, listed = terminal.json("runs", "list", "--thread", thread[:8])
    assert (listed["run"], listed["state"], listed["task"], listed["model"]) == (
        first["run"], "finished", "math", "openai:m",
    )  # fmt: skip
    assert (listed["tokens"], listed["parent"]) == (36, None)
    assert listed["seconds"] > 0
    assert terminal.json("runs", "list", "--state", "failed") == []
    assert [run["question"] for run in terminal.json("runs", "list", "-n", "1")] == ["Sure?"]
    table = terminal.run("runs", "list").stdout
    assert first["run"][:8] in table and "What is 2+3?" in table

    shown = terminal.json("runs", "show", second["run"][:8])
    assert shown["events"][0]["type"] == "started"
    sent = server.requests[2]
    assert [m["content"] for m in shown["prompt"]["messages"]] == [m["content"] for m in sent["messages"]]
    assert [tool["function"]["name"] for tool in shown["prompt"]["tools"]] == ["calculator"]
    assert shown["prompt"]["doubts"]
    text = terminal.run("runs", "show", first["run"]).stdout
    assert "calculator(expression=2+3)" in text and "Six." in text and "18 tokens" not in text

    again = terminal.json("retry", first["run"][:8])
    assert (again["answer"], again["parent"], again["thread"]) == ("Five.", first["run"], thread)
    assert [m["content"] for m in server.requests[3]["messages"]][1:] == ["What is 2+3?"]
    assert "Six." not in terminal.run("threads", "show", thread).stdout
    terminal.run("runs", "choose", first["run"])
    assert "Six." in terminal.run("threads", "show", thread).stdout
    assert "(chosen)" in terminal.run("runs", "show", again["run"]).stdout

    changed = terminal.json("retry", again["run"], "-p", "limits.model_calls=2", "--question", "2 plus 3?")
    assert changed["answer"] == "5!"
    copy = terminal.json("threads", "branch", thread, "--at", again["run"][:8], "--name", "Parted")
    assert copy["name"] == "Parted"
    messages = terminal.json("threads", "show", copy["id"])
    assert [message["text"] for message in messages] == ["What is 2+3?", "Five."]


def test_what_is_no_run_or_no_state_is_said(terminal: Terminal) -> None:
    assert "no run" in terminal.run("runs", "show", "abc", ok=2).stderr.lower()
    assert "There is no state" in terminal.run("runs", "list", "--state", "done", ok=2).stderr
    assert "no run" in terminal.run("retry", "abc", ok=2).stderr.lower()
    assert "no thread" in terminal.run("threads", "branch", "abc", ok=2).stderr.lower()
    assert terminal.json("runs", "list") == []


def test_a_run_of_another_process_is_stopped_and_one_that_is_over_is_not(terminal: Terminal, server: Server) -> None:
    asked, go = threading.Event(), threading.Event()

    def wait(_request: dict[str, Any]) -> str:
        asked.set()
        go.wait(60)
        return "too late"

    server.answer = wait
    command = [cairn_command(), "ask", "--json", "--task", "math", "What is 2+3?"]
    asking = subprocess.Popen(command, env=terminal.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asked.wait(60)
    [running] = terminal.json("runs", "list", "--state", "running")
    assert "stopped" in terminal.run("stop", running["run"][:8]).stderr
    answer = json.loads(asking.communicate(timeout=60)[0])
    go.set()
    assert (asking.returncode, answer["stopped_by"]) == (130, "user")
    assert "not at work" in terminal.run("stop", running["run"], ok=2).stderr


def test_a_run_whose_process_is_gone_is_said_to_be_broken_off(terminal: Terminal, server: Server) -> None:
    asked, go = threading.Event(), threading.Event()

    def wait(_request: dict[str, Any]) -> str:
        asked.set()
        go.wait(60)
        return "too late"

    server.answer = wait
    command = [cairn_command(), "ask", "--task", "math", "What is 2+3?"]
    asking = subprocess.Popen(command, env=terminal.env, stdout=subprocess.PIPE)
    assert asked.wait(60)
    [running] = terminal.json("runs", "list", "--state", "running")
    asking.kill()
    asking.communicate()
    go.set()
    assert "it is interrupted" in terminal.run("stop", running["run"], ok=2).stderr
    assert [run["state"] for run in terminal.json("runs", "list")] == ["interrupted"]
