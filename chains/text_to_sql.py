"""The `sql` strategy: schema and question in, one query out, run and repaired, and a sentence on what came back."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import BaseTool

from cairn import loop
from cairn.errors import CairnError, DatabaseError, TaskError
from cairn.events import emit, silent
from cairn.strategy import Reply, Turn
from cairn.task import Task
from cairn.text import has_cjk, plain
from tools.calling import observe
from tools.sql.engine import Rows
from tools.sql.tools import write_rows

_FENCED = re.compile(r"```[ \t]*(\w*)[ \t]*\r?\n(.*?)(?:```|\Z)", re.DOTALL)
_QUERY = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*\(*\s*(?:select\b|with\s+(?:recursive\s+)?[\"\w]+\s*(?:\(|as\b))", re.IGNORECASE
)
_NAMED = re.compile(r"\s*--[ \t]*database:?[ \t]+[`'\"]?([a-z0-9_-]+)", re.IGNORECASE)
_SHOWN_ROWS = 10


@dataclass(frozen=True, slots=True)
class Query:
    """What a model answered with; `database` where it named one in a first line `-- Database NAME`."""

    sql: str
    database: str | None


def text_to_sql(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> Runnable[Turn, Reply]:
    """Answer by one query over the tools `describe_tables` and `query_database`.

    A query that fails is given back with the error at most `task.sql.repairs` times; then the reply says what went
    wrong and is marked `stopped_by="repairs"`. An answer without a query is taken as the model's own answer.
    Raises TaskError, ToolError (no database), DatabaseError (it is away), ModelError.
    """
    chain = _TextToSql(task, _tool(tools, "describe_tables"), _tool(tools, "query_database"), model)
    return RunnableLambda(lambda turn: loop.wait(chain.answer(turn)), afunc=chain.answer, name="text_to_sql")


def _tool(tools: Sequence[BaseTool], name: str) -> BaseTool:
    for tool in tools:
        if tool.name == name:
            return tool
    raise TaskError(f"The strategy `sql` needs the tool {name}.", "Write `tools: [sql]` in the task.yaml.")


class _TextToSql:
    def __init__(self, task: Task, describe: BaseTool, query: BaseTool, model: BaseChatModel) -> None:
        self._repairs = task.sql.repairs
        self._describe = describe
        self._query = query
        self._model = model

    async def answer(self, turn: Turn) -> Reply:
        schema = await self._describe.ainvoke({"tables": []})
        messages = turn.prompt.messages(**({"schema": schema} if "schema" in turn.prompt.missing else {}))
        error: CairnError | None = None
        for _ in range(self._repairs + 1):
            began = time.perf_counter()
            with silent():
                text = str((await self._model.ainvoke(messages)).text)
            if error is not None:
                took = (time.perf_counter() - began) * 1000
                emit("rung", {"name": "repair", "detail": str(error), "milliseconds": took})
            query = find_query(text)
            if query is None:
                return Reply(text.strip())
            rows, error = await self._run(query)
            if rows is not None:
                return Reply(say(turn.question, rows))
            if error is not None and isinstance(error.__cause__, DatabaseError):
                raise error.__cause__
            messages = [*messages, *_repair(text, error)]
        return Reply(_failed(turn.question, error), stopped_by="repairs")

    async def _run(self, query: Query) -> tuple[Rows | None, CairnError | None]:
        """Run it as a tool call that people see: the rows, or what went wrong."""
        arguments = {"query": query.sql} | ({"database": query.database} if query.database else {})
        name, found = self._query.name, list[Rows]()

        async def call() -> str:
            message = await self._query.ainvoke({"type": "tool_call", "id": name, "name": name, "args": arguments})
            found.append(message.artifact)
            return str(message.content)

        observation = await observe(name, arguments, call)
        return (None, observation.error) if observation.error else (found[0], None)


def find_query(text: str) -> Query | None:
    """The last ```sql block of an answer, else a block or a whole text that starts like a query."""
    blocks = [(language.lower(), body) for language, body in _FENCED.findall(text)]
    marked = [body for language, body in blocks if language in ("sql", "sqlite", "postgresql", "mysql")]
    alike = [body for _, body in blocks if _QUERY.match(body)]
    if found := marked or alike or ([text] if _QUERY.match(text) else []):
        sql = found[-1].strip()
        named = _NAMED.match(sql)
        return Query(sql, named[1].lower() if named else None) if sql else None
    return None


def _repair(text: str, error: CairnError | None) -> list[BaseMessage]:
    return [
        AIMessage(text),
        HumanMessage(f"The query failed: {error}\nWrite the corrected query, as one ```sql block."),
    ]


def say(question: str, rows: Rows) -> str:
    """A sentence that says only what the table says, with up to ten rows of it, in the question's language."""
    chinese = has_cjk(question)
    count = len(rows.rows)
    if count == 0:
        return "查询结果为空：没有符合条件的行。" if chinese else "The result is empty: no row matches."
    if count == 1 and len(rows.columns) == 1:
        return _value(rows.rows[0][0], chinese)
    if rows.truncated:
        english = f"There are more than {count} rows; the table has the first {count}."
        return f"结果超过 {count} 行，表中是前 {count} 行。" if chinese else english
    if count > _SHOWN_ROWS:
        return f"共 {count} 行，见表。" if chinese else f"There are {count} rows; they are in the table."
    head = f"共 {count} 行：" if chinese else f"{count} row{'' if count == 1 else 's'}:"
    table = write_rows(rows).rpartition("\n\n(")[0]
    return f"{head}\n\n{table}"


def _value(value: Any, chinese: bool) -> str:
    if value is None:
        return "结果没有值（NULL）。" if chinese else "The result has no value (NULL)."
    return f"**{' '.join(plain(value).split())}**"


def _failed(question: str, error: CairnError | None) -> str:
    said = "没有得到能执行的查询。" if has_cjk(question) else "No query could be run for this question."
    return f"{said} {error}"
