"""Question sets and recorded predictions, read from files; whatever is wrong is named with its line.

A set is `.json` (a list of objects, as Spider and BIRD have it), `.jsonl`, `.csv` or `.tsv` with the keys or columns
`question` and `query` (or `sql`); `db_id` (or `database`), `id` (or `question_id`) and `difficulty` where it has them.
Other keys are passed over. Questions without an id are numbered from 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.agents.workspace import Workspace
from cairn.core.clean_text import clean
from cairn.core.errors import DatabaseError, UsageError
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Databases, Opened, Registered
from cairn.evals.set_formats import read_rows, read_text

_QUESTION = ("question",)
_QUERY = ("query", "sql", "SQL")
_DATABASE = ("db_id", "database")
_ID = ("id", "question_id")
_PREDICTION = ("query", "sql", "SQL", "prediction", "predicted")
_SUFFIXES = (".sqlite", ".sqlite3", ".db")


@dataclass(frozen=True, slots=True)
class Question:
    """One item of a set. `query` is the gold SQL; `database` is None where the set names none."""

    id: str
    question: str
    query: str
    database: str | None = None
    difficulty: str | None = None


def read_questions(path: Path) -> list[Question]:
    """A question set. Raises UsageError."""
    found: dict[str, Question] = {}
    for number, row in enumerate(read_rows(path), 1):
        question = _question(row.values, row.where, str(number))
        if question.id in found:
            raise UsageError(
                f"{row.where}: the id {question.id!r} was there before.", "Each question needs its own id."
            )
        found[question.id] = question
    if not found:
        raise UsageError(f"{path} has no questions.", "Each needs a `question` and a `query`.")
    return list(found.values())


def read_predictions(path: Path) -> dict[str, str]:
    """Recorded SQL by question id: as question sets, or `.sql` and `.txt` with a query on each line, numbered from 1.

    Raises UsageError.
    """
    if path.suffix.lower() in (".sql", ".txt"):
        return {str(n): line.partition("\t")[0].strip() for n, line in enumerate(read_text(path).splitlines(), 1)}
    found: dict[str, str] = {}
    for number, row in enumerate(read_rows(path), 1):
        key = _id(row.values, str(number))
        if key in found:
            raise UsageError(f"{row.where}: there is a prediction for {key!r} already.", "One prediction a question.")
        found[key] = _text(row.values, _PREDICTION, row.where, "prediction", may_be_empty=True) or ""
    return found


def digest(path: Path) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _question(record: Mapping[str, Any], where: str, number: str) -> Question:
    return Question(
        id=_id(record, number),
        question=_text(record, _QUESTION, where, "question") or "",
        query=_text(record, _QUERY, where, "query") or "",
        database=_text(record, _DATABASE, where, None),
        difficulty=_text(record, ("difficulty", "hardness"), where, None),
    )


def _id(record: Mapping[str, Any], number: str) -> str:
    value = next((record[key] for key in _ID if record.get(key) not in (None, "")), number)
    return clean(str(value))


def _text(
    record: Mapping[str, Any], keys: Iterable[str], where: str, needed: str | None, may_be_empty: bool = False
) -> str | None:
    """The first of `keys` that is there as text, cleaned; without `needed` it may be missing."""
    value = next((record[key] for key in keys if isinstance(record.get(key), str)), None)
    text = clean(value).strip() if value is not None else None
    if needed and (text is None or (not text and not may_be_empty)):
        raise UsageError(f"{where}: there is no {needed}.", f"Write it under {' or '.join(map(repr, keys))}.")
    return text or None


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


def placed(questions: Iterable[Question], databases: Databases, database: str | None) -> dict[str, str]:
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
    for question in questions:
        name = database or (question.database or "").lower() or (names[0] if len(names) == 1 else "")
        if name not in known:
            wanted = f"the database {name!r}" if name else "no database of several"
            raise UsageError(
                f"Question {question.id} names {wanted}; there are: {there or 'none'}.",
                "Name one with --database, or a folder of them with --databases.",
            )
        found[question.id] = name
    for name in sorted(set(found.values())):
        databases.open(name)
    return found
