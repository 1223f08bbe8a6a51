"""Backups of the app database, and what becomes of homes that are damaged."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from cairn.agents.service import Cairn
from cairn.core import backups
from cairn.core.app_database import HEAD, open_database
from cairn.core.errors import SettingsError, StorageError
from cairn.core.settings import Home, Settings, load_settings
from cairn.models.model_registry import make_chat_model
from cairn.ui.cli.run_doctor import doctor
from tests.old_schemas import make_old_database


@pytest.fixture
def file(home: Home) -> Path:
    return home.root / "cairn.db"


def opened(file: Path) -> None:
    """As by a process of its own."""
    open_database.cache_clear()
    open_database(f"sqlite:///{file}").close()


def ask(question: str, home: Home) -> None:
    open_database.cache_clear()
    app = Cairn(load_settings(home.root))
    app.ask(question, task="math")
    app.close()


def emptied(file: Path) -> None:
    file.write_bytes(b"")
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def scribbled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at : at + 400] = os.urandom(400)
    file.write_bytes(data)


def overwritten(file: Path) -> None:
    file.write_bytes(os.urandom(len(file.read_bytes())))


def test_a_backup_is_made_once_a_day_and_three_are_kept(file: Path) -> None:
    opened(file)
    assert backups.backups(file) == []
    for day in range(5, 0, -1):
        opened(file)
        opened(file)
        (newest,) = [path for path in backups.backups(file) if path.name.endswith(f"{backups.day_of(time.time())}.db")]
        then = time.time() - day * 86400
        newest = newest.replace(newest.with_name(f"cairn-{backups.day_of(then)}.db"))
        os.utime(newest, (then, then))
    opened(file)
    kept = backups.backups(file)
    assert [path.name for path in kept] == [f"cairn-{backups.day_of(time.time() - n * 86400)}.db" for n in (0, 1, 2)]
    assert all(backups.damage(path) is None and path.stat().st_mode & 0o077 == 0 for path in kept)


def test_a_backup_is_made_before_a_migration(file: Path) -> None:
    make_old_database(f"sqlite:///{file}", "0002")
    opened(file)
    (backup,) = backups.backups(file)
    assert backup.name == f"cairn-before-{HEAD}.db"
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)


@pytest.mark.parametrize("harm", [emptied, scribbled, overwritten])
def test_a_damaged_database_says_the_way_back_which_leads_back(
    harm: Callable[[Path], None], file: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("1 + 1", home)
    ask("1 + 2", home)  # the backup is made as this begins
    harm(file)
    damaged = file.read_bytes()
    with pytest.raises(StorageError, match="cairn doctor --repair"):
        ask("1 + 3", home)
    open_database.cache_clear()
    with pytest.raises(SystemExit):
        doctor(home.root, as_json=False, repair=True)
    told = capsys.readouterr().out
    assert "✓ repair: the backup of " in told
    assert "be counted" in told
    (aside,) = [path for path in file.parent.glob("cairn.db.damaged-*") if path.name[-4:] not in ("-wal", "-shm")]
    assert aside.read_bytes() == damaged
    ask("1 + 4", home)
    open_database.cache_clear()
    app = Cairn(load_settings(home.root))
    assert {thread.name for thread in app.threads.list()} == {"1 + 1", "1 + 4"}
    app.close()


def test_what_is_newer_than_the_backup_is_counted(file: Path, home: Home) -> None:
    ask("1 + 1", home)
    ask("1 + 2", home)
    done = backups.repair(file)
    assert done.newer is not None
    assert (done.newer["threads"], done.newer["messages"]) == (1, 2)


def test_a_whole_database_is_left_as_it_is(file: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    ask("1 + 1", home)
    ask("1 + 2", home)
    with pytest.raises(SystemExit) as ended:
        doctor(home.root, as_json=False, repair=True)
    assert ended.value.code == 0
    assert "nothing to do" in capsys.readouterr().out
    assert list(file.parent.glob("*damaged*")) == []


def test_the_indexes_follow_a_catalog_that_went_back(file: Path, home: Home, tmp_path: Path) -> None:
    def find(question: str) -> list[str]:
        return [Path(hit.source).name for hit in app.workspace.library.search(question)]

    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "tea.md").write_text("# Tea\n\nGreen tea costs 4 euros.\n")
    ask("1 + 1", home)
    backups.back_up(file, "early")
    app = Cairn(load_settings(home.root))
    app.workspace.library.add([folder])
    app.close()
    scribbled(file)
    backups.repair(file)
    (folder / "tea.md").unlink()
    (folder / "cocoa.md").write_text("# Cocoa\n\nHot cocoa costs 5 euros.\n")
    open_database.cache_clear()
    app = Cairn(load_settings(home.root))
    app.workspace.library.add([folder])
    assert find("What does hot cocoa cost?")[:1] == ["cocoa.md"]
    assert "tea.md" not in find("What does green tea cost?")
    app.close()


def test_a_backup_that_is_damaged_itself_is_passed_over(file: Path, home: Home) -> None:
    ask("1 + 1", home)
    backups.back_up(file, "one")
    backups.back_up(file, "two")
    newest, older = backups.backups(file)
    overwritten(newest)
    os.utime(newest)
    assert backups.repair(file).backup == older
    overwritten(older)
    overwritten(newest)
    with pytest.raises(StorageError, match="no good backup"):
        backups.repair(file)


def test_a_file_without_a_byte_is_new_where_nothing_was(file: Path) -> None:
    file.touch()
    opened(file)
    assert backups.damage(file) is None


def test_noise_where_the_samples_are_marked_is_no_obstacle(settings: Settings, home: Home) -> None:
    (home.index / "samples").write_bytes(b"\xff\xfe\x00noise")
    app = Cairn(settings)
    assert app.workspace.library.holds_passages()
    app.close()
    assert (home.index / "samples").read_text().startswith("0.")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_recorded_answers_are_not_read_from_a_device(device: str, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="it is not a file"):
        make_chat_model(f"replay:{device}", settings)
