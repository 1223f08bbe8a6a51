"""A question's parts as one query: its clauses are taken out one kind after another, and what is left is shown.

Each part has a letter: `c`olumn, `t`able, `v`alue, `n`umber, `q`uoted text, and those of the cues in `sql_words`. A
clause is a pattern of letters; its rule is told where they stand and answers which of them it takes. What nothing
has taken at the end has no place, and there is no query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from cairn.language.words import word_set
from cairn.models.builtin.shown_schema import Table
from cairn.models.builtin.sql_links import COUNTS, Item, Place, UnreadError, bound
from cairn.models.builtin.sql_query import Link, Select, compared, is_year, literal, one_of

_EQUAL = word_set("is are was were be of equal equals to as the a an with value 's had has have")
_BEFORE_VALUE = _EQUAL | word_set("by named called titled in on from at for")
_BY = word_set("by of on the their")
_TRUE = word_set("1 t true y yes 是")
_N = "(?P<top>L?)(?P<number>n?)"
Taken = Iterable[int | None]


class Clauses:
    """Reads what narrows, orders, ranks and groups, with the tables of one query in mind."""

    def __init__(self, items: Sequence[Item], tables: tuple[Table, ...], link: Link | None, chinese: bool) -> None:
        self.query = Select(tables, link, joined=link is not None)
        self.link = link
        self.chinese = chinese
        self.parts = bound(items, tables)
        self.live = "".join(part.tag for part in self.parts)
        self.keys: list[int] = []
        self.grouped = False
        self.conditions: list[tuple[int, Place, str]] = []
        self.absent: Table | None = None
        self.sorted: list[str] = []
        self.direction = ""

    def take_clauses(self) -> None:
        for pattern, rule in self._RULES:
            at = 0
            while match := re.compile(pattern).search(self.live, at):
                groups = match.groupdict().items()
                self.take(rule(self, **{name: match.start(name) if text else None for name, text in groups}))
                at = match.start() + 1

    def take(self, places: Taken) -> None:
        taken = set(places)
        self.live = "".join("." if n in taken else tag for n, tag in enumerate(self.live))

    def said(self, n: int | None) -> str:
        return self.parts[n].said if n is not None else ""

    def place(self, n: int) -> Place:
        return self.parts[n].places[0]

    def name(self, n: int) -> str:
        return self.query.name(*self.place(n))

    def measures(self, n: int) -> bool:
        """Whether a column can be more or less."""
        column = self.place(n)[1]
        return column.kind == "date" or (column.kind == "number" and (column.is_year or not column.is_key))

    def _order(self, mark: int) -> Taken:
        """`ordered by age`, `by age in descending order`, `in order of age`, `highest first`."""
        self.direction = "DESC" if "DESC" in (self.said(mark), self.direction) else "ASC"
        direct = re.match("[oD](t?c|#t)", self.live[mark:])
        if direct and self.parts[mark + 1].glue <= _BY:
            key = mark + direct[0].find("c") if "c" in direct[0] else mark + 1
        else:
            by = [n for n, tag in enumerate(self.live) if tag in "c#" and "by" in self.parts[n].glue]
            key = by[0] if by and not (self.live[mark] == "D" and re.search("[#A].*D", self.live)) else None
        if key is None or self.sorted:
            return (mark,) if self.sorted or "D" in self.live else ()
        if self.live[key] == "#":
            self.sorted, self.grouped = ["COUNT(*)"], True
            return (mark, key, key + 1) if re.match("#t(?!c)", self.live[key:]) else ()
        self.sorted = [self.name(key)]
        return mark, key

    def _rank(self, name: str, down: bool, number: int | None) -> None:
        self.query.order = [name + (" DESC" if down else "")]
        self.query.limit = int(self.said(number) or 1)

    def _group(self, mark: int | None, key: int) -> Taken:
        """`for each city`, `average age by city`; `the name of each singer` groups nothing."""
        totals = re.search("[#Am^f]", self.live)
        if mark is None and not (totals and "by" in self.parts[key].glue):
            return ()
        self.keys += [key] if totals else []
        return mark, key if totals else None

    def _having(self, sign: int, number: int, table: int) -> Taken:
        """`with more than 2 orders`; `older than 2 years` compares, and so does Chinese before a table."""
        before = self.parts[sign - 1] if sign else None
        compares = before and before.tag == "c" and (self.chinese or before.implied) and self.measures(sign - 1)
        child = not self.link or self.parts[table].table is self.link.child
        if compares or self.query.having or self.parts[table].glue or not child:
            return ()
        self.query.having = f"COUNT(*) {self.said(sign)} {self.said(number)}"
        self.grouped = True
        return sign, number, table

    def _without(self, no: int, table: int) -> Taken:
        """`without orders`; conditions on orders then say without which."""
        other = self.parts[table].table
        if not self.link or other in [self.place(n)[0] for n, tag in enumerate(self.live[:no]) if tag == "c"]:
            return ()
        self.absent, self.query.joined = other, False
        self.query.tables = tuple(sorted(self.query.tables, key=lambda one: one is other))
        return no, table

    def _between(self, column: int | None, mark: int | None, low: int, high: int) -> Taken:
        place = self.place(column) if column is not None else self._dated(low)
        ranges = "from" in self.parts[low].glue and "to" in self.parts[high].glue
        if place is None or (mark is None and not ranges):
            return ()
        name = self.query.name(*place)
        ends = [compared(name, place[1], sign, self.said(n)) for sign, n in ((">=", low), ("<=", high))]
        self.conditions.append((low, place, " AND ".join(ends)))
        return (column, mark, low, high) if all(ends) else ()

    def _compare(self, column: int | None, no: int | None, sign: int | None, number: int, after: int | None) -> Taken:
        """`age over 20`, `age 20 or more`, `with id 3`; `in 2020` and `since 2020` of the one column of dates."""
        place = self.place(column) if column is not None else self._dated(number)
        operator = self.said(sign) or self.said(after) or ("=" if no is None else "<>")
        if place is None or (operator not in "=<>" and column is not None and not self.measures(column)):
            return ()
        dated = frozenset(["in", "on", "during"] if place[1].kind == "date" or place[1].is_year else [])
        glue = self.parts[number].glue
        fits = glue <= _EQUAL | dated if column is not None else glue & (dated | {"from", "of", "for"})
        text = compared(self.query.name(*place), place[1], operator, self.said(number))
        if not text or not (operator not in "=<>" or fits or self.chinese):
            return ()
        self.conditions.append((number if column is None else column, place, text))
        return column, no, sign, number, after

    def _dated(self, number: int) -> Place | None:
        """The one column of years or dates, for a number that is a year or a date."""
        said = self.said(number)
        every = [(table, column) for table in self.query.tables for column in table.columns]
        found = [place for place in every if place[1].kind == "date" or (place[1].is_year and "-" not in said)]
        return found[0] if len(found) == 1 and (is_year(said) or "-" in said) else None

    def _missing(self, no: int, column: int) -> Taken:
        """`without a city`."""
        own = self.place(column)[1]
        if own.kind == "boolean" or own.words[0] in COUNTS:
            return ()
        self.conditions.append((column, self.place(column), f"{self.name(column)} IS NULL"))
        return no, column

    def _value(self, no: int | None, column: int | None, none: int | None, value: int) -> Taken:
        """`whose city is Rome or Bari`, `not from Rome`, `Rome`."""
        named = self.place(column) if column is not None and self._holds(value, self.place(column)) else None
        if named is None and column is not None and no is not None:
            return ()
        at = column if named and column is not None else value
        end = value + len(self.live[value:]) - len(self.live[value:].lstrip("vq"))
        chosen: dict[Place, list[str]] = {}
        for n in range(value, end):
            place = named if named and self._holds(n, named) else self._nearest(n)
            written = [h.value for h in self.parts[n].hints if (place[0].name, place[1].name) in h.places]
            chosen.setdefault(place, []).extend(written or [self.parts[n].text])
        if len(chosen) < end - value and self.link and any("and" in self.parts[n].glue for n in range(value + 1, end)):
            raise UnreadError(*(self.parts[n].text for n in range(value, end)))
        for place, values in chosen.items():
            negated = no is not None or none is not None
            self.conditions.append((at, place, one_of(self.query.name(*place), values, place[1], negated)))
        again = self.live[end : end + 1] == "c" and self.place(end) in chosen and self.parts[end].glue <= _EQUAL
        return no, none, *range(at, end + again)

    def _holds(self, n: int, place: Place) -> bool:
        part = self.parts[n]
        return place in part.places or (part.tag == "q" and place[1].kind == "text" and part.glue <= _BEFORE_VALUE)

    def _nearest(self, n: int) -> Place:
        """Where a value is that stands without its column: in one that is mentioned, else in the names of rows."""
        mentioned = {place for other in self.parts if other.tag == "c" for place in other.places}
        places = self.parts[n].places
        ranks = [2 * (place in mentioned) + (place[1] in place[0].labels) for place in places]
        if not ranks or ranks.count(max(ranks)) > 1:
            raise UnreadError(self.parts[n].text)
        return places[ranks.index(max(ranks))]

    def _flag(self, no: int | None, column: int) -> Taken:
        """`are active`, `active products`, `not active`."""
        place, after, glue = self.place(column), self.live[column + 1 : column + 2], self.parts[column].glue
        noun = after and after in "tc" and not self.parts[column + 1].glue
        values = {sample.casefold() in _TRUE: literal(sample, place[1]) for sample in place[1].samples}
        values = values or {True: "true", False: "false"}
        says = no is not None or noun or (glue & {"is", "are", "was", "were"} and "the" not in glue)
        if place[1].kind != "boolean" or not says or (no is None) not in values:
            return ()
        self.conditions.append((column, place, f"{self.name(column)} = {values[no is None]}"))
        return no, column

    def _extreme(self, top: int | None, number: int | None, sign: int, column: int) -> Taken:
        """`with the highest price`, `the 3 highest prices`, `the oldest`."""
        part, place = self.parts[sign], self.place(column)
        asked = not part.implied and number is None and self._is_asked(sign, column)
        if asked or self.keys or self.query.order or not self.measures(column):
            return ()
        self._rank(self.name(column), (part.said == "DESC") != (part.implied and part.columns[place] < 0), number)
        return top, number, sign, column

    def _is_asked(self, sign: int, column: int) -> bool:
        """`the highest age of singers` is what is asked for; `the singer with the highest age` has it."""
        if self.chinese:
            return "t" not in self.live[column:]
        return not re.search("[ct#]", re.sub("[A^]+c", "", self.live[:sign]))

    def _most(self, top: int | None, number: int | None, sign: int, of: int) -> Taken:
        """`the most orders` counts a table's rows; `the most common city` those of each city."""
        common = self.live[sign] == "f"
        counts = self.parts[of].tag == "t" and (not self.link or self.parts[of].table is self.link.child)
        if self.query.order or self.keys or not (common or counts):
            return ()
        self._rank("COUNT(*)", self.said(sign) == "DESC", number)
        self.grouped = True
        self.keys += [of] if common else []
        return top, number, sign, of

    _RULES: ClassVar[tuple[tuple[str, Callable[..., Taken]], ...]] = (
        ("(?P<mark>[oD])", _order),
        ("(?P<mark>e?)(?P<key>[ct])", _group),
        ("(?P<sign>>)(?P<number>n)(?P<table>t)", _having),
        ("(?P<number>n)(?P<sign>p)(?P<table>t)", _having),
        ("(?P<no>!)[uv]*(?P<table>t)", _without),
        ("(?P<column>c?)(?P<mark>b?)(?P<low>n)(?P<high>n)(?!#)", _between),
        ("(?P<no>!)(?P<column>c)(?![vq>n])", _missing),
        ("(?P<no>!?)(?P<column>c?)(?P<none>!?)(?P<value>[vq])", _value),
        ("(?P<no>!?)(?P<column>c)", _flag),
        ("(?P<column>c?)(?P<no>!?)(?P<sign>>?)(?P<number>n)(?P<after>p?)(?!#)", _compare),
        (f"{_N}(?P<sign>[\\^m])(?P<column>c)", _extreme),
        (f"{_N}(?P<sign>[mf])(?P<of>[ct])", _most),
    )
