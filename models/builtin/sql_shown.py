"""What a query shows: the parts that no clause has taken, as columns, totals and the names of rows."""

from __future__ import annotations

import re

from cairn.language.words import word_set
from cairn.models.builtin.shown_schema import Table
from cairn.models.builtin.sql_links import UnreadError
from cairn.models.builtin.sql_query import Select, without
from cairn.models.builtin.sql_reader import Clauses

_SHOW = word_set("show list return give find get display tell what provide")
_AND = frozenset(["and", ","])
_SAYS = word_set("is are was were who that whose which where has have had in on by of did do does")
_FUNCTIONS = {"DESC": "MAX", "ASC": "MIN"}


class Reader(Clauses):
    def read(self) -> Select:
        """The query. Raises UnreadError."""
        self.take_clauses()
        self._show(*self._head())
        self._where()
        if left := [part.text for part, tag in zip(self.parts, self.live, strict=True) if tag != "."]:
            raise UnreadError(*left)
        return self.query

    def _head(self) -> tuple[list[int], list[str]]:
        """The parts that name columns and rows to show, and the totals."""
        functions, again = list[str](), list[str]()
        shown, totals = list[int](), list[str]()
        equal = {place: at for at, place, text in self.conditions if " = " in text or " IN (" in text}
        for n, part in enumerate(self.parts):
            listed_ = part.glue & _AND and not part.glue & _SHOW
            match self.live[n]:
                case "A" | "^" if functions and not listed_:  # `the highest average price` is one of several
                    continue
                case "A" | "^":
                    functions.append(_FUNCTIONS.get(part.said, part.said))
                case "#":
                    totals.append(self._count(n))
                    again = [""]
                case "c" if part.implied:
                    continue
                case "c" if functions or (again and listed_ and (self.measures(n) or again == [""])):
                    functions, again = [], functions or again
                    totals += [self._total(function, n) for function in again]
                case "c":
                    says = part.glue & _SAYS and not part.glue & (_SHOW | _AND)  # `who are retired`
                    noun = self.parts[n - 1].tag == "v" and not part.glue  # `clay pots`
                    entity = part.places[0][1].is_key and part.columns[part.places[0]] <= 2  # `order`, for its id
                    if equal.get(part.places[0], n) == n and n and (says or noun or entity):
                        raise UnreadError(part.text)
                    shown += [n] if equal.get(part.places[0], n) >= n else []
                case "t":
                    first = not (shown or totals or functions or self.keys or self._owns(n))
                    if not first and listed_ and not (self._owns(n) or part.glue & {"has", "have", "their", "its"}):
                        raise UnreadError(part.text)
                    own = part.glue & {"their", "its", "his", "her"} and "of" not in part.glue
                    shown += [n] if first or own else []
                case "u":
                    self.query.distinct = True
                case _:
                    continue
            self.take([n])
        if functions:
            raise UnreadError(next(part.text for part in self.parts if part.tag in ("A", "^")))
        return shown, totals

    def _owns(self, n: int) -> bool:
        """`singers' names`, or a table before another sentence that says what to show."""
        later = [m for m in range(n + 1, len(self.live)) if self.live[m] in "ctA^#"]
        names = self.live[n + 1 : n + 2] in tuple("cA^#") and self.parts[n + 1].glue <= {"'s", self.chinese and "the"}
        return names or any(self.parts[m].glue & _SHOW for m in later)

    def _count(self, n: int) -> str:
        """`how many singers`, `how many different cities`, `how many French singers`; Chinese may count behind."""
        before = self.parts[n - 1].tag if n else ""
        named = before in ("c", "t") and not self.parts[n].glue and not self.chinese  # `the flight number of`
        at = next((m for m in range(n + 1, len(self.live)) if self.parts[m].tag not in "uv!n"), n)
        if self.live[at] == "t" and self.live[at + 1 : at + 2] == "c" and self.parts[at + 1].glue <= {"'s"}:
            self.take([at])
            at += 1
        if self.chinese and self.live[at] not in "ct":
            at = n - 1
        part = self.parts[at]
        if at < 0 or named or self.query.having or self.live[at] not in "ct" or part.glue & _AND:
            raise UnreadError(self.parts[n].text)
        self.take(m for m in (*range(n + 1, at), at) if self.live[m] in "uct")
        if part.tag == "t":
            if self.link and self.query.joined and part.table is self.link.parent:
                return f"COUNT(DISTINCT {self.query.name(self.link.parent, self.link.target)})"
            return "COUNT(*)"
        if self.measures(at) and not part.places[0][1].is_year:
            raise UnreadError(part.text)
        return f"COUNT(DISTINCT {self.name(at)})"

    def _total(self, function: str, n: int) -> str:
        """Not of a parent's column beside its children: it would count one row several times."""
        table, column = self.place(n)
        repeats = self.link and self.query.joined and table is self.link.parent
        adds = function in ("SUM", "AVG") and (column.kind == "date" or repeats)
        if not function or adds or not self.measures(n):
            raise UnreadError(self.parts[n].text)
        return f"{function}({self.name(n)})"

    def _show(self, shown: list[int], totals: list[str]) -> None:
        query = self.query
        rows = [name for n in shown for name in self._names(n)]
        away = [n for n in shown if self._table(n) is self.absent]
        if away or not (rows or totals or self.keys):
            raise UnreadError(self.parts[away[0] if away else 0].text)
        query.show = [*rows, *totals]
        if self.keys or self.grouped or (rows and totals):
            keys = self.keys or shown
            named = [name for n in keys for name in self._names(n)]
            tables = [self._table(n) for n in keys if self.parts[n].tag == "t"]
            if strange := [n for n in shown if self._table(n) not in tables and not {*self._names(n)} <= {*named}]:
                raise UnreadError(self.parts[strange[0]].text)
            query.group = [*(key for n in keys for key in self._row_key(n)), *named, *rows]
            query.show = [*(named if totals or not rows else []), *query.show]
        repeats = self.link and query.joined and {self._table(n) for n in shown} == {self.link.parent}
        query.distinct = bool(query.distinct or repeats) and not (totals or query.group or query.order or self.sorted)
        if query.order and (self.sorted or self.direction or (totals and not query.group)):
            raise UnreadError(self.parts[0].text)
        down = " DESC" if self.direction == "DESC" else ""
        first = totals[:1] or query.show[:1] if self.direction else []
        query.order += [key + down for key in self.sorted or first]

    def _names(self, n: int) -> list[str]:
        """The columns by which a part is shown: itself, or what a table's rows are called."""
        part, table = self.parts[n], self._table(n)
        places = part.places if part.tag == "c" else [(table, column) for column in table.labels or table.keys]
        if not places:
            raise UnreadError(part.text)
        return [self.query.name(*place) for place in places]

    def _table(self, n: int) -> Table:
        return self.parts[n].table or self.place(n)[0]

    def _row_key(self, n: int) -> list[str]:
        """What tells the rows of a parent apart, since two may have one name; a table's own rows are no groups."""
        part, table = self.parts[n], self._table(n)
        columns = [column for _, column in part.places]
        if not self.link and (part.tag == "t" or table.keys == tuple(columns)):
            raise UnreadError(part.text)
        if not self.link or table is not self.link.parent or not self.query.joined:
            return []
        label = part.tag == "t" or columns[0] in table.labels
        return [self.query.name(table, self.link.target)] if label else []

    def _where(self) -> None:
        conditions = sorted(self.conditions, key=lambda one: one[0])
        places = [place for _, place, _ in conditions]
        twice = [place for _, place, text in conditions if " = " in text and places.count(place) > 1]
        either = [at for at, _, _ in conditions[1:] if "or" in self.parts[at].glue]
        child = self.link.child if self.link and self.query.joined and self.query.distinct else None
        away = [text for _, place, text in conditions if place[0] is child and re.search(" <> | NOT ", text)]
        if twice or away or (either and (len(conditions) != 2 or self.absent)):
            raise UnreadError(self.parts[conditions[-1][0]].text)
        self.query.either = bool(either)
        if self.link and self.absent:
            inner = [text for _, (table, _), text in conditions if table is self.absent]
            self.query.where.append(without(self.link, self.query.tables[0], inner))
        self.query.where += [text for _, (table, _), text in conditions if table is not self.absent]
