"""Questions of one's own, each with where it is answered: lines of `{"question", "source" or "passage"}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cairn.core.clean_text import clean, normalise
from cairn.core.errors import UsageError
from cairn.retrieval.hit import Hit

_LEAST_TEXT = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """`source`: a document's path, the end of one, or its title; `passage`: text that stands in the right passage."""

    question: str
    source: str | None = None
    passage: str | None = None

    def names(self, hit: Hit) -> bool:
        """Whether this is (one of) the right passages."""
        if self.source is not None and not _is(self.source, hit):
            return False
        if self.passage is None:
            return True
        meant, there = normalise(self.passage), normalise(hit.text)
        return meant in there or (len(there) >= _LEAST_TEXT and there in meant)


def read_pairs(path: Path) -> list[Pair]:
    """Blank lines are passed over. Raises UsageError that names the line."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}.", "Check the path.") from None
    except UnicodeError as error:
        raise UsageError(f"{path} can't be read: {error}.", "It has to be a text file in UTF-8.") from None
    pairs = [_pair(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not pairs:
        raise UsageError(f"{path} is empty.", 'Write lines such as {"question": "…", "source": "handbook/leave.md"}.')
    return pairs


def _pair(line: str, where: str) -> Pair:
    try:
        read: Any = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is not JSON: {error}.", "Write one object on each line.") from None
    values = {name: read.get(name) for name in ("question", "source", "passage")} if isinstance(read, dict) else {}
    texts = {name: clean(value).strip() for name, value in values.items() if isinstance(value, str)}
    if not texts.get("question") or not (texts.get("source") or texts.get("passage")):
        raise UsageError(f"{where} needs `question`, and `source` or `passage`, each a text.", "Correct it there.")
    return Pair(texts["question"], texts.get("source") or None, texts.get("passage") or None)


def _is(name: str, hit: Hit) -> bool:
    meant, source = name.replace("\\", "/"), hit.source.replace("\\", "/")
    return source == meant or source.endswith(f"/{meant}") or normalise(hit.title or "") == normalise(name)
