"""The query in a model's answer, run as a tool call that people see, with real names for wrong ones.

Where its result is empty, the texts that it compares with stand beside the values that are really stored.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from cairn.core.errors import CairnError, DatabaseError, ToolError
from cairn.core.events import emit
from cairn.core.run_traces import traced
from cairn.databases.database_registry import Result
from cairn.databases.linking.schema_text import Column, Schema
from cairn.databases.sql_text import parsed, quoted
from cairn.models.answer_forms import form_of
from cairn.tools.rows_as_text import write_rows
from cairn.tools.sql_tools import SqlTools
from cairn.tools.tool_invocation import observe

if TYPE_CHECKING:
    from cairn.databases.linking.stored_values import Hint


_FENCED = re.compile(r"```[ \t]*(\w*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_QUERY = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*\(*\s*(?:select\b|with\s+(?:recursive\s+)?[\"\w]+\s*(?:\(|as\b))", re.IGNORECASE
)
_NAMED = re.compile(r"\s*--[ \t]*database:?[ \t]+[`'\"]?([a-z0-9_-]+)", re.IGNORECASE)
_CHART = re.compile(r"^[ \t]*--[ \t]*chart:?(?:[ \t]+([a-z]+))?[ \t]*$", re.IGNORECASE | re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_CLASS = re.compile(r"^\W*class\W*[:：]\W*(easy|non[- _]?nested|nested)\b", re.IGNORECASE | re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*•–]|\d{1,2}[.)、])[ \t]*(\S.*)$", re.MULTILINE)
_MARKS = frozenset({"sql", "sqlite", "postgresql", "postgres", "mysql", "mariadb"})
_MOST_PARTS = 6
CLASS_FORM = form_of(rf'"Class: " ("EASY" | "NON-NESTED" | "NESTED" ("\n- " [^\n]+){{1,{_MOST_PARTS}}})')
"""What the step `sql_class` asks for."""

QuestionClass = Literal["easy", "non_nested", "nested"]
_MOST = 8
_LONG = 40


@dataclass(frozen=True, slots=True)
class Query:
    """What a model answered with; `database` where it named one in a first line `-- Database NAME`."""

    sql: str
    database: str | None


def find_query(text: str) -> Query | None:
    """The last ```sql block of an answer, else a block or a whole text that starts like a query."""
    blocks = [(language.lower(), body) for language, body in _FENCED.findall(text)]
    marked = [body for language, body in blocks if language in _MARKS]
    alike = [body for _, body in blocks if _QUERY.match(body)]
    if found := marked or alike or ([text] if _QUERY.match(text) else []):
        sql = _CHART.sub("", found[-1]).strip()
        named = _NAMED.match(sql)
        return Query(sql, named[1].lower() if named else None) if _COMMENT.sub("", sql).strip() else None
    return None


def find_chart(text: str) -> str | None:
    """The kind in a line `-- Chart KIND` of a ```sql block, empty where it names none; None without such a line."""
    blocks = [body for language, body in _FENCED.findall(text) if language.lower() in _MARKS]
    found = _CHART.search(blocks[-1]) if blocks else None
    return found and (found[1] or "").lower()


def find_class(text: str) -> tuple[QuestionClass, list[str]] | None:
    """The class that a line `Class: NESTED` names, with the sub-questions listed below it; None where none is named."""
    found = _CLASS.search(text)
    if found is None:
        return None
    parts = [" ".join(match[1].split())[:300] for match in _ITEM.finditer(text, found.end())]
    name = found[1].lower()
    return ("easy" if name == "easy" else "nested" if name == "nested" else "non_nested"), parts[:_MOST_PARTS]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a model wrote, the query in it, and what became of that. A missing query has failed like a wrong one."""

    text: str
    query: Query | None = None
    result: Result | None = None
    error: CairnError | None = None

    @property
    def empty(self) -> bool:
        return self.result is not None and not self.result.rows.rows


