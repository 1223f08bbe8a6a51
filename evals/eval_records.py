"""What an evaluation writes down: one JSON line that says what was measured, then one for each answer, as they end.

Each line is written whole and at once, so that whatever ends the program, what was answered is kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cairn.core.answer import Answer
from cairn.core.errors import StorageError, UsageError
from cairn.core.whole_files import write_whole
from cairn.evals.cases import Case
from cairn.evals.metrics import Score

VERSION = 2
_SHOWN_ROWS = 50
_HINT = "Free room, or name another file with --out."
AWAY = frozenset({"ModelUnavailable", "DatabaseError", "StorageError", "ThreadBusy", "Interrupted"})
"""Kinds of errors that are not the system's answer: it was not to be had. They are asked again by `--resume`."""
FACETS = ("database", "difficulty", "label", "tags", "group", "refuse")


@dataclass(frozen=True, slots=True)
class Record:
    """One answer to a case, and its scores.

    `sample`: which of its repeats. `facets`: what a report splits by. `answer`: as `cairn ask --json` has it, its
    tables cut to 50 rows. `error`: the kind of error that ended it. `cached`: it was known or recorded before, so that
    its seconds say nothing. `field_counts`: of extracted fields those that are right, were given, are wanted.
    `judge_usage`: calls, tokens and cost of the judge.
    """

    id: str
    sample: int
    question: str
    answer: dict[str, Any]
    scores: dict[str, Score]
    facets: dict[str, Any] = field(default_factory=dict[str, Any])
    error: str | None = None
    cached: bool = False
    field_counts: tuple[int, int, int] | None = None
    judge_usage: dict[str, Any] | None = None

    @property
    def away(self) -> bool:
        return self.error in AWAY

    @property
    def usage(self) -> dict[str, Any]:
        return self.answer.get("usage") or {}

    def as_answer(self) -> Answer:
        return Answer.model_validate(self.answer)

    def value(self, metric: str) -> float | None:
        score = self.scores.get(metric)
        return score.value if score else None


def as_stored(answer: Answer) -> dict[str, Any]:
    """An answer as a record has it."""
    data = answer.model_dump(mode="json")
    for table in data["tables"]:
        table["rows"] = table["rows"][:_SHOWN_ROWS]
    return data


def facets_of(case: Case) -> dict[str, Any]:
    """What of a case a report splits by, without what it does not say."""
    given = {name: getattr(case, name) for name in FACETS}
    return {name: list(value) if name == "tags" else value for name, value in given.items() if value}


class RecordFile:
    """The file of one evaluation. `measured` says what is measured; only the same can be gone on with."""

    def __init__(self, path: Path, measured: Mapping[str, Any], *, resume: bool) -> None:
        """Raises UsageError where the file is another evaluation's, or is there and is not to be gone on with."""
        self.path = path
        self.measured: dict[str, Any] = json.loads(json.dumps(measured, ensure_ascii=False))
        self.records: dict[tuple[str, int], Record] = {}
        if path.exists():
            if not resume:
                raise UsageError(f"{path} is there already.", "--resume goes on with it; else name another file.")
            self._go_on()
        else:
            self._begin()

    def add(self, record: Record) -> None:
        """Raises StorageError."""
        self.records[record.id, record.sample] = record
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        except OSError as error:
            raise StorageError(f"{self.path} can't be written: {error.strerror}.", _HINT) from None

    def _begin(self) -> None:
        """The first line is there whole or not at all: a part of it would say nothing of what was measured."""
        head = {"version": VERSION, "measured": self.measured}
        write_whole(self.path, json.dumps(head, ensure_ascii=False) + "\n", _HINT)

    def _go_on(self) -> None:
        """A last line that was cut short by the program's end is taken off."""
        known, records = read_records(self.path)
        text = self.path.read_bytes()
        if cut := len(text) - text.rfind(b"\n") - 1:
            os.truncate(self.path, len(text) - cut)
        if known != self.measured:
            other = ", ".join(key for key in {**known, **self.measured} if known.get(key) != self.measured.get(key))
            raise UsageError(f"{self.path} measured something else ({other}).", "Begin anew, with another --out.")
        self.records = {(record.id, record.sample): record for record in records}


def read_records(path: Path) -> tuple[dict[str, Any], list[Record]]:
    """What was measured, and the records; of an answer that was tried again the newest. Raises UsageError."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.", "`cairn eval list` lists evaluations.") from None
    try:
        head, *rest = [json.loads(line) for line in lines[:-1]]
        if head["version"] != VERSION:
            raise UsageError(
                f"{path} was written by another version of Cairn (records {head['version']}, now {VERSION}).",
                "Run the evaluation anew.",
            )
        records = [_record(data) for data in rest]
        measured = dict(head["measured"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError(f"{path} is not a file of an evaluation: {error}.", "Name another one.") from None
    return measured, list({(record.id, record.sample): record for record in records}.values())


def _record(data: dict[str, Any]) -> Record:
    data["scores"] = {name: Score(**score) for name, score in data["scores"].items()}
    data["field_counts"] = tuple(data["field_counts"]) if data["field_counts"] else None
    return Record(**data)


def done(records: Iterable[Record]) -> set[tuple[str, int]]:
    """The answers that need not be asked for again: those that came."""
    return {(record.id, record.sample) for record in records if not record.away}


def newest(folder: Path, measured: Mapping[str, Any]) -> Path | None:
    """Of the evaluations in `folder`, the last one that measured just this."""
    wanted = json.loads(json.dumps(measured))
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        try:
            with path.open(encoding="utf-8") as file:
                head = json.loads(file.readline())
            if head["version"] == VERSION and head["measured"] == wanted:
                return path
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return None
