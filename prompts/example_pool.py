"""A task's examples in the home, as people add to them: whole or not at all, and one process after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from cairn.core.clean_text import clean, normalise
from cairn.core.settings import Home
from cairn.core.strategy import Example
from cairn.core.whole_files import write_whole
from cairn.prompts.task_store import PromptStore


def add_example(home: Home, task: str, example: Example) -> None:
    """Put `example` last; one with the same input (and database) is replaced. Packaged examples stay with it.

    Raises TaskError where a line that is there can't be read, and StorageError.
    """
    _change(home, task, lambda known: [*(other for other in known if not _alike(other, example)), example])


def remove_example(home: Home, task: str, example: Example) -> None:
    """Take out what `add_example` put in. Raises TaskError, StorageError."""
    _change(home, task, lambda known: [other for other in known if not _alike(other, example)])


def remove_examples(home: Home, task: str, which: Callable[[Example], bool]) -> list[Example]:
    """Take out all that `which` holds of, at once; these. Raises TaskError, StorageError."""
    taken: list[Example] = []

    def kept(known: list[Example]) -> list[Example]:
        taken.extend(filter(which, known))
        return [one for one in known if not which(one)]

    _change(home, task, kept)
    return taken


def find_example(examples: Sequence[Example], example: Example) -> Example | None:
    """The one with the same input (and database)."""
    return next((other for other in examples if _alike(other, example)), None)


def _alike(one: Example, other: Example) -> bool:
    return (normalise(one["input"]), one.get("database")) == (normalise(other["input"]), other.get("database"))


def _change(home: Home, task: str, change: Callable[[list[Example]], Sequence[Example]]) -> None:
    store = PromptStore(home)
    store.task(task)
    with FileLock(home.locks / "examples.lock"):
        known = store.examples(task)
        changed = list(change(known))
        if changed != known:
            folder = Path(task) if "/" in task or "\\" in task else home.prompts / task
            _write(folder / "examples.jsonl", changed)


def _write(file: Path, examples: Sequence[Example]) -> None:
    write_whole(file, clean("".join(json.dumps(example, ensure_ascii=False) + "\n" for example in examples)))
