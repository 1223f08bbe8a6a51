"""Every look at a held-out part, written down: a part that is looked at often chooses by and by, and proves no more."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cairn.core.errors import StorageError

FILE = "looks.jsonl"


@dataclass(frozen=True, slots=True)
class Look:
    """`at`: Unix seconds. `held_out`: the digest of the set that was opened. `tests`: each test with its proof."""

    at: float
    held_out: str
    task: str
    tests: Mapping[str, str]


def write_look(folder: Path, held_out: str, task: str, tests: Mapping[str, str]) -> None:
    """Append a look. Raises StorageError."""
    look = Look(time.time(), held_out, task, dict(tests))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(look), ensure_ascii=False) + "\n")
    except OSError as error:
        raise StorageError(f"The look can't be written down: {error.strerror}.", f"Check {folder}.") from None


def looks_at(folder: Path, held_out: str) -> list[Look]:
    """The looks at this part so far, oldest first; lines that can't be read are passed over."""
    found: list[Look] = []
    try:
        lines = (folder / FILE).read_text("utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            look = Look(**json.loads(line))
        except (ValueError, TypeError):
            continue
        found += [look] if look.held_out == held_out else []
    return found
