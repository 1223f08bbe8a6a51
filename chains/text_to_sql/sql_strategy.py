"""The `sql` strategy: schema and question in, one query out, run and repaired, and a sentence on what came back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, get_args

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from cairn.chains.bounded_calls import Budget, HelperError, LimitReached, need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.text_to_sql.query_execution import Attempt, Query, attempt, find_chart, find_query, hints, tell_stage
from cairn.chains.text_to_sql.sql_prompt import Messages, SqlPrompt, make_prompt
from cairn.core.clean_text import has_cjk, plain
from cairn.core.errors import CairnError, ToolError
from cairn.core.events import Table, emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.databases.connections.database_engine import Rows
from cairn.databases.sql_examples import needs_first_query
from cairn.prompts.template import step
from cairn.tools.chart_making import ChartKind
from cairn.tools.chart_tool import NAME as DRAW
from cairn.tools.chart_tool import drawing_from, results_of
from cairn.tools.rows_as_text import write_rows
from cairn.tools.sql_tools import SqlTools, sql_of
from cairn.tools.tool_invocation import call_tool

NO_QUERY_RUN = ("No query was run.", "没有运行查询。")
DRAWN = ("The chart shows the result.", "图表显示查询结果。")
NO_CHART = ("There is no chart.", "没有图表。")
_SHOWN_ROWS = 10


def text_to_sql(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Answer by one query, over the SQL tools.

    What is on the way is said by `task.sql`, each stage of which tells of itself as a `stage` event:

        examples by a first query -> class of the question -> columns, tables, query -> real names for wrong ones
        -> the error given back -> an empty result looked at again

    After `sql.repairs` failures the reply says what went wrong and is marked `stopped_by="repairs"`; at one of
    `task.limits` it is the best so far, marked with the limit's name. An answer without a query has failed as well: the
    reply says that none was run, and gives the model's words as no more than that. Raises TaskError, ToolError (no
    database), DatabaseError (it is away), ModelError.
    """
    need_writer(model, *_for_writers(task))
    sql = sql_of(tools)

    async def answer(turn: Turn) -> Reply:
        return await SqlRun(task, turn, sql, Budget(model, task.limits), tools).reply()

    return StrategyRunnable("sql", task, answer)


def _for_writers(task: Task) -> list[str]:
    """The settings of the task that need a generative model."""
    wanted = {
        "sql.reason": task.sql.reason,
        "sql.decompose": task.sql.decompose,
        "sql.check_empty": task.sql.check_empty,
        f"examples.selector: {task.examples.selector}": task.examples.selector in ("skeleton", "hypothetical"),
        "examples.same_difficulty": needs_first_query(task.examples),
    }
    return [name for name, on in wanted.items() if on]


