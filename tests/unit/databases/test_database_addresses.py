"""From an address to an engine."""

from __future__ import annotations

import sys

import pytest

from cairn.core.errors import DatabaseError
from cairn.databases.connections.database_addresses import engine_of, parse


@pytest.mark.parametrize(("scheme", "extra"), [("postgresql", "postgres"), ("mysql", "mysql"), ("mariadb", "mysql")])
def test_a_missing_driver_is_installed_where_cairn_runs(
    scheme: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cairn.databases.connections.database_addresses.find_spec", lambda _name: None)
    with pytest.raises(DatabaseError) as caught:
        engine_of(parse(f"{scheme}://ann@127.0.0.1/shop"))
    assert caught.value.hint == f"Install it: {sys.executable} -m pip install 'cairn-chat[{extra}]'"
