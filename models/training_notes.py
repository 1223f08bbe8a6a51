"""What is written beside training rows, and beside the adapter that was trained on them: hashes, never a text.

By them an adapter is known to be asked as it was trained, and a question to be one that it was trained on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cairn.core.clean_text import normalise
from cairn.core.whole_files import write_whole

_VERSION = 1


@dataclass(frozen=True, slots=True)
class RowNotes:
    """Of one row. `prompt`: what its task's prompt says whatever is asked, see `prompt_digest`; None is not known.
    `group`: rows that share it are no independent witnesses."""

    question: str
    task: str | None = None
    prompt: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class TrainingNotes:
    """`rows`: in their order. `base`, `settings`: of an adapter, what it was trained on top of, and how."""

    rows: tuple[RowNotes, ...]
    base: str | None = None
    settings: dict[str, Any] = field(default_factory=dict[str, Any])

    def write(self, file: Path) -> None:
        """Beside `file`. Raises StorageError."""
        write_whole(
            beside(file), json.dumps({"version": _VERSION, **asdict(self)}, indent=1) + "\n", "Is the disk full?"
        )

    def knows(self, question: str) -> bool:
        """Whether it was trained on."""
        return question_digest(question) in {row.question for row in self.rows}

    def prompts(self, task: str) -> set[str]:
        """The prompts of this task that it was trained on; of all tasks where none is of this."""
        known = [(row.task, row.prompt) for row in self.rows if row.prompt]
        return {prompt for of, prompt in known if of == task} or {prompt for _, prompt in known}


def beside(file: Path) -> Path:
    """Where the notes on a file lie."""
    return file.with_suffix(".about.json")


def read_notes(file: Path) -> TrainingNotes | None:
    """The notes on a file; None where there are none, or they can't be read."""
    try:
        at = beside(file)
        return _parsed(at, at.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=64)
def _parsed(at: Path, _changed: int) -> TrainingNotes:
    read = json.loads(at.read_bytes())
    if read["version"] != _VERSION:
        raise ValueError
    return TrainingNotes(tuple(RowNotes(**row) for row in read["rows"]), read["base"], read["settings"])


def model_without(question: str, model: str) -> str | None:
    """The model that may be judged on a question: itself, unless it was trained on that; then one beside it that was
    trained without (`fold_file`). None where there is none."""
    notes = notes_of_model(model)
    if notes is None or not notes.knows(question):
        return model
    base, _, adapter = model.rpartition("+")
    for fold in folds_of(Path(adapter).expanduser()):
        known = read_notes(fold)
        if known is not None and not known.knows(question):
            return f"{base}+{fold}"
    return None


def fold_file(adapter: Path, number: int) -> Path:
    """Where the adapter lies that was trained without that part of the rows, from 1."""
    return adapter.with_name(f"{adapter.stem}.fold{number}{adapter.suffix}")


def folds_of(adapter: Path) -> list[Path]:
    """All of those that are there."""
    found: list[Path] = []
    while (file := fold_file(adapter, len(found) + 1)).is_file():
        found.append(file)
    return found


def notes_of_model(name: str) -> TrainingNotes | None:
    """The notes on the adapter of `gguf:FILE+ADAPTER`, of several the last; None for a model without."""
    if not name.startswith("gguf:") or "+" not in name:
        return None
    return read_notes(Path(name.rpartition("+")[2]).expanduser())


def question_digest(question: str) -> str:
    """The same for questions that differ in nothing but spaces, case and width."""
    return _digest(normalise(question))


def prompt_digest(texts: Sequence[str]) -> str:
    """Of what a prompt says whatever is asked."""
    return _digest("\n".join(texts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