class SqlRun:
    def __init__(self, task: Task, turn: Turn, sql: SqlTools, budget: Budget, tools: Sequence[BaseTool] = ()) -> None:
        self._task = task
        self._turn = turn
        self._sql = sql
        self._budget = budget
        self._tools = tools
        self._repair_names = task.sql.repairs > 0
        self._best: Attempt | None = None
        self._stopped: str | None = None

    async def reply(self) -> Reply:
        try:
            await self._work()
        except LimitReached as limit:
            self._stop(limit.reason)
        best = self._best
        if best is not None and best.query is None and self._kind(best) is not None:
            return await self._redrawn(best)
        if best is not None and best.query is None:
            text = say_no_query(self._turn.question, best.text, invented=self._budget.writes)
            return Reply(text, self._stopped or ("repairs" if self._budget.writes else None))
        if best is None or best.result is None:
            text = say_failed(self._turn.question, best.error if best else None)
            return Reply(text, self._stopped or "repairs")
        rows, sql = best.result.rows, best.result.sql
        emit("table", {"columns": rows.columns, "rows": rows.rows, "sql": sql, "truncated": rows.truncated})
        drawn = self._kind(best) is not None and not await self._draw(best)
        return Reply(say(self._turn.question, rows, drawn), self._stopped)

    def _kind(self, written: Attempt) -> str | None:
        """The chart that the model asked for, where one can be drawn."""
        able = any(tool.name == DRAW for tool in self._tools)
        return find_chart(written.text) if able else None

    async def _redrawn(self, written: Attempt) -> Reply:
        """A chart without a query is one of the table that the thread came to last."""
        if problem := await self._draw(written):
            return Reply(problem, "repairs" if self._budget.writes else None)
        return Reply(DRAWN[has_cjk(self._turn.question)], self._stopped)

    async def _draw(self, written: Attempt) -> str | None:
        """Why the chart that was asked for is not drawn, told where there is an answer beside it; None where it is."""
        results = results_of(self._turn)
        if written.result is not None:
            rows = written.result.rows
            results.told.append(Table(columns=rows.columns, rows=rows.rows, sql=written.result.sql))
        kind = self._kind(written)
        with drawing_from(results):
            seen = await call_tool(self._tools, DRAW, **({"kind": kind} if kind in get_args(ChartKind) else {}))
        if seen.error is None:
            return None
        problem = f"{NO_CHART[has_cjk(self._turn.question)]} {seen.error.message}"
        if written.result is not None:
            emit("notice", {"text": problem})
        return problem

    def _stop(self, reason: str) -> None:
        emit("notice", {"text": f"Limit reached: {reason}. This is the best answer so far."})
        self._stopped = reason

    async def _work(self) -> None:
        prompt = await make_prompt(self._task, self._turn, self._sql, self._budget)
        self._best = best = await self._first(prompt)
        for _ in range(self._task.sql.repairs if best.error else 0):
            missing = best.query is None
            if missing and (not self._budget.writes or self._kind(best) is not None):
                break
            self._best = best = await self._repaired(prompt.plain, best)
            if best.error is None or (missing and best.query is None):  # it was asked, and says so again
                break
        if self._task.sql.check_empty and best.query is not None and best.empty:
            await self._look_again(prompt.plain, best.query)

    async def _first(self, prompt: SqlPrompt) -> Attempt:
        began = time.perf_counter()
        best = await attempt(self._sql, await self._budget.ask(prompt.extended), self._repair_names)
        if prompt.reasons:
            tell_stage("reason", "columns, tables, query", began)
        return best

    async def _repaired(self, messages: Messages, failed: Attempt) -> Attempt:
        """Another attempt, after the model was shown the error."""
        began = time.perf_counter()
        name = "sql_repair" if failed.query else "sql_missing"
        given = {"error": str(failed.error)} if failed.query else {}
        shown = [AIMessage(failed.text), *step(name).format_messages(**given)]
        text = await self._budget.ask([*messages, *shown])
        tell_stage("repair", str(failed.error), began)
        return await attempt(self._sql, text, self._repair_names)

    async def _look_again(self, messages: Messages, query: Query) -> None:
        """Show the empty result once; another query counts only if it runs."""
        began = time.perf_counter()
        found = await asyncio.to_thread(self._hints, query)
        written = AIMessage(f"```sql\n{query.sql}\n```")
        shown = [written, *step("sql_empty").format_messages(hints=found)]
        try:
            text = await self._budget.help([*messages, *shown], keep=0)
        except HelperError as error:
            emit("notice", {"text": f"The empty result was not looked at again: {error}."})
            return
        outcome, other = "kept", find_query(text)
        if other is not None and other.sql != query.sql:
            again = await attempt(self._sql, text, self._repair_names)
            outcome = "corrected" if again.result else "kept, since the correction failed"
            self._best = again if again.result else self._best
        tell_stage("empty check", outcome, began)

    def _hints(self, query: Query) -> str:
        try:
            schema = self._sql.schema(query.database)
            return hints(query.sql, schema, lambda text: self._sql.stored_like(text, query.database))
        except ToolError:
            return ""


def say(question: str, rows: Rows, drawn: bool = False) -> str:
    """A sentence that says only what the table says, with up to ten rows of it, in the question's language.

    Those that are `drawn` are seen in their chart.
    """
    chinese = has_cjk(question)
    if drawn:
        return DRAWN[chinese]
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


def say_failed(question: str, error: CairnError | None) -> str:
    said = "没有得到能执行的查询。" if has_cjk(question) else "No query could be run for this question."
    return f"{said} {error}" if error else said


def say_no_query(question: str, text: str, *, invented: bool) -> str:
    """That nothing was run, and what the model said; `invented`: its words may be anything, and are no result."""
    chinese, text = has_cjk(question), text.strip()
    said = NO_QUERY_RUN[chinese]
    if not text or not invented:
        return f"{said} {text}".strip()
    own = (
        "以下是模型自己的说法，没有任何查询可以证实："
        if chinese
        else "In the model's own words, which no query bears out:"
    )
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return f"{said} {own}\n\n{quoted}"


def _value(value: Any, chinese: bool) -> str:
    if value is None:
        return "结果没有值（NULL）。" if chinese else "The result has no value (NULL)."
    return f"**{' '.join(plain(value).split())}**"
