"""Rows that somebody has to look through before they count: a draft's `reviewed` is false until then.

A row without `reviewed` counts, as in any set that people wrote themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cairn.core.errors import UsageError
from cairn.evals.case_reading import read_case
from cairn.evals.cases import GOLDS, Case
from cairn.evals.set_formats import Row, read_rows, write_rows

REVIEWED = "reviewed"
REFUSED = "refused"
_NOT = ("false", "no", "n", "0", "否", "不", REFUSED)


def is_reviewed(case: Case) -> bool:
    """Whether a case counts."""
    return not _is_out(case.extra.get(REVIEWED))


def _is_out(said: Any) -> bool:
    return said is not None and str(said).strip().casefold() in _NOT


class Draft:
    """A set that is looked through; what was decided is in its file at once."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError where the file can't be read."""
        self.path = path
        self._rows = list(read_rows(path))
        self._cases = [read_case(row, str(number)) for number, row in enumerate(self._rows, 1)]

    def waiting(self) -> list[int]:
        """The rows that nobody has decided on."""
        said = [row.values.get(REVIEWED) for row in self._rows]
        return [n for n, one in enumerate(said) if _is_out(one) and str(one).strip().casefold() != REFUSED]

    def values(self, number: int) -> dict[str, Any]:
        """What the row says, without what is empty."""
        return {key: value for key, value in self._rows[number].values.items() if value not in (None, "", [])}

    def has_gold(self, number: int) -> bool:
        return bool(self._cases[number].golds)

    def decide(self, number: int, accepted: bool) -> None:
        """Raises StorageError."""
        self._change(number, {REVIEWED: True if accepted else REFUSED})

    def edit(self, number: int, changes: Mapping[str, Any]) -> None:
        """Give the row other values, and accept it. Raises UsageError where they can't be read as a case's."""
        self._change(number, {**changes, REVIEWED: True})

    def _change(self, number: int, changes: Mapping[str, Any]) -> None:
        old = self._rows[number]
        row = Row(old.where, {**old.values, **changes}, old.typed)
        self._cases[number] = read_case(row, str(number + 1))
        self._rows[number] = row
        write_rows(self.path, self._rows, like=self.path)


def change_of(text: str) -> dict[str, Any]:
    """`NAME=VALUE` as a change to a row, where the value is JSON or plain text; several as a JSON object.

    A text alone is its answer.

    Raises UsageError for a name that is no gold, nor the question.
    """
    if text.lstrip().startswith("{"):
        return _checked(_json(text))
    found = re.match(r"([A-Za-z_]+)=(.*)", text.strip(), re.DOTALL)
    if found is None:
        return {"answers": [text.strip()]}
    try:
        return _checked({found[1]: json.loads(found[2])})
    except ValueError:
        return _checked({found[1]: found[2].strip()})


def _json(text: str) -> dict[str, Any]:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UsageError(f"That is not JSON: {error}.", "Check its quotes and brackets.") from None


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    known = ("question", "database", "group", "tags", *GOLDS)
    if unknown := [name for name in changes if name not in known]:
        raise UsageError(f"A row has no {unknown[0]!r} that could be changed.", f"There are: {', '.join(known)}.")
    return changes


def refuse_existing(path: Path) -> None:
    """Raises UsageError where the file is there already, or is none that a set can be written to."""
    if path.exists():
        raise UsageError(f"{path} is there already.", "Take it away, or name another file with --out.")
    if path.suffix.lower() not in (".json", ".jsonl", ".csv", ".tsv"):
        raise UsageError(f"{path} is no kind of file that a set is written to.", "Name a .jsonl, .json, .csv or .tsv.")


def write_draft(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a new set. Raises UsageError where the file is there already, StorageError."""
    refuse_existing(path)
    write_rows(path, [Row(str(path), row) for row in rows])
