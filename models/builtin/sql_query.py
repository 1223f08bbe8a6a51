"""One SELECT over a table, or over two that a key links: what its parts are called, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.builtin.schema import Column, Table, quote_identifier


@dataclass(frozen=True)
class Link:
    """`child.key` holds `parent.target`."""

    child: Table
    key: Column
    parent: Table
    target: Column


def links_between(a: Table, b: Table) -> list[Link]:
    """The foreign keys between two tables; where none is declared, the one key-like column that both have."""
    declared = [
        Link(child, column, parent, target)
        for child, parent in ((a, b), (b, a))
        for column in child.columns
        if column.references and column.references[0].casefold() == parent.name.casefold()
        for target in parent.columns
        if target.name.casefold() == column.references[1].casefold() or (not column.references[1] and target.primary)
    ]
    if declared:
        return declared
    same = [(x, y) for x in a.columns for y in b.columns if x.name.casefold() == y.name.casefold()]
    keys = [(x, y) for x, y in same if (x.is_key or y.is_key) and x.words != ("id",)]
    found = [Link(b, y, a, x) if a.keys == (x,) else Link(a, x, b, y) for x, y in keys if a.keys == (x,) or b.keys == (y,)]
    return found if len(found) == 1 else []


@dataclass
class Select:
    """The parts of a query as text; `tables` and, where there are two, the `link` between them."""

    tables: tuple[Table, ...]
    link: Link | None = None
    show: list[str] = field(default_factory=list[str])
    where: list[str] = field(default_factory=list[str])
    group: list[str] = field(default_factory=list[str])
    having: str = ""
    order: list[str] = field(default_factory=list[str])
    limit: int = 0
    distinct: bool = False
    joined: bool = True
    either: bool = False

    def name(self, column: Column, table: Table) -> str:
        """The column's name, with its table's where there are two."""
        own = quote_identifier(column.name, table.dialect)
        return f"{self._table(table)}.{own}" if len(self.tables) > 1 and self.joined else own

    def sql(self) -> str:
        """The whole query."""
        parts = [f"SELECT {'DISTINCT ' if self.distinct else ''}{', '.join(dict.fromkeys(self.show))}"]
        parts.append(f"FROM {self._table(self.tables[0])}")
        if self.link and self.joined:
            link = self.link
            other = self.tables[1]
            key, target = self.name(link.key, link.child), self.name(link.target, link.parent)
            parts.append(f"JOIN {self._table(other)} ON {key} = {target}")
        if self.where:
            parts.append(f"WHERE {(' OR ' if self.either else ' AND ').join(self.where)}")
        if self.group:
            parts.append(f"GROUP BY {', '.join(dict.fromkeys(self.group))}")
        parts += [f"HAVING {self.having}"] if self.having else []
        parts += [f"ORDER BY {', '.join(dict.fromkeys(self.order))}"] if self.order else []
        parts += [f"LIMIT {self.limit}"] if self.limit else []
        return " ".join(parts)

    def without(self, link: Link, table: Table, where: Sequence[str] = ()) -> str:
        """The condition that nothing in `link`'s other table (where that is so) belongs to a row of `table`."""
        own, far = (link.target, link.key) if table is link.parent else (link.key, link.target)
        other = link.child if table is link.parent else link.parent
        name = quote_identifier(far.name, other.dialect)
        inner = f"SELECT {name} FROM {self._table(other)} WHERE {' AND '.join([f'{name} IS NOT NULL', *where])}"
        return f"{quote_identifier(own.name, table.dialect)} NOT IN ({inner})"

    def _table(self, table: Table) -> str:
        return quote_identifier(table.name, table.dialect)


def literal(value: str, column: Column) -> str:
    """A number as it is where the column holds numbers, else text in quotes."""
    declared = column.type.upper()
    textual = any(kind in declared for kind in ("CHAR", "TEXT", "CLOB", "STRING", "DATE", "TIME", "ENUM"))
    if not textual and value.replace(".", "", 1).lstrip("-").isdigit():
        return value
    return "'" + value.replace("'", "''") + "'"


def one_of(name: str, values: Sequence[str], column: Column, negated: bool = False) -> str:
    """`name = 'x'`, `name IN ('x', 'y')`, or their opposites."""
    texts = list(dict.fromkeys(literal(value, column) for value in values))
    if len(texts) == 1:
        return f"{name} {'<>' if negated else '='} {texts[0]}"
    return f"{name} {'NOT ' if negated else ''}IN ({', '.join(texts)})"
