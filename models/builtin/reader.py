"""From a question to a query on one table, or to what was not understood. Every word must find its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.builtin.absence import add_absence
from models.builtin.comparisons import add_comparisons
from models.builtin.filters import add_dates, add_implied, add_values, date_column
from models.builtin.lexicon import DISTINCT, MEAN, SUM
from models.builtin.mentions import Lookup, Mention
from models.builtin.query import Query
from models.builtin.ranking import Ranking
from models.builtin.schema import Column, Table
from models.builtin.sheet import LISTS
from models.builtin.words import stem

_BY = frozenset([stem("per"), "by", "each", stem("every")])
_SOME = frozenset(["me", "us", "any", stem("some")])
_AMOUNTS = frozenset([stem("quantity"), "数"])
_PERIODS = {stem("year"): "year", stem("month"): "month"}


@dataclass
class Reading:
    """`unknown` are the phrases that found no place, of them `strange` words that name nothing known; `several`: they
    need another table. Then `query` tells how far it was understood.
    """

    query: Query
    unknown: list[str] = field(default_factory=list[str])
    strange: list[str] = field(default_factory=list[str])
    several: bool = False

    @property
    def understood(self) -> bool:
        return not self.unknown and not self.several


def read_question(question: str, table: Table, lookups: Sequence[Lookup] = ()) -> Reading:
    """`table` with types and samples, as `describe_tables` gives them."""
    return _Reader(question, table, lookups).read()


class _Reader(Ranking):
    def read(self) -> Reading:
        query, marks = self.query, self.marks
        order = self._sort()
        self._period()
        self._groups()
        add_values(query, marks, self.values, self.mentions, self.span is not None, self.unknown)
        add_dates(query, marks, self.span, self.mentions, self.at_table, self.unknown)
        self._some()
        add_comparisons(query, marks, self.mentions, self.units, self.unknown)
        if self._superlative() is None:
            add_absence(query, marks, self.mentions)
        self._measures()
        if order is not None:
            query.order, query.descending = order
        self._amount()
        self._rest()
        add_implied(query, marks)
        several = any(mention.foreign for mention in self.mentions)
        strange = [marks.words(run) for run in marks.left()]
        if self.bare and not strange:
            self.unknown.append(marks.text)
        return Reading(query, list(dict.fromkeys([*self.unknown, *strange])), strange, several)

    def _sort(self) -> tuple[Column, bool] | None:
        """`sorted by price, descending`"""
        for phrase in ("sorted by", "ordered by", "sort by", "order by"):
            if (at := self.marks.eat(phrase)) is not None:
                column = self._take(lambda mention: mention.start >= at)
                descending = self.marks.eat("descending") is not None or self.marks.eat("desc") is not None
                self.marks.eat("ascending")
                return (column, descending) if column else None
        return None

    def _period(self) -> None:
        for i, token in enumerate(self.marks.tokens):
            period = next((_PERIODS[word] for word in token.stems if word in _PERIODS), None)
            if period and not token.done and self._grouped(i):
                column = date_column(self.query.table, self.mentions, self.marks, self.at_table)
                if column:
                    self.marks.tick([i - 1, i], "cue")
                    self.query.group, self.query.period = column, "year" if period == "year" else "month"
                return

    def _grouped(self, i: int) -> bool:
        return self.marks.has(i - 1, _BY)

    def _groups(self) -> None:
        """`per status`, `by country`, `for each city`"""
        for mention in self.mentions:
            before = mention.start - 1
            while before >= 0 and self.marks.tokens[before].stems[:1] in (("the",), ("of",)):
                before -= 1
            if mention.used or not self._grouped_at(before):
                continue
            ranked = not self._is_text(mention) and self._superlative() is not None
            counted = self.counting is not None or self._aggregates() or (not self.form and self._is_text(mention))
            if self.marks.has(before, "by") and (ranked or not counted):
                column = self._by_order(mention)
            else:
                column = self.query.group = self._only(mention, mention.columns)
            mention.used = True
            if column is not None and before >= 0:
                self.marks.tick([before], "cue")

    def _grouped_at(self, i: int) -> bool:
        return self.marks.has(i, _BY)

    def _by_order(self, mention: Mention) -> Column | None:
        """`the top five products by price`, `list products by name`"""
        self.query.order = self._only(mention, mention.columns)
        self.query.descending = self._superlative() is not None
        return self.query.order

    @staticmethod
    def _is_text(mention: Mention) -> bool:
        return all(column.kind != "number" or column.is_key for column in mention.columns)

    def _some(self) -> None:
        """`list 5 books`: any five of them."""
        at = self.at_table[0] - 1 if self.at_table else -1
        plain = self.form in ("list", "show", "give") and self._superlative() is None
        if at <= 0 or not plain or not all(self.marks.has(i, LISTS | _SOME) for i in range(at)):
            return
        if self.marks.tokens[at].kind == "number" and self.marks.tokens[at].text.isdigit():
            self.marks.tick([at], "cue")
            self.query.limit = int(self.marks.tokens[at].text)

    def _aggregates(self) -> bool:
        return any(self.marks.has(i, SUM | MEAN) for i in range(len(self.marks.tokens)))

    def _measures(self) -> None:
        """What is asked for: a count, a sum, a mean, an extreme or rows."""
        if self.counting is not None:
            self._count()
        elif (at := self.marks.eat_any(MEAN)) is not None:
            self._aggregate("AVG", at)
        elif (at := self._superlative()) is not None:
            self._extreme(at)
        elif (at := self.marks.eat_any(SUM)) is not None:
            self._total(at)
        elif not self._sum_of_total():
            self._rows()

    def _count(self) -> None:
        query = self.query
        query.aggregate = "COUNT"
        total = self.marks.eat_any(SUM) is not None
        different = self.marks.eat_any(DISTINCT) is not None
        head = self._head(self.counting or 0)
        if head is not None:
            head.used = True
            if total and self._number(head):
                query.aggregate, query.column = "SUM", self._only(head, head.columns)
                return
            query.column = self._only(head, head.columns)
            query.distinct = True
            if not different and query.column and query.column.kind != "text":
                self.unknown.append(self.marks.words(range(head.start, head.end)))
        elif different and query.group is None:
            self.unknown.append("different")

    def _head(self, start: int) -> Mention | None:
        """The column right behind `how many`, where the table is not what is counted."""
        following = [at for at in self.at_table if at >= start]
        mention = next((m for m in self.mentions if m.start >= start and not m.used), None)
        if mention is None or self.marks.tokens[mention.start].start == 0:
            return None
        between = self.marks.tokens[start + 1 : mention.start]
        near = all(token.done == "cue" or token.stems[:1] == ("the",) for token in between)
        return mention if near and (not following or mention.start < following[0]) else None

    def _aggregate(self, name: str, at: int) -> None:
        """The column nearest behind the cue, else any number that is named."""
        column = self._take(lambda m: m.start > at and self._number(m)) or self._take(self._number)
        if column is None:
            self.unknown.append(self.marks.tokens[at].text)
            return
        self.query.aggregate, self.query.column = name, column  # type: ignore[assignment]
        if name in ("SUM", "AVG"):
            self.marks.eat_any(SUM)

    def _total(self, at: int) -> None:
        if any(not m.used and self._number(m) for m in self.mentions):
            self._aggregate("SUM", at)
        elif at + 1 in self.at_table and not self.mentions:
            self.query.aggregate = "COUNT"
        elif len(totals := [c for c in self.query.table.columns if c.kind == "number" and set(c.words) & SUM]) == 1:
            self.query.aggregate, self.query.column = "SUM", totals[0]
        else:
            self.unknown.append(self.marks.tokens[at].text)

    def _sum_of_total(self) -> bool:
        """A column that is called total itself: `What is the total of all orders?`"""
        if self.form in ("list", "show", "which"):
            return False
        for mention in self.mentions:
            named = any(set(self.marks.tokens[i].stems) & SUM for i in range(mention.start, mention.end))
            if named and not mention.used and self._number(mention):
                mention.used = others = any(m is not mention and not m.used and self._number(m) for m in self.mentions)
                self._aggregate("SUM", mention.start if others else mention.start - 1)
                return True
        return False

    def _rows(self) -> None:
        self.query.distinct = self.marks.eat_any(DISTINCT) is not None
        first = min((m.start for m in self.mentions if not m.used), default=None)
        heads = self.at_table[:1]
        if self.form in ("which", "what") and first is not None and heads and first < heads[0]:
            self.query.distinct = self.query.distinct or not self.query.filters
        elif self.form == "which" and first is not None and (self.marks.has(first - 1, "which") or not heads):
            self.query.distinct = True
        if self.query.group is not None:
            self.query.aggregate = "COUNT"
        elif not self.query.filters and (not self.form or not (heads or self.query.distinct)):
            self.bare = True

    def _amount(self) -> None:
        """`客户数`, `客户数量`, `order quantity`: how many there are, where no column holds a quantity."""
        said = (i for i in range(len(self.marks.tokens)) if self.marks.has(i, _AMOUNTS) and i - 1 in self.at_table)
        at = next(said, None)
        if at is not None and self.query.aggregate in (None, "COUNT"):
            self.marks.tick([at], "cue")
            self.query.aggregate = "COUNT"
            self.bare = False

    def _rest(self) -> None:
        """Columns that are named and not used yet are shown in a list; elsewhere they were not understood."""
        for mention in self.mentions:
            if mention.used:
                continue
            if self.query.aggregate is None:
                column = self._only(mention, mention.columns)
                if column and column not in self.query.show:
                    self.query.show.append(column)
            elif mention.implied:
                self.marks.tick([mention.start], "")
            else:
                self.unknown.append(self.marks.words(range(mention.start, mention.end)))
        if self.query.aggregate is not None and self.query.order is not None:
            self.unknown.append(self.query.order.name)
