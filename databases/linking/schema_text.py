"""A database's tables as a model is shown them, within a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from cairn.core.clean_text import TokenCount, approximate_tokens, clean
from cairn.databases.sql_text import quoted

_MANY = 5
_FEW = 12
_SHORT = 24
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Column:
    """`samples`: up to 12 distinct values; `all_values` tells that there are no others."""

    name: str
    type: str
    primary_key: bool = False
    references: tuple[str, str] | None = None
    samples: tuple[Any, ...] = ()
    all_values: bool = False
    comment: str | None = None


@dataclass(frozen=True)
class Table:
    """`reads`: of a view, the lower-case `table` and `table.column` names below it; None when they can't be known."""

    name: str
    columns: tuple[Column, ...]
    view: bool = False
    rowid: bool = False
    comment: str | None = None
    reads: frozenset[str] | None = frozenset()

    @cached_property
    def by_name(self) -> dict[str, Column]:
        """Columns by lower-case name."""
        return {column.name.lower(): column for column in self.columns}


@dataclass(frozen=True)
class Schema:
    """`partial`: the lower-case tables of which some columns can't be read (each is read as a subquery of the others).

    `namespace`: the schema (PostgreSQL) or database (MariaDB) that holds the tables; a name may be qualified with it.
    `unread`: tables and `table.column`s that are there and can't be read, each with the reason.
    """

    dialect: str
    tables: tuple[Table, ...]
    partial: frozenset[str] = field(default_factory=frozenset[str])
    namespace: str | None = None
    unread: tuple[tuple[str, str], ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Table]:
        """Tables by lower-case name."""
        return {table.name.lower(): table for table in self.tables}

    def without(self, hidden: Collection[str]) -> Schema:
        """This schema less the hidden `table`s and `table.column`s, the references to them and the views over them."""
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
            if table.name.lower() not in gone and table.reads is not None and not table.reads & gone
        ]
        partial = self.partial | {
            table.name.lower() for table in self.tables for c in table.columns if not kept(table, c)
        }
        unread = tuple((name, why) for name, why in self.unread if not names_any(f"{name} {why}", gone))
        return replace(self, tables=tuple(table for table in tables if table.columns), partial=partial, unread=unread)

    def only(self, names: Collection[str]) -> Schema:
        """These lower-case tables; all of them when one is a view, which reads others."""
        used = tuple(table for name, table in self.by_name.items() if name in names)
        return self if any(table.view for table in used) else replace(self, tables=used)


Form = Callable[[Table], str]


def overview(name: str, schema: Schema, max_tokens: int, count: TokenCount = approximate_tokens) -> str:
    """`Database shop (sqlite):` and one line per table; what does not fit is named only, or counted."""
    known = schema.dialect
    forms: list[Form] = [lambda table: line(table, known), lambda table: f"- {quoted(table.name, known)}"]
    lines = _fit(schema.tables, forms, max_tokens, count, shorten=_names_only)
    return "\n".join([f"Database {name} ({schema.dialect}):", *lines])


def describe(
    name: str, schema: Schema, tables: Iterable[Table], max_tokens: int, count: TokenCount = approximate_tokens
) -> str:
    """`-- Database shop (sqlite)` and CREATE TABLE statements with sample values, as far as they fit."""
    forms = forms_of(schema.dialect)
    lines = _fit(list(tables), forms, max_tokens, count, shorten=lambda rest: "-- " + _names_only(rest))
    return "\n".join([head(name, schema), *lines])


def head(name: str, schema: Schema) -> str:
    unread = [f"{one} ({why})" for one, why in schema.unread[:_FEW]]
    more = f" and {len(schema.unread) - _FEW} more" if len(schema.unread) > _FEW else ""
    told = [f"-- Can't be read: {one_line('; '.join(unread), 500)}{more}"] if unread else []
    return "\n".join([f"-- Database {name} ({schema.dialect})", *told])


def names_any(text: str, hidden: Collection[str]) -> bool:
    """Whether words of a database's own would name what is hidden."""
    words = set(re.findall(r"\w+", text.lower()))
    names = {name.lower().rpartition(".")[2] for name in hidden}
    return any(words.issuperset(re.findall(r"\w+", name)) for name in names)


