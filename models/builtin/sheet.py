"""The sheet on which a question is read: its tokens, what names the table, and the query as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from models.builtin.absence import split_prefixes
from models.builtin.lexicon import (
    ADJECTIVES,
    BEST,
    CURRENCIES,
    EARLY,
    HIGH,
    LATE,
    LOW,
    MEAN,
    MEANS,
    RATED,
    UNITS,
    WORST,
    Unit,
)
from models.builtin.marks import Marks, Token, normal
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
_LASTING = frozenset(stem(word) for word in listed("longer shorter more less exactly at over under between for up"))
LISTS = frozenset(stem(word) for word in listed("list show display give which what who find name get return"))


class Sheet:
    """`unknown` collects what was not understood; `form` is the first word that asks (`which`, `list`...).

    `bare`: neither a condition nor a figure nor a table was named, so that all there is would be shown.
    """

    def __init__(self, question: str, table: Table, lookups: Sequence[Lookup]) -> None:
        self.span = find_span(normal(question))
        self.marks = Marks(question, vocabulary(table, lookups), self.span.at if self.span else (0, 0))
        self.query = Query(table)
        self.unknown: list[str] = []
        self.bare = False
        split_prefixes(self.marks, table)
        self._lasting()
        self._best_paid()
        self.form = self._form()
        self.counting = self._counting()
        self.at_table = tick_table(self.marks, table)
        self.units = self._units()
        long = find_long_mentions(self.marks, table)
        self.values = find_values(self.marks, table, lookups)
        self._introductions()
        self.mentions = sorted([*long, *find_mentions(self.marks, table)], key=lambda mention: mention.start)

    def _lasting(self) -> None:
        """In `last longer than an hour` it is a verb."""
        for i, token in enumerate(self.marks.tokens):
            if token.stems[:1] == ("last",) and self.marks.has(i + 1, _LASTING):
                token.done = "cue"

    def _best_paid(self) -> None:
        """`the best paid` have the highest pay."""
        for i, token in enumerate(self.marks.tokens):
            if token.text.casefold() == "paid" and self.marks.has(i - 1, HIGH | LOW | BEST | WORST):
                high = self.marks.has(i - 1, HIGH | BEST)
                self.marks.tokens[i - 1].stems = (stem("highest" if high else "lowest"),)
                token.stems = tuple(MEANS[stem("earn")])

    def _units(self) -> dict[int, Unit]:
        """The unit behind each number; a unit that the table is named after counts rows."""
        found: dict[int, Unit] = {}
        for i, (before, token) in enumerate(pairwise([*self.marks.tokens, Token("", (), done="end")])):
            unit = next((UNITS[one] for one in token.stems if one in UNITS), None)
            if before.kind == "number" and (sign := self._sign(before)):
                found[i] = UNITS[sign]
            if before.kind == "number" and not before.done and not token.done and unit:
                token.done = "unit"
                found[i] = unit
        return found

    def _sign(self, number: Token) -> str | None:
        """The currency that `$100` and `100 €` are in."""
        around = (
            self.marks.text[: number.start].rstrip()[-1:] + self.marks.text[number.start :].lstrip("0123456789,. ")[:1]
        )
        return next((unit for sign, unit in CURRENCIES.items() if sign in around), None)

    def _introductions(self) -> None:
        """`called` and `named` say nothing but that a value follows."""
        for before, token in pairwise(self.marks.tokens):
            if token.done == "value" and before.text.casefold() in _INTRODUCING and not before.done:
                before.done = "cue"

    def _counting(self) -> int | None:
        """Where a count is asked for; `the average number of seats` asks for a mean."""
        at = next((at for phrase in COUNTS if (at := self._count_cue(phrase)) is not None), None)
        return None if at is not None and self.marks.has(at - 1, MEAN) else at

    def _count_cue(self, phrase: str) -> int | None:
        """A column may be called a count or a number itself: `page count`, `number of seats`."""
        at = self.marks.find(*(stem(word) for word in phrase.split()))
        if phrase.startswith("count") and at:
            ends = (column.words[-2:] for column in self.query.table.columns if column.words[-1:] == ["count"])
            if any(len(end) == 2 and self.marks.has(at - 1, end[0]) for end in ends):
                return None
        return self.marks.eat(phrase)

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
        if any(RATED & set(column.words) for mention in self.mentions for column in mention.columns):
            wanted = wanted | BEST | WORST
        return next((i for i in range(len(self.marks.tokens)) if self.marks.has(i, wanted)), None)
