"""A task's prompt for one question: template, chosen examples, the thread so far and the question, put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from cairn.core.clean_text import clean
from cairn.core.strategy import Example
from cairn.prompts.template import Template

EXAMPLE = {"example": True}


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
            *self.history,
            *body,
        ]


def _system(filled: Sequence[BaseMessage], background: str) -> list[BaseMessage]:
    """The system message with the background at its end; some models read only the first one."""
    system = [message for message in filled if message.type == "system"]
    if not background:
        return system
    text = "\n\n".join([*(message.text for message in system[-1:]), background])
    return [*system[:-1], SystemMessage(text)]


def example_messages(examples: Sequence[Example]) -> list[BaseMessage]:
    """Examples as pairs of messages, marked so that nobody takes them for the thread."""
    return [
        message
        for example in examples
        for message in (
            HumanMessage(example["input"], additional_kwargs=dict(EXAMPLE)),
            AIMessage(example["output"], additional_kwargs=dict(EXAMPLE)),
        )
    ]
