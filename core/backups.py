"""Backups of an app database that is a SQLite file, and the way back to the last good one.

They lie in `backups/` beside the file, made by SQLite's own copying: once a day as the database is opened, and before a
migration. Only what SQLite finds whole is kept; the last three are.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from cairn.core.errors import StorageError

KEPT = 3
REPAIR = "The way back: cairn doctor --repair"
_FORGOTTEN = 3600.0
_BESIDE = ("-wal", "-shm")
_COUNTED = ("threads", "messages", "runs", "sources", "facts", "databases")


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `repair` did: `newer` counts what the damaged file, now at `aside`, held beyond the backup.

    `newer` is None where the damaged file could not be counted.
    """

    backup: Path
    made: float
    aside: Path
    newer: dict[str, int] | None


def backups(file: Path) -> list[Path]:
    """The newest first."""
    found = (file.parent / "backups").glob(f"{file.stem}-*.db")
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def back_up_daily(file: Path) -> None:
    """Unless there is a backup of today. Raises StorageError for a database that is damaged."""
    newest = next(iter(backups(file)), None)
    if newest is None or day_of(newest.stat().st_mtime) != day_of(time.time()):
        back_up(file, day_of(time.time()))


def back_up(file: Path, name: str) -> None:
    """A disk that is full keeps nobody from asking. Raises StorageError for a database that is damaged."""
    folder = file.parent / "backups"
    draft = folder / f"{secrets.token_hex(8)}.new"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for left in folder.glob("*.new*"):  # of a process that was killed
            if time.time() - left.stat().st_mtime > _FORGOTTEN:
                left.unlink(missing_ok=True)
        _copy(file, draft)
        problem = damage(draft)
        if problem is None:
            draft.replace(folder / f"{file.stem}-{name}.db")
            for old in backups(file)[KEPT:]:
                old.unlink(missing_ok=True)
    except OSError:
        return
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # locked, or no room
            return
        problem = str(error)
    finally:
        for left in (draft, *_beside(draft)):
            with suppress(OSError):
                left.unlink(missing_ok=True)
    if problem is not None:
        raise StorageError(f"The app database {file} is damaged: {problem}.", REPAIR)


def refuse_emptied(file: Path) -> None:
    """A file without a byte is new, unless its home was used. Raises StorageError."""
    if not file.is_file() or file.stat().st_size or any(path.exists() for path in _beside(file)[:1]):
        return
    index = file.parent / "index"
    if backups(file) or (index.is_dir() and any(index.iterdir())):
        raise StorageError(f"The app database {file} is empty: it has 0 bytes.", REPAIR)


def damage(file: Path) -> str | None:
    """What SQLite finds wrong with it; None for a whole database of Cairn's."""
    try:
        with closing(_reading(file)) as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                return " ".join(found.split())
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return None


def repair(file: Path) -> Repaired:
    """Put the last good backup in the place of a damaged database, which is kept aside.

    Killed anywhere, it can be done again. Raises StorageError when there is no good backup.
    """
    good = next((path for path in backups(file) if damage(path) is None), None)
    if good is None:
        raise StorageError(
            f"There is no good backup in {file.parent / 'backups'}.",
            f"Put one of your own in the place of {file}, or begin anew: move {file} away.",
        )
    made = good.stat().st_mtime
    newer = _newer(file, good)
    aside = _put_aside(file)
    draft = file.with_name(f"{file.name}.new")
    shutil.copyfile(good, draft)
    _begin_anew(draft)
    for path in _beside(file):  # of the damaged one: SQLite would write it into the backup
        path.unlink(missing_ok=True)
    draft.replace(file)
    return Repaired(good, made, aside, newer)


def _put_aside(file: Path) -> Path:
    aside = file.with_name(f"{file.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for path in (file, *_beside(file)):
        if path.exists():
            shutil.copy2(path, f"{aside}{path.name.removeprefix(file.name)}")
    return aside


def _begin_anew(file: Path) -> None:
    """To the indexes this is another catalog, whose log they follow from its start: they may know later changes."""
    with closing(sqlite3.connect(file)) as connection:
        first = "INSERT INTO changes (seq, chunk, added) SELECT min(0, coalesce(min(seq), 1) - 1), ?, 0 FROM changes"
        connection.execute(first, (secrets.randbits(62),))
        connection.commit()
    with file.open("rb+") as written:
        os.fsync(written.fileno())


def _newer(file: Path, backup: Path) -> dict[str, int] | None:
    now, then = _counts(file), _counts(backup)
    return {name: now[name] - then.get(name, 0) for name in now if now[name] > then.get(name, 0)} if now else None


def _counts(file: Path) -> dict[str, int]:
    """Rows of each table that can still be counted."""
    found: dict[str, int] = {}
    for name in _COUNTED:
        with suppress(sqlite3.Error), closing(_reading(file)) as connection:
            found[name] = connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608
    return found


def _copy(file: Path, to: Path) -> None:
    with closing(_reading(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    to.chmod(0o600)


def _reading(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)


def _beside(file: Path) -> list[Path]:
    return [file.with_name(file.name + ending) for ending in _BESIDE]


def day_of(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(moment))
