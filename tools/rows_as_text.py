"""Rows of a query as a model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cairn.core.clean_text import plain

if TYPE_CHECKING:
    from cairn.databases.connections.database_engine import Rows

_CELL = 300


def write_rows(rows: Rows) -> str:
    """The rows as a Markdown table and a last line that counts them: `(3 rows)`."""
    lines = [_line(rows.columns), _line(["---"] * len(rows.columns)), *map(_line, rows.rows)]
    count = f"{len(rows.rows)} row{'' if len(rows.rows) == 1 else 's'}"
    return "\n".join([*lines, "", f"({count}{', more were cut off' if rows.truncated else ''})"])


def _line(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    text = " ".join(plain(value).split()).replace("|", "\\|")
    return text if len(text) <= _CELL else text[:_CELL] + "…"
