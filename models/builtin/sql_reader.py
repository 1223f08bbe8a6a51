"""A question's parts as one query: its clauses are taken out one kind after another, and what is left is shown.

Each part has a letter: `c`olumn, `t`able, `v`alue, `n`umber, `q`uoted text, and those of the cues in `sql_words`. A
clause is a pattern of letters; a taken part becomes a dot. A part that nothing has taken at the end is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from models.builtin.schema import Column, Table
from models.builtin.sql_links import Item
from models.builtin.sql_query import Link, Select, literal, one_of

_EQUAL = frozenset("is are was were be of equal equals to as the a an with value exactly ' 's had has have".split())
_OF = frozenset("of for in from on at by among to 's".split())
_SHOW = frozenset("show list return give find get display tell what provide".split())
_TRUE = frozenset(["1", "t", "true", "y", "yes", "是"])
_AGGREGATES = {"DESC": "MAX", "ASC": "MIN"}
_ISO = re.compile(r"\d{4}-\d\d")


class UnreadError(Exception):
    """There is no query: `words` found no place, or, where there are none, several readings fit equally."""

    def __init__(self, *words: str) -> None:
        super().__init__(*words)
        self.words = words


@dataclass
class Part:
    """An item as one of its meanings; `places` are the columns that hold a value, the nearest first."""

    item: Item
    tag: str
    glue: frozenset[str] = frozenset()
    table: Table | None = None
    columns: list[tuple[Table, Column]] = field(default_factory=list[tuple[Table, Column]])

    @property
    def implied(self) -> bool:
        return self.item.implied


class Reader:
    """Reads items with the tables of one query in mind; `read` gives the query. Raises UnreadError."""

    def __init__(self, items: Sequence[Item], tables: tuple[Table, ...], link: Link | None, chinese: bool) -> None:
        self.query = Select(tables, link)
        self.tables = tables
        self.link = link
        self.chinese = chinese
        self.parts = _merged([part for item in items for part in _bound(item, tables)])
        self.live = "".join(part.tag for part in self.parts)
        self.keys: list[int] = []
        self.conditions: list[tuple[int, str, Table]] = []
        self.counted: Table | None = None
        self.missing: int | None = None
        self.directions: list[str] = []

    def read(self) -> Select:
        """The query."""
        for number, part in enumerate(self.parts):
            if part.tag == "c":
                part.columns = self._choose(number)
        for pattern, rule in _RULES:
            self._apply(pattern, rule)
        self._head()
        self._join_conditions()
        left = [part.item.text for part, tag in zip(self.parts, self.live, strict=True) if tag != "."]
        if left:
            raise UnreadError(*left)
        return self.query

    def _apply(self, pattern: re.Pattern[str], rule: Callable[[Reader, re.Match[str]], bool]) -> None:
        at = 0
        while match := pattern.search(self.live, at):
            if rule(self, match):
                self._take(range(*match.span()))
            at = match.start() + 1

    def _take(self, numbers: Iterable[int]) -> None:
        for n in numbers:
            self.live = f"{self.live[:n]}.{self.live[n + 1 :]}"

    def _glue(self, number: int) -> frozenset[str]:
        return self.parts[number].glue

    def _column(self, number: int) -> tuple[Table, Column]:
        return self.parts[number].columns[0]

    def _name(self, number: int) -> str:
        table, column = self._column(number)
        return self.query.name(column, table)

    def _choose(self, number: int) -> list[tuple[Table, Column]]:
        """The column that is meant, of the table that owns it by the words around; two where a name is in two."""
        found = self.parts[number].columns
        if len({table for table, _ in found}) > 1:
            owner = self._owner(number)
            found = [(table, column) for table, column in found if table is owner] or found
        if len(found) > 1:
            found = [(t, c) for t, c in found if c in t.labels] or found
        if not found or (len(found) > 1 and len({c in t.labels and t for t, c in found}) > 1) or (found[0][1].references or ("",))[0] == found[0][0].name:
            raise UnreadError(self.parts[number].item.text)
        return found

    def _owner(self, number: int) -> Table | None:
        """`order's name`, `names and years of orders`, `orders with their names`."""
        before = self.parts[number - 1] if number else None
        if before and before.tag == "t" and self._glue(number) <= {"'s", "的", "their", "its"}:
            return before.table
        for n in range(number + 1, len(self.parts)):
            part = self.parts[n]
            if part.tag == "t":
                return part.table
            if part.tag not in "c^A!vu":
                break
        earlier = [part.table for part in self.parts[:number] if part.tag == "t"]
        later = [part.table for part in self.parts[number:] if part.tag == "t"]
        return [*reversed(earlier), *later, None][0]

    # Clauses. Each says whether it took its match.

    def _order(self, match: re.Match[str]) -> bool:
        key, marks = match["key"], match.groupdict().get("a", "") + match["b"]
        said = [self.parts[n].item.said for n in range(*match.span()) if self.parts[n].tag == "D"]
        start = match.start("key")
        if "o" not in marks and key and not self._glue(start) & {"by", "of", "on", "with"}:
            return False
        if _said(match, "turn"):
            said.append(self.parts[match.start("turn")].item.said)
        direction = " DESC" if "DESC" in said else ""
        if key.startswith("c"):
            self.query.order += [self._name(n) + direction for n in range(start, start + len(key))]
        elif _said(match, "turn"):
            self.query.order.append(self._name(match.end() - 1) + direction)
        elif key:
            self.query.order.append("COUNT(*)" + direction)
        elif (by := self._by()) is not None:
            self.query.order.append(self._name(by) + direction)
            self._take([by])
        else:
            self.directions.append(direction)
        return True

    def _by(self) -> int | None:
        return next((n for n, tag in enumerate(self.live) if tag == "c" and "by" in self._glue(n)), None)

    def _group(self, match: re.Match[str]) -> bool:
        if re.search("[#Am^f]", self.live) is None:
            self._take([match.start()])
            return False
        self.keys.append(match.start("k"))
        return True

    def _group_by(self, match: re.Match[str]) -> bool:
        if "by" not in self._glue(match.start()) or re.search("[#A]", self.live) is None or "L" in self.live:
            return False
        self.keys.append(match.start())
        return True

    def _having(self, match: re.Match[str]) -> bool:
        number, sign, table = match.start("n"), match.start("s"), match.start("t")
        counted = self.parts[table].table
        before = self.parts[number - 2] if number > 1 else None
        if before and sign < number < table and before.tag == "c" and self._measures(number - 2):
            return False
        if (self.link and counted is not self.link.child) or self.query.having:
            return False
        self.query.having = f"COUNT(*) {self.parts[sign].item.said} {self.parts[number].item.said}"
        self.counted = counted
        return True

    def _measures(self, number: int) -> bool:
        _, column = self._column(number)
        return column.kind == "date" or column.is_year or (column.kind == "number" and not column.is_key)

    def _absent(self, match: re.Match[str]) -> bool:
        other = self.parts[match.start("t")].table
        if not self.link or len(self.tables) != 2 or other is None:
            return False
        main = next(table for table in self.tables if table is not other)
        if any(t is other for n, tag in enumerate(self.live) if tag == "c" for t, _ in self.parts[n].columns):
            return False
        self.query.joined = False
        self.query.tables = (main, other)
        self.missing = match.start()
        return True

    def _against_mean(self, match: re.Match[str]) -> bool:
        at = match.start("c")
        table, column = self._column(at)
        if column.kind != "number" or len(self.tables) > 1:
            return False
        if match[0].endswith("c") and self._column(match.end() - 1)[1] is not column:
            return False
        part = self.parts[match.start("a")]
        function = _AGGREGATES.get(part.item.said, part.item.said)
        name = self._name(at)
        inner = f"SELECT {function}({name}) FROM {Select((table,)).sql().split(' FROM ')[1]}"
        self.conditions.append((match.start(), f"{name} {self.parts[match.start('s')].item.said} ({inner})", table))
        return True

    def _between(self, match: re.Match[str]) -> bool:
        low, high = match.start("n"), match.start("m")
        if "b" not in match[0] and not ("from" in self._glue(low) and "to" in self._glue(high)):
            return False
        at = match.start("c") if match["c"] else self._dated(low)
        if at is None:
            return False
        table, column = at if isinstance(at, tuple) else self._column(at)
        first = self._compared(table, column, ">=", self.parts[low].item.said)
        last = self._compared(table, column, "<=", self.parts[high].item.said)
        if not first or not last:
            return False
        self.conditions.append((match.start(), f"{first} AND {last}", table))
        return True

    def _compare(self, match: re.Match[str]) -> bool:
        number, sign, at = match.start("n"), match.start("s"), match.start("c")
        if (at > number and self._glue(at)) or not self._measures(at):
            return False
        return self._add(match.start(), *self._column(at), self.parts[sign].item.said, number)

    def _every(self, match: re.Match[str]) -> bool:
        return re.search("[#A]", self.live) is not None

    def _equal(self, match: re.Match[str]) -> bool:
        number, at = match.start("n"), match.start("c")
        _, column = self._column(at)
        dated = column.kind == "date" or column.is_year
        if not self._glue(number) <= (_EQUAL | {"in", "on", "during"} if dated else _EQUAL):
            return False
        return self._add(match.start(), *self._column(at), "<>" if match["no"] else "=", number)

    def _in_year(self, match: re.Match[str]) -> bool:
        number = match.start("n")
        sign = match.start("s") if match["s"] else match.start("p") if match["p"] else None
        if sign is None and not self._glue(number) & {"in", "from", "during", "of", "on"} and not self.chinese:
            return False
        column = self._dated(number)
        return column is not None and self._add(
            match.start(), *column, self.parts[sign].item.said if sign is not None else "=", number
        )

    def _dated(self, number: int) -> tuple[Table, Column] | None:
        """The one column of years or dates, for a number that is a year or a date."""
        said = self.parts[number].item.said
        if not ("-" in said or re.fullmatch(r"1[5-9]\d\d|20\d\d", said)):
            return None
        found = [(t, c) for t in self.tables for c in t.columns if c.kind == "date" or (c.is_year and "-" not in said)]
        return found[0] if len(found) == 1 else None

    def _add(self, at: int, table: Table, column: Column, sign: str, number: int) -> bool:
        text = self._compared(table, column, sign, self.parts[number].item.said)
        if text:
            self.conditions.append((at, text, table))
        return bool(text)

    def _compared(self, table: Table, column: Column, sign: str, said: str) -> str:
        """The comparison; of a date with a year as a range. Nothing where the column can't hold such a thing."""
        name = self.query.name(column, table)
        year = re.fullmatch(r"1[5-9]\d\d|20\d\d", said)
        if column.kind == "date" and year:
            start, end = f"'{said}-01-01'", f"'{int(said) + 1}-01-01'"
            ranges = {">": f"{name} >= {end}", "<": f"{name} < {start}", ">=": f"{name} >= {start}", "<=": f"{name} < {end}"}
            return ranges.get(sign) or (f"{name} >= {start} AND {name} < {end}" if sign == "=" else "")
        if column.kind == "date":
            return f"{name} {sign} '{said}'" if "-" in said[1:] else ""
        if "-" in said or (column.kind != "number" and (sign not in ("=", "<>") or not column.is_key)):
            return ""
        return f"{name} {sign} {literal(said, column)}"

    def _like(self, match: re.Match[str]) -> bool:
        at, text = match.start("c"), self.parts[match.start("x")].item.text
        pattern = self.parts[match.start("k")].item.said.format(text.replace("'", "''"))
        self.conditions.append((match.start(), f"{self._name(at)} {'NOT ' if match['no'] else ''}LIKE '{pattern}'", self._column(at)[0]))
        return True

    def _missing(self, match: re.Match[str]) -> bool:
        at = match.start("c")
        table, column = self._column(at)
        if _said(match, "no") and (column.kind == "boolean" or self._glue(at) & {"and", ",", "or"}):
            return False
        text = f"{self._name(at)} IS {'NOT ' if _said(match, 'other') else ''}NULL"
        self.conditions.append((match.start(), text, table))
        return True

    def _value(self, match: re.Match[str]) -> bool:
        start, end = match.span("v")
        named = match.start("c") if match["c"] else None
        if named is not None and not self._holds(start, self._column(named)):
            if match["no"]:
                return False
            named = None
        chosen: dict[tuple[Table, Column], list[str]] = {}
        for n in range(start, end):
            own = named is not None and self._holds(n, self._column(named))
            column = self._column(named) if own and named is not None else self._place(n)
            chosen.setdefault(column, []).extend(self._values(n, column))
        for (table, column), values in chosen.items():
            several = len(chosen) < end - start and any("and" in self._glue(n) for n in range(start + 1, end))
            if several and len(self.tables) > 1:
                raise UnreadError(*(self.parts[n].item.text for n in range(start, end)))
            text = one_of(self.query.name(column, table), values, column, bool(match["no"] or match["not"]))
            self.conditions.append((start if named is None else named, text, table))
        after = self.live[end : end + 1] == "c" and self._column(end) in chosen and self._glue(end) <= {"'s"}
        free = {match.start("c")} if match["c"] and named is None else set[int]()
        self._take(n for n in range(match.start(), end + after) if n not in free)
        return False

    def _holds(self, number: int, column: tuple[Table, Column]) -> bool:
        part = self.parts[number]
        if part.tag == "q":
            return column[1].kind == "text" and self._glue(number) <= _EQUAL | {"by", "called", "named", "in", "on"}
        return column in part.columns

    def _place(self, number: int) -> tuple[Table, Column]:
        """Where a value is that stands without its column: a name before all; else the nearest to the question."""
        part = self.parts[number]
        if part.tag == "q":
            raise UnreadError(part.item.text)
        mentioned = {column for other in self.parts if other.tag == "c" for column in other.columns}
        ranked = sorted(part.columns, key=lambda place: -_rank(place, mentioned))
        if len(ranked) > 1 and _rank(ranked[0], mentioned) == _rank(ranked[1], mentioned):
            raise UnreadError(part.item.text)
        return ranked[0]

    def _values(self, number: int, column: tuple[Table, Column]) -> list[str]:
        part = self.parts[number]
        place = (column[0].name, column[1].name)
        found = [hint.value for hint in part.item.hints if place in hint.places]
        return found or [part.item.said or part.item.text]

    def _flag(self, match: re.Match[str]) -> bool:
        at = match.start("c")
        table, column = self._column(at)
        after = self.live[at + 1 : at + 2]
        says = bool(match["no"]) or self._glue(at) & {"is", "are", "was", "were", "that"} or (after and after in "tc" and not self._glue(at + 1))
        if column.kind != "boolean" or not says or self._glue(at) & {"the", "what"}:
            return False
        values = {(sample.casefold() in _TRUE): sample for sample in column.samples}
        if bool(match["no"]) in values or not match["no"]:
            wanted = values.get(not match["no"], "1" if "BOOL" not in column.type.upper() else "true")
            text = wanted if wanted == "true" else literal(wanted, column)
            self.conditions.append((match.start(), f"{self.query.name(column, table)} = {text}", table))
            return True
        return False

    def _extreme(self, match: re.Match[str]) -> bool:
        at, sign = match.start("c"), match.start("s")
        part = self.parts[sign]
        if sign > at and not (self.chinese and part.tag in "^m"):
            return False
        if not part.implied and sign < at and not match["n"] and self._is_head(match.span()):
            return False
        if len(self.keys) or self.query.order:
            raise UnreadError(part.item.text)
        name = self._name(at)
        if _said(match, "mean"):
            name = f"{self.parts[match.start('mean')].item.said}({name})"
            self.keys.append(-1)
        elif self._column(at)[1].kind not in ("number", "date"):
            return False
        self.query.order.append(name + (" DESC" if self._descends(sign, at) else ""))
        self.query.limit = int(self.parts[match.start("n")].item.said) if match["n"] else 1
        return True

    def _is_head(self, span: tuple[int, int]) -> bool:
        """`the highest age of singers` is asked for; `the singer with the highest age` has it."""
        before, after = self.live[: span[0]], self.live[span[1] :]
        if self.chinese:
            return "t" not in after
        return not re.search("[ct#]", before) or "A" in before

    def _descends(self, sign: int, at: int) -> bool:
        """The oldest have the earliest birth."""
        part = self.parts[sign]
        return (part.item.said == "DESC") != (part.implied and part.item.columns.get(self._column(at), 1) < 0)

    def _most(self, match: re.Match[str]) -> bool:
        at, sign = match.start("t"), match.start("s")
        part = self.parts[at]
        if at < sign and self.parts[sign].tag != "f" and not self.chinese:
            return False
        if part.tag == "t":
            if self.link and part.table is not self.link.child:
                return False
            self.counted = part.table
        elif self.parts[sign].tag != "f":
            return False
        if self.query.order or self.keys:
            raise UnreadError(part.item.text)
        self.keys.append(at if self.parts[sign].tag == "f" else -1)
        self.query.order.append("COUNT(*)" + (" DESC" if self.parts[sign].item.said == "DESC" else ""))
        self.query.limit = int(self.parts[match.start("n")].item.said) if _said(match, "n") else 1
        return True

    def _top(self, match: re.Match[str]) -> bool:
        by = self._by()
        if by is not None and not self.query.order:
            self.query.order.append(self._name(by) + " DESC")
            self._take([by])
        self.query.limit = int(self.parts[match.start("n")].item.said)
        return bool(self.query.order)

    # What is shown.

    def _head(self) -> None:
        functions: list[str] = []
        again: list[str] = []
        shown: list[int] = []
        totals: list[str] = []
        for n, part in enumerate(self.parts):
            tag = self.live[n]
            if tag in ("A", "^"):
                functions.append(_AGGREGATES.get(part.item.said, part.item.said))
            elif tag == "#":
                totals.append(self._count(n))
                again = [""]
            elif tag == "c" and not part.implied:
                listed = again if part.glue & {"and", ","} and not functions else []
                if functions or (listed and (again == [""] or self._column(n)[1].kind == "number")):
                    again = functions or listed
                    if again == [""]:
                        raise UnreadError(part.item.text)
                    totals += [self._aggregate(function, n) for function in again]
                    functions = []
                else:
                    shown.append(n)
            elif tag == "t":
                if not (shown or totals or functions or self._owns(n)) or part.glue & {"their", "its", "his", "her"}:
                    shown.append(n)
                elif "and" in part.glue and self.parts[n - 1].tag == "t":
                    raise UnreadError(part.item.text)
            elif tag == "u":
                self.query.distinct = True
            else:
                continue
            self._take([n])
        if functions:
            raise UnreadError(next(part.item.text for part in self.parts if part.tag in "A^"))
        self._show(shown, totals)

    def _owns(self, number: int) -> bool:
        """`singers' names`: the table of the column behind it is no more than that."""
        after = number + 1
        if any(tag in "c#A" and self._glue(n) & _SHOW for n, tag in enumerate(self.live) if n > number):
            return True
        return self.live[after : after + 1] in ("c", "A", "^", "#") and self._glue(after) <= {"'s", "的"}

    def _count(self, number: int) -> str:
        at = number + 1
        while at < len(self.live) and self.live[at] in ".u" and self.parts[at].tag in "uv!.":
            at += 1
        if self.live[at : at + 1] not in ("t", "c"):
            at = number - 1
        if at < 0 or self.parts[at].tag not in "tc":
            raise UnreadError(self.parts[number].item.text)
        after = self.live[at + 1 : at + 2]
        if self.parts[at].tag == "t" and at > number and after == "c" and self._glue(at + 1) <= {"'s"}:
            at += 1
        part = self.parts[at]
        self._take([n for n in range(min(at, number), at + 1) if self.live[n] in "utc"])
        if part.tag == "t":
            self.counted = part.table
            if self.link and self.query.joined and part.table is self.link.parent:
                return f"COUNT(DISTINCT {self.query.name(self.link.target, self.link.parent)})"
            return "COUNT(*)"
        table, column = self._column(at)
        if column.kind == "number" and not column.is_key and not column.is_year:
            raise UnreadError(self.parts[number].item.text)
        return f"COUNT(DISTINCT {self.query.name(column, table)})"

    def _aggregate(self, function: str, number: int) -> str:
        table, column = self._column(number)
        wanted = ("number",) if function in ("SUM", "AVG") else ("number", "date")
        if column.kind not in wanted or (column.is_key and function in ("SUM", "AVG")):
            raise UnreadError(self.parts[number].item.text)
        if self.link and self.query.joined and table is self.link.parent and function in ("SUM", "AVG"):
            raise UnreadError(self.parts[number].item.text)
        return f"{function}({self.query.name(column, table)})"

    def _show(self, shown: list[int], totals: list[str]) -> None:
        query = self.query
        rows = [name for n in shown for name in self._shown(n)]
        counts = query.having or any("COUNT" in key for key in query.order)
        if self.keys or (totals and rows) or counts:
            keys = [n for n in self.keys if n >= 0] or shown
            if not keys:
                raise UnreadError(self.parts[0].item.text)
            named = [name for n in keys for name in self._shown(n)]
            if any(name not in named for name in rows) and keys is not shown:
                self._same_rows(keys, shown)
            query.group = [*(key for n in keys for key in self._row_key(n)), *named, *rows]
            query.show = [*(named if totals or not rows else []), *rows, *totals]
            query.distinct = False
        else:
            query.show = [*rows, *totals]
            tables = {self._table_of(n) for n in shown}
            repeats = self.link and query.joined and tables == {self.link.parent}
            query.distinct = (query.distinct or bool(repeats)) and not totals
            if not query.show:
                raise UnreadError(self.parts[0].item.text)
        if query.distinct and any(key.removesuffix(" DESC") not in query.show for key in query.order):
            query.distinct = False
        query.order += [query.show[0] + direction for direction in self.directions]

    def _same_rows(self, keys: list[int], shown: list[int]) -> None:
        """Beside a group's key only what is the same in all of its rows may be shown."""
        for n in shown:
            if not any(self.parts[k].tag == "t" and self._table_of(k) is self._table_of(n) for k in keys):
                raise UnreadError(self.parts[n].item.text)

    def _table_of(self, number: int) -> Table | None:
        part = self.parts[number]
        return part.table if part.tag == "t" else part.columns[0][0]

    def _shown(self, number: int) -> list[str]:
        part = self.parts[number]
        if part.tag == "c":
            return [self.query.name(column, table) for table, column in part.columns]
        table = part.table or self.tables[0]
        columns = table.labels or table.keys
        if not columns:
            raise UnreadError(part.item.text)
        return [self.query.name(column, table) for column in columns]

    def _row_key(self, number: int) -> list[str]:
        """What tells the rows of a parent apart: two of them may have one name."""
        table = self._table_of(number)
        if self.link and table is self.link.parent and self.query.joined:
            label = self.parts[number].tag == "t" or self._column(number)[1] in table.labels
            return [self.query.name(self.link.target, table)] if label else []
        return []

    def _join_conditions(self) -> None:
        conditions = sorted(self.conditions, key=lambda condition: condition[0])
        alike = [text.split(" = ")[0] for _, text, _ in conditions if " = " in text]
        alternatives = [at for at, _, _ in conditions[1:] if "or" in self.parts[at].glue]
        if len(set(alike)) < len(alike) or (alternatives and (len(conditions) != 2 or self.missing is not None)):
            raise UnreadError("or" if alternatives else "and")
        self.query.either = bool(alternatives)
        main = self.query.tables[0]
        if self.link and self.missing is not None:
            inner = [text for _, text, table in conditions if table is not main]
            self.query.where.append(self.query.without(self.link, main, inner))
            conditions = [condition for condition in conditions if condition[2] is main]
        self.query.where += [text for _, text, _ in conditions]


