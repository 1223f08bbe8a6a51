"""The Markdown table that `query_database` returns, and code in an answer."""

from __future__ import annotations

import re


def read_table(text: str) -> tuple[list[str], bool]:
    """The table's lines, the rows from the third on, and whether more rows were cut off; none where there is no table."""
    lines = text.strip().splitlines()
    return [line for line in lines if line.startswith("|")], bool(re.search(r"^\(\d+ rows?, more", text, re.MULTILINE))


def cells(line: str) -> list[str]:
    """The cells of a table's line."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def code(text: str) -> str:
    """Inline code, whatever ticks stand in it."""
    marks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{marks}{text}{marks}" if len(marks) == 1 else f"{marks} {text} {marks}"
