"""`ask`, `add`, `db add`, `memory add`, `prompts use` and `eval`, each killed (kill -9) at every write point in turn.

Where the write points are: see `write_points.py`. A command is killed at point 1, 2, ... until it lives to its end;
after each kill a person does what Cairn tells: the same command again, or `resume` for an answer that was broken off.

Counted is what is lost of what was there before or was asked for, and what is there twice (both must be 0).

    python -m benchmarks.kills [a command's name] [only every n-th point]
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from benchmarks.ingest_kills import content, missing, opened
from benchmarks.resume_kills import Killer
from benchmarks.write_points import watch

LOADED = (
    *(
        "cairn.agents.react",
        "cairn.models.guarded_model",
        "cairn.models.builtin.builtin_chat",
        "psutil",
        "sqlglot",
        "alembic",
        "cairn.retrieval.library",
    ),
    *(
        "cairn.evals.eval_runner",
        "cairn.databases.guard.sql_guard",
        "cairn.ui.cli.commands",
        "cairn.ui.cli.run_ask",
        "cairn.ui.cli.run_eval",
        "cairn.ui.cli.run_documents",
    ),
)
QUESTIONS = ("How many customers are there?", "How many orders are there?", "List the names of all customers.")
EVENTS = """
    SELECT count(*) FROM (
        SELECT seq - lag(seq, 1, 0) OVER numbered AS step, lag(type, 1, '') OVER numbered AS before
        FROM events WINDOW numbered AS (PARTITION BY run ORDER BY seq)
    ) WHERE step > 1 AND before NOT IN ('token', 'thought')
"""  # tokens in a row are one event once a run is over, and keep the first one's number


def forked(work: Callable[[], object]) -> int | None:
    """The exit code of a process that does this; None where it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def command(home: Path, *arguments: str, kill_at: int = 0) -> bool:
    """Run `cairn` with these; whether it lived. Raises RuntimeError where it failed by itself."""

    def work() -> None:
        from cairn.ui.cli.commands import app

        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 1)
        if not os.environ.get("CAIRN_DEBUG"):
            os.dup2(nowhere, 2)
        watch(Killer(kill_at), home)
        app(["--home", str(home), *arguments], standalone_mode=False)

    code = forked(work)
    if code not in (None, 0):
        raise RuntimeError(f"cairn {' '.join(arguments)} ended with {code} (killed at {kill_at}): {home}")
    return code is not None


def rows(home: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(home / "cairn.db")) as connection:
        return connection.execute(sql).fetchall()


def ask_again(home: Path, arguments: list[str]) -> None:
    begun = "EXISTS (SELECT * FROM events WHERE run = runs.id AND type = 'started')"
    runs = rows(home, f"SELECT id, state, {begun} FROM runs WHERE question = '2 + 3'")
    if not any(state == "finished" for _, state, _ in runs):
        started = [run for run, _, has_begun in runs if has_begun]
        command(home, *(["resume", started[0]] if started else arguments))


def again(home: Path, arguments: list[str]) -> None:
    command(home, *arguments)


def how_many(home: Path) -> dict[str, int]:
    """How often everything that must be there once is there."""
    texts = rows(home, "SELECT role || ' ' || text FROM messages")
    found = Counter({f"{role} {text}": 0 for role, text in (("user", "2 + 3"), ("assistant", "2 + 3 = **5**"))})
    found.update(text for (text,) in texts)
    found.update(f"fact {text}" for (text,) in rows(home, "SELECT text FROM facts"))
    found.update(f"database {name}" for (name,) in rows(home, "SELECT name FROM databases"))
    for file in (home / "prompts").rglob("*.yaml"):
        found.update(f"{file.parent.name} {key}: {value}" for key, value in yaml.safe_load(file.read_text()).items())
    for file in (home / "evals").glob("*.jsonl"):
        found.update(f"eval {json.loads(line).get('question', 'head')}" for line in file.read_text().splitlines())
    return found


