"""The command line as people use it: whole processes on the samples, with the builtin model."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cairn.core.settings import Home
from tests.command import CAIRN, cairn, cairn_command

SCHEMA = json.loads((Path(__file__).parents[1] / "golden" / "answer.schema.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def env(shared_home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    return {**kept, "CAIRN_HOME": str(shared_home), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}


def ask(env: dict[str, str], *arguments: str, ok: int = 0, stdin: str = "") -> dict[str, Any]:
    answer = json.loads(cairn(env, "ask", "--json", *arguments, ok=ok, stdin=stdin).stdout)
    jsonschema.validate(answer, SCHEMA)
    return answer


def test_a_sum(env: dict[str, str]) -> None:
    answer = ask(env, "What is 17.5 % of 2,480 plus 3^4?")
    assert "515" in answer["answer"]
    assert answer["steps"][0]["tool"] == "calculator"


def test_a_task_is_changed_for_one_question(env: dict[str, str]) -> None:
    asked = ("parental leave", "--task", "documents")
    assert len(ask(env, *asked, "-p", "retrieval.k=2")["sources"]) == 2
    assert "needs a model that writes" in cairn(env, "ask", *asked, "-p", "tries.n=5", ok=2).stderr
    assert "contradicts" in cairn(env, "ask", *asked, "-p", "tries=5", "-p", "tries.n=5", ok=2).stderr


def test_what_an_answer_would_be_made_from(env: dict[str, str]) -> None:
    shown = cairn(env, "search", "parental leave", "-k", "1").stdout
    assert shown.startswith("[1] Leave and holidays > Parental leave <") and "rank by lexical 1" in shown
    [passage] = json.loads(cairn(env, "search", "parental leave", "-k", "1", "--json").stdout)
    assert (Path(passage["source"]).read_text("utf-8"))[passage["start"] : passage["end"]] == passage["text"]
    nothing = cairn(env, "search", "leave", "--tag", "nowhere", "--json")
    assert json.loads(nothing.stdout) == [] and "Nothing was found." in nothing.stderr
    assert "after" in cairn(env, "search", "leave", "--after", "soon", ok=2).stderr
    cairn(env, "search", "leave", "-k", "0", ok=2)


def test_a_question_to_the_documents(env: dict[str, str]) -> None:
    answer = ask(env, "How many days of parental leave do we give?")
    cited = answer["sources"][answer["citations"][0]["source"]]
    assert "arental leave" in cited["quote"]
    assert (Path(cited["source"]).read_text("utf-8"))[cited["start"] : cited["end"]] == cited["quote"]


def test_a_question_to_the_database(env: dict[str, str]) -> None:
    answer = ask(env, "How many orders were placed in 2025?")
    [table] = answer["tables"]
    assert "SELECT" in table["sql"]
    assert str(table["rows"][0][0]) in answer["answer"]


def test_pipes(env: dict[str, str]) -> None:
    assert "42" in ask(env, "-", stdin="What is 3 * 14?\n")["answer"]
    plain = cairn(env, "ask", "What is 3 * 14?")
    assert "42" in plain.stdout
    assert "builtin" in plain.stderr
    events = [json.loads(line) for line in cairn(env, "ask", "--stream", "What is 3 * 14?").stdout.splitlines()]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "finished"


def test_documents_come_and_go(env: dict[str, str], home: Home, tmp_path: Path) -> None:
    env = {**env, "CAIRN_HOME": str(home.root)}
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "boat.md").write_text("# Boat\n\nThe ferry Marlena leaves at 7:40 from pier four.\n", "utf-8")
    (docs / "船.txt").write_text("渡轮每天早上七点四十分从四号码头出发。", "utf-8")
    assert "2 added" in cairn(env, "add", str(docs)).stdout
    assert "2 unchanged" in cairn(env, "add", str(docs)).stdout
    assert "7:40" in ask(env, "When does the ferry Marlena leave?")["answer"]
    assert "四号码头" in ask(env, "渡轮从哪个码头出发？")["answer"]
    (docs / "boat.md").write_text("# Boat\n\nThe ferry Marlena leaves at 9:15 from pier four.\n", "utf-8")
    assert "1 changed" in cairn(env, "add", str(docs)).stdout
    assert "9:15" in ask(env, "--task", "documents", "When does the ferry Marlena leave?")["answer"]
    (docs / "photo.md").write_bytes(bytes(range(256)) * 4)
    assert "photo.md" in cairn(env, "add", str(docs), ok=1).stderr
    assert "photo.md" in cairn(env, "sources", "--failed").stdout
    cairn(env, "remove", str(docs))
    assert "boat.md" not in cairn(env, "sources").stdout


def test_a_database_of_one_s_own(env: dict[str, str], home: Home, tmp_path: Path) -> None:
    env = {**env, "CAIRN_HOME": str(home.root)}
    with closing(sqlite3.connect(tmp_path / "zoo.db")) as connection, connection:
        connection.execute("CREATE TABLE animals (name TEXT, weight_kg REAL)")
        connection.executemany("INSERT INTO animals VALUES (?, ?)", [("Ivo", 12.5), ("Ada", 30.0)])
    before = (tmp_path / "zoo.db").read_bytes()
    cairn(env, "db", "add", "zoo", f"sqlite:///{tmp_path / 'zoo.db'}")
    assert "zoo" in cairn(env, "db", "list").stdout
    assert "weight_kg" in cairn(env, "db", "show", "zoo").stdout
    assert ask(env, "--task", "database", "How many animals are there?")["tables"][0]["rows"] == [[2]]
    assert (tmp_path / "zoo.db").read_bytes() == before
    cairn(env, "db", "remove", "zoo")
    assert "zoo" not in cairn(env, "db", "list").stdout


def test_prompts_from_new_to_use(env: dict[str, str], home: Home) -> None:
    env = {**env, "CAIRN_HOME": str(home.root), "EDITOR": "sed -i s/documents/papers/"}
    cairn(env, "prompts", "new", "documents", "mine", "--from", "quotes")
    cairn(env, "prompts", "edit", "documents", "mine")
    assert "papers" in cairn(env, "prompts", "show", "documents", "mine").stdout
    assert "+role: You find the places in papers" in cairn(env, "prompts", "diff", "documents", "quotes", "mine").stdout
    cairn(env, "prompts", "use", "documents", "mine")
    assert "*mine" in cairn(env, "prompts", "list").stdout
    shown = cairn(env, "prompts", "render", "documents", "What is the rule?")
    assert "papers" in shown.stdout
    assert "tokens: instructions" in shown.stderr and "tokens of 16,000" in shown.stderr
    assert ask(env, "--task", "documents", "What is the rule?")["template"] == "mine"
    cairn(env, "prompts", "new", "letters", "--description", "Letters.")
    assert "letters" in cairn(env, "prompts", "list").stdout


def test_threads(env: dict[str, str], home: Home) -> None:
    env = {**env, "CAIRN_HOME": str(home.root)}
    thread = ask(env, "What is 3 * 14?")["thread"]
    assert ask(env, "--thread", thread[:8], "What is 3 * 15?")["thread"] == thread
    assert cairn(env, "threads", "show", thread[:8]).stdout.count("›") == 2
    cairn(env, "threads", "rename", thread[:8], "Sums")
    assert "terminal  Sums" in cairn(env, "threads", "list").stdout
    cairn(env, "threads", "delete", thread[:8])
    assert cairn(env, "threads", "list").stdout == ""


def test_chat(env: dict[str, str]) -> None:
    done = cairn(env, "chat", stdin="/help\nWhat is 3 * 14?\n/nope\n/new\n/task math\nWhat is 2 * 8?\n/quit\nnever\n")
    assert "42" in done.stdout
    assert "16" in done.stdout
    assert "no command /nope" in done.stderr


def test_doctor(env: dict[str, str]) -> None:
    report = cairn(env, "doctor").stdout
    for what in ("model: builtin", "embeddings: hash", "vector index", "documents", "database shop: a sample", "tasks"):
        assert what in report


def test_doctor_asks_the_chroma_server(env: dict[str, str], chroma_url: str) -> None:
    assert f"✓ vector index: {chroma_url} answers" in cairn({**env, "CAIRN_CHROMA_URL": chroma_url}, "doctor").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ask", ""], 2, "empty"),
        (["ask", "x" * 30_000], 2, "limit"),
        (["ask", "--task", "nope", "x"], 2, "assistant"),
        (["ask", "--template", "nope", "x"], 2, "template"),
        (["ask", "--strategy", "nope", "x"], 2, "react"),
        (["ask", "--model", "replay:/nowhere.jsonl", "x"], 2, "nowhere"),
        (["ask", "--thread", "nope", "x"], 2, "thread"),
        (["ask"], 2, "question"),
        (["ask", "-"], 2, "empty"),
        (["add", "/nowhere"], 2, "nowhere"),
        (["remove", "/nowhere"], 1, "sources"),
        (["db", "add", "x", "sqlite:////nowhere.db"], 1, "nowhere"),
        (["db", "add", "x", "nonsense"], 1, "nonsense"),
        (["models", "get", "nope"], 2, "minilm"),
        (["prompts", "use", "documents", "nope"], 2, "quotes"),
        (["prompts", "edit", "documents"], 2, "EDITOR"),
        (["ask", "--json", "--stream", "x"], 2, "can't both"),
        (["web", "--port", "99999"], 2, "65535"),
        (["--home", "/proc/nope", "sources"], 1, "home"),
    ],
)
def test_bad_input_is_one_clear_line(env: dict[str, str], arguments: list[str], code: int, said: str) -> None:
    if arguments[0] == "ask" and arguments[-1] == "x" * 30_000:
        env = {**env, "CAIRN_MAX_QUESTION": "20000"}
    assert said in cairn(env, *arguments, ok=code).stderr


def test_100_000_characters_on_standard_input(env: dict[str, str]) -> None:
    answer = ask(env, "-", stdin="x" * 100_000, ok=2)
    assert "100,000" in answer["error"]


def test_broken_settings_and_tasks_name_the_place(env: dict[str, str], home: Home) -> None:
    env = {**env, "CAIRN_HOME": str(home.root)}
    home.settings.write_text("timeout = -1", "utf-8")
    assert "timeout" in cairn(env, "ask", "x", ok=2).stderr
    home.settings.write_text("timeout = ", "utf-8")
    assert "cairn.toml" in cairn(env, "ask", "x", ok=2).stderr
    home.settings.unlink()
    (home.prompts / "mine").mkdir()
    (home.prompts / "mine" / "task.yaml").write_text("strategy: direct\nnope: 1", "utf-8")
    assert "nope" in cairn(env, "ask", "--task", "mine", "x", ok=2).stderr
    (home.prompts / "mine" / "task.yaml").write_text("strategy: direct", "utf-8")
    (home.prompts / "mine" / "default.md").write_text("{{missing}}", "utf-8")
    assert "missing" in cairn(env, "ask", "--task", "mine", "x", ok=2).stderr
    assert "missing" in cairn(env, "prompts", "use", "mine", "default", ok=2).stderr
    (home.prompts / "mine" / "task.yaml").write_text("strategy: [", "utf-8")
    listed = cairn(env, "prompts", "list", ok=2)
    assert "documents" in listed.stdout
    assert "mine" in listed.stderr
    stream = cairn(env, "ask", "--stream", "--task", "mine", "x", ok=2).stdout
    assert json.loads(stream)["type"] == "failed"


def test_what_is_not_text_is_no_question(env: dict[str, str]) -> None:
    done = subprocess.run([cairn_command(), "ask", "-"], env=env, input="多少".encode("gb18030"), capture_output=True)
    assert done.returncode == 2
    assert b"UTF-8" in done.stderr


@contextmanager
def silent_model(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`cairn ask --stream` that waits for a model server which takes the question and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        command = [*CAIRN, "ask", "--stream", "--model", "openai:x", "--base-url", url, "hello"]
        with subprocess.Popen(
            command, env={**env, "OPENAI_API_KEY": "test"}, stdout=subprocess.PIPE, text=True
        ) as process:
            connection, _ = server.accept()
            if connection.recv(1000).startswith(b"GET"):  # it looks for the model's window first
                connection.close()
                connection, _ = server.accept()
            with connection:
                yield process


def test_ctrl_c_stops_with_what_there_was(env: dict[str, str]) -> None:
    with silent_model(env) as process:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert json.loads(said.splitlines()[-1])["data"]["stopped_by"] == "user"


def test_an_end_of_the_process_leaves_a_thread_that_goes_on(env: dict[str, str], home: Home) -> None:
    env = {**env, "CAIRN_HOME": str(home.root)}
    with silent_model(env) as process:
        process.kill()
        said, _ = process.communicate(timeout=60)
    thread = json.loads(said.splitlines()[0])["data"]["thread"]
    assert "42" in ask(env, "--thread", thread, "What is 3 * 14?")["answer"]
