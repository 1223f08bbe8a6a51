"""One question on its way to an answer, stage by stage; `best` is what would be said if it had to end now."""

from __future__ import annotations

import asyncio
import time

from langchain_core.messages import AIMessage

from cairn.chains.helper_calls import HelperError
from cairn.chains.text_to_sql.empty_results import hints
from cairn.chains.text_to_sql.query_candidates import vote_among
from cairn.chains.text_to_sql.query_execution import Attempt, attempt, tell_stage
from cairn.chains.text_to_sql.query_extraction import Query, find_query
from cairn.chains.text_to_sql.result_wording import say, say_failed, say_no_query
from cairn.chains.text_to_sql.sql_budget import Budget, LimitReached
from cairn.chains.text_to_sql.sql_prompt import Messages, SqlPrompt, make_prompt
from cairn.core.errors import ToolError
from cairn.core.events import emit
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.prompts.template import step
from cairn.tools.sql_tools import SqlTools


class SqlRun:
    def __init__(self, task: Task, turn: Turn, sql: SqlTools, budget: Budget) -> None:
        self._task = task
        self._turn = turn
        self._sql = sql
        self._budget = budget
        self._repair_names = task.sql.repairs > 0
        self._best: Attempt | None = None
        self._stopped: str | None = None

    async def reply(self) -> Reply:
        try:
            await self._work()
        except LimitReached as limit:
            self._stop(limit.reason)
        best = self._best
        if best is not None and best.query is None:
            text = say_no_query(self._turn.question, best.text, invented=self._budget.writes)
            return Reply(text, self._stopped or ("repairs" if self._budget.writes else None))
        if best is None or best.result is None:
            text = say_failed(self._turn.question, best.error if best else None)
            return Reply(text, self._stopped or "repairs")
        rows, sql = best.result.rows, best.result.sql
        emit("table", {"columns": rows.columns, "rows": rows.rows, "sql": sql, "truncated": rows.truncated})
        return Reply(say(self._turn.question, rows), self._stopped)

    def _stop(self, reason: str) -> None:
        emit("notice", {"text": f"Limit reached: {reason}. This is the best answer so far."})
        self._stopped = reason

    async def _work(self) -> None:
        prompt = await make_prompt(self._task, self._turn, self._sql, self._budget)
        self._best = best = await self._first(prompt)
        for _ in range(self._task.sql.repairs if best.error else 0):
            missing = best.query is None
            if missing and not self._budget.writes:
                break
            self._best = best = await self._repaired(prompt.plain, best)
            if best.error is None or (missing and best.query is None):  # it was asked, and says so again
                break
        if self._task.sql.check_empty and best.query is not None and best.empty:
            await self._look_again(prompt.plain, best.query)

    async def _first(self, prompt: SqlPrompt) -> Attempt:
        """One query, or the one that a vote chose."""
        began = time.perf_counter()
        count = self._task.sql.candidates
        if count > 1:
            best, stopped = await vote_among(self._sql, self._budget, prompt.extended, count, self._repair_names)
            if stopped:
                self._stop(stopped)
        else:
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
