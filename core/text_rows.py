"""Rows of tables in a document's text, as the loaders write them or Markdown has them."""

from __future__ import annotations

import re

_NAMED = re.compile(r"[^:\n]{1,60}: \S")


def cells(line: str) -> list[str]:
    """The values of `Name: Ada; City: Berlin`, `| Ada | Berlin |` or `Ada | Berlin`; none if the line is no row."""
    line = line.strip()
    if line.startswith("|") or " | " in line:
        return [cell.strip() for cell in line.strip("|").split("|")] if line.count("|") > 1 or line[0] != "|" else []
    found: list[str] = []
    named = 0
    for part in line.split("; "):
        if _NAMED.match(part):
            named += 1
            found.append(part.partition(": ")[2])
        elif not found:
            return []
        else:
            found[-1] += f"; {part}"
    return found if named > 1 else []
