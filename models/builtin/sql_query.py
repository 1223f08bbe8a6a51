"""One SELECT over a table, or over two that a key links: its parts and its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cairn.models.builtin.shown_schema import Column, Table


@dataclass(frozen=True)
class Link:
    """`child.key` holds `parent.target`, which tells the parent's rows apart."""

    child: Table
    key: Column
    parent: Table
    target: Column


def links_between(a: Table, b: Table) -> list[Link]:
    both = [(a, x, b, y) for x in a.columns for y in b.columns]
    both += [(b, y, a, x) for a, x, b, y in both]
    return [Link(*one) for one in both if one[1].references == (one[2].name, one[3].name)]


@dataclass
class Select:
    """The parts of a query as text; `tables`, where there are two with the `link` between them."""

    tables: tuple[Table, ...]
    link: Link | None = None
    joined: bool = False
    distinct: bool = False
    either: bool = False
    show: list[str] = field(default_factory=list[str])
    where: list[str] = field(default_factory=list[str])
    group: list[str] = field(default_factory=list[str])
    having: str = ""
    order: list[str] = field(default_factory=list[str])
    limit: int = 0

    def name(self, table: Table, column: Column) -> str:
        """The column's name, with its table's where two are joined."""
        return f"{table.written}.{column.written}" if self.joined else column.written

    def sql(self) -> str:
        source = self.tables[0].written
        if self.link and self.joined:
            key, target = self.name(self.link.child, self.link.key), self.name(self.link.parent, self.link.target)
            source = f"{source} JOIN {self.tables[1].written} ON {key} = {target}"
        clauses = [
            ("SELECT DISTINCT" if self.distinct else "SELECT", ", ".join(dict.fromkeys(self.show))),
            ("FROM", source),
            ("WHERE", (" OR " if self.either else " AND ").join(self.where)),
            ("GROUP BY", ", ".join(dict.fromkeys(self.group))),
            ("HAVING", self.having),
            ("ORDER BY", ", ".join(dict.fromkeys(self.order))),
            ("LIMIT", str(self.limit or "")),
        ]
        return " ".join(f"{word} {text}" for word, text in clauses if text)


def without(link: Link, table: Table, where: Sequence[str]) -> str:
    """The condition that nothing in `link`'s other table, where that is so, belongs to a row of `table`."""
    ends = (link.parent, link.target), (link.child, link.key)
    (_, own), (other, far) = ends if table is link.parent else ends[::-1]
    inner = Select((other,), show=[far.written], where=[f"{far.written} IS NOT NULL", *where]).sql()
    return f"{own.written} NOT IN ({inner})"


def is_year(said: str) -> bool:
    return re.fullmatch(r"1[5-9]\d\d|20\d\d", said) is not None


def compared(name: str, column: Column, sign: str, said: str) -> str:
    """The comparison; of a date with a year as a range. Nothing where the column can't hold such a thing."""
    if column.kind == "date" and is_year(said):
        start, end = f"'{said}-01-01'", f"'{int(said) + 1}-01-01'"
        within = {"=": f"{name} >= {start} AND {name} < {end}", ">": f"{name} >= {end}", "<=": f"{name} < {end}"}
        return within.get(sign) or (f"{name} {sign} {start}" if sign in ("<", ">=") else "")
    if column.kind == "date":
        return f"{name} {sign} '{said}'" if "-" in said[1:] else ""
    if "-" in said or (column.kind != "number" and (sign not in ("=", "<>") or not column.is_key)):
        return ""
    return f"{name} {sign} {literal(said, column)}"


def literal(value: str, column: Column) -> str:
    """A number as it is where the column holds numbers, else text in quotes."""
    textual = re.search("CHAR|TEXT|CLOB|STRING|DATE|TIME|ENUM", column.type.upper())
    return value if not textual and re.fullmatch(r"-?\d+(\.\d+)?", value) else "'" + value.replace("'", "''") + "'"


def one_of(name: str, values: Sequence[str], column: Column, negated: bool = False) -> str:
    """`name = 'x'`, `name IN ('x', 'y')`, or their opposites."""
    texts = list(dict.fromkeys(literal(value, column) for value in values))
    if len(texts) == 1:
        return f"{name} {'<>' if negated else '='} {texts[0]}"
    return f"{name} {'NOT ' if negated else ''}IN ({', '.join(texts)})"
