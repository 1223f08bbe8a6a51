"""A question becomes a turn: with the task's template, chosen examples and the thread so far around it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from cairn.core.clean_text import clean
from cairn.core.strategy import Example, Pool, Turn
from cairn.core.task import FieldSpec, Task
from cairn.prompts.prompt_assembly import RenderedPrompt
from cairn.prompts.template import Template

VARIABLES = frozenset({"question", "today", "labels", "fields"})
"""What every template can use, whatever the strategy."""


def make_turn(
    task: Task,
    template: Template,
    question: str,
    history: Sequence[BaseMessage] = (),
    background: str = "",
    examples: Sequence[Example] = (),
    pool: Pool | None = None,
) -> Turn:
    """The turn of a question.

    Args:
        task: What is asked.
        template: Of that task, or one that fits its strategy.
        question: As it was typed.
        history: What of the thread is remembered.
        background: What is remembered beside the thread, see `RenderedPrompt`.
        examples: Those that stand in the prompt.
        pool: All that the strategy may choose from.

    Returns:
        The question with the prompt it is sent in.
    """
    question = clean(question)
    given = {
        "question": question,
        "today": datetime.date.today().isoformat(),
        "labels": "\n".join(f"- {label}" for label in task.labels),
        "fields": describe_fields(task.fields),
    }
    return Turn(question, RenderedPrompt(template, given, examples, history, background), history, pool)


def describe_fields(fields: Sequence[FieldSpec]) -> str:
    """For a template's `{{fields}}`: one line a field."""
    return "\n".join(
        f"- {field.name} ({field.type}{', required' if field.required else ''}): {field.description}".rstrip(": ")
        for field in fields
    )
