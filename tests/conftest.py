"""What every test stands on: an empty home, a clean environment, no network but this machine's own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

from cairn.core.app_database import Database, open_database
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.embeddings import make_embeddings
from cairn.retrieval.library import Library

KEYS = (
    *("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "DEEPSEEK_API_KEY", "TIKTOKEN_CACHE_DIR"),
    *("DATA_GYM_CACHE_DIR", "EDITOR"),
)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no setting of the developer's, no server elsewhere: a test that needs one sets it."""
    for name in [
        *KEYS,
        *(name for name in os.environ if name.startswith("CAIRN_") and not name.startswith("CAIRN_TEST_")),
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cairn.core.secrets._kept", set[str]())  # another test's password is a word here
    monkeypatch.setattr("cairn.core.secrets._any", None)
    monkeypatch.setenv("CAIRN_MODEL", "builtin")
    monkeypatch.setenv("CAIRN_EMBEDDINGS", "hash")
    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, also for child processes."""
    monkeypatch.setenv("CAIRN_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


@pytest.fixture
def settings(home: Home) -> Settings:
    return load_settings(home.root)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings.app_database)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Real data that nobody on this project wrote; see CONTRIBUTING.md."""
    folder = os.environ.get("CAIRN_TEST_DATA")
    if folder is None:
        pytest.skip("CAIRN_TEST_DATA is not set: this test needs the folder with the published data sets")
    path = Path(folder)
    assert path.is_dir(), f"CAIRN_TEST_DATA={folder} is not a folder"
    return path


@pytest.fixture
def library(home: Home, settings: Settings, database: Database) -> Iterator[Library]:
    opened = Library(home, settings, database, make_embeddings(settings))
    yield opened
    opened.close()
