"""The passages in a prompt or a tool's result, read as any model reads them: numbered heads above indented text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cairn.core.passages import INDENT

_HEAD = re.compile(r"^\[(\d{1,4})\] (.*) <(.*)>$")


@dataclass(frozen=True, slots=True)
class ShownPassage:
    number: int
    label: str
    source: str
    text: str


def read_shown_passages(text: str) -> list[ShownPassage]:
    """The passages, also when other text stands around them."""
    found: list[ShownPassage] = []
    body: list[str] | None = None
    head: tuple[int, str, str] | None = None

    def close() -> None:
        if head is not None and body is not None:
            found.append(ShownPassage(*head, "\n".join(body).strip("\n")))

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
