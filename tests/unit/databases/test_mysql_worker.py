from __future__ import annotations

from typing import Any

import pymysql
import pytest

from cairn.databases.connections import mysql_worker


class Connection:
    """A server's, on which every statement fails in one way."""

    closed = False

    def __init__(self, code: int) -> None:
        self._code = code

    def query(self, sql: str) -> None:
        raise pymysql.OperationalError(self._code, "no")

    def close(self) -> None:
        self.closed = True


def ended(monkeypatch: pytest.MonkeyPatch, code: int) -> Connection:
    connection = Connection(code)
    monkeypatch.setattr(mysql_worker, "_connect", lambda _request: connection)
    made: Any = mysql_worker
    made._end_query({}, 5)
    return connection


def test_a_query_that_has_ended_by_itself_needs_no_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ended(monkeypatch, 1094).closed


def test_one_that_can_not_be_ended_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pymysql.OperationalError):
        ended(monkeypatch, 1095)
