"""Why a result may be empty: the texts a query compares with, beside the values that are really stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cairn.databases.linking.schema_text import Column, Schema
from cairn.databases.sql_text import parsed, quoted

if TYPE_CHECKING:
    from cairn.databases.linking.stored_values import Hint

_MOST = 8
_LONG = 40


def hints(sql: str, schema: Schema, stored_like: Callable[[str], Sequence[Hint]]) -> str:
    """A line for each text that `sql` compares a column with and that is not stored there: what may have been meant.

    `stored_like` gives the stored values that are like a text. Empty when the query compares with no text.
    """
    lines: dict[str, None] = {}
    dialect = schema.dialect
    for text, name in compared(sql, dialect):
        there = _columns(name, schema)
        if not any(_is_stored(text, column) for _, column in there):
            lines |= dict.fromkeys(_line(table, column, dialect) for table, column in there if column.samples)
            lines |= dict.fromkeys(hint.line(dialect) for hint in stored_like(text))
    return "\n".join(list(lines)[:_MOST])


def compared(sql: str, dialect: str) -> list[tuple[str, str]]:
    """The texts in a query with the names of the columns they are compared with."""
    from sqlglot import exp

    tree = parsed(sql, dialect)
    found: list[tuple[str, str]] = []
    for node in tree.find_all(exp.EQ, exp.In, exp.Like) if tree is not None else ():
        columns = [side.name for side in (node.this, node.args.get("expression")) if isinstance(side, exp.Column)]
        sides = [node.this, node.args.get("expression"), *(node.args.get("expressions") or ())]
        texts = [side.this.strip("%") for side in sides if isinstance(side, exp.Literal) and side.is_string]
        found += [(text, name) for name in columns for text in texts]
    return found


def _columns(name: str, schema: Schema) -> list[tuple[str, Column]]:
    return [(table.name, column) for table in schema.tables if (column := table.by_name.get(name.lower()))]


def _is_stored(text: str, column: Column) -> bool:
    return _shown(text) in map(_shown, column.samples)


def _line(table: str, column: Column, dialect: str) -> str:
    values = ", ".join(repr(_shown(value)) for value in column.samples)
    kind = "the values" if column.all_values else "values such as"
    return f"-- {quoted(table, dialect)}.{quoted(column.name, dialect)} holds {kind} {values}"


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= _LONG else text[:_LONG] + "…"
