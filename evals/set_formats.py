"""The files that sets are kept in, read and written as plain records; what is wrong is named with its line.

`.json` (a list of objects), `.jsonl`, `.csv` (commas, semicolons or tabs between the columns) and `.tsv`, in UTF-8.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from cairn.core.errors import UsageError
from cairn.core.whole_files import write_whole

_HINT = "It has to be .json, .jsonl, .csv or .tsv, in UTF-8."
_DELIMITERS = ",;\t"
_QUOTED = re.compile(r'"[^"]*"')
csv.field_size_limit(10_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """A record, and where it stands. `typed`: it comes from JSON, where a value has a type; in a CSV all is text."""

    where: str
    values: Mapping[str, Any]
    typed: bool = True


def read_rows(path: Path) -> Iterator[Row]:
    """The records in the file's order. Raises UsageError."""
    suffix = path.suffix.lower()
    if suffix not in (".json", ".jsonl", ".csv", ".tsv"):
        raise UsageError(f"{path} is no kind of file that can be read as a set.", _HINT)
    text = read_text(path)
    if suffix == ".json":
        yield from _json(path, text)
    elif suffix == ".jsonl":
        yield from _jsonl(path, text)
    else:
        yield from _separated(path, text)


def read_text(path: Path) -> str:
    """Raises UsageError."""
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{path} can't be read: {error}.", _HINT) from None


def digest(path: Path) -> str:
    """What tells whether a file is still the same."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def write_rows(path: Path, rows: Sequence[Row], like: Path | None = None) -> None:
    """Write records as the file `like` has them, with its columns and delimiter, else by the name of `path`.

    Whole or not at all. Raises UsageError, StorageError.
    """
    suffix = (like or path).suffix.lower()
    if suffix == ".json":
        text = json.dumps([dict(row.values) for row in rows], ensure_ascii=False, indent=2) + "\n"
    elif suffix == ".jsonl":
        text = "".join(json.dumps(dict(row.values), ensure_ascii=False) + "\n" for row in rows)
    elif suffix in (".csv", ".tsv"):
        text = _as_separated(rows, _delimiter(like or path, read_text(like) if like else ""))
    else:
        raise UsageError(f"{path} is no kind of file that a set can be written to.", _HINT)
    write_whole(path, text, "Name another folder with --out.")


def _as_separated(rows: Sequence[Row], delimiter: str) -> str:
    out = StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    writer = csv.DictWriter(out, columns, delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: _cell(value) for name, value in row.values.items()} for row in rows])
    return out.getvalue()


def _cell(value: Any) -> Any:
    """Lists and objects as JSON, as they are read."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _json(path: Path, text: str) -> Iterator[Row]:
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


def _jsonl(path: Path, text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            item = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{where} is not JSON: {error}.", "Write one object on each line.") from None
        yield _checked(item, where)


def _checked(item: Any, where: str) -> Row:
    if not isinstance(item, dict):
        raise UsageError(f"{where} is not an object.", 'Write {"question": "…", "query": "…"}.')
    return Row(where, item)


def _separated(path: Path, text: str) -> Iterator[Row]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    try:
        head = [name.strip() for name in next(reader, [])]
        _refuse_twins(head, path)
        before = reader.line_num
        for row in reader:
            where = f"{path}, line {before + 1}"
            before = reader.line_num
            if len(row) > len(head):
                raise UsageError(f"{where} has {len(row)} fields, the first line {len(head)}.", "Put it in quotes.")
            if any(field.strip() for field in row):
                yield Row(where, dict(zip(head, row, strict=False)), typed=False)
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}.", "Check the quotes there.") from None


def _refuse_twins(head: Iterable[str], path: Path) -> None:
    if twins := [name for name, count in Counter(head).items() if name and count > 1]:
        raise UsageError(f"{path}, line 1: there are two columns {twins[0]!r}.", "Give each its own name.")


def _delimiter(path: Path, text: str) -> str:
    """Tabs of a `.tsv`; else the one that splits the first line, which holds names, into the most columns."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    head = _QUOTED.sub("", text.split("\n", 1)[0])
    return max(_DELIMITERS, key=head.count)
