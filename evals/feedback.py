"""Corrections: a question and the SQL that is right for it become an example, which the task's selector finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from cairn.agents.workspace import Workspace
from cairn.core.answer import Answer
from cairn.core.clean_text import clean
from cairn.core.errors import CairnError
from cairn.core.strategy import Example
from cairn.databases.connections.database_engine import Limits
from cairn.prompts.example_pool import add_example, find_example, remove_example, remove_examples
from cairn.tools.chart_tool import NAME as DRAW
from cairn.tools.chart_tool import QUERY

DATABASE_TASK = "database"


def learn(workspace: Workspace, question: str, sql: str, database: str, task: str | None = None) -> str:
    """The pair becomes an example of `task`, else of the one that answers from databases, whose name is returned.

    The SQL is held against the guard and run once. Raises UsageError, SqlRefused, ToolError, DatabaseError, TaskError.
    """
    pair = _pair(question, sql, database)
    workspace.settings.check_question(pair["input"])
    workspace.databases.open(database).query(pair["output"], Limits(rows=1))
    pool = pool_of(workspace, task)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    add_example(workspace.home, pool, {**pair, "by": workspace.settings.user, "at": at})
    return pool


@dataclass(frozen=True, slots=True)
class Taught:
    """Which of the learned pairs are meant: all, those of a database, by a person, `since` a day or time (ISO 8601)."""

    database: str | None = None
    by: str | None = None
    since: str = ""

    def holds(self, pair: Example) -> bool:
        """Not of a pair of which nobody knows who taught it."""
        asked = self.database in (None, pair.get("database")) and self.by in (None, pair.get("by"))
        return asked and "by" in pair and pair.get("at", "") >= self.since


def learned(workspace: Workspace, task: str | None = None, which: Taught = Taught()) -> list[Example]:
    """The pairs that people taught, with who and when. Raises TaskError."""
    return list(filter(which.holds, workspace.prompts.examples(pool_of(workspace, task))))


def take_back(workspace: Workspace, task: str | None = None, which: Taught = Taught()) -> list[Example]:
    """These are no examples any more, all at once. Raises TaskError, StorageError."""
    return remove_examples(workspace.home, pool_of(workspace, task), which.holds)


def forget(workspace: Workspace, question: str, database: str, task: str | None = None) -> bool:
    """The pair of this question is no example any more; whether it was one. Raises TaskError, StorageError."""
    pool, pair = pool_of(workspace, task), _pair(question, "", database)
    known = find_example(workspace.prompts.examples(pool), pair) is not None
    remove_example(workspace.home, pool, pair)
    return known


def is_learned(workspace: Workspace, pair: Example, task: str | None = None) -> bool:
    """Whether just this pair is an example; a pool that can't be read has none."""
    try:
        found = find_example(workspace.prompts.examples(pool_of(workspace, task)), pair)
    except CairnError:
        return False
    return found is not None and found["output"] == pair["output"]


def pool_of(workspace: Workspace, task: str | None) -> str:
    """The task whose examples are meant: one that itself writes a single query, else `database`."""
    return task if task and workspace.prompts.task(task).strategy == "sql" else DATABASE_TASK


def pair_of(workspace: Workspace, question: str, answer: Answer) -> Example | None:
    """What a thumb up under this answer teaches: its question and the query it rests on.

    None where there is no such query, or several: none of them alone answers the question. Nor does one whose rows were
    only drawn, which an earlier question asked for.
    """
    made = {step.tool for step in answer.steps if step.error is None}
    if DRAW in made and QUERY not in made:
        return None
    queries = [table.sql for table in answer.tables if table.sql and not table.lookup]
    if len(queries) != 1 or not question.strip():
        return None
    sql = queries[0]
    try:
        database = database_of(workspace, sql, answer)
    except CairnError:
        return None
    return _pair(question, sql, database) if database else None


def database_of(workspace: Workspace, sql: str, answer: Answer) -> str | None:
    """The one that the step named, else the task's, else the only one that can run it."""
    names = workspace.databases.names()
    for step in reversed(answer.steps):
        if step.error is None and step.arguments.get("database") in names:
            return cast(str, step.arguments["database"])
    chosen = workspace.prompts.task(answer.task).sql.database if answer.task else None
    if chosen or len(names) == 1:
        return chosen or names[0]
    able = [name for name in names if _runs(workspace, name, sql)]
    return able[0] if len(able) == 1 else None


def _runs(workspace: Workspace, database: str, sql: str) -> bool:
    try:
        workspace.databases.open(database).query(sql, Limits(rows=1))
    except CairnError:
        return False
    return True


def _pair(question: str, sql: str, database: str) -> Example:
    return Example(input=clean(question).strip(), output=clean(sql).strip().rstrip(";").rstrip(), database=database)
