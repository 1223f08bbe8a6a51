"""A question's parts as one query: its clauses are taken out one kind after another, and what is left is shown.

Each part has a letter: `c`olumn, `t`able, `v`alue, `n`umber, `q`uoted text, and those of the cues in `sql_words`. A
clause is a pattern of letters; its rule is told where they stand and answers which of them it takes. What nothing
has taken at the end has no place, and there is no query.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from models.builtin.schema import Table
from models.builtin.sql_links import Item, Place, UnreadError, parts_of
from models.builtin.sql_query import Link, Select, compared, is_year, literal, one_of

_EQUAL = frozenset("is are was were be of equal equals to as the a an with value 's had has have".split())
_BEFORE_VALUE = _EQUAL | frozenset("by named called titled in on from at for".split())
_TRUE = frozenset(["1", "t", "true", "y", "yes", "是"])
FUNCTIONS = {"DESC": "MAX", "ASC": "MIN"}
Taken = Iterable[int | None]


class Clauses:
    """Reads what narrows, orders, ranks and groups, with the tables of one query in mind."""

    def __init__(self, items: Sequence[Item], tables: tuple[Table, ...], link: Link | None, chinese: bool) -> None:
        self.query = Select(tables, link, joined=link is not None)
        self.link = link
        self.chinese = chinese
        self.parts = parts_of(items, tables)
        self.live = "".join(part.tag for part in self.parts)
        self.keys: list[int] = []
        self.grouped = False
        self.conditions: list[tuple[int, Place, str]] = []
        self.absent: Table | None = None
        self.sorted: list[str] = []
        self.direction = ""

    def take_clauses(self) -> None:
        """All clauses, in the order of the rules."""
        for pattern, rule in _RULES:
            at = 0
            while match := pattern.search(self.live, at):
                groups = match.groupdict().items()
                self.take(rule(self, **{name: match.start(name) if text else None for name, text in groups}))
                at = match.start() + 1

    def take(self, places: Taken) -> None:
        """These parts have their place."""
        for n in places:
            if n is not None:
                self.live = f"{self.live[:n]}.{self.live[n + 1 :]}"

    def said(self, n: int | None) -> str:
        return self.parts[n].item.said if n is not None else ""

    def glue(self, n: int) -> frozenset[str]:
        return self.parts[n].glue

    def name(self, n: int) -> str:
        return self.query.name(*self.parts[n].place)

    def _by(self) -> int | None:
        return next((n for n, tag in enumerate(self.live) if tag in "c#" and "by" in self.glue(n)), None)

    def _order(self, mark: int) -> Taken:
        """`ordered by age`, `by age in descending order`, `in descending order of age`, `highest first`."""
        self.direction = "DESC" if "DESC" in (self.said(mark), self.direction) else "ASC"
        direct = re.match("[oD](t?c|#t)", self.live[mark:])
        if direct and not self.glue(mark + 1) - {"by", "of", "on", "the", "their"}:
            after = mark + direct[0].find("c") if "c" in direct[0] else mark + 1
        else:
            after = None
        totals = re.search("[#A]", self.live[:mark]) and self.live[mark] == "D"
        key = after if after is not None or totals else self._by()
        if key is None or self.sorted:
            return (mark,)
        if self.live[key] == "#":
            self.sorted, self.grouped = ["COUNT(*)"], True
            return (mark, key, key + 1) if self.live[key + 1 : key + 2] == "t" else ()
        keys = [key]
        while self.live[keys[-1] + 1 :] == "c" and self.glue(keys[-1] + 1) & {"and", "then", ","}:
            keys.append(keys[-1] + 1)
        self.sorted = [self.name(n) for n in keys]
        return mark, *keys

    def _top(self, top: int, number: int) -> Taken:
        """`the top 3 products by price`."""
        by = self._by()
        if by is None or self.live[by] == "#" or self.query.order:
            return ()
        self.query.order = [self.name(by) + " DESC"]
        self.query.limit = int(self.said(number))
        return top, number, by

    def _group(self, mark: int | None, key: int) -> Taken:
        """`for each city`, `average age by city`; `the name of each singer` groups nothing."""
        totals = re.search("[#Am^f]", self.live)
        if mark is None and not (totals and "by" in self.glue(key)):
            return ()
        if totals:
            self.keys.append(key)
        return (mark, key) if totals else (mark,)

    def _having(self, sign: int, number: int, table: int, count: int | None = None) -> Taken:
        """`with more than 2 orders`; `price over 2 products` compares."""
        before = self.parts[sign - 1] if sign else None
        price = before and before.tag == "c" and (self.chinese or before.implied) and self.measures(sign - 1)
        if price or self.query.having or self.glue(table) or (self.link and self.parts[table].table is not self.link.child):
            return ()
        self.query.having = f"COUNT(*) {self.said(sign)} {self.said(number)}"
        self.grouped = True
        return sign, number, table, count

    def _absent(self, no: int, table: int) -> Taken:
        """`without orders`; conditions on orders then say without which."""
        other = self.parts[table].table
        before = [self.parts[n].place[0] for n, tag in enumerate(self.live[:no]) if tag == "c"]
        if not self.link or other in before:
            return ()
        self.absent, self.query.joined = other, False
        self.query.tables = tuple(sorted(self.query.tables, key=lambda one: one is other))
        return no, table

    def measures(self, n: int) -> bool:
        """Whether a column can be more or less."""
        column = self.parts[n].place[1]
        return column.kind == "date" or (column.kind == "number" and (column.is_year or not column.is_key))

    def _beyond_mean(self, column: int, sign: int, mean: int, again: int | None = None) -> Taken:
        place = self.parts[column].place
        if not self.measures(column) or self.link or (again is not None and self.parts[again].place != place):
            return ()
        function = FUNCTIONS.get(self.said(mean), self.said(mean))
        inner = Select(place[:1], show=[f"{function}({self.name(column)})"]).sql()
        self._add(column, place, f"{self.name(column)} {self.said(sign)} ({inner})")
        return column, sign, mean, again

    def _between(self, column: int | None, mark: int | None, low: int, high: int) -> Taken:
        place = self.parts[column].place if column is not None else self._dated(low)
        if place is None or not (mark is not None or ("from" in self.glue(low) and "to" in self.glue(high))):
            return ()
        name = self.query.name(*place)
        ends = [compared(name, place[1], sign, self.said(n)) for sign, n in ((">=", low), ("<=", high))]
        return [*self._add(low, place, " AND ".join(ends)), column, mark, low, high] if all(ends) else ()

    def _compare(self, column: int | None, no: int | None, sign: int | None, number: int, after: int | None) -> Taken:
        """`age over 20`, `age 20 or more`, `with id 3`; `in 2020` and `since 2020` of the one column of dates."""
        place = self.parts[column].place if column is not None else self._dated(number)
        operator = self.said(sign) or self.said(after) or ("=" if no is None else "<>")
        if place is None or (operator not in "=<>" and column is not None and not self.measures(column)):
            return ()
        joins = {"in", "on", "during"} if place[1].kind == "date" or place[1].is_year else frozenset[str]()
        glue = self.glue(number)
        fits = glue <= _EQUAL | joins if column is not None else glue & (joins | {"from", "of", "for"}) or self.chinese
        text = compared(self.query.name(*place), place[1], operator, self.said(number))
        if not text or not (sign is not None or after is not None or fits):
            return ()
        return [*self._add(number if column is None else column, place, text), column, no, sign, number, after]

    def _dated(self, number: int) -> Place | None:
        """The one column of years or dates, for a number that is a year or a date."""
        said = self.said(number)
        every = [(table, column) for table in self.query.tables for column in table.columns]
        found = [place for place in every if place[1].kind == "date" or (place[1].is_year and "-" not in said)]
        return found[0] if len(found) == 1 and (is_year(said) or "-" in said) else None

    def _add(self, at: int, place: Place, text: str) -> tuple[()]:
        self.conditions.append((at, place, text))
        return ()

    def _like(self, column: int, no: int | None, mark: int, text: int) -> Taken:
        pattern = self.said(mark).format(self.parts[text].item.text.strip("'\"“”「」").replace("'", "''"))
        negation = "NOT " if no is not None else ""
        self._add(column, self.parts[column].place, f"{self.name(column)} {negation}LIKE '{pattern}'")
        return column, no, mark, text

    def _missing(self, no: int | None, column: int, none: int | None, mark: int | None) -> Taken:
        """`without a city`, `whose city is missing`, `whose city is not missing`."""
        if mark is None and (no is None or self.parts[column].place[1].kind == "boolean"):
            return ()
        negation = "NOT " if none is not None else ""
        self._add(column, self.parts[column].place, f"{self.name(column)} IS {negation}NULL")
        return no, column, none, mark

    def _value(self, no: int | None, column: int | None, none: int | None, value: int) -> Taken:
        """`whose city is Rome or Bari`, `not from Rome`, `Rome`."""
        named = self.parts[column].place if column is not None else None
        if named and not self._holds(value, named):
            if no is not None:
                return ()
            named = column = None
        end = value + len(self.live[value:]) - len(self.live[value:].lstrip("vq"))
        chosen: dict[Place, list[str]] = {}
        for n in range(value, end):
            place = named if named and self._holds(n, named) else self._place(n)
            chosen.setdefault(place, []).extend(self._values(n, place))
        if len(chosen) < end - value and self.link and any("and" in self.glue(n) for n in range(value + 1, end)):
            raise UnreadError(*(self.parts[n].item.text for n in range(value, end)))
        for place, values in chosen.items():
            negated = no is not None or none is not None
            self._add(
                value if column is None else column, place, one_of(self.query.name(*place), values, place[1], negated)
            )
        again = self.live[end : end + 1] == "c" and self.parts[end].place in chosen and self.glue(end) <= _EQUAL
        return no, column, none, *range(value, end + again)

    def _holds(self, n: int, place: Place) -> bool:
        part = self.parts[n]
        return place in part.columns or (part.tag == "q" and place[1].kind == "text" and part.glue <= _BEFORE_VALUE)

    def _place(self, n: int) -> Place:
        """Where a value is that stands without its column: in one that is mentioned, else in the names of rows."""
        part = self.parts[n]
        mentioned = {place for other in self.parts if other.tag == "c" for place in other.columns}
        ranks = [2 * (place in mentioned) + (place[1] in place[0].labels) for place in part.columns]
        if not ranks or ranks.count(max(ranks)) > 1:
            raise UnreadError(part.item.text)
        return part.columns[ranks.index(max(ranks))]

    def _values(self, n: int, place: Place) -> list[str]:
        """The value in each way that it is written in the column."""
        item = self.parts[n].item
        named = (place[0].name, place[1].name)
        return [hint.value for hint in item.hints if named in hint.places] or [item.said or item.text]

    def _flag(self, no: int | None, column: int) -> Taken:
        """`are active`, `active products`, `not active`."""
        place = self.parts[column].place
        after = self.live[column + 1 : column + 2]
        noun = after and after in "tc" and not self.glue(column + 1)
        values = {sample.casefold() in _TRUE: literal(sample, place[1]) for sample in place[1].samples}
        values = values or {True: "true", False: "false"}
        says = (
            no is not None
            or noun
            or (self.glue(column) & {"is", "are", "was", "were"} and "the" not in self.glue(column))
        )
        if place[1].kind != "boolean" or not says or (no is None) not in values:
            return ()
        return [*self._add(column, place, f"{self.name(column)} = {values[no is None]}"), no, column]

    def _extreme(self, top: int | None, number: int | None, sign: int, mean: int | None, column: int) -> Taken:
        """`the 3 highest prices`, `with the highest price`, `with the highest average price`, `the oldest`."""
        part = self.parts[sign]
        asked = not part.implied and number is None and self._is_asked(sign, column)
        if asked or self.keys or self.query.order or not (self.measures(column) or mean is not None):
            return ()
        reversed_ = part.implied and part.item.columns[self.parts[column].place] < 0
        name = f"{self.said(mean)}({self.name(column)})" if mean is not None else self.name(column)
        self._rank(name, (self.said(sign) == "DESC") != reversed_, number)
        self.grouped = self.grouped or mean is not None
        same = sign and not self.glue(sign) and self.live[sign - 1] == "c" and self.parts[sign - 1].place == self.parts[column].place
        return top, number, sign, mean, column, sign - 1 if same else None

    def _is_asked(self, sign: int, column: int) -> bool:
        """`the highest age of singers` is what is asked for; `the singer with the highest age` has it."""
        if self.chinese:
            return "t" not in self.live[column:]
        return not re.search("[ct#]", re.sub("[A^]+c", "", self.live[:sign]))

    def _rank(self, name: str, down: bool, number: int | None) -> None:
        self.query.order = [name + (" DESC" if down else "")]
        self.query.limit = int(self.said(number) or 1)

    def _most(self, top: int | None, number: int | None, sign: int, count: int | None, of: int) -> Taken:
        """`the most orders` counts a table's rows; `the most common city` those of each city."""
        common = self.live[sign] == "f"
        counts = self.parts[of].tag == "t" and (not self.link or self.parts[of].table is self.link.child)
        if self.query.order or self.keys or not (common or counts):
            return ()
        self._rank("COUNT(*)", self.said(sign) == "DESC", number)
        self.grouped = True
        self.keys += [of] if common else []
        return top, number, sign, count, of