def judged(home: Path, wanted: Path, kind: str) -> Counter[str]:
    def documents() -> None:
        library = opened(home)
        wrong = (missing(library, home) if kind == "add" else 0) + (content(home) != content(wanted))
        library.close()
        sys.exit(min(wrong, 100))

    there, due = how_many(home), how_many(wanted)
    found = Counter(lost=sum(there.get(name, 0) < 1 for name, often in due.items() if often))
    found["twice"] = sum(often > 1 for often in there.values())
    found["lost"] += (forked(documents) or 0) + (rows(home, "PRAGMA integrity_check") != [("ok",)])
    found["lost"] += rows(home, EVENTS)[0][0]
    found["left behind"] = sum(1 for path in home.rglob("*.new") if path.is_file())
    return found


def killed_everywhere(name: str, arguments: list[str], root: Path, every: int) -> Counter[str]:
    found, wanted = Counter[str](), root / f"{name} wanted"
    shutil.copytree(root / "first", wanted)
    command(wanted, *arguments)
    for point in count(every, every):
        home = root / f"{name}{point}"
        shutil.copytree(root / "first", home)
        if command(home, *arguments, kill_at=point):
            return found
        (ask_again if name == "ask" else again)(home, arguments)
        one = judged(home, wanted, name)
        if one["lost"] or one["twice"]:
            print(f"  {name}, point {point}: {dict(one)}", flush=True)
        found += one + Counter(points=1)
        shutil.rmtree(home)
    return found


def prepared(root: Path) -> dict[str, list[str]]:
    """A home that is in use, as `root / "first"`, and the commands."""
    first, documents, shop = root / "first", root / "documents", root / "shop.db"
    documents.mkdir()
    with closing(sqlite3.connect(shop)) as connection:
        connection.executescript("CREATE TABLE customers (name TEXT); CREATE TABLE orders (id INTEGER PRIMARY KEY);")
    for name in ("tea", "cocoa", "juice"):
        (documents / f"{name}.md").write_text(f"# {name}\n\nThe {name} is topic{name} here.\n")
    command(first, "add", str(documents))
    for kept in (["ask", "1 + 1", "--task", "math"], ["db", "add", "one", str(shop)], ["memory", "add", "I like tea"]):
        command(first, *kept)
    command(first, "prompts", "use", "documents", "quotes")
    shutil.rmtree(first / "backups", ignore_errors=True)  # so that a command makes one
    (documents / "tea.md").write_text("# tea\n\nThe tea is another topic now.\n")
    (documents / "cocoa.md").unlink()
    (documents / "milk.md").write_text("# milk\n\nThe milk is new.\n")
    lines = [{"id": str(n), "question": text, "query": "SELECT 1"} for n, text in enumerate(QUESTIONS)]
    (root / "set.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return {
        "ask": ["ask", "2 + 3", "--task", "math"],
        "add": ["add", "--prune", str(documents)],
        "db add": ["db", "add", "two", str(shop)],
        "memory add": ["memory", "add", "I live in Paris"],
        "prompts use": ["prompts", "use", "math", "answer-only"],
        "eval": ["eval", str(root / "set.jsonl"), "--database", "one", "--resume", "--workers", "1"],
    }


def main() -> int:
    only = next((word for word in sys.argv[1:] if not word.isdecimal()), "")
    every = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 1)
    os.environ.update(CAIRN_MODEL="builtin", CAIRN_EMBEDDINGS="hash", CAIRN_SAMPLES="false")
    for module in LOADED:  # before there is any thread
        import_module(module)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in prepared(Path(folder)).items():
            if only in ("", name):
                found = killed_everywhere(name, arguments, Path(folder), every)
                wrong += found["lost"] + found["twice"]
                print(f"{name}: {found['points']} points; lost {found['lost']}, twice {found['twice']}, ", end="")
                print(f"files left behind {found['left behind']}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
