"""A home that version 0.1.0 left behind is opened as if nothing had happened: nothing is lost, nobody embeds again.

`fixtures/home_0_1.tar.xz` was made by that version's own code: every strategy with the builtin model, a run that waits,
statements in each state, facts of which two were replaced, own documents, a database with a hidden column, corrections,
own prompts (the task `keys` names every setting there was), learned weights, and the index with `hash` embeddings.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cairn.agents.service import Cairn
from cairn.core.answer import Answer
from cairn.core.events import DATA, VERSION
from cairn.core.settings import load_settings
from cairn.models.embeddings import HashedEmbeddings, make_embeddings
from cairn.retrieval.tuned_settings import TunedFile
from tests import command

PACKED = Path(__file__).parents[1] / "fixtures" / "home_0_1.tar.xz"
THREADS = 20


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The old home in a new place; only the database's address has to be told anew. Its `cairn.toml` rules."""
    with tarfile.open(PACKED) as packed:
        packed.extractall(tmp_path, filter="data")
    home = tmp_path / "home"
    with closing(sqlite3.connect(home / "cairn.db")) as database, database:
        database.execute("UPDATE databases SET url = ?", (f"sqlite:///{home / 'shed.sqlite'}",))
    for name in ("CAIRN_MODEL", "CAIRN_EMBEDDINGS"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def app(old: Path) -> Iterator[Cairn]:
    opened = Cairn(load_settings(old))
    yield opened
    opened.close()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is embedded as a document."""
    texts: list[str] = []
    embed = HashedEmbeddings.embed_documents

    def counted(self: HashedEmbeddings, given: list[str]) -> list[list[float]]:
        texts.extend(given)
        return embed(self, given)

    monkeypatch.setattr(HashedEmbeddings, "embed_documents", counted)
    return texts


def runs(home: Path) -> dict[str, str]:
    """The last run's id of each question."""
    with closing(sqlite3.connect(home / "cairn.db")) as database:
        return dict(database.execute("SELECT question, id FROM runs ORDER BY started"))


def rows(home: Path) -> dict[str, list[dict[str, Any]]]:
    """Every table of the app database but Alembic's own."""
    with closing(sqlite3.connect(home / "cairn.db")) as database:
        database.row_factory = sqlite3.Row
        named = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
        names = [name for (name,) in named if not name.startswith("sqlite_") and name != "alembic_version"]
        return {name: [dict(row) for row in database.execute(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in names}


def vectors(home: Path) -> list[Any]:
    """The index's collections, which are named after the fingerprint, and what is in them."""
    with closing(sqlite3.connect(home / "index" / "chroma" / "chroma.sqlite3")) as index:
        return [
            index.execute("SELECT id, name FROM collections ORDER BY name").fetchall(),
            index.execute("SELECT segment_id, embedding_id, seq_id FROM embeddings ORDER BY id").fetchall(),
        ]


def answer(app: Cairn, question: str) -> Answer:
    return app.answer(runs(app.workspace.home.root)[question])


def test_the_commands_show_and_answer_as_before(old: Path) -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith("CAIRN_")}

    def cairn(*arguments: str) -> Any:
        return json.loads(command.cairn(env, *arguments, "--home", old, "--json").stdout)

    before = vectors(old)
    threads = cairn("threads", "list")
    assert len(threads) == THREADS
    first = next(thread for thread in threads if thread["name"] == "How many tools may members borrow?")
    said = cairn("threads", "show", first["id"][:8])
    assert [message["role"] for message in said] == ["user", "assistant"] * 2
    assert "A tool is lent for 14 days" in said[-1]["text"]
    assert len(cairn("memory", "list")) == 6 and len(cairn("memory", "list", "--all")) == 8
    assert [Path(source["source"]).name for source in cairn("sources")] == [
        "beds.md",
        "huiyuan.md",
        "hours.html",
        "tools.md",
    ]
    asked = cairn("ask", "--task", "documents", "How many tools may members borrow?")
    assert "up to 4 tools" in asked["answer"]
    assert asked["sources"][0]["source"].endswith("tools.md")
    assert len(cairn("threads", "list")) == THREADS + 1
    assert vectors(old) == before


def test_documents_are_found_and_nothing_is_embedded_again(app: Cairn, old: Path, embedded: list[str]) -> None:
    before = vectors(old)
    assert make_embeddings(app.settings).fingerprint == "hash-1-512"
    library = app.workspace.library
    assert [source.state for source in library.sources()] == ["ready"] * 4
    assert "The shed opens at 9" in library.search("When does the shed open?")[0].text
    assert "六十元" in library.search("会费")[0].text
    assert library.search("tag:garden How large is a bed?")[0].source.endswith("beds.md")
    assert app.workspace.facts.search("viola", 1)[0].text == "plays the viola"
    semantic = {"examples": {"selector": "semantic", "k": 2}}
    assert app.ask("Which tool is the dearest?", task="database", patch=semantic).error is None
    tuned = TunedFile(app.workspace.home.index, "hash-1-512").load()
    assert dict(tuned.weights) == {"latin": 0.3, "cjk": 0.2}
    assert embedded == []
    assert vectors(old) == before


def test_the_new_tables_hold_what_the_old_ones_did(old: Path) -> None:
    """Row by row; what is new is nobody's pin, branch or deletion, and the documents are the home's user's."""
    before = rows(old)
    Cairn(load_settings(old)).close()
    after = rows(old)
    assert {table: len(found) for table, found in after.items() if found} == {
        table: len(found) for table, found in before.items() if found
    }
    unset = {"pinned": 0, "deleted_at": None}
    new = {
        "runs": {"parent": None, "stop_asked": 0},
        "threads": {**unset, "origin": None},
        "sources": {**unset, "user": "local"},
    }
    for table, found in before.items():
        for row in found:
            if table == "runs":
                row["process"] = row.pop("owner")
            row.update(new.get(table, {}))
        assert after[table] == found, table
    [backup] = (old / "backups").iterdir()
    assert backup.name == "cairn-before-0006.db"


def test_stages_of_stored_runs_are_read(app: Cairn, old: Path) -> None:
    """They were stored as `rung`."""
    told = [event for run in runs(old).values() for event in app.events(run)]
    assert {event.data["name"] for event in told if event.type == "stage"} >= {"search"}
    assert {event.type for event in told} <= set(DATA)


def test_facts_hold_and_replaced_ones_stay_replaced(app: Cairn) -> None:
    facts = app.workspace.facts
    held = [fact.text for fact in facts.list()]
    assert held == [
        "I like gardening",
        "I prefer short answers",
        "喜欢喝茶",
        "plays the viola",
        "lives in Tartu",
        "prefers metric units",
    ]
    replaced = {fact.text: fact for fact in facts.list(replaced=True) if fact.replaced}
    assert set(replaced) == {"lives in Riga", "plays the violin"}
    assert facts.get(replaced["lives in Riga"].replaced_by or "").text == "lives in Tartu"
    assert "lives in Riga" not in [fact.text for fact in facts.search("Riga", 9)]
    assert facts.list()[0].said_by == "model" and facts.list()[0].thread and facts.list()[0].run
    facts.forget("lives in Tartu")
    assert "lives in Riga" not in [fact.text for fact in facts.list(replaced=True)]


@pytest.mark.parametrize(
    ("question", "strategy", "said"),
    [
        ("会费是多少？", "rag", "六十元"),
        ("How many members live in Riga?", "sql", "2"),
        ("What is 12 * (3 + 4)?", "react", "84"),
        ("What is 6 * 7?", "react_text", "42"),
        ("What is a dibble?", "direct", ""),
        ("The drill is blunt", "classify", "tools"),
        ("Mail Ana at ana@example.org, 20 euros", "extract", "ana@example.org"),
        ("How many loans are there, and when does the shed open?", "plan", "opens at 9"),
    ],
)
def test_stored_runs_are_read(app: Cairn, question: str, strategy: str, said: str) -> None:
    read = answer(app, question)
    assert (read.strategy, read.model, read.error) == (strategy, "builtin", None)
    assert said in (read.answer or "")
    assert read.seconds is not None


def test_sources_statements_tables_and_plans_of_stored_runs_are_read(app: Cairn) -> None:
    checked = answer(app, "How many tools may members borrow, and what colour is the shed?")
    assert [statement["text"].split()[0] for statement in checked.statements or []] == ["Members", "A", "The"]
    assert {statement["state"] for statement in checked.statements or []} == {"not_checked"}
    assert "an earlier version checked it and found: no fault" in [one["reason"] for one in checked.statements or []]
    assert all(event.version == VERSION for event in app.events(checked.run or ""))
    assert checked.citations and checked.sources[0]["quote"]
    counted = answer(app, "How many members live in Riga?")
    assert counted.tables[-1].rows == [[2]] and "FROM" in (counted.tables[-1].sql or "")
    planned = answer(app, "How many loans are there, and when does the shed open?")
    assert planned.plan and planned.steps and planned.tables and planned.sources
    assert answer(app, "Remember that I like gardening.").answer == "Remembered: I like gardening"
    said_no = answer(app, "Remember that I dislike rain.")
    assert said_no.steps == [] and "said no" in (said_no.answer or "")


def test_a_run_that_waited_goes_on(app: Cairn, old: Path) -> None:
    run = runs(old)["Remember that I bake bread."]
    [waits] = app.waiting(run)
    assert (waits["tool"], waits["arguments"]) == ("remember", {"fact": "I bake bread"})
    assert app.decide(run, waits["id"], "approve")
    *_, last = app.follow(run)
    assert last.type == "finished"
    assert app.workspace.facts.list()[0].text == "I bake bread"


def test_the_database_is_asked_and_what_was_hidden_stays_hidden(app: Cairn) -> None:
    [entry] = app.workspace.databases.list()
    assert (entry.name, list(entry.hidden)) == ("shed", ["members.joined"])
    members = next(table for table in app.workspace.databases.open("shed").schema().tables if table.name == "members")
    assert [column.name for column in members.columns] == ["id", "name", "city"]
    asked = app.ask("How many members are there?", task="database")
    assert asked.error is None and asked.tables[-1].rows == [[4]]


def test_own_prompts_and_settings_hold(app: Cairn) -> None:
    assert (app.settings.model, app.settings.context_window, app.settings.samples) == ("builtin", 8000, False)
    assert app.prompts.task("documents").template == "brief"
    assert "one sentence" in app.prompts.text("documents", "brief")
    assert len(app.prompts.examples("database")) == 2
    assert {"colours", "keys", "steps", "careful"} <= set(app.prompts.tasks())
    assert app.ask("The rake is broken, as is the saw", task="colours").answer == "tools"
    assert app.ask("What is 7 * 8?", task="steps").error is None


def test_a_task_that_names_every_setting_of_then_still_answers(app: Cairn) -> None:
    asked = app.ask("What does a bed cost?", task="keys")
    assert asked.error is None
    assert "35 euros" in (asked.answer or "")
