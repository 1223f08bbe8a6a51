"""Where cases with SQL are asked: a folder of SQLite files as if they were registered, and each case's database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cairn.agents.workspace import Workspace
from cairn.core.errors import DatabaseError, UsageError
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Databases, Opened, Registered
from cairn.evals.cases import Case

_SUFFIXES = (".sqlite", ".sqlite3", ".db")


class Folder(Databases):
    """`FOLDER/<name>.sqlite` and `FOLDER/<name>/<name>.sqlite` as if they were registered, by lower-case name."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        super().__init__(workspace.home, workspace.settings, workspace.database)
        self._files = {path.stem.lower(): path for path in _files(folder)}
        if not self._files:
            raise UsageError(f"There are no SQLite files in {folder}.", "They are NAME.sqlite or NAME/NAME.sqlite.")

    def list(self) -> list[Registered]:
        return [
            Registered(name=name, redacted=f"sqlite:///{path}", dialect="sqlite", sample=False, hidden=(), used=True)
            for name, path in sorted(self._files.items())
        ]

    def open(self, name: str) -> Opened:
        path = self._files.get(name.lower())
        if path is None:
            raise DatabaseError(f"No database is named {name[:80]!r}.", f"There are: {', '.join(sorted(self._files))}.")
        engine = SqliteEngine(path.absolute())
        engine.check()
        return Opened(name.lower(), engine)

    def problems(self) -> list[str]:
        """None of all of them: only the one that is asked is opened."""
        return []


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Name the one with the databases.")
    nested = [path for path in folder.glob("*/*") if path.stem == path.parent.name]
    return [path for path in [*nested, *folder.glob("*")] if path.suffix.lower() in _SUFFIXES and path.is_file()]


def placed(cases: Iterable[Case], databases: Databases, database: str | None) -> dict[str, str]:
    """For each question's id the database it is asked of: `database`, else the set's, else the only one there is.

    Raises UsageError for one that is not known, DatabaseError for one that is away.
    """
    names = databases.names()
    known = {entry.name for entry in databases.list()}
    there = ", ".join(sorted(known))
    if database and database not in known:
        hint = f"There are: {there}." if known else "There are none: `cairn db add` adds one."
        raise UsageError(f"There is no database {database!r}.", hint)
    found: dict[str, str] = {}
    for case in cases:
        name = database or (case.database or "").lower() or (names[0] if len(names) == 1 else "")
        if name not in known:
            wanted = f"the database {name!r}" if name else "no database of several"
            raise UsageError(
                f"Question {case.id} names {wanted}; there are: {there or 'none'}.",
                "Name one with --database, or a folder of them with --databases.",
            )
        found[case.id] = name
    for name in sorted(set(found.values())):
        databases.open(name)
    return found
