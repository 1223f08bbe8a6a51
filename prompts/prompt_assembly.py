"""A task's prompt for one question: template, chosen examples, the thread so far and the question, put together."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cairn.core.clean_text import clean
from cairn.core.strategy import Example, Pool, Turn
from cairn.core.task import FieldSpec, Task
from cairn.models.context_window import EXAMPLE, THREAD
from cairn.models.training_notes import notes_of_model, prompt_digest
from cairn.prompts.template import Template

VARIABLES = frozenset({"question", "today", "labels", "fields"})
"""What every template can use, whatever the strategy."""


@dataclass(frozen=True)
class RenderedPrompt:
    """Implements `cairn.core.strategy.Prompt`. `given` holds what is known before the strategy runs.

    `background` is what is remembered beside the thread; it ends the system message, as data, never as a template.
    """

    template: Template
    given: dict[str, str]
    examples: Sequence[Example] = ()
    history: Sequence[BaseMessage] = ()
    background: str = ""

    @property
    def missing(self) -> frozenset[str]:
        return frozenset(self.template.input_variables) - set(self.given)

    def with_examples(self, examples: Sequence[Example]) -> RenderedPrompt:
        return replace(self, examples=examples)

    def messages(self, **values: str) -> list[BaseMessage]:
        """System, examples, thread, question. Raises TemplateError."""
        wanted = set(self.template.input_variables)
        known = {name: value for name, value in self.given.items() if name in wanted}
        filled = self.template.format_messages(**known, **{name: clean(value) for name, value in values.items()})
        body = [message for message in filled if message.type != "system"]
        if "question" not in wanted or all(message.type != "human" for message in body):
            body.append(HumanMessage(self.given["question"]))
        return [
            *_system(filled, self.background),
            *example_messages(self.examples),
            *(_marked(message) for message in self.history),
            *body,
        ]


def _marked(message: BaseMessage) -> BaseMessage:
    return message.model_copy(update={"additional_kwargs": {**message.additional_kwargs, THREAD: True}})


def _system(filled: Sequence[BaseMessage], background: str) -> list[BaseMessage]:
    """The system message with the background at its end; some models read only the first one."""
    system = [message for message in filled if message.type == "system"]
    if not background:
        return system
    text = "\n\n".join([*(message.text for message in system[-1:]), background])
    marks = {key: value for message in system[-1:] for key, value in message.additional_kwargs.items()}
    return [*system[:-1], SystemMessage(text, additional_kwargs=marks)]


def example_messages(examples: Sequence[Example]) -> list[BaseMessage]:
    """Examples as pairs of messages, marked so that nobody takes them for the thread."""
    return [
        message
        for example in examples
        for message in (
            HumanMessage(example["input"], additional_kwargs={EXAMPLE: True}),
            AIMessage(example["output"], additional_kwargs={EXAMPLE: True}),
        )
    ]


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
    given = {"question": question, "today": datetime.date.today().isoformat(), **_of_task(task)}
    return Turn(
        question, RenderedPrompt(template, given, examples, history, background), history, pool, background=background
    )


def _of_task(task: Task) -> dict[str, str]:
    return {"labels": "\n".join(f"- {label}" for label in task.labels), "fields": describe_fields(task.fields)}


def fixed_prompt(task: Task, template: Template) -> str:
    """A digest of what the task's prompt says whatever is asked: its places for anything else are left empty."""
    given = {name: _of_task(task).get(name, "") for name in template.input_variables}
    return prompt_digest([f"{message.type}: {message.text}" for message in template.format_messages(**given)])


def trained_otherwise(model: str, task: Task, template: Template) -> list[str]:
    """What to tell where the model's adapter was trained on another prompt than the task sends."""
    notes = notes_of_model(model)
    known = notes.prompts(task.name) if notes else set[str]()
    if not known or fixed_prompt(task, template) in known:
        return []
    return [
        f"The adapter of {model} was trained on another prompt than task {task.name} sends with template "
        f"{task.template}: it may answer worse than it was measured."
    ]


def describe_fields(fields: Sequence[FieldSpec]) -> str:
    """For a template's `{{fields}}`: one line a field."""
    return "\n".join(
        f"- {field.name} ({field.type}{', required' if field.required else ''}): {field.told}".rstrip(": ")
        for field in fields
    )
