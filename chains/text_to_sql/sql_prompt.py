"""What the model is sent before it writes: the schema, the examples, and by which steps it is to think."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import BaseMessage

from cairn.chains.bounded_calls import Budget, HelperError
from cairn.chains.text_to_sql.query_execution import CLASS_FORM, find_class, find_query, tell_stage
from cairn.core.events import emit
from cairn.core.strategy import Prompt, Turn
from cairn.core.task import Task
from cairn.databases.sql_examples import needs_first_query
from cairn.prompts.template import step
from cairn.tools.sql_tools import SqlTools

Messages = Sequence[BaseMessage]
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class SqlPrompt:
    """`plain` are the messages of the task's own prompt, `extended` the same with what `steps` add to the question."""

    plain: Messages
    extended: Messages
    reasons: bool = False


async def make_prompt(task: Task, turn: Turn, sql: SqlTools, budget: Budget) -> SqlPrompt:
    """Raises ToolError (no database), DatabaseError, TemplateError. What a model could not help with is left out."""
    plain = await _messages(turn, sql, budget)
    classed = await _classed(plain, budget) if task.sql.decompose else None
    if classed is not None:
        return SqlPrompt(plain, classed)
    return SqlPrompt(plain, with_step(plain, "sql_reason"), True) if task.sql.reason else SqlPrompt(plain, plain)


def with_step(messages: Messages, name: str, **values: str) -> Messages:
    """The messages with the step `name` in the place of the last one, which it repeats as `{{question}}`."""
    return [*messages[:-1], *step(name).format_messages(question=messages[-1].text, **values)]


async def _messages(turn: Turn, sql: SqlTools, budget: Budget) -> Messages:
    values: dict[str, str] = {}
    if "schema" in turn.prompt.missing:
        values["schema"] = await asyncio.to_thread(sql.schema_for, _asked(turn))
    if turn.pool is None or not needs_first_query(turn.pool.spec):
        return turn.prompt.messages(**values)
    return (await _with_examples(turn, sql, budget, values)).messages(**values)


def _asked(turn: Turn) -> str:
    """The question after the one before it, to which a follow-up leaves half of what it says."""
    before = [message.text for message in turn.history if message.type == "human"]
    return "\n".join([*before[-1:], turn.question])


async def _with_examples(turn: Turn, sql: SqlTools, budget: Budget, values: dict[str, str]) -> Prompt:
    """The prompt with the examples that a first query is nearest to; as it is where none can be had."""
    if turn.pool is None:
        return turn.prompt
    began = time.perf_counter()
    imagined = turn.pool.spec.selector == "hypothetical"
    messages = step("sql_imagine").format_messages(question=_asked(turn)) if imagined else None
    try:
        text = await budget.help(messages or turn.prompt.messages(**values))
        first = find_query(text)
        if first is None:
            raise HelperError("the model wrote none")
    except HelperError as error:
        emit("notice", {"text": f"Examples were chosen without a first query: {error}."})
        return turn.prompt
    tell_stage("first query", " ".join(first.sql.split())[:_SHOWN], began)
    chosen = await asyncio.to_thread(sql.examples_for, turn.question, turn.pool, first.sql)
    return turn.prompt.with_examples(chosen)


async def _classed(messages: Messages, budget: Budget) -> Messages | None:
    """The messages asking by the question's class; None, and a notice, where the model names no class."""
    began = time.perf_counter()
    try:
        found = find_class(await budget.help(with_step(messages, "sql_class"), form=CLASS_FORM))
        if found is None:
            raise HelperError("the model named no class")
    except HelperError as error:
        emit("notice", {"text": f"The question was not decomposed: {error}."})
        return None
    name, parts = found
    tell_stage("decompose", "; ".join([name.replace("_", "-"), *(parts if name == "nested" else [])]), began)
    if name == "nested":
        listed = "\n".join(f"- {part}" for part in parts or [messages[-1].text])
        return with_step(messages, "sql_nested", questions=listed)
    return with_step(messages, f"sql_{name}")
