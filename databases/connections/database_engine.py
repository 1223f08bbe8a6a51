"""What Cairn asks of a database, whichever it is. One module per dialect implements it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from cairn.databases.linking.schema_text import Schema


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one query: `bytes` of the whole result as text, `cell` characters of one value."""

    rows: int = 100
    bytes: int = 1_000_000
    cell: int = 2_000
    seconds: float = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """A result; values are JSON-safe (None, bool, int, finite float, str). `truncated`: there were more rows.

    `notices` are the server's own words about the query.
    """

    columns: list[str]
    rows: list[list[Any]]
    truncated: bool
    notices: tuple[str, ...] = ()


class Engine(Protocol):
    """One database. `dialect` is sqlglot's name of it and the key of the guard's rules."""

    @property
    def dialect(self) -> str: ...

    def schema(self) -> Schema:
        """All tables and views with sample values, cached until the database changes. Raises DatabaseError."""
        ...

    def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
        """Run a query that the guard wrote; only `visible` can be read. Raises ToolError, DatabaseError."""
        ...
