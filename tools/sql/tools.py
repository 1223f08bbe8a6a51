"""The three SQL tools that a model is given."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from cairn.errors import DatabaseError, ToolError
from cairn.events import emit
from cairn.task import Sql
from cairn.text import plain
from tools.sql.databases import HOW_TO_ADD, Databases, Opened
from tools.sql.engine import Limits, Rows
from tools.sql.nearest import nearest
from tools.sql.schema import Schema, Table, describe, overview

_DATABASE = Field(default=None, description="The database's name; may be left out when there is only one.")


_CELL = 300


class _ListTables(BaseModel):
    database: str | None = _DATABASE


class _DescribeTables(BaseModel):
    tables: list[str] = Field(default=[], description="The tables' names; empty for all of them.")
    database: str | None = _DATABASE


class _QueryDatabase(BaseModel):
    query: str = Field(description="One SELECT statement.")
    database: str | None = _DATABASE


def make_sql_tools(databases: Databases, spec: Sql) -> list[BaseTool]:
    """`list_tables`, `describe_tables` and `query_database` over the databases in use; `spec.database` narrows to one.

    A failure is a ToolError that names what to correct; when the database itself is away, its cause is the
    DatabaseError. `query_database` gives the model a Markdown table, and as its artifact the rows (`Rows`).
    """
    return list(_Tools(databases, spec).all())


class _Tools:
    def __init__(self, databases: Databases, spec: Sql) -> None:
        self._databases = databases
        self._spec = spec

    def all(self) -> Iterator[BaseTool]:
        yield _tool(
            self._list_tables, _ListTables, "List the tables of a database, each with its columns, in one line."
        )
        yield _tool(
            self._describe_tables,
            _DescribeTables,
            "Show tables as CREATE TABLE statements, with types, keys and sample values. Look here before you write "
            "a query whose columns or values you don't know.",
        )
        yield StructuredTool.from_function(
            self._query_database,
            name="query_database",
            args_schema=_QueryDatabase,
            response_format="content_and_artifact",
            description=f"Run one read-only SELECT (with joins, WITH, window functions, UNION as needed) on a database "
            f"and get its rows, at most {self._spec.max_rows}.\n\n{self._overviews()}",
        )

    def _list_tables(self, database: str | None = None) -> str:
        with _as_tool_error():
            return "\n\n".join(self._overview(opened) for opened in self._chosen(database))

    def _describe_tables(self, tables: Sequence[str] = (), database: str | None = None) -> str:
        with _as_tool_error():
            chosen = self._chosen(database)
            schemas = [(opened, opened.schema()) for opened in chosen]
            found = [(opened, schema, _named(schema, tables)) for opened, schema in schemas]
            _refuse_unknown(tables, [schema for _, schema in schemas])
            share = self._spec.schema_tokens // max(1, len(found))
            return "\n\n".join(describe(o.name, schema, named, share) for o, schema, named in found if named)

    def _query_database(self, query: str, database: str | None = None) -> tuple[str, Rows]:
        with _as_tool_error():
            chosen = self._chosen(database)
            if len(chosen) > 1:
                names = ", ".join(opened.name for opened in chosen)
                raise ToolError("There are several databases.", f"Name one as `database`: {names}.")
            result = chosen[0].query(query, Limits(rows=self._spec.max_rows))
        rows = result.rows
        emit(
            "table",
            {"columns": rows.columns, "rows": rows.rows, "sql": result.sql, "truncated": rows.truncated},
        )
        return write_rows(rows), rows

    def _chosen(self, database: str | None) -> list[Opened]:
        """The named database, else the task's, else all in use. Raises ToolError, DatabaseError."""
        names = self._databases.names()
        if self._spec.database is not None:
            names = (self._spec.database,)
        if not names:
            raise ToolError("No database is registered.", HOW_TO_ADD)
        if not database:
            return [self._databases.open(name) for name in names]
        if database not in names:
            raise ToolError(f"No database is named {database[:80]!r}.", f"There are: {', '.join(names)}.")
        return [self._databases.open(database)]

    def _overviews(self) -> str:
        """What is there to be asked, for the tool's description; a database that is away is named with the reason."""
        try:
            names = (self._spec.database,) if self._spec.database else self._databases.names()
            return (
                "\n\n".join(self._safe_overview(name) for name in names) or f"No database is registered. {HOW_TO_ADD}"
            )
        except DatabaseError as error:
            return str(error)

    def _safe_overview(self, name: str) -> str:
        try:
            return self._overview(self._databases.open(name))
        except DatabaseError as error:
            return f"Database {name} is not available: {error}"

    def _overview(self, opened: Opened) -> str:
        share = self._spec.schema_tokens // max(1, len(self._databases.names()))
        return overview(opened.name, opened.schema(), share)


def _tool(work: Callable[..., Any], schema: type[BaseModel], description: str) -> BaseTool:
    return StructuredTool.from_function(
        work, name=work.__name__.strip("_"), args_schema=schema, description=description
    )


@contextmanager
def _as_tool_error() -> Generator[None]:
    """To a model a database that is away is one more thing that a tool could not do."""
    try:
        yield
    except DatabaseError as error:
        raise ToolError(error.message, error.hint) from error


def _named(schema: Schema, tables: Sequence[str]) -> list[Table]:
    if not tables:
        return list(schema.tables)
    return [table for name in tables if (table := schema.by_name.get(name.lower()))]


def _refuse_unknown(tables: Sequence[str], schemas: Sequence[Schema]) -> None:
    known = [table.name for schema in schemas for table in schema.tables]
    for name in tables:
        if name.lower() not in (other.lower() for other in known):
            raise ToolError(f"There is no table {name[:80]!r}.", nearest(name, known, "The tables are"))


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
