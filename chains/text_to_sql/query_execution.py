"""The query in a model's answer, run as a tool call that people see, with real names for wrong ones."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from typing import Literal

from cairn.core.errors import CairnError, DatabaseError, ToolError
from cairn.core.events import emit
from cairn.core.run_traces import traced
from cairn.databases.database_registry import Result
from cairn.models.answer_forms import form_of
from cairn.tools.rows_as_text import write_rows
from cairn.tools.sql_tools import SqlTools
from cairn.tools.tool_invocation import observe

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
