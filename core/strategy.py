"""The contract between the assembly, the strategies and the runner.

A strategy is a function `(task, tools, model) -> Runnable[Turn, Reply]`. What happens on the way it says with
`cairn.core.events.emit`; it never sees a user interface, a database of ours or another strategy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from typing_extensions import TypedDict

from cairn.core.events import Event, Table
from cairn.core.task import Examples, Task


class Example(TypedDict):
    """A question and its right answer; for SQL, `database` names the one that it is asked of.

    `by` taught it `at` that time (ISO 8601, UTC): by a correction or a thumb up; of others it is not known.
    """

    input: str
    output: str
    database: NotRequired[str]
    by: NotRequired[str]
    at: NotRequired[str]


class Prompt(Protocol):
    """A rendered-but-for-the-strategy prompt: system, examples, thread and question are in; what is left is named."""

    def messages(self, **values: str) -> list[BaseMessage]:
        """Everything the model is sent. Raises TemplateError, naming what is missing or unknown."""
        ...

    @property
    def missing(self) -> frozenset[str]:
        """The variables that the strategy has to give: `context`, `schema`..."""
        ...

    def with_examples(self, examples: Sequence[Example]) -> Prompt:
        """The same prompt with these examples, and no others."""
        ...


class Pool(Protocol):
    """All examples of a task, for a strategy that can choose better than by the question alone.

    Those that the question alone chooses are in the prompt already. `spec` says how many, and by what.
    """

    @property
    def spec(self) -> Examples: ...

    @property
    def examples(self) -> Sequence[Example]: ...

    def nearest(
        self,
        text: str,
        key: Callable[[Example], str],
        *,
        only: Callable[[Example], bool] | None = None,
        prefer: Callable[[Example], bool] | None = None,
    ) -> list[Example]:
        """At most `spec.k` examples within `spec.max_tokens` whose `key` is most like `text`, the nearest last.

        Of those that `only` lets pass, if any does; what `prefer` holds of is nearer than what it does not.
        """
        ...


class EarlierTable(Table):
    """A table of an earlier answer; `title`: what a chart of it is called that is given no other title."""

    title: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One question, ready to be answered. `history` is what of the thread is remembered (it is in the prompt too).

    `pool`: what `SqlTools.examples_for` (in `cairn.tools.sql_tools`) chooses from; None for a task without examples.
    `earlier`: the run's events of before it waited or its process ended; a strategy that can goes on from there.
    `untrusted`: what is remembered may hold text that others wrote. `alone`: False for one of several attempts.
    `tables`: reads the tables that the thread's earlier answers rest on, oldest first; None outside a thread.
    `background`: what is remembered beside the thread (it is in the prompt too).
    """

    question: str
    prompt: Prompt
    history: Sequence[BaseMessage] = ()
    pool: Pool | None = None
    earlier: Sequence[Event] = ()
    untrusted: bool = False
    alone: bool = True
    tables: Callable[[], Sequence[EarlierTable]] | None = None
    background: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """`str(reply)` is its text. `stopped_by` names the limit that ended the work early, None for its own end.

    >>> from cairn import Reply
    >>> str(Reply("42"))
    '42'
    """

    text: str
    stopped_by: str | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ReplyChunk(Reply):
    """A piece of a reply that is streamed: the sum of all pieces is the reply.

    `replaces`: it takes the place of all pieces before it, since the answer was changed after it had been written.
    """

    replaces: bool = False

    def __str__(self) -> str:
        return self.text

    def __add__(self, other: ReplyChunk) -> ReplyChunk:
        text = other.text if other.replaces else self.text + other.text
        return ReplyChunk(text, other.stopped_by or self.stopped_by, self.replaces or other.replaces)


class Strategy(Protocol):
    """A function that makes the Runnable; packaged ones take a question as well (`chains.question_runnable`)."""

    def __call__(self, task: Task, tools: Sequence[BaseTool], model: BaseChatModel) -> Runnable[Any, Reply]: ...
