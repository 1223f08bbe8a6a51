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

from agents.app import Cairn
from cairn.errors import StorageError, ThreadBusy
from cairn.home import Home
from cairn.settings import load_settings
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
    assert app.rooms.runs.events(str(first.run))[-1].type == "finished"
    (tmp_path / "boat.md").write_text("# Boat\n\nThe ferry leaves at 7:40.\n", "utf-8")
    assert app.rooms.library.add([tmp_path / "boat.md"]).chunks == 1
    assert app.rooms.library.search("When does the ferry leave?")[0].text.endswith("7:40.")
    assert app.rooms.library.add([tmp_path / "boat.md"]).unchanged == 1
    assert [database.name for database in app.rooms.databases.list()] == ["shop"]
    app.threads.delete(str(first.thread))
    assert app.threads.list() == []


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