def _said(match: re.Match[str], name: str) -> bool:
    return bool(match.groupdict().get(name))


def _rank(place: tuple[Table, Column], mentioned: set[tuple[Table, Column]]) -> int:
    table, column = place
    return 2 * (place in mentioned) + (column in table.labels)

def _bound(item: Item, tables: tuple[Table, ...]) -> list[Part]:
    """The item's meaning among these tables; an adjective as its cue and its column."""
    glue = frozenset(item.glue)
    best = max((score for (table, _), score in item.columns.items() if table in tables), default=0)
    columns = [place for place, score in item.columns.items() if place[0] in tables and (score == best or item.implied)]
    if item.implied:
        column = Part(item, "c", frozenset(), columns=columns)
        cue = Part(item, item.tag, glue)
        return [column] if item.tag == "=" else [cue, column] if item.tag == "^" else [Part(item, "c", glue, columns=columns), cue]
    if item.hints and not item.tables and not item.columns or item.tag == "q" and item.hints:
        names = {(t.name, c.name): (t, c) for t in tables for c in t.columns}
        places = dict.fromkeys(place for hint in item.hints for place in hint.places)
        return [Part(item, "v", glue, columns=[names[place] for place in places if place in names])]
    if item.tag:
        return [Part(item, item.tag, glue)]
    own = [table for table in item.tables if table in tables]
    if own and (not columns or max(item.tables[t] for t in own) >= best):
        return [Part(item, "t", glue, table=max(own, key=lambda t: item.tables[t]))]
    return [Part(item, "c", glue, columns=columns)]


