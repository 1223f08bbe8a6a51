"""The Markdown tables that `query_database` returns: read, and shown again in an answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_ROWS = 10
_CELL = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"^\|[\s:|-]+\|$")
_COUNT = re.compile(r"^\((\d+) rows?(.*)\)$")


@dataclass(frozen=True)
class ResultTable:
    """Cells as text, as they stand in the Markdown but for escaped bars. `cut`: there are more rows than these."""

    columns: list[str]
    rows: list[list[str]]
    cut: bool = False


def read_table(text: str) -> ResultTable | None:
    """The table in a tool's result; None when there is none."""
    lines = [line.strip() for line in text.splitlines()]
    rule = next((n for n, line in enumerate(lines) if n and _RULE.match(line) and "-" in line), None)
    if rule is None or not lines[rule - 1].startswith("|"):
        return None
    rows: list[list[str]] = []
    for line in lines[rule + 1 :]:
        if not line.startswith("|"):
            break
        rows.append(_cells(line))
    count = next((match for line in lines if (match := _COUNT.match(line))), None)
    return ResultTable(_cells(lines[rule - 1]), rows, bool(count and "more" in count[2]))


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())[1:-1]]


def write_table(table: ResultTable) -> str:
    """The first ten rows."""
    rule = ["---"] * len(table.columns)
    return "\n".join(_line(cells) for cells in [table.columns, rule, *table.rows[:MAX_ROWS]])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """Inline code, whatever ticks stand in it."""
    marks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{marks}{text}{marks}" if len(marks) == 1 else f"{marks} {text} {marks}"
