"""A database's tables as a model is shown them, within a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from cairn.text import approximate_tokens

_MANY = 5
_FEW = 12
_SHORT = 24
_PLAIN = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Column:
    """`samples`: up to 12 distinct values; `all_values` tells that there are no others."""

    name: str
    type: str
    primary_key: bool = False
    references: tuple[str, str] | None = None
    samples: tuple[Any, ...] = ()
    all_values: bool = False


@dataclass(frozen=True)
class Table:
    name: str
    columns: tuple[Column, ...]
    view: bool = False
    rowid: bool = False

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by lower-case name."""
        return {column.name.lower(): column for column in self.columns}


@dataclass(frozen=True)
class Schema:
    """`partial`: the lower-case tables of which some columns are hidden (their `*` has to be written out)."""

    dialect: str
    tables: tuple[Table, ...]
    partial: frozenset[str] = field(default_factory=frozenset[str])

    @cached_property
    def by_name(self) -> dict[str, Table]:
        """Tables by lower-case name."""
        return {table.name.lower(): table for table in self.tables}

    def without(self, hidden: Collection[str]) -> Schema:
        """This schema less the hidden `table`s and `table.column`s, and the references to them."""
        gone = {name.lower() for name in hidden}
        if not gone:
            return self

        def kept(table: Table, column: Column) -> Column | None:
            if f"{table.name}.{column.name}".lower() in gone:
                return None
            target = column.references
            if target and (target[0].lower() in gone or ".".join(target).lower() in gone):
                return replace(column, references=None)
            return column

        tables = [
            replace(table, columns=tuple(c for column in table.columns if (c := kept(table, column))))
            for table in self.tables
            if table.name.lower() not in gone
        ]
        partial = {name.partition(".")[0] for name in gone if "." in name}
        return Schema(self.dialect, tuple(table for table in tables if table.columns), frozenset(partial))

    def only(self, names: Collection[str]) -> Schema:
        """These lower-case tables; all of them when one is a view, which reads others."""
        used = tuple(table for name, table in self.by_name.items() if name in names)
        return self if any(table.view for table in used) else replace(self, tables=used)


def overview(name: str, schema: Schema, max_tokens: int) -> str:
    """`Database shop (sqlite):` and one line per table; what does not fit is named only, or counted."""
    lines = _fit(schema.tables, [_line, lambda table: f"- {table.name}"], max_tokens, shorten=_names_only)
    return "\n".join([f"Database {name} ({schema.dialect}):", *lines])


def describe(name: str, schema: Schema, tables: Iterable[Table], max_tokens: int) -> str:
    """`-- Database shop (sqlite)` and CREATE TABLE statements with sample values, as far as they fit."""

    def bare(table: Table) -> str:
        return _create(table, samples=False)

    def comment(table: Table) -> str:
        return "--" + _line(table)[1:]

    lines = _fit(list(tables), [_create, bare, comment], max_tokens, shorten=lambda rest: "-- " + _names_only(rest))
    return "\n".join([f"-- Database {name} ({schema.dialect})", *lines])


def _fit(
    tables: Sequence[Table],
    forms: Sequence[Callable[[Table], str]],
    max_tokens: int,
    shorten: Callable[[Sequence[Table]], str],
) -> list[str]:
    """The richest form in which all tables fit; else as many as fit in the poorest, and the names of the others."""
    for form in forms:
        lines = [form(table) for table in tables]
        if sum(map(approximate_tokens, lines)) <= max_tokens:
            return lines
    kept: list[str] = []
    left = max_tokens * 2 // 3
    for number, table in enumerate(tables):
        line = forms[-1](table)
        left -= approximate_tokens(line)
        if left < 0:
            return [*kept, shorten(tables[number:])]
        kept.append(line)
    return kept


def _names_only(tables: Sequence[Table], most: int = 200) -> str:
    names = ", ".join(table.name for table in tables[:most])
    more = f" and {len(tables) - most} more" if len(tables) > most else ""
    return f"Also: {names}{more}"


def _line(table: Table) -> str:
    return f"- {table.name}({', '.join(column.name for column in table.columns)})"


def _create(table: Table, samples: bool = True) -> str:
    kind = "VIEW" if table.view else "TABLE"
    lines = [_column(column, samples, last=column is table.columns[-1]) for column in table.columns]
    return "\n".join([f"CREATE {kind} {quoted(table.name)} (", *lines, ");"])


def _column(column: Column, samples: bool, last: bool) -> str:
    parts = [quoted(column.name), column.type, "PRIMARY KEY" if column.primary_key else ""]
    if column.references:
        table, target = column.references
        parts.append(f"REFERENCES {quoted(table)}({quoted(target)})")
    line = "  " + " ".join(part for part in parts if part) + ("" if last else ",")
    plain_key = column.primary_key or column.references
    shown = _samples(column) if samples and not plain_key else []
    return f"{line} -- e.g. {', '.join(shown)}" if shown else line


def _samples(column: Column) -> list[str]:
    """All values where they are few and short, else up to five."""
    texts = [_literal(value) for value in column.samples]
    short = [text for text in texts if len(text) <= _SHORT]
    if column.all_values and len(texts) <= _FEW and len(short) == len(texts):
        return texts
    return short[:_MANY]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + " ".join(value.split()).replace("'", "''") + "'"
    return str(value)


def quoted(name: str) -> str:
    """A name as it is written in SQL: in double quotes where it is not a plain word."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
