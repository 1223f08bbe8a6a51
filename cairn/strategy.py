"""The contract between the assembly, the strategies and the runner.

A strategy is a function `(task, tools, model) -> Runnable[Turn, Reply]`. What happens on the way it says with
`cairn.events.emit`; it never sees a user interface, a database of ours or another strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

from cairn.task import Task


class Prompt(Protocol):
    """A rendered-but-for-the-strategy prompt: system, examples, thread and question are in; what is left is named."""

    def messages(self, **values: str) -> list[BaseMessage]:
        """Everything the model is sent. Raises TemplateError, naming what is missing or unknown."""
        ...

    @property
    def missing(self) -> frozenset[str]:
        """The variables that the strategy has to give: `context`, `schema`..."""
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, ready to be answered. `history` is what of the thread is remembered (it is in the prompt too)."""

    question: str
    prompt: Prompt
    history: Sequence[BaseMessage] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """`stopped_by` names the limit that ended the work early, None when it came to its own end."""

    text: str
    stopped_by: str | None = None


class Strategy(Protocol):
    def __call__(self, task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> Runnable[Turn, Reply]: ...
