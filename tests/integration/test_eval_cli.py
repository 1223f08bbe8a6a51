"""`cairn eval` and corrections as people use them: whole processes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cairn.core.errors import UsageError
from cairn.core.settings import Home
from cairn.core.task import task_patch
from cairn.evals.eval_report import summarise
from cairn.evals.evaluation_request import Wanted
from cairn.ui.cli.run_eval import evaluate
from tests.command import CAIRN, cairn
from tests.server import DRIP, Server

ROOT = Path(__file__).parents[2]
SHOP_QUESTIONS = ROOT / "samples" / "shop_questions.csv"


@pytest.fixture
def env(home: Home) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}
    return {**kept, "CAIRN_HOME": str(home.root), "CAIRN_MODEL": "builtin", "CAIRN_EMBEDDINGS": "hash"}


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
    assert "model builtin" in done.stdout and "execution by difficulty" in done.stdout
    assert " of 18, execution " in done.stderr
    [file] = (home.root / "evals").iterdir()
    head, *records = lines(file)
    assert head["measured"]["task"]["name"] == "database"
    assert len(records) == 18
    assert {record["scores"]["execution"]["value"] for record in records} == {0, 1}
    assert json.loads(cairn(env, "threads", "list", "--json").stdout) == []


def test_the_samples_climb_says_which_model_answered_and_whose_questions_they_are(
    env: dict[str, str], tmp_path: Path
) -> None:
    done = cairn(env, "climb", "samples", "--html", tmp_path / "climb.html")
    assert "answered by SmolLM2-135M-Instruct (recorded): start, a passage, two examples\n" in done.stdout
    assert "answered by builtin: quoted sentences, whole sections, tools\n" in done.stdout
    assert "are our own: what is proven holds for questions like these" in done.stdout
    assert "SmolLM2-135M-Instruct (recorded), at the end builtin, 24 cases" in (tmp_path / "climb.html").read_text()


def test_recorded_predictions_are_judged_without_asking(
    env: dict[str, str], folder: Path, questions: Path, tmp_path: Path
) -> None:
    (tmp_path / "predicted.sql").write_text("SELECT count(name) FROM people\nSELECT name FROM people\nSELECT 1\n")
    done = cairn(
        env, "eval", questions, "--databases", folder, "--predictions", tmp_path / "predicted.sql", "--json",
        "--out", tmp_path / "out.jsonl",
    )  # fmt: skip
    report = json.loads(done.stdout)
    told = report["metrics"]["execution"]
    assert (told["mean"], told["cases"], told["unjudged"], report["primary"]) == (1.0, 2, 1, "execution")
    assert (told["low"], told["high"]) == (pytest.approx(0.342, abs=1e-3), 1.0)
    assert list(report["unjudged"]["execution"]) == ["3"]
    assert "no such column: nobody" in done.stderr.splitlines()[0]
    head, *_ = lines(tmp_path / "out.jsonl")
    assert "predictions" in head["measured"]


def test_three_ways_of_comparing_results_are_told_at_once(
    env: dict[str, str], folder: Path, questions: Path, tmp_path: Path
) -> None:
    (tmp_path / "predicted.json").write_text(
        '{"1": "SELECT 2.0", "2": "SELECT DISTINCT name, 1 FROM people ORDER BY 1"}'
    )
    options = ("--databases", folder, "--predictions", tmp_path / "predicted.json", "--json", "--limit", 2)
    report = json.loads(cairn(env, "eval", questions, *options).stdout)
    assert [report["metrics"][name]["mean"] for name in ("execution", "spider", "strict")] == [1, 0.5, 0]
    assert report["kinds"]["execution"] == {"further columns": 1}


def test_a_build_fails_under_a_mean(env: dict[str, str], folder: Path, questions: Path, tmp_path: Path) -> None:
    (tmp_path / "predicted.json").write_text('{"1": "SELECT 2", "2": "SELECT 1"}')
    options = ("--databases", folder, "--predictions", tmp_path / "predicted.json", "--limit", 2)
    cairn(env, "eval", questions, *options, "--fail-under", "execution=0.5")
    failed = cairn(env, "eval", questions, *options, "--fail-under", "execution=.51", ok=1)
    assert "execution is 50.0%, below 51.0%." in failed.stderr
    assert "f1 is not measured" in cairn(env, "eval", questions, *options, "--fail-under", "f1=0", ok=1).stderr
    assert "no least mean" in cairn(env, "eval", questions, *options, "--fail-under", "f1", ok=2).stderr


def test_evaluations_are_kept_listed_shown_compared_and_deleted(
    env: dict[str, str], home: Home, folder: Path, questions: Path, tmp_path: Path
) -> None:
    for name, first in (("one", "SELECT 7"), ("two", "SELECT 2")):
        (tmp_path / "predicted.json").write_text(json.dumps({"1": first, "2": "SELECT name FROM people ORDER BY 1"}))
        out = home.root / "evals" / f"{name}.jsonl"
        cairn(
            env, "eval", questions, "--databases", folder, "--predictions", tmp_path / "predicted.json", "--out", out,
            "--limit", 2,
        )  # fmt: skip
    listed = json.loads(cairn(env, "eval", "list", "--json").stdout)
    assert [(row["name"], row["mean"]) for row in listed] == [("two", 1.0), ("one", 0.5)]
    assert "7, not 2" in cairn(env, "eval", "show", "one", "1").stdout
    assert "execution" in cairn(env, "eval", "show", "one").stdout
    told = cairn(env, "eval", "compare", "one", "two").stdout
    assert "+50.0%" in told and "1 gained: 1" in told and "Which is better is open." in told and "more would" in told
    found = json.loads(cairn(env, "eval", "compare", "one", "two", "--json").stdout)
    assert (found["gained"], found["lost"], found["verdict"]) == (["1"], [], "open")
    assert "No case has a score by 'f1'" in cairn(env, "eval", "compare", "one", "two", "--metric", "f1", ok=2).stderr
    cairn(env, "eval", "rm", "one")
    assert "There is no evaluation 'one'" in cairn(env, "eval", "show", "one", ok=2).stderr


def test_a_task_is_varied(env: dict[str, str], folder: Path, questions: Path) -> None:
    options = ("--databases", folder, "--vary", "sql.values=true,false", "--json", "--limit", 1)
    both = json.loads(cairn(env, "eval", questions, *options).stdout)
    assert [one["varied"] for one in both] == ["sql.values=true", "sql.values=false"]
    assert [one["measured"]["task"]["sql"]["values"] for one in both] == [True, False]


def test_a_set_is_checked_and_split(env: dict[str, str], folder: Path, questions: Path) -> None:
    done = cairn(env, "eval", "check", questions, "--databases", folder, ok=1)
    assert "3 cases: 3 with query" in done.stdout and "no such column: nobody" in done.stdout
    assert "  row 3  " in done.stdout
    told = json.loads(cairn(env, "eval", "split", questions, "--held-out", 0.34, "--json").stdout)
    assert (told["tuning"]["cases"], told["held_out"]["cases"]) == (2, 1)
    assert Path(told["held_out"]["file"]).name == "questions.held-out.jsonl"


def test_a_set_of_documents_is_scored_by_what_each_row_says(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "handbook.csv"
    file.write_text(
        "question;sources;contains;unanswerable\n"
        "How many days of annual leave do I get?;leave.md;27;\n"
        "Wie tief ist der Marianengraben?;;;yes\n",
        "utf-8",
    )
    report = json.loads(cairn(env, "eval", file, "--task", "documents", "--json").stdout)
    assert report["metrics"]["hit"]["mean"] == 1 and report["metrics"]["hit"]["cases"] == 1
    assert {"recall", "ndcg", "contains", "refused", "right", "answered", "cited"} <= set(report["metrics"])
    assert report["metrics"]["right"]["cases"] == 2


def test_a_row_without_a_gold_has_no_say_in_a_climb_and_is_told(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "handbook.csv"
    file.write_text("question,sources\nHow many days of parental leave do we give?,leave.md\nWhat else is there?,\n")
    done = cairn(env, "climb", file)
    assert "Task documents, builtin, " in done.stderr
    assert "1 of 2 cases could not be judged and are in no figure." in done.stdout


def test_a_file_that_is_not_there_is_a_usage_error(env: dict[str, str], tmp_path: Path) -> None:
    assert "There is no file" in cairn(env, "eval", tmp_path / "none.csv", "--database", "shop", ok=2).stderr


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"databases": None}, "names the database 'town'"),
        ({"databases": None, "database": "moon"}, r"no database 'moon'\. There are: shop\."),
        ({"database": "shop"}, "can't both be had"),
        ({"task": "none"}, "There is no task"),
        ({"patch": ["sql.repairs=many"]}, "repairs"),
        ({"patch": ["sql.repairs"]}, "no change to a task"),
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
    asked = {"query": "SELECT count(*) FROM people", "db_id": "Town"}
    rows = [
        {**asked, "question": f"How many people are there, {name}?"} for name in ("Ann", "Bo", "Cy", "Di", "Ed", "Fay")
    ]
    questions.write_text("\n".join(map(json.dumps, rows)))
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
    before = [record for record in lines(out)[1:] if record["scores"]["execution"]["value"] == 1]
    assert len(before) == 3
    server.answer = lambda _request: answer
    done = cairn(env, "eval", questions, "--databases", folder, "--out", out, "--workers", "1", "--resume", "--json")
    assert json.loads(done.stdout)["metrics"]["execution"]["mean"] == 1
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
    from cairn.evals.eval_records import RecordFile
    from cairn.evals.eval_runner import Recorded, Scoring, run
    from cairn.evals.evaluation_request import placed_cases
    from cairn.evals.outside_answers import read_predictions

    spider = test_data / "spider"
    with Cairn(load_settings(home.root, samples=False)) as app:
        cases = placed_cases(app, Wanted(spider / "dev.jsonl", databases=spider / "databases"))
        predictions = Recorded(read_predictions(spider / "predictions" / "dail_gpt4_sc.jsonl"))
        record_file = RecordFile(home.root / "out.jsonl", {}, resume=False)
        report = summarise(run(cases, predictions, Scoring(app.workspace, cases), record_file))
    assert report.unjudged == {}
    told = report.metrics["spider"]
    assert (round((told.mean or 0) * told.cases), told.cases) == (815, 972)
