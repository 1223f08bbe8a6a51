"""The three SQL tools that a model is given."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field

from cairn.core.clean_text import TokenCount, approximate_tokens
from cairn.core.errors import DatabaseError, TaskError, ToolError
from cairn.core.events import emit
from cairn.core.late_values import late, once
from cairn.core.strategy import Example, Pool
from cairn.core.task import Sql, Task
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.database_registry import HOW_TO_ADD, Databases, Opened, Result
from cairn.databases.linking.schema_text import Schema, Table, describe, overview
from cairn.databases.sql_text import name_hint
from cairn.models.embedder import Embedder
from cairn.tools.rows_as_text import write_rows
from cairn.tools.tool_home import ToolHome
from cairn.tools.tool_invocation import READS

if TYPE_CHECKING:
    from cairn.databases.linking.stored_values import Hint

_DATABASE = Field(default=None, description="The database's name; may be left out when there is only one.")


class _ListTables(BaseModel):
    database: str | None = _DATABASE


class _DescribeTables(BaseModel):
    tables: list[str] = Field(default=[], description="The tables' names; empty for all of them.")
    question: str | None = Field(
        default=None, description="The user's question: adds in which columns its words are stored as values."
    )
    database: str | None = _DATABASE


class _QueryDatabase(BaseModel):
    query: str = Field(description="One SELECT statement.")
    database: str | None = _DATABASE


class SqlTool(StructuredTool):
    """One of the three; `sql` is what they share, for strategies that want more than a model does."""

    sql: Any = Field(default=None, exclude=True, repr=False)


class QueryTool(SqlTool):
    """`query_database`, whose description names the tables there are: made when it is read, once in a run."""

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there, as `description` is not."""
        if name == "description":
            return once(("description", self.sql), self.sql.describe)
        return super().__getattr__(name)  # type: ignore[misc] (pydantic hides it from type checkers)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        vars(self).pop("description")


def sql_tools(home: ToolHome, task: Task, count: TokenCount) -> list[BaseTool]:
    """The group `sql` of a task: the SQL tools, and the one that draws what they found."""
    from cairn.models.embeddings import make_embeddings
    from cairn.tools.chart_tool import chart_tool

    databases, embedder = late(lambda: home.databases), late(lambda: make_embeddings(home.settings))
    return [*make_sql_tools(databases, task.sql, embedder, count), chart_tool()]


def make_sql_tools(
    databases: Databases, spec: Sql, embedder: Embedder | None = None, count: TokenCount = approximate_tokens
) -> list[BaseTool]:
    """`list_tables`, `describe_tables` and `query_database` over the databases in use; `spec.database` narrows to one.

    A failure is a ToolError that names what to correct; when the database itself is away, its cause is the
    DatabaseError. `query_database` gives the model a Markdown table, and as its artifact the rows (`Rows`).
    With an `embedder` a schema is linked by meaning as well as by words; `count` is of the model that is told of it.
    """
    return list(SqlTools(databases, spec, embedder, count).all())


def sql_of(tools: Sequence[BaseTool]) -> SqlTools:
    """What the SQL tools among `tools` share. Raises TaskError when there are none."""
    for tool in tools:
        if isinstance(tool, SqlTool):
            return tool.sql
    raise TaskError("The strategy `sql` needs the SQL tools.", "Write `tools: [sql]` in the task.yaml.")


