"""Question sets and recorded predictions, read from files; whatever is wrong is named with its line.

A set is `.json` (a list of objects, as Spider and BIRD have it), `.jsonl`, `.csv` or `.tsv` with the keys or columns
`question` and `query` (or `sql`); `db_id` (or `database`), `id` (or `question_id`) and `difficulty` where it has them.
Other keys are passed over. Questions without an id are numbered from 1.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from cairn.agents.workspace import Workspace
from cairn.core.clean_text import clean
from cairn.core.errors import DatabaseError, UsageError
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Databases, Opened, Registered

Record = tuple[str, dict[str, Any]]
_QUESTION = ("question",)
_QUERY = ("query", "sql", "SQL")
_DATABASE = ("db_id", "database")
_ID = ("id", "question_id")
_PREDICTION = ("query", "sql", "SQL", "prediction", "predicted")
_HINT = "It has to be .json, .jsonl, .csv or .tsv, in UTF-8."
csv.field_size_limit(10_000_000)
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
    for number, (where, record) in enumerate(_records(path), 1):
        question = _question(record, where, str(number))
        if question.id in found:
            raise UsageError(f"{where}: the id {question.id!r} was there before.", "Each question needs its own id.")
        found[question.id] = question
    if not found:
        raise UsageError(f"{path} has no questions.", "Each needs a `question` and a `query`.")
    return list(found.values())


def read_predictions(path: Path) -> dict[str, str]:
    """Recorded SQL by question id: as question sets, or `.sql` and `.txt` with a query on each line, numbered from 1.

    Raises UsageError.
    """
    if path.suffix.lower() in (".sql", ".txt"):
        return {str(n): line.partition("\t")[0].strip() for n, line in enumerate(_read(path).splitlines(), 1)}
    found: dict[str, str] = {}
    for number, (where, record) in enumerate(_records(path), 1):
        key = _id(record, str(number))
        if key in found:
            raise UsageError(f"{where}: there is a prediction for {key!r} already.", "One prediction a question.")
        found[key] = _text(record, _PREDICTION, where, "prediction", may_be_empty=True) or ""
    return found


def digest(path: Path) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _question(record: dict[str, Any], where: str, number: str) -> Question:
    return Question(
        id=_id(record, number),
        question=_text(record, _QUESTION, where, "question") or "",
        query=_text(record, _QUERY, where, "query") or "",
        database=_text(record, _DATABASE, where, None),
        difficulty=_text(record, ("difficulty", "hardness"), where, None),
    )


def _id(record: dict[str, Any], number: str) -> str:
    value = next((record[key] for key in _ID if record.get(key) not in (None, "")), number)
    return clean(str(value))


def _text(
    record: dict[str, Any], keys: Iterable[str], where: str, needed: str | None, may_be_empty: bool = False
) -> str | None:
    """The first of `keys` that is there as text, cleaned; without `needed` it may be missing."""
    value = next((record[key] for key in keys if isinstance(record.get(key), str)), None)
    text = clean(value).strip() if value is not None else None
    if needed and (text is None or (not text and not may_be_empty)):
        raise UsageError(f"{where}: there is no {needed}.", f"Write it under {' or '.join(map(repr, keys))}.")
    return text or None


def _records(path: Path) -> Iterator[Record]:
    """(where it stands, the record), in the file's order."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path} is no kind of file that can be read as a set.", _HINT)
    yield from reader(path, _read(path))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path} can't be read: {error}.", _HINT) from None


def _json(path: Path, text: str) -> Iterator[Record]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{path}{line} is not JSON: {error}.", "One object a line is called .jsonl.") from None
    if isinstance(data, dict):  # predictions as {"id": "SELECT …"}
        data = [{"id": key, "query": value} for key, value in data.items()]
    if not isinstance(data, list):
        raise UsageError(f"{path} is not a list.", 'Write [{"question": "…", "query": "…"}, …].')
    for number, item in enumerate(data, 1):
        yield _checked(item, f"{path}, item {number}")


def _jsonl(path: Path, text: str) -> Iterator[Record]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{where} is not JSON: {error}.", "Write one object on each line.") from None
        yield _checked(item, where)


def _checked(item: Any, where: str) -> Record:
    if not isinstance(item, dict):
        raise UsageError(f"{where} is not an object.", 'Write {"question": "…", "query": "…"}.')
    return where, item


def _separated(delimiter: str) -> Callable[[Path, str], Iterator[Record]]:
    def read(path: Path, text: str) -> Iterator[Record]:
        reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            head = [name.strip() for name in next(reader, [])]
            before = reader.line_num
            for row in reader:
                where = f"{path}, line {before + 1}"
                before = reader.line_num
                if len(row) > len(head):
                    raise UsageError(f"{where} has {len(row)} fields, the first line {len(head)}.", "Put it in quotes.")
                if any(field.strip() for field in row):
                    yield where, dict(zip(head, row, strict=False))
        except csv.Error as error:
            raise UsageError(f"{path}, line {reader.line_num}: {error}.", "Check the quotes there.") from None

    return read


_READERS = {".json": _json, ".jsonl": _jsonl, ".csv": _separated(","), ".tsv": _separated("\t")}


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
