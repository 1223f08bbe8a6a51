"""The sheet on which a question is read: its tokens, what names the table, and the query as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from models.builtin.lexicon import ADJECTIVES, EARLY, HIGH, LATE, LOW, MEAN
from models.builtin.marks import Marks, normal
from models.builtin.mentions import (
    Lookup,
    Mention,
    find_long_mentions,
    find_mentions,
    find_values,
    tick_table,
    vocabulary,
)
from models.builtin.query import Query
from models.builtin.schema import Column, Table
from models.builtin.when import find_span
from models.builtin.words import listed, stem

_INTRODUCING = ("called", "named", "名为", "叫做", "叫")
COUNTS = ("how many", "number of", "count of", "count")
LISTS = frozenset(stem(word) for word in listed("list show display give which what who find name get return"))


class Sheet:
    """`unknown` collects what was not understood; `form` is the first word that asks (`which`, `list`...)."""

    def __init__(self, question: str, table: Table, lookups: Sequence[Lookup]) -> None:
        self.span = find_span(normal(question))
        self.marks = Marks(question, vocabulary(table, lookups), self.span.at if self.span else (0, 0))
        self.query = Query(table)
        self.unknown: list[str] = []
        self.form = self._form()
        self.counting = self._counting()
        self.at_table = tick_table(self.marks, table)
        long = find_long_mentions(self.marks, table)
        self.values = find_values(self.marks, table, lookups)
        self._introductions()
        self.mentions = sorted([*long, *find_mentions(self.marks, table)], key=lambda mention: mention.start)

    def _introductions(self) -> None:
        """`called` and `named` say nothing but that a value follows."""
        for before, token in pairwise(self.marks.tokens):
            if token.done == "value" and before.text.casefold() in _INTRODUCING and not before.done:
                before.done = "cue"

    def _counting(self) -> int | None:
        """Where a count is asked for; `the average number of seats` asks for a mean."""
        at = next((at for phrase in COUNTS if (at := self.marks.eat(phrase)) is not None), None)
        return None if at is not None and self.marks.has(at - 1, MEAN) else at

    def _form(self) -> str:
        """The first word that is not a courtesy: `which`, `list`..."""
        for i, token in enumerate(self.marks.tokens):
            if token.kind == "word" and set(token.stems) & (LISTS | {"when"}):
                if stem("name") in token.stems and i == 0 and len(self.marks.tokens) > 1:
                    token.done = "cue"
                return next(one for one in token.stems if one in LISTS | {"when"})
        return ""

    def _take(self, good: Callable[[Mention], bool]) -> Column | None:
        """The column of the first unused mention that is `good`; a doubtful one is not understood."""
        for mention in self.mentions:
            if not mention.used and good(mention):
                mention.used = True
                return self._only(mention, mention.columns)
        return None

    def _only(self, mention: Mention, columns: Sequence[Column]) -> Column | None:
        if len(columns) == 1:
            return columns[0]
        self.unknown.append(self.marks.words(range(mention.start, mention.end)))
        return None

    def _number(self, mention: Mention) -> bool:
        numbers = [column for column in mention.columns if column.kind == "number" and not column.is_key]
        if numbers:
            mention.columns = numbers
        return bool(numbers)

    def _superlative(self) -> int | None:
        wanted = HIGH | LOW | LATE | EARLY | frozenset(ADJECTIVES)
        return next((i for i in range(len(self.marks.tokens)) if self.marks.has(i, wanted)), None)