class SqlTools:
    """The databases in use, as tools for a model, and as methods for a strategy, which finds it with `sql_of(tools)`.

    Every method takes a database's name, which may be left out where there is only one, and raises ToolError for
    what can be asked otherwise; a database that is away is its cause. The methods block: call them in a thread.
    """

    def __init__(
        self, databases: Databases, spec: Sql, embedder: Embedder | None = None, count: TokenCount = approximate_tokens
    ) -> None:
        self._databases = databases
        self._spec = spec
        self._embedder = embedder
        self._count = count

    def dialect(self, database: str | None = None) -> str:
        """sqlglot's name of the dialect; that of the first database where there are several."""
        with _as_tool_error():
            return self._chosen(database)[0].dialect

    def schema(self, database: str | None = None) -> Schema:
        """Everything that may be seen of one database."""
        with _as_tool_error():
            return self._one(database).schema()

    def schema_for(self, question: str, database: str | None = None) -> str:
        """For a prompt: what `question` needs of the databases' schemas within `sql.schema_tokens`, and hints of
        values it speaks of. What was done is told as `stage` events."""
        from cairn.databases.linking.schema_context import Context

        with _as_tool_error():
            chosen = self._chosen(database, tell=True)
            context = Context(self._spec, len(chosen), self._embedder, self._count)
            return "\n\n".join(context.describe(opened, question) for opened in chosen)

    def run(self, sql: str, database: str | None = None) -> Result:
        """Check and run one query, without telling anybody: no `table` event. Raises SqlRefused, ToolError."""
        with _as_tool_error():
            return self._one(database).query(sql, Limits(rows=self._spec.max_rows))

    def stored_like(self, text: str, database: str | None = None) -> list[Hint]:
        """The stored values that a text in a query may have meant, itself or alike; none where `sql.values` is off."""
        from cairn.databases.linking.stored_values import value_index

        with _as_tool_error():
            opened = self._one(database)
            return value_index(opened).find('"' + text.replace('"', " ") + '"') if self._spec.values else []

    def examples_for(
        self, question: str, pool: Pool | None, first: str | None = None, database: str | None = None
    ) -> Sequence[Example]:
        """The examples of `pool` that `task.examples` asks for, the nearest last, for `turn.prompt.with_examples`.

        `first` is a first query of any quality. Call it again with one where `examples.needs_first_query(pool.spec)`
        and the pool is not None; without it `skeleton` chooses as `masked` does. Told as a `stage` event.
        """
        from cairn.databases.linking.schema_context import choose_examples

        if pool is None:
            return []
        with _as_tool_error():
            return choose_examples(pool, question, self._chosen(database), first, self._databases)

    def all(self) -> Iterator[BaseTool]:
        yield self._tool(
            self._list_tables, _ListTables, "List the tables of a database, each with its columns, in one line."
        )
        yield self._tool(
            self._describe_tables,
            _DescribeTables,
            "Show tables as CREATE TABLE statements, with types, keys and sample values. Look here before you write "
            "a query whose columns or values you don't know.",
        )
        yield QueryTool.from_function(
            self._query_database,
            name="query_database",
            args_schema=_QueryDatabase,
            response_format="content_and_artifact",
            sql=self,
            metadata=READS,
            description="(made when it is read)",
        )

    def describe(self) -> str:
        """The description of `query_database`."""
        return (
            "Run one read-only SELECT (with joins, WITH, window functions, UNION as needed) on a database and get its "
            f"rows, at most {self._spec.max_rows}.\n\n{self._overviews()}"
        )

    def _tool(self, work: Callable[..., Any], schema: type[BaseModel], description: str) -> BaseTool:
        return SqlTool.from_function(
            work,
            name=work.__name__.strip("_"),
            args_schema=schema,
            description=description,
            sql=self,
            metadata=READS,
        )

    def _list_tables(self, database: str | None = None) -> str:
        with _as_tool_error():
            among = len(self._databases.names())
            return "\n\n".join(self._overview(opened, among) for opened in self._chosen(database, tell=True))

    def _describe_tables(
        self, tables: Sequence[str] = (), question: str | None = None, database: str | None = None
    ) -> str:
        with _as_tool_error():
            chosen = self._chosen(database, tell=True)
            schemas = [(opened, opened.schema()) for opened in chosen]
            found = [(opened, schema, _named(schema, tables)) for opened, schema in schemas]
            _refuse_unknown(tables, [schema for _, schema in schemas])
            share = self._spec.schema_tokens // max(1, len(found))
            return "\n\n".join(
                "\n".join([describe(o.name, schema, named, share, self._count), *self._hints(o, named, question)])
                for o, schema, named in found
                if named
            )

    def _hints(self, opened: Opened, tables: Sequence[Table], question: str | None) -> list[str]:
        from cairn.databases.linking.schema_context import hint_lines

        return hint_lines(opened, tables, question) if question and self._spec.values else []

    def _query_database(self, query: str, database: str | None = None) -> tuple[str, Rows]:
        with _as_tool_error():
            result = self._one(database).query(query, Limits(rows=self._spec.max_rows))
        rows = result.rows
        emit(
            "table",
            {"columns": rows.columns, "rows": rows.rows, "sql": result.sql, "truncated": rows.truncated},
        )
        return write_rows(rows), rows

    def _one(self, database: str | None) -> Opened:
        chosen = self._chosen(database)
        if len(chosen) > 1:
            names = ", ".join(opened.name for opened in chosen)
            raise ToolError("There are several databases.", f"Name one as `database`: {names}.")
        return chosen[0]

    def _chosen(self, database: str | None, tell: bool = False) -> list[Opened]:
        """The named database, else the task's, else all in use that answer; `tell` of those that don't.

        Raises ToolError, DatabaseError.
        """
        names = self._databases.names()
        if self._spec.database is not None:
            names = (self._spec.database,)
        if not names:
            raise ToolError("No database is registered.", HOW_TO_ADD)
        if database and database not in names:
            raise ToolError(f"No database is named {database[:80]!r}.", f"There are: {', '.join(names)}.")
        if database or len(names) == 1:
            return [self._databases.open(database or names[0])]
        return self._answering(names, tell)

    def _answering(self, names: Sequence[str], tell: bool) -> list[Opened]:
        """Of several databases those that answer. Raises DatabaseError when none does."""
        found: list[Opened] = []
        failures: list[DatabaseError] = []
        for name in names:
            try:
                opened = self._databases.open(name)
                opened.schema()
                found.append(opened)
            except DatabaseError as error:
                failures.append(error)
                if tell:
                    _tell_away(name, error)
        if not found:
            raise failures[0]
        return found

    def _overviews(self) -> str:
        """What is there to be asked, for the tool's description; a database that is away is named with the reason."""
        try:
            names = (self._spec.database,) if self._spec.database else self._databases.names()
            overviews = [self._safe_overview(name, len(names)) for name in names]
            return "\n\n".join(overviews) or f"No database is registered. {HOW_TO_ADD}"
        except DatabaseError as error:
            return str(error)

    def _safe_overview(self, name: str, among: int) -> str:
        try:
            return self._overview(self._databases.open(name), among)
        except DatabaseError as error:
            _tell_away(name, error)
            return f"Database {name} is not available: {error}"

    def _overview(self, opened: Opened, among: int) -> str:
        """A schema in the share that it has of what is shown of this many."""
        return overview(opened.name, opened.schema(), self._spec.schema_tokens // max(1, among), self._count)


@contextmanager
def _as_tool_error() -> Generator[None]:
    """To a model a database that is away is one more thing that a tool could not do."""
    try:
        yield
    except DatabaseError as error:
        raise ToolError(error.message, error.hint) from error


def _tell_away(name: str, error: DatabaseError) -> None:
    text = f"The database {name} can't be asked. {error}"
    once(text, lambda: emit("notice", {"text": text}))


def _named(schema: Schema, tables: Sequence[str]) -> list[Table]:
    if not tables:
        return list(schema.tables)
    return [table for name in tables if (table := schema.by_name.get(name.lower()))]


def _refuse_unknown(tables: Sequence[str], schemas: Sequence[Schema]) -> None:
    known = [table.name for schema in schemas for table in schema.tables]
    for name in tables:
        if name.lower() not in (other.lower() for other in known):
            raise ToolError(f"There is no table {name[:80]!r}.", name_hint(name, known, "The tables are"))
