"""Superlatives: the highest figure, the five cheapest, the latest, the city with the most of them."""

from __future__ import annotations

from models.builtin.filters import date_column, holds_years
from models.builtin.lexicon import ADJECTIVES, BEST, BIG, EARLY, HIGH, LABELS, LATE, LOW, SIZES
from models.builtin.mentions import Mention
from models.builtin.schema import Column
from models.builtin.sheet import LISTS, Sheet
from models.builtin.words import has_cjk, listed, stem

_WHICH = frozenset(["which", "what", "who", "when", "where"])
_AGE = frozenset(stem(word) for word in listed("oldest youngest"))
_JOINING = frozenset(stem(word) for word in listed("joined join hired hire registered registration start 入职 注册"))
_MADE = frozenset(stem(word) for word in listed("oldest newest"))
_BIRTH = frozenset(stem(word) for word in listed("birth birthday birthdate born dob 出生 生日 出生日期"))
# Several are shown where one is asked for: it may share the first place.
_GROUPS = 5
# Of records there are most or fewest; the highest or largest of them is one with a figure.
_MANY = frozenset(stem(word) for word in listed("most fewest least"))
_MANY_ZH = frozenset(["最多", "最少"])
_COMMON = frozenset([stem("common"), stem("frequent")])


class Ranking(Sheet):
    """Reads one superlative into the query."""

    def _extreme(self, at: int) -> None:
        marks, query = self.marks, self.query
        words = set(marks.tokens[at].stems)
        if words & (HIGH | LOW) and (adjective := next((i for i in (at + 1, at + 2) if self._adjective(i)), None)):
            marks.tick([at], "cue")
            at, words = adjective, set(marks.tokens[adjective].stems)
        query.descending = bool(words & (HIGH | LATE | BEST)) or any(
            ADJECTIVES[word][1] for word in words if word in ADJECTIVES
        )
        limit = self._limit(at)
        marks.tick([at], "cue")
        if self._ranked_groups(at, words, limit):
            return
        column = query.order or self._measured(at, words)
        if column is None:
            self.unknown.append(marks.tokens[at].text)
        elif limit is not None or self._asks_rows(at):
            query.order, query.limit = column, limit or 1
            for mention in self.mentions:
                mention.used = mention.used or column in mention.columns
            self._labels(column)
        else:
            query.aggregate, query.column = ("MAX" if query.descending else "MIN"), column
            for mention in self.mentions:
                mention.used = mention.used or mention.columns == [column]

    def _adjective(self, i: int) -> bool:
        return self.marks.has(i, frozenset(ADJECTIVES) | _COMMON | {stem("recent")})

    def _limit(self, at: int) -> int | None:
        """`top 5`, `three most`, `the 5 largest`, `which three products are the most expensive`"""
        counted = [table - 1 for table in self.at_table if table < at]
        for i in (at + 1, at - 1, at - 2, *counted):
            token = self.marks.tokens[i] if 0 <= i < len(self.marks.tokens) else None
            if (
                token
                and token.kind == "number"
                and token.text.isdigit()
                and not token.done
                and 0 < int(token.text) <= 1000
            ):
                token.done = "cue"
                extra = self._superlative_near(i)
                if extra is not None:
                    self.marks.tick([extra], "cue")
                return int(token.text)
        return None

    def _superlative_near(self, i: int) -> int | None:
        return next((n for n in (i - 1, i + 1) if self.marks.has(n, frozenset(["top", stem("most")]))), None)

    def _ranked_groups(self, at: int, words: set[str], limit: int | None) -> bool:
        """`Which country has the most customers?`, `the most common status`"""
        common = bool(words & _COMMON)
        beside = at + 1 in self.at_table or (at - 1 in self.at_table and has_cjk(self.marks.text))
        if not common and not (beside and (words & _MANY or self.marks.tokens[at].text in _MANY_ZH)):
            return False
        mention = next((m for m in self.mentions if not m.used and (common or self._groups_by(m, at))), None)
        if mention is None:
            return False
        self.query.descending = common or self.query.descending
        mention.used = True
        self.query.group = self._only(mention, mention.columns)
        self.query.aggregate, self.query.limit = "COUNT", limit or _GROUPS
        return True

    @staticmethod
    def _groups_by(mention: Mention, at: int) -> bool:
        """A figure is not grouped by: the customer with the most points is one row."""
        return mention.start < at and all(column.kind != "number" or column.is_key for column in mention.columns)

    def _measured(self, at: int, words: set[str]) -> Column | None:
        """The column that is compared: named behind the cue, meant by the adjective, or the date."""
        table = self.query.table
        for wanted in (w for word in words if word in ADJECTIVES for w in ADJECTIVES[word][0]):
            columns = [c for c in table.columns if wanted in c.words and c.kind == "number" and not c.is_key]
            if columns:
                return columns[0] if len(columns) == 1 else None
        if words & frozenset(ADJECTIVES):
            return None
        if words & _AGE and ((column := self._born(words)) or self.form == "who"):
            return column
        if words & _MADE and any(holds_years(c) for c in table.columns):
            return self._year()
        if words & _AGE and any(_JOINING & set(c.words) for c in table.columns if c.kind == "date"):
            return None
        if words & (LATE | EARLY):
            dated = any(column.kind == "date" for column in table.columns)
            return date_column(table, self.mentions, self.marks, self.at_table) if dated else self._year()
        if column := self._take(lambda m: m.start > at and self._number(m)) or self._take(self._number):
            return column
        sizes = [c for c in table.columns if c.kind == "number" and SIZES & set(c.words)] if words & BIG else []
        return sizes[0] if len(sizes) == 1 else None

    def _year(self) -> Column | None:
        """Where no column is a date, the one that holds a year."""
        columns = self.query.table.columns
        years = [c for c in columns if holds_years(c)]
        return years[0] if len(years) == 1 else None

    def _born(self, words: set[str]) -> Column | None:
        """Age, else the date of birth; the older, the higher the one and the earlier the other."""
        columns = self.query.table.columns
        ages = [c for c in columns if c.kind == "number" and {stem("age"), "年龄"} & set(c.words)]
        if len(ages) == 1:
            self.query.descending = stem("oldest") in words
            return ages[0]
        births = [c for c in columns if c.kind == "date" and _BIRTH & set(c.words)]
        return births[0] if len(births) == 1 else None

    def _asks_rows(self, at: int) -> bool:
        """Whether the record is wanted (`which product`, `the cheapest product`) and not the figure alone."""
        if self.form == "when":
            return False
        if at + 1 in self.at_table or self.form == "who":
            return True
        if has_cjk(self.marks.text) and self.form in _WHICH:
            return any(place > at for place in self.at_table)
        first = self.at_table[0] if self.at_table else len(self.marks.tokens)
        return self.form in _WHICH | LISTS and first < at

    def _labels(self, measured: Column) -> None:
        """A ranking shows what it is a ranking of."""
        if any(not mention.used for mention in self.mentions):
            return
        for kinds in LABELS:
            labels = [c for c in self.query.table.columns if c.words and c.words[-1] in kinds and not c.is_key]
            if labels:
                self.query.show = list(dict.fromkeys([*labels, measured]))
                return
