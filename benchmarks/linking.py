"""What schema linking keeps of the tables and columns that Spider's gold queries read, at what share of the schema.

`all`: the share of questions of which nothing was lost; `tables`, `columns`: of the single ones kept; then how much of
the schema's tables, columns and tokens was shown. With `always` the budget is ample and linking drops what it does not
need; with `auto` the budget is the given share of the schema's tokens, so that it must choose. All of it without
a language model. Then one database made of all of Spider's, filled up to 500 tables, and its milliseconds.

    CAIRN_TEST_DATA=… [CAIRN_MINILM_DIR=…] python -m benchmarks.linking
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from cairn.core.clean_text import approximate_tokens
from cairn.core.task import Sql
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.linking.schema_context import Context
from cairn.databases.linking.schema_text import Column, Schema, Table, create
from cairn.databases.linking.stored_values import Hint, value_index
from cairn.databases.sql_examples import subject_of_schema
from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings
from cairn.models.minilm import MiniLM, minilm_folder

TABLES = 500
EVERY = 4
VALUES = (True, False)


@dataclass(frozen=True)
class Asked:
    database: str
    question: str
    tables: frozenset[str]
    columns: frozenset[str]


def gold(sql: str, schema: Schema) -> tuple[frozenset[str], frozenset[str]]:
    """The tables and `table.column`s that a query reads, in lower case."""
    known: dict[str, object] = {
        table.name.lower(): {c.name.lower(): "TEXT" for c in table.columns} for table in schema.tables
    }
    tree = sqlglot.parse_one(sql, dialect="sqlite")
    tables = frozenset(table.name.lower() for table in tree.find_all(exp.Table)) & frozenset(known)
    try:
        tree = qualify(tree, schema=known, dialect="sqlite", expand_stars=False, validate_qualify_columns=False)
    except SqlglotError:
        return tables, frozenset()
    names = {table.alias_or_name.lower(): table.name.lower() for table in tree.find_all(exp.Table)}
    columns = {(names.get(column.table.lower(), ""), column.name.lower()) for column in tree.find_all(exp.Column)}
    there = {f"{table.name}.{c.name}".lower() for table in schema.tables for c in table.columns}
    return tables, frozenset(f"{table}.{column}" for table, column in columns) & there


def questions(data: Path, opened: dict[str, Opened]) -> Iterator[Asked]:
    for line in (data / "spider" / "dev.jsonl").read_text().splitlines():
        row = json.loads(line)
        schema = opened[row["db_id"]].schema()
        yield Asked(row["db_id"], row["question"], *gold(row["query"], schema))


def size(tables: Sequence[Table]) -> int:
    return sum(approximate_tokens(create(table)) for table in tables)


def measure(
    asked: Sequence[Asked], opened: dict[str, Opened], embedder: Embedder | None, share: float | None, values: bool
) -> str:
    """`share`: of the schema's tokens as the budget of `auto`; None measures `always`."""
    whole = kept_tables = kept_columns = gold_tables = gold_columns = 0
    shares: list[tuple[float, float, float]] = []
    for one in asked:
        schema = opened[one.database].schema()
        hints = hinted(opened[one.database], schema, one.question) if values else []
        budget = 10**6 if share is None else int(share * size(schema.tables))
        context = Context(Sql(linking="always" if share is None else "auto"), embedder=embedder)
        shown = context.link(schema, one.question, hints, budget)
        tables = {part.table.name.lower() for part in shown}
        columns = {f"{part.table.name}.{c.name}".lower() for part in shown for c in part.table.columns}
        whole += one.tables <= tables and one.columns <= columns
        kept_tables += len(one.tables & tables)
        kept_columns += len(one.columns & columns)
        gold_tables += len(one.tables)
        gold_columns += len(one.columns)
        every = sum(len(table.columns) for table in schema.tables)
        tokens = sum(approximate_tokens(part.text) for part in shown) / size(schema.tables)
        shares.append((len(tables) / len(schema.tables), len(columns) / every, tokens))
    told = (whole / len(asked), kept_tables / gold_tables, kept_columns / gold_columns)
    return " ".join(f"{number:8.3f}" for number in (*told, *map(statistics.mean, zip(*shares, strict=True))))


def hinted(opened: Opened, schema: Schema, question: str) -> list[Hint]:
    return value_index(opened).find(question, subject_of_schema(schema).names)