async def attempt(sql: SqlTools, text: str, repair_names: bool) -> Attempt:
    """The query in `text`, run; with `repair_names` once more with real names where it failed. Raises DatabaseError."""
    query = find_query(text)
    if query is None:
        return Attempt(text, error=ToolError("There is no query in the answer."))
    result, error = await _run(sql, query)
    if error is not None and repair_names and (renamed := await _with_real_names(sql, query)):
        again, _ = await _run(sql, renamed)
        if again is not None:
            return Attempt(text, renamed, again)
    return Attempt(text, query, result, error)


async def _run(sql: SqlTools, query: Query) -> tuple[Result | None, CairnError | None]:
    found: list[Result] = []
    arguments = {"query": query.sql} | ({"database": query.database} if query.database else {})

    async def call() -> str:
        found.append(await asyncio.to_thread(sql.run, query.sql, query.database))
        return write_rows(found[0].rows)

    observation = await observe("query_database", arguments, traced("query_database", "tool", arguments)(call))
    if observation.error is not None and isinstance(observation.error.__cause__, DatabaseError):
        raise observation.error.__cause__
    return (None, observation.error) if observation.error else (found[0], None)


async def _with_real_names(sql: SqlTools, query: Query) -> Query | None:
    """The query with the nearest real names, if it has wrong ones and it is clear what each must mean."""
    began = time.perf_counter()
    repaired = await asyncio.to_thread(_repaired, sql, query)
    if repaired is None:
        return None
    detail = "; ".join(repaired[1])
    tell_stage("nearest names", detail, began)
    emit("notice", {"text": f"The query was corrected: {detail}."})
    return replace(query, sql=repaired[0])


def _repaired(sql: SqlTools, query: Query) -> tuple[str, tuple[str, ...]] | None:
    from cairn.databases.name_repair import repair  # sqlglot costs 100 ms

    try:
        found = repair(query.sql, sql.schema(query.database))
    except ToolError:  # no such database: the error is known already
        return None
    return (found.sql, found.changes) if found else None


def tell_stage(name: str, detail: str, began: float) -> None:
    """`began`: of `time.perf_counter()`."""
    emit("stage", {"name": name, "detail": detail, "milliseconds": (time.perf_counter() - began) * 1000})


def hints(sql: str, schema: Schema, stored_like: Callable[[str], Sequence[Hint]]) -> str:
    """A line for each text that `sql` compares a column with and that is not stored there: what may have been meant.

    `stored_like` gives the stored values that are like a text. Empty when the query compares with no text.
    """
    lines: dict[str, None] = {}
    dialect = schema.dialect
    for text, name in compared(sql, dialect):
        there = _columns(name, schema)
        if not any(_is_stored(text, column) for _, column in there):
            lines |= dict.fromkeys(_line(table, column, dialect) for table, column in there if column.samples)
            lines |= dict.fromkeys(hint.line(dialect) for hint in stored_like(text))
    return "\n".join(list(lines)[:_MOST])


def compared(sql: str, dialect: str) -> list[tuple[str, str]]:
    """The texts in a query with the names of the columns they are compared with."""
    from sqlglot import exp

    tree = parsed(sql, dialect)
    found: list[tuple[str, str]] = []
    for node in tree.find_all(exp.EQ, exp.In, exp.Like) if tree is not None else ():
        columns = [side.name for side in (node.this, node.args.get("expression")) if isinstance(side, exp.Column)]
        sides = [node.this, node.args.get("expression"), *(node.args.get("expressions") or ())]
        texts = [side.this.strip("%") for side in sides if isinstance(side, exp.Literal) and side.is_string]
        found += [(text, name) for name in columns for text in texts]
    return found


def _columns(name: str, schema: Schema) -> list[tuple[str, Column]]:
    return [(table.name, column) for table in schema.tables if (column := table.by_name.get(name.lower()))]


def _is_stored(text: str, column: Column) -> bool:
    return _shown(text) in map(_shown, column.samples)


def _line(table: str, column: Column, dialect: str) -> str:
    values = ", ".join(repr(_shown(value)) for value in column.samples)
    kind = "the values" if column.all_values else "values such as"
    return f"-- {quoted(table, dialect)}.{quoted(column.name, dialect)} holds {kind} {values}"


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONG else text[:_LONG] + "…"
