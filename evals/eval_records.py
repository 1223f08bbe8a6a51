"""What an evaluation writes down: one JSON line that says what was measured, then one for each question, as they end.

Each line is written whole and at once, so that whatever ends the program, what was answered is kept.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cairn.core.app_database import new_id
from cairn.core.errors import StorageError, UsageError
from cairn.databases.connections.database_engine import Rows
from cairn.evals.metrics.execution_accuracy import Verdict

VERSION = 1
_SHOWN_ROWS = 50


@dataclass(frozen=True, slots=True)
class Record:
    """One question, asked and judged. The results are cut to 50 rows; `count` says how many there were."""

    id: str
    question: str
    database: str
    difficulty: str
    gold: str
    predicted: str | None
    verdict: Verdict
    kind: str | None = None
    error: str | None = None
    gold_result: dict[str, Any] | None = None
    predicted_result: dict[str, Any] | None = None
    answer: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float | None = None


def shown(rows: Rows | None) -> dict[str, Any] | None:
    """A result as a record has it."""
    if rows is None:
        return None
    return {
        "columns": rows.columns,
        "rows": rows.rows[:_SHOWN_ROWS],
        "count": len(rows.rows),
        "truncated": rows.truncated,
    }


class RecordFile:
    """The file of one evaluation. `measured` says what is measured; only the same can be gone on with."""

    def __init__(self, path: Path, measured: dict[str, Any], *, resume: bool) -> None:
        """Raises UsageError where the file is another evaluation's, or is there and is not to be gone on with."""
        self.path = path
        self.measured = json.loads(json.dumps(measured, ensure_ascii=False))
        if path.exists():
            if not resume:
                raise UsageError(f"{path} is there already.", "--resume goes on with it; else name another file.")
            self.records = self._read()
        else:
            self.records: dict[str, Record] = {}
            self._begin()

    def add(self, record: Record) -> None:
        """Raises StorageError."""
        self.records[record.id] = record
        with self._telling(), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")

    def _begin(self) -> None:
        """The first line is there whole or not at all: a part of it would say nothing of what was measured."""
        draft = self.path.with_name(f"{self.path.name}.{new_id()}.new")
        head = {"version": VERSION, "measured": self.measured}
        with self._telling():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(head, ensure_ascii=False) + "\n", "utf-8")
            draft.replace(self.path)

    @contextmanager
    def _telling(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"{self.path} can't be written: {error.strerror}.", "Free room, or name another file with --out."
            ) from None

    def _read(self) -> dict[str, Record]:
        """A last line that was cut short by the program's end is taken off. The newest record of an id counts."""
        lines = self.path.read_bytes().split(b"\n")
        if lines[-1]:
            os.truncate(self.path, self.path.stat().st_size - len(lines[-1]))
        try:
            head, *rest = [json.loads(line) for line in lines[:-1]]
            records = [Record(**data) for data in rest]
            known = head["measured"]
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(f"{self.path} is not a file of an evaluation: {error}.", "Name another one.") from None
        if known != self.measured:
            other = ", ".join(key for key in {**known, **self.measured} if known.get(key) != self.measured.get(key))
            raise UsageError(f"{self.path} measured something else ({other}).", "Begin anew, with another --out.")
        return {record.id: record for record in records}


def done(records: Iterable[Record]) -> set[str]:
    """The questions that need not be asked again. Where no answer came, it is tried again."""
    return {record.id for record in records if record.verdict not in ("error", "unjudged")}


def newest(folder: Path, measured: dict[str, Any]) -> Path | None:
    """Of the evaluations in `folder`, the last one that measured just this."""
    wanted = json.loads(json.dumps(measured))
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        try:
            with path.open(encoding="utf-8") as file:
                if json.loads(file.readline())["measured"] == wanted:
                    return path
        except (OSError, ValueError, TypeError, KeyError):
            continue
    return None
