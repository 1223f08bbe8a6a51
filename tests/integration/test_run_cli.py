"""`cairn run` as people use it: whole processes, killed and interrupted, against a real server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from cairn.core.settings import Home
from tests.command import CAIRN, cairn
from tests.server import Answer, Server, fault

COUNT = 200


@pytest.fixture
def env(home: Home, server: Server) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    ours = {"HOME": str(home.root), "MODEL": "openai:m", "EMBEDDINGS": "hash", "BASE_URL": server.url, "API_KEY": "no"}
    return kept | {f"CAIRN_{name}": value for name, value in ours.items()}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    lines = [json.dumps({"question": f"What is {n}, 多少?", "id": n}, ensure_ascii=False) for n in range(COUNT)]
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def run(env: dict[str, str], *arguments: object, stdin: str = "", ok: int = 0) -> subprocess.CompletedProcess[str]:
    return cairn(env, "run", *arguments, "-t", "math", "--strategy", "direct", stdin=stdin, ok=ok)


def begin(env: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    command = [*CAIRN, "run", *map(str, arguments), "-t", "math", "--strategy", "direct"]
    return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def asked(request: dict[str, Any]) -> str:
    return str(request["messages"][-1]["content"])


def slow(request: dict[str, Any]) -> Answer:
    return f"Said: {asked(request)}"


def numbers(out: Path) -> list[int]:
    """Of whole lines."""
    text = out.read_bytes() if out.exists() else b""
    return [json.loads(line)["input"]["id"] for line in text.split(b"\n")[:-1]]


def wait_for(out: Path, count: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(numbers(out)) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_killed_three_times_every_answer_is_there_once_and_none_is_asked_again(
    env: dict[str, str], server: Server, questions: Path, tmp_path: Path
) -> None:
    out, there, sent = tmp_path / "answers.jsonl", set[int](), 0
    server.answer = slow
    for share in (1, 2, 3):
        process = begin(env, questions, "--out", out, "-j", 4)
        wait_for(out, share * COUNT // 5, process)
        process.kill()
        process.communicate()
        again = set(map(asked, server.requests[sent:])) & {f"What is {n}, 多少?" for n in there}
        assert again == set()
        there, sent = set(numbers(out)), server.count
    with out.open("ab") as torn:
        torn.write(b'{"version":2,"answer":"torn')
    done = run(env, questions, "--out", out)
    assert f"{COUNT - len(there)} of {COUNT - len(there)} answered" in done.stderr
    assert sorted(numbers(out)) == list(range(COUNT))
    for line in out.read_text("utf-8").splitlines():
        answer = json.loads(line)
        assert answer["answer"] == f"Said: {answer['input']['question']}"
        assert answer["line"] == answer["input"]["id"] + 1
    assert max(Counter(map(asked, server.requests)).values()) <= 4
    assert server.count <= COUNT + 3 * 4


def test_on_standard_output_the_same_command_writes_what_is_known_again(
    env: dict[str, str], server: Server, questions: Path
) -> None:
    server.answer = slow
    first = run(env, questions, "--limit", 20, "--in-order").stdout
    again = run(env, questions, "--limit", 30, "--in-order")
    assert again.stdout.startswith(first)
    assert [json.loads(line)["input"]["id"] for line in again.stdout.splitlines()] == list(range(30))
    assert "30 of 30 answered, 20 known already" in again.stderr
    assert server.count == 30


def test_ctrl_c_keeps_what_was_answered(env: dict[str, str], server: Server, questions: Path, tmp_path: Path) -> None:
    server.answer = slow
    out = tmp_path / "answers.jsonl"
    process = begin(env, questions, "--out", out, "-j", 2)
    wait_for(out, 20, process)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in told, told
    there = numbers(out)
    assert 20 <= len(there) < COUNT and len(set(there)) == len(there)
    sent = server.count
    run(env, questions, "--out", out)
    assert sorted(numbers(out)) == list(range(COUNT))
    assert server.count <= sent + COUNT - len(there)


def test_what_failed_is_listed_and_asked_again(
    env: dict[str, str], server: Server, questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answers.jsonl"
    server.answer = lambda request: fault(400, message="too long") if "is 3," in asked(request) else "Yes."
    failed = run(env, questions, "--limit", 6, "--out", out, ok=4)
    assert "line 4: openai:m" in failed.stderr and "5 of 6 answered, 1 failed" in failed.stderr
    assert json.loads(out.read_text("utf-8").splitlines()[numbers(out).index(3)])["error"]
    server.answer = lambda _request: "Now yes."
    assert "1 of 1 answered" in run(env, questions, "--limit", 6, "--out", out).stderr
    assert sorted(numbers(out)) == list(range(6))
    assert server.count == 7


def test_from_standard_input(env: dict[str, str], server: Server) -> None:
    server.answer = slow
    done = run(env, "-", "--in-order", "--samples", 2, stdin="\ufeffEins?\n\n二?\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["line"], each["sample"], each["input"]["question"]) for each in found] == [
        (1, 1, "Eins?"), (1, 2, "Eins?"), (3, 1, "二?"), (3, 2, "二?"),
    ]  # fmt: skip
    assert server.count == 4


@pytest.mark.parametrize(
    ("text", "flags", "told"),
    [
        ('{"question": "a"}\n{"question": 3}\n', (), "line 2: there is no question"),
        ('{"question": "a"}\n', ("--yes", "--no"), "can't both be had"),
        ('{"question": "a"}\n', ("-p", "moon=3"), "moon"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_asked(
    env: dict[str, str], server: Server, tmp_path: Path, text: str, flags: tuple[str, ...], told: str
) -> None:
    (tmp_path / "q.jsonl").write_text(text)
    assert told in run(env, tmp_path / "q.jsonl", *flags, ok=2).stderr
    assert server.count == 0


def test_a_file_of_something_else_is_left_alone(env: dict[str, str], questions: Path, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("Dear diary\n")
    assert "no answer of `cairn run`" in run(env, questions, "--out", other, ok=2).stderr
    assert other.read_text() == "Dear diary\n"


def test_answers_to_other_questions_are_not_mixed(
    env: dict[str, str], server: Server, questions: Path, tmp_path: Path
) -> None:
    server.answer = slow
    out = tmp_path / "answers.jsonl"
    run(env, questions, "--limit", 3, "--out", out)
    (tmp_path / "others.txt").write_text("Something else?\n")
    assert "another question for line 1" in run(env, tmp_path / "others.txt", "--out", out, ok=2).stderr


def test_a_wrong_key_ends_it_at_once(env: dict[str, str], server: Server, questions: Path) -> None:
    server.answer = lambda _request: fault(401)
    assert "refuses the key" in run(env, questions, ok=1).stderr
    assert server.count < 20


def test_limits_a_minute_are_kept(env: dict[str, str], server: Server, questions: Path) -> None:
    times: list[float] = []

    def answer(request: dict[str, Any]) -> Answer:
        times.append(time.monotonic())
        return slow(request)

    server.answer = answer
    run(env, questions, "--limit", 6, "--rpm", 100, "-j", 6)
    assert times[-1] - times[0] > 2  # two at once, then 99 a minute


def test_what_was_declined_is_not_counted_as_answered(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("What is 6 * 7?\nWrite me a poem.\n")
    done = cairn(env, "run", tmp_path / "q.txt", "--model", "builtin")
    assert "1 of 2 answered, 1 declined, " in done.stderr
