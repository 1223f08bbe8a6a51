"""How found passages are written into a prompt, and read back out of it.

One format for the search tool's result and for a template's `{{context}}`:

    [1] Leave > Parental leave <handbook/leave.md>
    The text of the passage, each line indented by two spaces,
      whatever it contains.

The indentation keeps a passage from forging the head of another one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from cairn.core.events import emit
from cairn.core.hit import Hit

NOTHING_FOUND = "Nothing was found."
_HEAD = re.compile(r"^\[(\d{1,4})\] (.*) <(.*)>$")
INDENT = "  "
_NO_CHUNK = -(1 << 64)


@dataclass(frozen=True, slots=True)
class Passage:
    number: int
    label: str
    source: str
    text: str


def label_of(hit: Hit) -> str:
    """Title, heading and page in one line: `Leave > Parental leave, page 3`."""
    parts = [hit.title or "", hit.heading or ""]
    label = " > ".join(dict.fromkeys(part for part in parts if part)) or hit.source
    return f"{label}, page {hit.page}" if hit.page else label


_ledger: ContextVar[dict[int, int] | None] = ContextVar("cairn_ledger", default=None)
_numbering = threading.Lock()  # searches run in parallel threads: a number is a place in the list of what was told


@contextmanager
def citing(given: int = 0) -> Generator[None]:
    """One numbering of passages for everything inside: a run's `[3]` means one passage, whichever search found it.

    `given`: so many numbers were given before the run was broken off; to which chunks is not known any more.
    """
    token = _ledger.set({_NO_CHUNK - number: number for number in range(1, given + 1)})
    try:
        yield
    finally:
        _ledger.reset(token)


def is_citing() -> bool:
    """Whether a numbering is under way."""
    return _ledger.get() is not None


def cite(hits: Sequence[Hit]) -> str:
    """The hits as numbered passages, ready for a prompt or a tool's result; new ones become the run's sources."""
    known = _ledger.get()
    ledger = {} if known is None else known
    with _numbering:
        new = [hit for hit in hits if hit.chunk not in ledger]
        for hit in new:
            ledger[hit.chunk] = len(ledger) + 1
        if new:
            emit("sources", {"sources": [hit.as_source() for hit in new]})
    return "\n\n".join(_write(hit, ledger[hit.chunk]) for hit in hits) or NOTHING_FOUND


def _write(hit: Hit, number: int) -> str:
    head = f"[{number}] {_one_line(label_of(hit))} <{_one_line(hit.source)}>"
    return "\n".join([head, *(INDENT + line for line in hit.text.splitlines())])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def read_passages(text: str) -> list[Passage]:
    """The passages in a text that `write_passages` made, also when other text stands around them."""
    found: list[Passage] = []
    body: list[str] | None = None
    head: tuple[int, str, str] | None = None

    def close() -> None:
        if head is not None and body is not None:
            found.append(Passage(*head, "\n".join(body).strip("\n")))

    for line in text.splitlines():
        if match := _HEAD.match(line):
            close()
            head, body = (int(match[1]), match[2], match[3]), []
        elif body is not None and (line.startswith(INDENT) or not line.strip()):
            body.append(line.removeprefix(INDENT))
        else:
            close()
            head = body = None
    close()
    return found
