"""The passages in a prompt or a tool's result, read as any model reads them: numbered heads above indented text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cairn.core.passages import INDENT

_SHOWN = re.compile(rf"^\[(\d{{1,4}})\] (.*) <(.*)>$((?:\n(?:{INDENT}.*|\s*?$))*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ShownPassage:
    number: int
    label: str
    source: str
    text: str


def read_shown_passages(text: str) -> list[ShownPassage]:
    """The passages, also when other text stands around them."""
    found = _SHOWN.findall("\n".join(text.splitlines()))
    return [ShownPassage(int(number), label, source, outdented(body)) for number, label, source, body in found]


def outdented(text: str) -> str:
    """Text as it was before it was indented below a head; no empty lines around it."""
    return re.sub(f"^{INDENT}", "", text, flags=re.MULTILINE).strip("\n")
