"""`cairn eval` and corrections as people use them: whole processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.core.settings import Home
from cairn.core.task import task_patch
from cairn.evals.eval_report import summarise
from cairn.evals.set_evaluation import Wanted
from cairn.ui.cli.run_eval import evaluate
from tests.server import DRIP, Server

CAIRN = [str(Path(sys.executable).parent / "cairn")]
ROOT = Path(__file__).parents[2]
SHOP_QUESTIONS = ROOT / "samples" / "shop_questions.csv"


@pytest.fixture
def env(home: Home) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    return {**kept, "CAIRN_HOME": str(home.root), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}


def cairn(env: dict[str, str], *arguments: object, stdin: str = "", ok: int = 0) -> subprocess.CompletedProcess[str]:
    command = [*CAIRN, *map(str, arguments)]
    done = subprocess.run(command, env=env, input=stdin, capture_output=True, text=True, timeout=120)
    assert done.returncode == ok, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "databases"
    root.mkdir()
    with closing(sqlite3.connect(root / "Town.sqlite")) as connection:
        connection.executescript("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann'), ('王伟');")
    return root


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    asked = [
        ("How many people are there?", "SELECT count(*) FROM people"),
        ("Who is there?", "SELECT name FROM people ORDER BY name"),
        ("Broken?", "SELECT nobody FROM people"),
    ]
    file.write_text("\n".join(json.dumps({"question": q, "query": s, "db_id": "Town"}) for q, s in asked), "utf-8")
    return file


def test_the_sample_set_with_the_builtin_model(env: dict[str, str], home: Home) -> None:
    done = cairn(env, "eval", SHOP_QUESTIONS, "--database", "shop")
    assert "model builtin; execution accuracy" in done.stdout
    assert "not right" in done.stdout and " of 18, " in done.stderr
    [file] = (home.root / "evals").iterdir()
    head, *records = lines(file)
    assert head["measured"]["task"]["name"] == "database"
    assert len(records) == 18
    assert {record["verdict"] for record in records} <= {"right", "wrong", "failed", "unanswered"}
    assert json.loads(cairn(env, "threads", "list", "--json").stdout) == []


def test_recorded_predictions_are_judged_without_asking(
    env: dict[str, str], folder: Path, questions: Path, tmp_path: Path
) -> None:
    (tmp_path / "predicted.sql").write_text("SELECT count(name) FROM people\nSELECT name FROM people\nSELECT 1\n")
    done = cairn(
        env, "eval", questions, "--databases", folder, "--predictions", tmp_path / "predicted.sql", "--json",
        "--out", tmp_path / "out.jsonl",
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["total"] == {
        "right": 2, "of": 2, "accuracy": 1.0, "interval": pytest.approx([0.342, 1.0], abs=1e-3)
    }  # fmt: skip
    assert report["apart"] == {"gold_failed": ["3"]}
    head, *records = lines(tmp_path / "out.jsonl")
    assert "predictions" in head["measured"]
    assert all(record["gold_result"]["count"] for record in records if record["verdict"] == "right")


def test_strict_is_stricter(env: dict[str, str], folder: Path, questions: Path, tmp_path: Path) -> None:
    (tmp_path / "predicted.json").write_text('{"1": "SELECT 2.0", "2": "SELECT DISTINCT name FROM people ORDER BY 1"}')
    options = ("--databases", folder, "--predictions", tmp_path / "predicted.json", "--json", "--limit", 2)
    lenient = json.loads(cairn(env, "eval", questions, *options).stdout)
    strict = json.loads(cairn(env, "eval", questions, *options, "--strict").stdout)
    assert (lenient["total"]["right"], strict["total"]["right"]) == (2, 1)
    assert strict["failures"] == {"wrong": {"column order or types": 1}}


def test_a_file_that_is_not_there_is_a_usage_error(env: dict[str, str], tmp_path: Path) -> None:
    assert "There is no file" in cairn(env, "eval", tmp_path / "none.csv", "--database", "shop", ok=2).stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"databases": None}, "names the database 'town'"),
        ({"databases": None, "database": "moon"}, r"no database 'moon'\. There are: shop\."),
        ({"database": "shop"}, "can't both be had"),
        ({"task": "none"}, "There is no task"),
        ({"patch": ["sql.candidates=many"]}, "candidates"),
        ({"patch": ["sql.candidates"]}, "no change to a task"),
        ({"out": "there"}, "is there already"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is_asked(
    home: Home, folder: Path, questions: Path, tmp_path: Path, flags: dict[str, Any], told: str
) -> None:
    (tmp_path / "there").write_text("mine")
    if "out" in flags:
        flags = {"out": tmp_path / flags["out"]}
    plain = Wanted(questions, databases=folder, workers=2)
    with pytest.raises(UsageError, match=told):
        changed = {**flags, "patch": task_patch(flags.get("patch", ()))}
        evaluate(home.root, replace(plain, **changed), None, as_json=False)
    assert (tmp_path / "there").read_text() == "mine"
    assert not (home.root / "evals").exists()


def test_an_interrupted_evaluation_keeps_what_it_has_and_goes_on(
    env: dict[str, str], folder: Path, tmp_path: Path, server: Server
) -> None:
    questions = tmp_path / "many.jsonl"
    asked = {"question": "How many people are there?", "query": "SELECT count(*) FROM people", "db_id": "Town"}
    questions.write_text("\n".join([json.dumps(asked)] * 6))
    answer = "```sql\nSELECT count(*) FROM people\n```"
    server.say(*[answer] * 3, DRIP)
    env = {**env, "CAIRN_MODEL": "openai:any", "CAIRN_BASE_URL": server.url, "CAIRN_API_KEY": "k", "CAIRN_RETRIES": "0"}
    out = tmp_path / "out.jsonl"
    command = [*CAIRN, "eval", str(questions), "--databases", str(folder), "--out", str(out), "--workers", "1"]
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("3 of 6"):
            running.send_signal(signal.SIGINT)
            break
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "were not asked" in told
    before = [record for record in lines(out)[1:] if record["verdict"] == "right"]
    assert len(before) == 3
    server.answer = lambda _request: answer
    done = cairn(env, "eval", questions, "--databases", folder, "--out", out, "--workers", "1", "--resume", "--json")
    assert json.loads(done.stdout)["total"]["right"] == 6
    assert lines(out)[1:4] == before


def test_a_pair_that_was_taught_is_in_the_next_similar_questions_prompt(env: dict[str, str]) -> None:
    sql = "SELECT sum(total) FROM orders WHERE strftime('%Y', placed_on) = '2025'"
    assert "Learned" in cairn(env, "db", "learn", "shop", "2025 年我们赚了多少钱？", sql).stderr
    request = json.loads(cairn(env, "prompts", "render", "database", "2024 年我们赚了多少钱？", "--json").stdout)
    assert [message["content"] for message in request["messages"][1:3]] == ["2025 年我们赚了多少钱？", sql]
    cairn(env, "db", "unlearn", "shop", "2025 年我们赚了多少钱？")
    request = json.loads(cairn(env, "prompts", "render", "database", "2024 年我们赚了多少钱？", "--json").stdout)
    assert len(request["messages"]) == 2


def test_a_pair_that_does_not_run_is_refused(env: dict[str, str], home: Home) -> None:
    assert "Only a SELECT" in cairn(env, "db", "learn", "shop", "Gone?", "DROP TABLE orders", ok=1).stderr
    assert "no column 'nothing'" in cairn(env, "db", "learn", "shop", "A?", "SELECT nothing FROM orders", ok=1).stderr
    assert not (home.prompts / "database").exists()


def test_good_in_the_chat_teaches_the_last_answer_and_bad_takes_it_back(env: dict[str, str], home: Home) -> None:
    told = cairn(env, "chat", stdin="/good\nHow many suppliers are there?\n/good\n").stderr
    assert "There is no answer yet" in told and "Learned" in told
    [pair] = lines(home.prompts / "database" / "examples.jsonl")
    assert (pair["input"], pair["database"]) == ("How many suppliers are there?", "shop")
    cairn(env, "chat", "--task", "database", stdin="How many suppliers are there?\n/bad\n")
    assert lines(home.prompts / "database" / "examples.jsonl") == []


def test_a_set_that_is_among_the_examples_is_pointed_out(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "q.csv"
    file.write_text("question,query\nHow many suppliers are there?,SELECT count(*) FROM suppliers\n")
    cairn(env, "db", "learn", "shop", "How many suppliers are there?", "SELECT count(*) FROM suppliers")
    assert "1 of these questions are among the examples" in cairn(env, "eval", file).stderr


def test_a_published_system_scores_as_the_official_evaluator_says(home: Home, test_data: Path) -> None:
    """One of eight; all of them in `benchmarks/spider.py`."""
    from cairn.agents.service import Cairn
    from cairn.core.settings import load_settings
    from cairn.evals.datasets import Folder, placed, read_predictions, read_questions
    from cairn.evals.eval_records import RecordFile
    from cairn.evals.eval_runner import Recorded, run
    from cairn.evals.metrics.execution_accuracy import Execution

    spider = test_data / "spider"
    app = Cairn(load_settings(home.root, samples=False))
    databases = Folder(app.workspace, spider / "databases")
    questions = read_questions(spider / "dev.jsonl")
    record_file = RecordFile(home.root / "out.jsonl", {}, resume=False)
    predictions = Recorded(read_predictions(spider / "predictions" / "dail_gpt4_sc.jsonl"))
    records = run(questions, placed(questions, databases, None), predictions, Execution(databases.open), record_file)
    app.close()
    report = summarise(records)
    assert report.apart == {}
    assert (report.total.right, report.total.of) == (815, 972)
