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

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError

Record = tuple[str, dict[str, Any]]
_QUESTION = ("question",)
_QUERY = ("query", "sql", "SQL")
_DATABASE = ("db_id", "database")
_ID = ("id", "question_id")
_PREDICTION = ("query", "sql", "SQL", "prediction", "predicted")
_HINT = "It has to be .json, .jsonl, .csv or .tsv, in UTF-8."
csv.field_size_limit(10_000_000)


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
