"""The file of `cairn run --out`: each answer in it once, however often the run was broken off."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cairn.agents.question_files import Asked
from cairn.core.clean_text import clean
from cairn.core.errors import UsageError
from cairn.core.secrets import scrubbed


class AnswerFile:
    """Opened to append to. A torn last line, and answers that failed, are taken out of it, to be asked for again.

    Raises UsageError for a file that holds something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._there: dict[int, array[int]] = {}
        if path.exists():
            self._mend()
        self._file = path.open("ab")

    def _mend(self) -> None:
        """What is whole is copied beside it, so that nothing is lost if this is broken off too."""
        kept = self._path.with_name(self._path.name + ".mended")
        changed = False
        with self._path.open("rb") as old, kept.open("wb") as new:
            for number, line in enumerate(old, 1):
                if line.endswith(b"\n") and self._take(line, number):
                    new.write(line)
                else:
                    changed = True
        if changed:
            kept.replace(self._path)
        else:
            kept.unlink()

    def _take(self, line: bytes, number: int) -> bool:
        """Whether this is an answer, which is there from now on."""
        try:
            told = json.loads(line)
            place, sample, given = int(told["line"]), int(told.get("sample", 1)), told["input"]
        except (ValueError, LookupError, TypeError):
            raise UsageError(
                f"{self._path}, line {number} is no answer of `cairn run`.", "Choose another file for --out."
            ) from None
        if told.get("error") is not None:
            return False
        there = self._there.setdefault(sample, array("Q"))
        there.extend([0] * (place + 1 - len(there)))
        there[place] = _digest(given)
        return True

    def has(self, asked: Asked) -> bool:
        """Whether its answer is there."""
        there = self._there.get(asked.sample)
        return there is not None and asked.line < len(there) and there[asked.line] != 0

    def check(self, questions: Iterable[Asked]) -> int:
        """How many of these are answered. Raises UsageError where it holds an answer to another question instead."""
        return sum(1 for _ in self._checked(questions))

    def _checked(self, questions: Iterable[Asked]) -> Iterator[Asked]:
        for asked in questions:
            if self.has(asked):
                if self._there[asked.sample][asked.line] != _digest(asked.given):
                    told = f"{self._path} holds the answer to another question for line {asked.line}."
                    raise UsageError(told, "Choose another file for --out.")
                yield asked

    def append(self, text: str) -> None:
        """Whole lines; they are the system's when this returns."""
        self._file.write(text.encode())
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _digest(given: Any) -> int:
    """As it is written. Never 0, which is nothing."""
    text = scrubbed(clean(json.dumps(given, sort_keys=True, ensure_ascii=False)))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") or 1
