"""Until the reader of questions over tables is rewritten: its new names over the old functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.builtin.schema import Table, read_overview, read_schema
from models.builtin.sql import candidates, choose, plausible
from models.builtin.words import has_cjk
from models.builtin.written import abstain, write_sql_block
from models.builtin.written import write_result as show_result

__all__ = [
    "Table", "Written", "asks_records", "concerns", "read_overview", "read_schema", "show_result", "write_query",
    "write_sql_block",
]  # fmt: skip


@dataclass(frozen=True)
class Written:
    sql: str | None = None
    why: str = ""


def concerns(question: str, tables: Sequence[Table]) -> list[Table]:
    return candidates(question, tables)


def asks_records(question: str, tables: Sequence[Table]) -> bool:
    return plausible(question, candidates(question, tables))


def write_query(question: str, tables: Sequence[Table]) -> Written:
    reading = choose(question, tables)
    if reading is None:
        return Written(why="I can't tell which table this is about.")
    if not reading.understood:
        return Written(why=abstain(reading, has_cjk(question)))
    return Written(reading.query.sql())