def merged(data: Path, opened: dict[str, Opened], folder: Path) -> tuple[Opened, dict[str, str]]:
    """One database of all of Spider's tables, each under its database's name, filled up with others to TABLES."""
    path = folder / "merged.sqlite"
    connection = sqlite3.connect(path)
    names: dict[str, str] = {}
    for name, one in opened.items():
        for table in one.schema().tables:
            names[f"{name}.{table.name.lower()}"] = f"{name}_{table.name}"
        own = {table.name.lower(): f"{name}_{table.name}" for table in one.schema().tables}
        for table in one.schema().tables:
            connection.execute(definition(table, own))
        source = sqlite3.connect(f"file:{data}/spider/databases/{name}.sqlite?mode=ro", uri=True)
        source.text_factory = decoded
        for table in one.schema().tables:
            listed = ", ".join(f'"{column.name}"' for column in table.columns)
            marks = ", ".join("?" * len(table.columns))
            rows = source.execute(f'SELECT {listed} FROM "{table.name}" LIMIT 20000').fetchall()
            connection.executemany(f'INSERT INTO "{own[table.name.lower()]}" VALUES ({marks})', rows)
        source.close()
    for number in range(TABLES - len(names)):
        connection.execute(definition(made_up(number), {}))
    connection.commit()
    connection.close()
    return Opened("merged", SqliteEngine(path)), names


def decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def definition(table: Table, names: dict[str, str]) -> str:
    def written(column: Column) -> str:
        target = column.references
        known = target is not None and target[0].lower() in names
        link = f' REFERENCES "{names[target[0].lower()]}"("{target[1]}")' if target and known else ""
        return f'"{column.name}" {column.type}{link}'

    keys = ", ".join(f'"{column.name}"' for column in table.columns if column.primary_key)
    parts = [*map(written, table.columns), *([f"PRIMARY KEY ({keys})"] if keys else [])]
    return f'CREATE TABLE "{names.get(table.name.lower(), table.name)}" ({", ".join(parts)})'


_THINGS = [
    "invoice",
    "shipment",
    "warehouse",
    "supplier",
    "contract",
    "ticket",
    "device",
    "sensor",
    "reading",
    "payroll",
]
_PARTS = ["header", "line", "history", "audit", "archive", "status", "type", "rate", "note", "attachment"]


def made_up(number: int) -> Table:
    """A table such as enterprises have hundreds of: `claim_audit_7`."""
    thing, part = _THINGS[number % len(_THINGS)], _PARTS[number // len(_THINGS) % len(_PARTS)]
    names = [f"{thing}_id", f"{part}_code", "created_at", "updated_by", f"{thing}_name", f"{part}_amount", "remarks"]
    name = f"{thing}_{part}_{number // (len(_THINGS) * len(_PARTS))}"
    return Table(name, tuple(Column(column, "TEXT", primary_key=n == 0) for n, column in enumerate(names)))


def large(data: Path, asked: Sequence[Asked], opened: dict[str, Opened], embedders: dict[str, Embedder | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, names = merged(data, opened, Path(folder))
        began = time.perf_counter()
        schema = one.schema()
        print(
            f"\n{len(schema.tables)} tables in one database; its schema was read in {since(began):.0f} ms", flush=True
        )
        began = time.perf_counter()
        print(f"{len(value_index(one)):,} values read in {since(began):.0f} ms", flush=True)
        renamed = [rename(question, names) for question in asked[::EVERY]]
        for label, embedder in embedders.items():
            for budget in (3000, 1500):
                context = Context(Sql(schema_tokens=budget), embedder=embedder)
                began = time.perf_counter()
                context.describe(one, renamed[0].question)
                first = since(began)
                times: list[float] = []
                for question in renamed:
                    began = time.perf_counter()
                    context.describe(one, question.question)
                    times.append(since(began))
                line = measure(renamed, {"merged": one}, embedder, budget / size(schema.tables), True)
                after = f"first {first:.0f} ms, then median {statistics.median(times):.1f}, worst {max(times):.0f}"
                print(f"{label:8} {budget:5} tokens {line}   {after}", flush=True)


def rename(one: Asked, names: dict[str, str]) -> Asked:
    def new(name: str) -> str:
        return names[f"{one.database}.{name}"].lower()

    columns = frozenset(f"{new(name.partition('.')[0])}.{name.partition('.')[2]}" for name in one.columns)
    return replace(one, database="merged", tables=frozenset(map(new, one.tables)), columns=columns)


def since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def main() -> None:
    data = Path(os.environ["CAIRN_TEST_DATA"])
    folder = minilm_folder(Path(os.environ["CAIRN_MINILM_DIR"]) if "CAIRN_MINILM_DIR" in os.environ else None)
    embedders: dict[str, Embedder | None] = {"words": None, "hash": HashedEmbeddings()}
    embedders |= {"MiniLM": MiniLM(folder)} if folder else {}
    files = sorted((data / "spider" / "databases").glob("*.sqlite"))
    opened = {path.stem: Opened(path.stem, SqliteEngine(path)) for path in files}
    asked = list(questions(data, opened))
    heads = ("all", "tables", "columns", "of tbl", "of col", "of tok")
    print(f"{len(asked)} questions\n{'':24} {' '.join(f'{head:>8}' for head in heads)}")
    for label, embedder in embedders.items():
        for values in VALUES:
            for share in (None, 0.7, 0.5, 0.3):
                name = f"{label:7} {'values' if values else '':6} {'always' if share is None else f'auto {share}':9}"
                print(f"{name} {measure(asked, opened, embedder, share, values)}", flush=True)
    large(data, asked, opened, embedders)


if __name__ == "__main__":
    main()
