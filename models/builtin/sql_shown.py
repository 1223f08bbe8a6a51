"""What a query shows: the parts that no clause has taken, as columns, totals and the names of rows."""

from __future__ import annotations

from models.builtin.schema import Table
from models.builtin.sql_links import UnreadError
from models.builtin.sql_query import Select, without
from models.builtin.sql_reader import FUNCTIONS, Clauses

_SHOW = frozenset("show list return give find get display tell what provide".split())
_SAYS = frozenset("is are was were who that whose which where has have had in on by did do does".split())


class Reader(Clauses):
    """Reads a whole question."""

    def read(self) -> Select:
        """The query. Raises UnreadError."""
        self.take_clauses()
        self._show(*self._head())
        self._where()
        if left := [part.item.text for part, tag in zip(self.parts, self.live, strict=True) if tag != "."]:
            raise UnreadError(*left)
        return self.query

    def _head(self) -> tuple[list[int], list[str]]:
        """The parts whose rows are shown, and the totals."""
        functions: list[str] = []
        again: list[str] = []
        shown: list[int] = []
        totals: list[str] = []
        equal = {place: at for at, place, text in self.conditions if " = " in text or " IN (" in text}
        for n, part in enumerate(self.parts):
            match self.live[n]:
                case "A" | "^":
                    functions.append(FUNCTIONS.get(self.said(n), self.said(n)))
                case "#":
                    totals.append(self._count(n))
                    again = [""]
                case "c" if equal.get(part.place, n) < n:  # `with Dutch as an official language`
                    pass
                case "c" if not part.implied or part.item.tag == "=":
                    listed = again if part.glue & {"and", ","} and not part.glue & _SHOW else []
                    if functions or (listed and (listed == [""] or part.place[1].kind == "number")):
                        again = functions or listed
                        totals += [self._total(function, n) for function in again]
                        functions = []
                    else:
                        shown.append(n)
                        self._listed(n)
                case "t":
                    if part.glue & {"their", "its", "his", "her"} or not (
                        shown or totals or functions or self._owns(n)
                    ):
                        shown.append(n)
                    elif part.glue & {"and", ","} and not (part.glue & {"has", "have"} or self._owns(n)):
                        raise UnreadError(part.item.text)
                case "u":
                    self.query.distinct = True
                case _:
                    continue
            self.take([n])
        if functions:
            raise UnreadError(next(part.item.text for part in self.parts if part.tag in "A^"))
        return shown, totals

    def _listed(self, n: int) -> None:
        """A column that says something of a row (`who are retired`) is no column to show."""
        glue = self.glue(n)
        if n and glue & _SAYS and not glue & (_SHOW | {"and", ","}):
            raise UnreadError(self.parts[n].item.text)

    def _owns(self, n: int) -> bool:
        """`singers' names`, or a table before another sentence that says what to show."""
        later = [m for m in range(n + 1, len(self.live)) if self.live[m] in "ctA^#"]
        return any(self.glue(m) & _SHOW for m in later) or (
            n + 1 in later and self.live[n + 1] != "t" and self.glue(n + 1) <= {"'s"}
        )

    def _count(self, n: int) -> str:
        named = n and self.parts[n - 1].tag in "ct" and not self.glue(n) and not self.chinese
        if named or self.query.having:  # `the flight number of`; a count of groups
            raise UnreadError(self.parts[n].item.text)
        at = n + 1
        while at < len(self.live) and self.live[at] in ".u" and self.parts[at].tag in "uv!":
            at += 1
        if self.live[at : at + 1] == "c" and self.glue(at) & {"and", ","}:
            raise UnreadError(self.parts[n].item.text)
        if self.live[at : at + 1] == "t" and self.live[at + 1 : at + 2] == "c" and self.glue(at + 1) <= {"'s"}:
            self.take([at])
            at += 1
        elif self.live[at : at + 1] not in ("t", "c"):
            at = n - 1
        if at < 0 or self.parts[at].tag not in "tc":
            raise UnreadError(self.parts[n].item.text)
        self.take(m for m in range(min(at, n), at + 1) if self.live[m] in "utc")
        return self._number_of(at)

    def _number_of(self, n: int) -> str:
        part = self.parts[n]
        if part.tag == "t" and self.link and self.query.joined and part.table is self.link.parent:
            return f"COUNT(DISTINCT {self.query.name(self.link.parent, self.link.target)})"
        if part.tag == "t":
            return "COUNT(*)"
        _, column = part.place
        if column.kind == "number" and not column.is_key and not column.is_year:
            raise UnreadError(part.item.text)
        return f"COUNT(DISTINCT {self.name(n)})"

    def _total(self, function: str, n: int) -> str:
        """Not of a parent's column beside its children: it would count one row several times."""
        table, column = self.parts[n].place
        adds = function in ("SUM", "AVG")
        repeats = self.link and self.query.joined and table is self.link.parent
        if (
            not function
            or column.kind not in ("number", "date")
            or (adds and (column.kind == "date" or column.is_key or repeats))
        ):
            raise UnreadError(self.parts[n].item.text)
        return f"{function}({self.name(n)})"

    def _show(self, shown: list[int], totals: list[str]) -> None:
        query = self.query
        rows = [name for n in shown for name in self._names(n)]
        if self.absent in [self._table(n) for n in shown]:
            raise UnreadError(self.parts[shown[-1]].item.text)
        if not (rows or totals or self.keys):
            raise UnreadError(self.parts[0].item.text)
        if self.keys or self.grouped or (rows and totals):
            keys = self.keys or shown
            named = [name for n in keys for name in self._names(n)]
            if self.keys and any(
                n not in keys and self._table(n) not in [self._table(k) for k in keys if self.parts[k].tag == "t"]
                for n in shown
                if self._names(n)[0] not in named
            ):
                raise UnreadError(self.parts[shown[0]].item.text)
            query.group = [*(key for n in keys for key in self._row_key(n)), *named, *rows]
            query.show = [*(named if totals or not rows else []), *rows, *totals]
        else:
            query.show = [*rows, *totals]
            repeats = self.link and query.joined and {self._table(n) for n in shown} == {self.link.parent}
            query.distinct = bool((query.distinct or repeats) and not totals)
        query.distinct = query.distinct and not query.group and not query.order
        down = " DESC" if self.direction == "DESC" else ""
        keys = self.sorted or ([totals[0] if totals else query.show[0]] if self.direction else [])
        query.order += [key + down for key in keys]

    def _names(self, n: int) -> list[str]:
        part = self.parts[n]
        if part.tag == "c":
            return [self.query.name(*place) for place in part.columns]
        table = part.table or self.query.tables[0]
        if not (table.labels or table.keys):
            raise UnreadError(part.item.text)
        return [self.query.name(table, column) for column in table.labels or table.keys]

    def _table(self, n: int) -> Table | None:
        part = self.parts[n]
        return part.table if part.tag == "t" else part.place[0]

    def _row_key(self, n: int) -> list[str]:
        """What tells the rows of a parent apart, since two may have one name."""
        part = self.parts[n]
        if not self.link:
            if part.tag == "t" or any(column.primary and part.place[0].keys == (column,) for _, column in part.columns):
                raise UnreadError(part.item.text)
            return []
        own = self._table(n) is self.link.parent and self.query.joined
        label = part.tag == "t" or part.place[1] in self.link.parent.labels
        return [self.query.name(self.link.parent, self.link.target)] if own and label else []

    def _where(self) -> None:
        conditions = sorted(self.conditions, key=lambda one: one[0])
        equal = [place for _, place, text in conditions if " = " in text]
        either = [at for at, _, _ in conditions[1:] if "or" in self.parts[at].glue]
        alike = any(place in equal and "=" not in text.split()[1:2] for _, place, text in conditions)
        if len(set(equal)) < len(equal) or alike or (either and (len(conditions) != 2 or self.absent)):
            raise UnreadError("or" if either else "and")
        self.query.either = bool(either)
        if self.link and self.absent:
            inner = [text for _, (table, _), text in conditions if table is self.absent]
            self.query.where.append(without(self.link, self.query.tables[0], inner))
        self.query.where += [text for _, (table, _), text in conditions if table is not self.absent]