def _fit(
    tables: Sequence[Table],
    forms: Sequence[Form],
    max_tokens: int,
    count: TokenCount,
    shorten: Callable[[Sequence[Table]], str],
) -> list[str]:
    """The richest form in which all tables fit; else as many as fit in the poorest, and the names of the others."""
    for form in forms:
        lines = [form(table) for table in tables]
        if sum(map(count, lines)) <= max_tokens:
            return lines
    kept: list[str] = []
    left = max_tokens * 2 // 3
    for number, table in enumerate(tables):
        text = forms[-1](table)
        left -= count(text)
        if left < 0 and not kept and len(table.columns) > 1:  # a table too wide for a line
            kept, number = [_cut(text, max_tokens * 2 // 3, count)], number + 1
        if left < 0:
            return [*kept, shorten(tables[number:])] if tables[number:] else kept
        kept.append(text)
    return kept


def _cut(line: str, max_tokens: int, count: TokenCount) -> str:
    """As many columns of a table's line as fit."""
    columns = line.split(", ")
    sizes = accumulate(count(column) + 1 for column in columns)
    fitting = max(sum(size <= max_tokens for size in sizes), 1)
    return f"{', '.join(columns[:fitting])} and {len(columns) - fitting} more columns)"


def _names_only(tables: Sequence[Table], most: int = 200) -> str:
    names = ", ".join(table.name for table in tables[:most])
    more = f" and {len(tables) - most} more" if len(tables) > most else ""
    return f"Also: {names}{more}"


def line(table: Table, dialect: str) -> str:
    return f"- {quoted(table.name, dialect)}({', '.join(quoted(column.name, dialect) for column in table.columns)})"


def create(table: Table, dialect: str, samples: bool = True) -> str:
    """The table as a CREATE TABLE statement, with what is known of its columns as comments."""
    kind = "VIEW" if table.view else "TABLE"
    key = [quoted(column.name, dialect) for column in table.columns if column.primary_key]
    several = len(key) > 1
    lines = [
        _column(column, dialect, samples, alone=not several, last=column is table.columns[-1] and not several)
        for column in table.columns
    ]
    lines += [f"  PRIMARY KEY ({', '.join(key)})"] if several else []
    told = f" -- {one_line(table.comment)}" if table.comment else ""
    return "\n".join([f"CREATE {kind} {quoted(table.name, dialect)} ({told}", *lines, ");"])


def forms_of(dialect: str) -> Sequence[Form]:
    """How a table can be shown, the richest form first: with samples, without, names only."""
    return (
        lambda table: create(table, dialect),
        lambda table: create(table, dialect, samples=False),
        lambda table: "--" + line(table, dialect)[1:],
    )


def _column(column: Column, dialect: str, samples: bool, alone: bool, last: bool) -> str:
    """`alone`: of a primary key it would be the only column."""
    parts = [quoted(column.name, dialect), column.type, "PRIMARY KEY" if column.primary_key and alone else ""]
    if column.references:
        table, target = column.references
        parts.append(f"REFERENCES {quoted(table, dialect)}({quoted(target, dialect)})")
    text = "  " + " ".join(part for part in parts if part) + ("" if last else ",")
    plain_key = column.primary_key or column.references
    shown = _samples(column) if samples and not plain_key else []
    notes = [one_line(column.comment)] if column.comment else []
    notes += [f"e.g. {', '.join(shown)}"] if shown else []
    return f"{text} -- {'; '.join(notes)}" if notes else text


def _samples(column: Column) -> list[str]:
    """All values where they are few and short, else up to five."""
    texts = [_literal(value) for value in column.samples]
    short = [text for text in texts if len(text) <= _SHORT]
    if column.all_values and len(texts) <= _FEW and len(short) == len(texts):
        return texts
    return short[:_MANY]


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + one_line(value).replace("'", "''") + "'"
    return str(value)


def one_line(text: str, most: int = 200) -> str:
    """Text of a database as it may stand in a comment of a prompt: nothing in it ends the line or a code fence."""
    line = " ".join(_UNSEEN.sub(" ", clean(text)).split()).replace("```", "'''")
    return line if len(line) <= most else line[: most - 1] + "…"
