"""The app database on PostgreSQL: the same code, by one setting."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from cairn.agents.service import Cairn
from cairn.core.app_tables import RunRow, SourceRow
from cairn.core.errors import StorageError, ThreadBusy
from cairn.core.settings import Home, load_settings
from cairn.core.task import Retrieval
from tests.old_schemas import make_old_database
from tests.scripted import ScriptedModel, calls

pytestmark = pytest.mark.services
SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"


@pytest.fixture
def url() -> Iterator[SecretStr]:
    name = f"cairn_test_{uuid.uuid4().hex[:12]}"
    try:
        connection = psycopg.connect(SERVER, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server on 127.0.0.1:5432 for the user postgres: {error}")
    with connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield SecretStr(f"postgresql+psycopg://postgres@127.0.0.1:5432/{name}")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    connection.close()


@pytest.fixture
def app(home: Home, url: SecretStr) -> Iterator[Cairn]:
    opened = Cairn(load_settings(home.root, database_url=url))
    yield opened
    opened.close()


def test_runs_threads_documents_and_databases(app: Cairn, tmp_path: Path) -> None:
    model = ScriptedModel(calls(("calculator", {"expression": "2+3"})), "Five.")
    first = app.ask("2+3?", task="math", model=model)
    assert first.answer == "Five."
    again = ScriptedModel("As I said, five.")
    app.ask("Again?", task="math", thread=first.thread, model=again)
    assert [m.content for m in again.requests[0][1:]] == ["2+3?", "Five.", "Again?"]
    assert app.workspace.runs.events(str(first.run))[-1].type == "finished"
    (tmp_path / "boat.md").write_text("# Boat\n\nThe ferry leaves at 7:40.\n", "utf-8")
    assert app.workspace.library.add([tmp_path / "boat.md"]).chunks == 1
    assert app.workspace.library.search("When does the ferry leave?")[0].text.endswith("7:40.")
    assert app.workspace.library.add([tmp_path / "boat.md"]).unchanged == 1
    assert [database.name for database in app.workspace.databases.list()] == ["shop"]
    app.threads.delete(str(first.thread))
    assert app.threads.list() == []


def test_documents_on_postgres_and_a_chroma_server(home: Home, url: SecretStr, chroma_url: str, tmp_path: Path) -> None:
    """Added, narrowed, found, changed, pruned and removed, with nothing but two settings."""
    app = Cairn(load_settings(home.root, database_url=url, chroma_url=chroma_url, samples=False))
    library, folder = app.workspace.library, tmp_path / "docs"
    for name, text in (
        ("hr/leave", "Parents get leave."),
        ("hr/pay", "Pay and leave."),
        ("销售/报告", "销售报告在此。"),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(f"# {Path(name).stem}\n\n{text}\n", "utf-8")
    (folder / "bad.md").write_bytes(b"\x00\x01")
    report = library.add([folder], tags=["ALL"])
    assert (report.added, len(report.failed)) == (3, 1)
    assert library.add([folder], tags=["all"]).unchanged == 3
    for mode in ("lexical", "dense"):
        found = library.search("leave tag:hr title:PAY", Retrieval(mode=mode))
        assert [Path(hit.source).name for hit in found] == ["pay.md"]
        assert found[0].tags == ("all", "hr")
    assert library.search("销售 tag:销售")[0].title == "报告"
    assert library.search("leave after:2100") == []
    (folder / "hr" / "pay.md").unlink()
    (folder / "hr" / "leave.md").write_text("# leave\n\nOtters get leave.\n")
    report = library.add([folder], prune=True)
    assert (report.changed, report.removed) == (1, 1)
    assert library.search("otters", Retrieval(mode="dense"))[0].text.endswith("Otters get leave.")
    assert {info.state for info in library.sources()} == {"ready", "failed"}
    assert library.remove(folder) == 3
    assert (library.search("leave"), library.sources()) == ([], [])
    assert not (home.index / "chroma").exists()
    app.close()


def test_an_older_database_is_migrated(home: Home, url: SecretStr) -> None:
    thread = {"id": "t1", "user": "ann", "name": "Boats", "created": 1.0, "updated": 1.0}
    run = {"id": "r1", "thread": "t1", "user": "ann", "question": "q", "state": "finished", "heartbeat": 1.0}
    source = {"collection": "default", "source": "a.md", "digest": "d", "recipe": "r", "state": "ready", "added": 1.0}
    make_old_database(
        url.get_secret_value(),
        "0003",
        ("threads", thread),
        ("runs", {**run, "owner": "elsewhere:1:1", "started": 1.0}),
        ("sources", source),
    )
    home.settings.write_text('user = "ann"\n', "utf-8")
    app = Cairn(load_settings(home.root, database_url=url, samples=False))
    assert [known.name for known in app.threads.list()] == ["Boats"]
    asked = app.ask("2+3?", task="math", thread="t1", parent="r1", model=ScriptedModel("Five."))
    with app.workspace.database.session() as session:
        [document] = session.scalars(select(SourceRow)).all()
        runs = {row.id: (row.parent, row.process == "elsewhere:1:1") for row in session.scalars(select(RunRow))}
    assert (document.user, document.pinned, document.deleted_at) == ("ann", False, None)
    assert runs == {"r1": (None, True), asked.run: ("r1", False)}
    app.close()


def test_one_run_at_a_time_in_a_thread(app: Cairn) -> None:
    go = threading.Event()

    def wait(_messages: Any) -> str:
        go.wait(5)
        return "done"

    handle = app.start("first", task="math", model=ScriptedModel(wait))
    with pytest.raises(ThreadBusy):
        app.start("second", task="math", thread=handle.thread, model=ScriptedModel())
    go.set()
    assert list(app.follow(handle.run))[-1].data["answer"] == "done"


def test_a_server_that_is_away_is_one_clear_error(home: Home) -> None:
    away = SecretStr("postgresql+psycopg://ann:secret@127.0.0.1:1/none?connect_timeout=2")
    with pytest.raises(StorageError) as error:
        Cairn(load_settings(home.root, database_url=away))
    assert "secret" not in str(error.value)


def test_facts_and_summaries(app: Cairn) -> None:
    def write(letter: str) -> None:
        app.workspace.facts.add(f"{letter}ives in Berlin")

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "lLｌＬ"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    app.workspace.facts.add("喜欢喝茶")
    [tea, home] = app.workspace.facts.search("茶", 5)
    assert (tea.text, home.text.endswith("ives in Berlin")) == ("喜欢喝茶", True)
    app.workspace.facts.forget(home.id)
    assert [fact.text for fact in app.workspace.facts.list(replaced=True)] == ["喜欢喝茶"]
    long = "word " * 100
    thread = app.ask("first", task="math", model=ScriptedModel(long)).thread
    summed = {"memory": {"summary": True, "max_tokens": 50}}
    model = ScriptedModel("So far.", "Done.")
    app.ask("second", task="math", thread=thread, model=model, patch=summed)
    assert model.requests[1][0].text.endswith("\n  So far.")
    app.threads.delete(thread or "")
