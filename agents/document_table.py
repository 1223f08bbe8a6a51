"""Typed rows out of documents: a SQLite file with a table of rows, where each value stands, and what was read.

Every document is one transaction: killed at any moment, what is in it is whole, and the same command goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    inspect,
    select,
)

from cairn.chains.values.value_places import line_around, place_of_value
from cairn.core.errors import UsageError
from cairn.core.task import FieldSpec

DOCUMENTS, PLACES = "extracted_documents", "extracted_values"
_KEY: dict[str, Any] = {"primary_key": True, "nullable": False}
_TYPES = {"number": Float, "integer": Integer, "boolean": Boolean, "date": Date}


@dataclass(frozen=True, slots=True)
class Stored:
    """How many rows and values a document gave, and how many of the values stand in it word for word."""

    rows: int
    values: int
    quoted: int


class DocumentTable:
    """The table `name` in a SQLite file of that name, made when it is not there.

    Raises UsageError where its columns are not the `fields`.
    """

    def __init__(self, folder: Path, name: str, fields: Sequence[FieldSpec]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{name}.sqlite"
        self._fields = fields
        self._engine = create_engine(f"sqlite:///{self.file}", connect_args={"timeout": 30})
        known, key = MetaData(), _KEY
        columns = [Column(field.name, _TYPES.get(field.type, Text)) for field in fields]
        self._rows = Table(name, known, Column("document", Text, **key), Column("row_number", Integer, **key), *columns)
        self._places = Table(
            PLACES,
            known,
            Column("document", Text, **key),
            Column("row_number", Integer, **key),
            Column("field", Text, **key),
            Column("quoted", Boolean, nullable=False),
            Column("quote", Text),
        )
        self._documents = Table(DOCUMENTS, known, Column("document", Text, **key), Column("digest", Text))
        known.create_all(self._engine)
        self._check_columns(name)

    def _check_columns(self, name: str) -> None:
        there = [column["name"] for column in inspect(self._engine).get_columns(name)]
        if there != (wanted := [column.name for column in self._rows.columns]):
            raise UsageError(
                f"The table {name} has the columns {', '.join(there)}; the task fills {', '.join(wanted)}.",
                f"Take another name for the new one with --into, or delete {self.file}.",
            )

    def digests(self) -> dict[str, str]:
        """What each document was when it was read."""
        with self._engine.connect() as connection:
            return {row.document: row.digest for row in connection.execute(select(self._documents))}

    def put(self, document: str, digest: str, text: str, rows: Sequence[Mapping[str, Any]]) -> Stored:
        """These rows in the place of those that the document had. `text`: what their values were taken out of."""
        places = [place for number, row in enumerate(rows, 1) for place in self._places_of(number, row, text)]
        with self._engine.begin() as connection:
            self._forget(connection, document)
            for number, row in enumerate(rows, 1):
                cells = {field.name: _cell(row.get(field.name), field) for field in self._fields}
                connection.execute(self._rows.insert(), {"document": document, "row_number": number, **cells})
            if places:
                connection.execute(self._places.insert(), [{"document": document, **place} for place in places])
            connection.execute(self._documents.insert(), {"document": document, "digest": digest})
        return Stored(len(rows), len(places), sum(place["quoted"] for place in places))

    def _places_of(self, number: int, row: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
        """For each field that has a value the line that it stands in; a list stands there when all of it does."""
        found: list[dict[str, Any]] = []
        for field in self._fields:
            value = row.get(field.name)
            if value is None or value == []:
                continue
            spans = [place_of_value(each, text) for each in (value if isinstance(value, list) else [value])]
            lines = dict.fromkeys(line_around(text, *span) for span in spans if span)
            quote = "; ".join(lines) if all(spans) else None
            found.append({"row_number": number, "field": field.name, "quoted": quote is not None, "quote": quote})
        return found

    def _forget(self, connection: Connection, document: str) -> None:
        for table in (self._rows, self._places, self._documents):
            connection.execute(table.delete().where(table.c.document == document))


def _cell(value: Any, field: FieldSpec) -> Any:
    """A list is a text, its values parted by `; `."""
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, str):
        return date.fromisoformat(value) if field.type == "date" else value
    return value if value is None or isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)
