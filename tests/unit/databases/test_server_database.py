"""A server that is away, or that never answers, without a real one."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from cairn.core.app_database import Database
from cairn.core.app_tables import DatabaseRow
from cairn.core.errors import DatabaseError
from cairn.core.settings import Home, Settings
from cairn.databases.connections import server_database
from cairn.databases.database_registry import Databases


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def _tried(databases: Databases) -> float:
    began = time.monotonic()
    with pytest.raises(DatabaseError, match="shop"):
        databases.open("shop")
    return time.monotonic() - began


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_database_that_is_away_costs_a_second_after_the_first_time(
    scheme: str, silent: int, home: Home, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{scheme}://reader@127.0.0.1:{silent}/shop?connect_timeout=2"
    with database.session() as session:
        session.add(DatabaseRow(name="shop", url=url, sample=False, hidden=[], created=0))
    databases = Databases(home, settings, database)
    assert _tried(databases) > 1
    assert _tried(databases) < 0.2
    monkeypatch.setattr(server_database, "_AWAY", 0.0)
    assert _tried(databases) < 1
    monkeypatch.setattr(server_database, "_KNOWN", {})  # as in the next process
    assert _tried(databases) < 1
    assert (home.locks / "shop.away").exists()


def test_a_server_that_can_be_heard_is_asked() -> None:
    assert server_database.answers("postgres", {"host": "/var/run/postgresql"})
    assert server_database.answers("mysql", {"host": "x", "unix_socket": "/run/mysqld/mysqld.sock"})
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert not server_database.answers("mysql", {"host": "127.0.0.1", "port": port})
