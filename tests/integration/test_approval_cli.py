"""What waits for a yes, on the command line: flags, a terminal, pipes, and other processes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.command import python_command
from tests.letters import sent
from tests.server import Server, call

ROOT = Path(__file__).parents[2]
RUN = """
from pathlib import Path
from tests.letters import register
from cairn.ui.cli import main
register(Path({!r}))
main()
"""
LETTER = ("send", {"to": "Ann", "text": "Hello"})


class Terminal:
    """`cairn` on a home of its own whose task `post` has the tool `send`, with a model behind it."""

    def __init__(self, home: Path, server: Server) -> None:
        self.file, self.server = home / "sent.txt", server
        task = home / "prompts" / "post"
        task.mkdir(parents=True)
        (task / "task.yaml").write_text("strategy: react\ntools: [letters]\napprove: [send]\n", "utf-8")
        (task / "default.md").write_text("You write letters.\n", "utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("CAIRN_", "OPENAI_"))}
        given = {"CAIRN_HOME": str(home), "CAIRN_MODEL": "openai:m", "CAIRN_BASE_URL": server.url}
        given |= {"OPENAI_API_KEY": "k", "CAIRN_EMBEDDINGS": "hash", "CAIRN_TASK": "post"}
        self.env = {**kept, **given}
        self.command = [python_command(), "-c", RUN.format(str(self.file))]

    def cairn(self, *arguments: str, ok: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *arguments],
            env=self.env,
            cwd=ROOT,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == ok, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def typed(self, keys: str, *arguments: str) -> tuple[int, str]:
        """The exit code and all that stood on the screen when `keys` are typed."""
        leader, follower = pty.openpty()
        process = subprocess.Popen(
            [*self.command, *arguments], env=self.env, cwd=ROOT, stdin=follower, stdout=follower, stderr=follower
        )
        os.close(follower)
        os.write(leader, keys.encode())
        screen = b""
        while True:
            try:
                read = os.read(leader, 4096)
            except OSError:  # how Linux says that nobody is at the other end any more
                break
            if not read:
                break
            screen += read
        os.close(leader)
        return process.wait(), screen.decode()

    def waiting(self) -> str:
        """Ask what then waits; its run."""
        self.server.say(call(*LETTER))
        return self.answer("ask", "--json", "Write to Ann.", ok=3)["run"]

    def answer(self, *arguments: str, ok: int = 0) -> dict[str, Any]:
        return json.loads(self.cairn(*arguments, ok=ok).stdout)


@pytest.fixture
def terminal(tmp_path: Path, server: Server) -> Terminal:
    return Terminal(tmp_path / "home", server)


def test_yes_and_no_decide_beforehand(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER), "Sent.", call(*LETTER), "Not sent.")
    assert "Not sent." not in terminal.cairn("ask", "--yes", "Write to Ann.").stdout
    assert sent(terminal.file) == ["Ann: Hello"]
    assert "Not sent." in terminal.cairn("ask", "--no", "Write to Ann.").stdout
    assert sent(terminal.file) == ["Ann: Hello"]
    assert "can't both" in terminal.cairn("ask", "--yes", "--no", "Write to Ann.", ok=2).stderr


def test_without_a_terminal_it_waits_and_says_how_to_go_on(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER), "Sent.")
    done = terminal.cairn("ask", "--json", "Write to Ann.", ok=3)
    told = json.loads(done.stdout)
    assert (told["answer"], told["error"], told["approval"]["arguments"]) == (None, None, LETTER[1])
    shown = "send wants to be called with:\n  to: Ann\n  text: Hello\n"
    assert f"{shown}Waiting for your decision: cairn resume {told['run'][:8]} --yes" in done.stderr
    assert shown in terminal.cairn("resume", told["run"], ok=3).stderr
    for flag in ("--yes", "--no", "--stop"):
        refused = terminal.cairn("resume", flag, ok=2)
        assert "Say which run" in refused.stderr and not refused.stdout
    [line] = terminal.answer("resume", "--json")
    assert (line["run"], line["state"]) == (told["run"], "waiting")
    assert line["calls"][0]["arguments"] == LETTER[1]
    listed = terminal.cairn("resume").stdout
    assert told["run"][:8] in listed and "send(to=Ann, text=Hello)" in listed
    assert "waits for your decision" in terminal.cairn("ask", "--thread", told["thread"], "And?", ok=1).stderr
    assert terminal.answer("resume", told["run"][:8], "--yes", "--json")["answer"] == "Sent."
    assert sent(terminal.file) == ["Ann: Hello"]
    assert "it is finished" in terminal.cairn("resume", told["run"], "--yes", ok=2).stderr
    assert terminal.answer("resume", "--json") == []


def test_a_rejected_and_a_stopped_one(terminal: Terminal) -> None:
    run = terminal.waiting()
    terminal.server.say("Then not.")
    assert "Then not." in terminal.cairn("resume", run, "--no").stdout
    run = terminal.waiting()
    terminal.cairn("resume", run, "--stop")
    assert "does not wait" in terminal.cairn("resume", run, "--stop", ok=2).stderr
    assert sent(terminal.file) == []


def test_somebody_at_a_terminal_is_asked(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER), "Sent.", call(*LETTER), "Sent.", call(*LETTER), "Not sent.")
    code, screen = terminal.typed("what\ny\n", "ask", "Write to Ann.")
    assert (code, sent(terminal.file)) == (0, ["Ann: Hello"])
    assert "text: Hello" in screen
    code, screen = terminal.typed("e\n安娜\n\n", "ask", "Write to Ann.")
    assert (code, sent(terminal.file)[1:]) == (0, ["安娜: Hello"])
    code, screen = terminal.typed("n\n", "ask", "Write to Ann.")
    assert (code, len(sent(terminal.file)), "Not sent." in screen) == (0, 2, True)


def test_an_edit_that_changes_nothing_is_a_yes(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER, text="I will write."), "Sent.")
    code, screen = terminal.typed("e\n\n\n", "ask", "Write to Ann.")
    assert (code, sent(terminal.file)) == (0, ["Ann: Hello"])
    assert "send: approved" in screen and "send: edited" not in screen
    assert "\nsend wants to be called with:" in screen.replace("\r", "")


def test_the_end_of_input_leaves_it_waiting_and_s_stops_it(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER), call(*LETTER))
    code, screen = terminal.typed("\x04", "ask", "Write to Ann.")
    assert (code, "cairn resume" in screen) == (3, True)
    assert len(terminal.answer("resume", "--json")) == 1
    code, screen = terminal.typed("s\n", "ask", "Write to Ann.")
    assert code == 130
    assert len(terminal.answer("resume", "--json")) == 1
    assert sent(terminal.file) == []


def test_a_chat_asks_too(terminal: Terminal) -> None:
    terminal.server.say(call(*LETTER), "Sent.", "Bye.")
    done = terminal.cairn("chat", "--yes", stdin="Write to Ann.\nThanks.\n")
    assert "Sent." in done.stdout
    assert sent(terminal.file) == ["Ann: Hello"]
    terminal.server.say(call(*LETTER))
    done = terminal.cairn("chat", stdin="Write to Ann.\nAnd?\n")
    assert "cairn resume" in done.stderr
    assert "waits for your decision" in done.stderr
    assert sent(terminal.file) == ["Ann: Hello"]
