"""The `sql` strategy: schema and question in, one query out, run and repaired, and a sentence on what came back."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from cairn.chains.helper_calls import need_writer
from cairn.chains.question_runnable import QuestionRunnable, StrategyRunnable
from cairn.chains.text_to_sql.sql_attempt import SqlRun
from cairn.chains.text_to_sql.sql_budget import Budget
from cairn.core.strategy import Reply, Turn
from cairn.core.task import Task
from cairn.databases.sql_examples import needs_first_query
from cairn.tools.sql_tools import sql_of


def text_to_sql(task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> QuestionRunnable:
    """Answer by one query, over the SQL tools.

    What is on the way is said by `task.sql`, each stage of which tells of itself as a `stage` event:

        examples by a first query -> class of the question -> columns, tables, query -> several queries, and a vote
        -> real names for wrong ones -> the error given back -> an empty result looked at again

    After `sql.repairs` failures the reply says what went wrong and is marked `stopped_by="repairs"`; at one of
    `task.limits` it is the best so far, marked with the limit's name. An answer without a query has failed as well: the
    reply says that none was run, and gives the model's words as no more than that. Raises TaskError, ToolError (no
    database), DatabaseError (it is away), ModelError.
    """
    need_writer(model, *_for_writers(task))
    sql = sql_of(tools)

    async def answer(turn: Turn) -> Reply:
        return await SqlRun(task, turn, sql, Budget(model, task.limits)).reply()

    return StrategyRunnable("sql", task, answer)


def _for_writers(task: Task) -> list[str]:
    """The settings of the task that need a generative model."""
    wanted = {
        "sql.reason": task.sql.reason,
        "sql.decompose": task.sql.decompose,
        "sql.check_empty": task.sql.check_empty,
        "sql.candidates": task.sql.candidates > 1,
        f"examples.selector: {task.examples.selector}": task.examples.selector in ("skeleton", "hypothetical"),
        "examples.same_difficulty": needs_first_query(task.examples),
    }
    return [name for name, on in wanted.items() if on]
