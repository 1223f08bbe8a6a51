"""What one row of a question set asks, and all that it says of a right answer (its gold)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Said = tuple[Literal["user", "assistant"], str]


@dataclass(frozen=True, slots=True)
class SourceGold:
    """Where the answer stands. `file`: a name or the end of a path or address. What is None does not matter."""

    file: str | None = None
    heading: str | None = None
    page: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        place = " > ".join(str(part) for part in (self.file, self.heading) if part)
        page = f", page {self.page}" if self.page is not None else ""
        return f"{place}{page}" or f"“{(self.text or '')[:60]}”"


@dataclass(frozen=True, slots=True)
class CallGold:
    """A tool call that is right. An argument's value is a list of alternatives; "" among them: it may be left out."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Case:
    """One question, and what is known of its right answer; each metric asks for the gold that it needs.

    >>> from cairn import Case
    >>> case = Case("1", "How high is it?", answers=("381 m",))
    >>> case.has("answers"), case.has("query")
    (True, False)

    Args:
        id: What it is called in records; unlike all others of its set.
        question: In any language.
        history: What was said before, oldest first.
        answers: Answers of which each is right.
        sources: Where the answer stands in the documents.
        query: The gold SQL.
        database: Where the question is asked.
        label: The class that a text belongs to.
        fields: The values that are to be taken out of a text.
        contains: Texts that the answer has to hold.
        matches: Regular expressions that the answer has to match.
        refuse: Nothing known answers it: right is to decline.
        tool_calls: The calls that are right, in any order.
        rubric: What a judge model is to hold the answer against.
        tags: By which a report is split.
        group: Cases of one document, author or database, which are no independent witnesses.
        difficulty: By which a report is split, too.
        extra: What else the row says.
    """

    id: str
    question: str
    history: tuple[Said, ...] = ()
    answers: tuple[str, ...] = ()
    sources: tuple[SourceGold, ...] = ()
    query: str | None = None
    database: str | None = None
    label: str | None = None
    fields: Mapping[str, Any] | None = None
    contains: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    refuse: bool = False
    tool_calls: tuple[CallGold, ...] = ()
    rubric: str | None = None
    tags: tuple[str, ...] = ()
    group: str | None = None
    difficulty: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def has(self, gold: str) -> bool:
        """Whether the row says anything of this gold field."""
        return bool(getattr(self, gold))

    @property
    def golds(self) -> tuple[str, ...]:
        """The gold fields that the row has."""
        return tuple(name for name in GOLDS if self.has(name))


GOLDS = (
    "answers", "sources", "query", "label", "fields", "contains", "matches", "refuse", "tool_calls", "rubric",
)  # fmt: skip
"""The fields of a Case that say what a right answer is."""
