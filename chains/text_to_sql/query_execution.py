"""Runs a query as a tool call that people see, and corrects its names where only one can be meant."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from cairn.chains.text_to_sql.query_extraction import Query, find_query
from cairn.core.errors import CairnError, DatabaseError, ToolError
from cairn.core.events import EventType, emit, listening
from cairn.core.run_traces import traced
from cairn.databases.database_registry import Result
from cairn.tools.sql_tools import SqlTools, write_rows
from cairn.tools.tool_invocation import observe


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


@contextmanager
def buffered_events() -> Generator[list[tuple[EventType, Any]]]:
    """Events inside are kept in the list and told to nobody."""
    kept: list[tuple[EventType, Any]] = []
    with listening(lambda type, data: kept.append((type, data))):
        yield kept
