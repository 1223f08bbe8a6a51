"""What becomes of a home's rows when its app database is migrated."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, select

from cairn.agents.service import Cairn
from cairn.core.app_database import Database
from cairn.core.app_tables import Base, RunRow, SourceRow, ThreadRow
from cairn.core.settings import Home, load_settings
from tests.old_schemas import make_old_database

SOURCE = {"collection": "default", "source": "a.md", "digest": "d", "recipe": "r", "state": "ready", "added": 1.0}
THREAD = {"id": "t1", "user": "ann", "name": "n", "created": 1.0, "updated": 2.0}
RUN = {"id": "r1", "thread": "t1", "user": "ann", "question": "q", "state": "finished", "heartbeat": 1.0}
ROWS = (("sources", SOURCE), ("threads", THREAD), ("runs", {**RUN, "owner": "elsewhere:1:1", "started": 1.0}))


def migrated(home: Home, **flags: str) -> Cairn:
    return Cairn(load_settings(home.root, samples=False, **flags))


@pytest.fixture
def old(home: Home) -> Home:
    make_old_database(load_settings(home.root).app_database, "0003", *ROWS)
    return home


def test_rows_are_kept_and_nothing_is_pinned_deleted_or_a_branch(old: Home) -> None:
    app = migrated(old)
    with app.workspace.database.session() as session:
        [thread], [source], [run] = (session.scalars(select(table)).all() for table in (ThreadRow, SourceRow, RunRow))
    assert (thread.name, thread.pinned, thread.deleted_at, thread.origin) == ("n", False, None, None)
    assert (source.source, source.user, source.pinned, source.deleted_at) == ("a.md", "local", False, None)
    assert (run.question, run.process, run.parent) == ("q", "elsewhere:1:1", None)
    app.close()


@pytest.mark.parametrize("flags", [{}, {"user": "evaluation"}])
def test_old_documents_are_those_of_the_user_that_the_settings_name(old: Home, flags: dict[str, str]) -> None:
    """Also where somebody else opens the home first, as `cairn eval` does."""
    old.settings.write_text('user = "ann"\n', "utf-8")
    app = migrated(old, **flags)
    with app.workspace.database.session() as session:
        assert session.scalars(select(SourceRow.user)).all() == ["ann"]
    app.close()


def test_a_new_document_is_its_users(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Boats\n\nThe ferry leaves at 7:40.\n", "utf-8")
    app = migrated(home, user="bob")
    assert app.workspace.library.add([tmp_path / "a.md"]).added == 1
    with app.workspace.database.session() as session:
        [source] = session.scalars(select(SourceRow)).all()
    assert (source.user, source.pinned, source.deleted_at) == ("bob", False, None)
    app.close()


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    there = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in there.get_columns(table.name)}
        assert columns == {column.name: column.nullable for column in table.columns}, table.name
        indexed = {index["name"] for index in there.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexed, table.name
