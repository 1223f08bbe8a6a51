"""Answers that were recorded elsewhere, read from files: queries or texts, by the id of their question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.evals.set_formats import Row, read_rows, read_text

_ID = ("id", "question_id")
_PREDICTION = ("query", "sql", "SQL", "prediction", "predicted", "answer")


def read_predictions(path: Path) -> dict[str, str]:
    """Recorded answers by question id: as question sets, or `.sql` and `.txt` with one on each line, numbered from 1.

    Raises UsageError.
    """
    if path.suffix.lower() in (".sql", ".txt"):
        return {str(n): line.partition("\t")[0].strip() for n, line in enumerate(read_text(path).splitlines(), 1)}
    found: dict[str, str] = {}
    for number, row in enumerate(read_rows(path), 1):
        key = _id(row.values, str(number))
        if key in found:
            raise UsageError(f"{row.where}: there is a prediction for {key!r} already.", "One prediction a question.")
        found[key] = _prediction(row)
    return found


def _id(record: Mapping[str, Any], number: str) -> str:
    value = next((record[key] for key in _ID if record.get(key) not in (None, "")), number)
    return clean(str(value))


def _prediction(row: Row) -> str:
    """It may be empty, but not missing."""
    value = next((row.values[key] for key in _PREDICTION if isinstance(row.values.get(key), str)), None)
    if value is None:
        hint = f"Write it under {' or '.join(map(repr, _PREDICTION))}."
        raise UsageError(f"{row.where}: there is no prediction.", hint)
    return clean(value).strip()
