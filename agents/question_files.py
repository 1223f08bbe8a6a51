"""Questions of a file, one after the other: JSONL, CSV and TSV with a column `question`, or text with one a line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import file_digest
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from langchain_core.messages import BaseMessage, convert_to_messages

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError

_ROLES = {"human", "user", "ai", "assistant", "system"}
_DELIMITERS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
csv.field_size_limit(10_000_000)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of many.

    `line`: where it stands, from 1. `given`: all that came with it. `history`: the messages before it. `patch`: what of
    the task is changed for it alone. `sample`: which of several answers to it this one is to be, from 1.
    """

    line: int
    question: str
    given: Mapping[str, Any]
    history: tuple[BaseMessage, ...] = ()
    patch: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sample: int = 1


def read_questions(path: Path) -> Iterator[Asked]:
    """The file's questions, of which one at a time is held. Raises UsageError, which names the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, given in _records(path, file):
                yield asked_from(given, line, f"{path}, line {line}")
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "Check the path.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8.", "Convert it first, as with iconv.") from None
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.", "Check its rights.") from None


def digest_of(path: Path) -> bytes:
    """What tells whether the questions are still the same."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").digest()


def asked_from(given: Any, line: int, where: str) -> Asked:
    """A text, or an object with `question`, and `history` and `patch` where it has them. Raises UsageError."""
    record: Any = {"question": given} if isinstance(given, str) else given
    question = record.get("question") if isinstance(record, Mapping) else None
    if not isinstance(question, str) or not question.strip():
        raise UsageError(f"{where}: there is no question.", 'Write {"question": "…"}, or the question alone.')
    if not isinstance(patch := record.get("patch") or {}, Mapping):
        raise UsageError(f"{where}: the patch is no object.", 'Write it as {"retrieval": {"k": 8}}.')
    return Asked(line, clean(question).strip(), record, _history(record.get("history") or (), where), patch)


def _history(told: Any, where: str) -> tuple[BaseMessage, ...]:
    """Messages, or pairs of a question and its answer."""
    try:
        if told and all(isinstance(each, list) and len(each) == 2 and each[0] not in _ROLES for each in told):
            told = [message for asked, answered in told for message in (("human", asked), ("ai", answered))]
        return tuple(convert_to_messages([tuple(each) if isinstance(each, list) else each for each in told]))
    except (ValueError, NotImplementedError, TypeError) as error:
        hint = 'Write [{"role": "user", "content": "…"}, …], or [["question", "answer"], …].'
        raise UsageError(f"{where}: the history can't be read: {error}", hint) from None


def _records(path: Path, file: TextIO) -> Iterator[tuple[int, Any]]:
    suffix = path.suffix.lower()
    if suffix in _DELIMITERS:
        return _rows(path, file, _DELIMITERS[suffix])
    lines = enumerate(file, 1)
    first = next(((number, line) for number, line in lines if line.strip()), None)
    whole = chain([first] if first else [], lines)
    told = suffix in (".jsonl", ".ndjson")
    if told or (suffix != ".txt" and first is not None and first[1].lstrip().startswith("{")):
        return ((number, _json(line, f"{path}, line {number}")) for number, line in whole if line.strip())
    return ((number, line.strip()) for number, line in whole if line.strip())


def _json(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is no JSON: {error}.", "Each line is one object.") from None


def _rows(path: Path, file: TextIO, delimiter: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(file, delimiter=delimiter, restkey="", restval="", strict=True)
    try:
        if "question" not in (reader.fieldnames or ()):
            raise UsageError(f"{path} has no column `question`.", "Name the columns in its first line.")
        before = reader.line_num
        for row in reader:
            yield before + 1, {name: value for name, value in row.items() if name}
            before = reader.line_num
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: {error}.", "Look at the quotes there.") from None