_N = "(?P<top>L?)(?P<number>n?)"
_RULES: list[tuple[re.Pattern[str], Callable[..., Taken]]] = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        ("(?P<mark>[oD])", Clauses._order),
        ("(?P<top>L)(?P<number>n)", Clauses._top),
        ("(?P<mark>e?)(?P<key>[ct])", Clauses._group),
        ("(?P<sign>>)(?P<number>n)(?P<count>#?)(?P<table>t)", Clauses._having),
        ("(?P<number>n)(?P<sign>p)(?P<table>t)", Clauses._having),
        ("(?P<no>!)(?P<table>t)", Clauses._absent),
        ("(?P<column>c)(?P<sign>>)(?P<mean>[A^])(?P<again>c?)", Clauses._beyond_mean),
        ("(?P<sign>>)(?P<mean>[A^])(?P<column>c)", Clauses._beyond_mean),
        ("(?P<column>c?)(?P<mark>b?)(?P<low>n)(?P<high>n)(?!#)", Clauses._between),
        ("(?P<column>c)(?P<no>!?)(?P<sign>>?)(?P<number>n)(?P<after>p?)(?!#)", Clauses._compare),
        ("(?P<column>c)(?P<no>!?)(?P<mark>k)(?P<text>[qvctn])", Clauses._like),
        ("(?P<no>!?)(?P<column>c)(?P<none>!?)(?P<mark>N)", Clauses._missing),
        ("(?P<no>!)(?P<column>c)(?P<none>x?)(?P<mark>N?)(?![vq>n])", Clauses._missing),
        ("(?P<no>!?)(?P<column>c?)(?P<none>!?)(?P<value>[vq])", Clauses._value),
        ("(?P<no>!?)(?P<column>c)", Clauses._flag),
        ("(?P<column>c?)(?P<no>!?)(?P<sign>>?)(?P<number>n)(?P<after>p?)(?!#)", Clauses._compare),
        (f"{_N}(?P<sign>[\\^m])(?P<mean>A?)(?P<column>c)", Clauses._extreme),
        (f"{_N}(?P<sign>[mf])(?P<count>#?)(?P<of>[ct])", Clauses._most),
    )
]