def _merged(parts: list[Part]) -> list[Part]:
    """`whose weight is heavier than`, `the youngest age`: an adjective beside the column that it speaks of."""
    found: list[Part] = []
    for part in parts:
        if found and "c" == part.tag == found[-1].tag and part.implied != found[-1].implied:
            both = [column for column in part.columns if column in found[-1].columns]
            if both:
                found[-1].columns = both
                continue
        found.append(part)
    return found


_RULES: list[tuple[re.Pattern[str], Callable[[Reader, re.Match[str]], bool]]] = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?P<a>[oD]+)(?P<key>#u?t?|c+|)(?P<b>[oD]*)(?P<turn>\^c\^c)?", Reader._order),
        (r"(?P<key>c)(?P<b>[oD]+)", Reader._order),
        (r"e(?P<k>[ct])", Reader._group),
        (r"e(?![ct])", Reader._every),
        (r"(?P<s>>)(?P<n>n)#?u?(?P<t>t)", Reader._having),
        (r"(?<!c)(?P<n>n)(?P<s>p)(?P<t>t)", Reader._having),
        (r"#u?(?P<t>t)(?P<s>>)(?P<n>n)", Reader._having),
        (r"!u?(?P<t>t)", Reader._absent),
        (r"(?P<c>c)(?P<s>>)(?P<a>[A^])c?", Reader._against_mean),
        (r"(?P<s>>)(?P<a>[A^])(?P<c>c)", Reader._against_mean),
        (r"(?P<c>c?)b?(?P<n>n)(?P<m>n)", Reader._between),
        (r"(?P<c>c)(?P<s>>)(?P<n>n)", Reader._compare),
        (r"(?P<s>>)(?P<n>n)(?P<c>c)", Reader._compare),
        (r"(?P<c>c)(?P<n>n)(?P<s>p)", Reader._compare),
        (r"(?P<c>c)(?P<no>!?)k(?P<x>[qvctn])", Reader._like),
        (r"(?P<c>c)(?P<other>!?)N", Reader._missing),
        (r"(?P<no>!)(?P<c>c)(?![vq>n])", Reader._missing),
        (r"(?P<no>!?)(?P<c>c?)(?P<not>!?)(?P<v>[vq]+)", Reader._value),
        (r"(?P<no>!?)(?P<c>c)", Reader._flag),
        (r"(?P<c>c)(?P<no>!?)(?P<n>n)", Reader._equal),
        (r"(?P<s>>?)(?P<n>n)(?P<p>p?)", Reader._in_year),
        (r"L?(?P<n>n?)(?P<s>[\^m])(?P<mean>A?)(?P<c>c)", Reader._extreme),
        (r"(?P<c>c)(?P<s>[\^m])L?(?P<n>n?)", Reader._extreme),
        (r"L?(?P<n>n?)(?P<s>m)#?u?(?P<t>t)", Reader._most),
        (r"(?P<t>t)#?(?P<s>[m^])(?P<n>n?)", Reader._most),
        (r"(?P<n>n?)(?P<s>f)(?P<t>[ct])", Reader._most),
        (r"(?P<t>c)(?P<s>f)", Reader._most),
        (r"L(?P<n>n)", Reader._top),
        (r"[ct]", Reader._group_by),
    )
]
