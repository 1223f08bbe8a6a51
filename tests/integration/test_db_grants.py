"""`cairn db add` with a role that may read nothing: what it prints is run on the server, and then it can."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator

import psycopg
import pymysql
import pytest
from psycopg import sql

from cairn.core.settings import Home
from cairn.databases.connections import server_database
from cairn.ui.cli.run_db import add

pytestmark = pytest.mark.services


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a database and a role. What the engine knows of a server is forgotten with each test."""
    monkeypatch.setattr(server_database, "_KNOWN", {})
    return f"cairn_test_{uuid.uuid4().hex[:12]}"


@pytest.fixture
def postgres(name: str) -> Iterator[psycopg.Connection]:
    try:
        admin = psycopg.connect("postgresql://postgres@127.0.0.1:5432/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server on 127.0.0.1:5432 for the user postgres: {error}")
    named = sql.Identifier(name)
    with admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(named))
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(named))
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:5432/{name}", autocommit=True) as inside:
            inside.execute("CREATE SCHEMA own; CREATE TABLE own.boats (a int); CREATE TABLE cars (a int)")
            inside.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            yield inside
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
        admin.execute(sql.SQL("DROP ROLE {}").format(named))


@pytest.fixture
def mariadb(name: str) -> Iterator[pymysql.cursors.Cursor]:
    try:
        admin = pymysql.connect(host="127.0.0.1", user="root", autocommit=True, connect_timeout=2)
    except pymysql.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no MariaDB server on 127.0.0.1:3306 for the user root: {error}")
    with admin, admin.cursor() as cursor:
        for statement in (f"CREATE DATABASE {name}", f"USE {name}", f"CREATE USER {name}"):
            cursor.execute(statement)
        for statement in ("CREATE TABLE gone (a int)", f"GRANT SELECT ON gone TO {name}", "DROP TABLE gone"):
            cursor.execute(statement)
        cursor.execute("CREATE TABLE boats (a int)")
        yield cursor
        cursor.execute(f"DROP DATABASE {name}")
        cursor.execute(f"DROP USER {name}")


def grants(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return re.findall(r"GRANT .*;", capsys.readouterr().err)


@pytest.mark.parametrize(("schema", "table"), [("", "cars"), ("?schema=own", "boats")])
def test_postgresql(
    schema: str,
    table: str,
    name: str,
    postgres: psycopg.Connection,
    home: Home,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"postgresql://{name}@127.0.0.1:5432/{name}{schema}"
    add(home.root, "w", url, [])
    for statement in grants(capsys):
        postgres.execute(statement.encode())
    monkeypatch.setattr(server_database, "_KNOWN", {})
    add(home.root, "w", url, [])
    assert f"1 tables ({table})" in capsys.readouterr().out


def test_mariadb(
    name: str,
    mariadb: pymysql.cursors.Cursor,
    home: Home,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"mysql://{name}@127.0.0.1:3306/{name}"
    add(home.root, "w", url, [])
    for statement in grants(capsys):
        mariadb.execute(statement)
    monkeypatch.setattr(server_database, "_KNOWN", {})
    add(home.root, "w", url, [])
    assert "1 tables (boats)" in capsys.readouterr().out
