from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cairn.core.errors import DatabaseError, ToolError
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.linking.schema_text import Column, Schema, Table
from cairn.evals.metrics.execution_accuracy import Execution, is_ordered, plain_query

GOLD = "SELECT name, age FROM people"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    file = tmp_path / "people.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            """CREATE TABLE people (name TEXT, age INTEGER, city TEXT);
            INSERT INTO people VALUES ('Ann', 30, '北京'), ('Bob', 40, '北京'), ('Bob', 40, 'Leeds');"""
        )
    yield Opened("people", SqliteEngine(file))


@pytest.mark.parametrize(
    ("gold", "predicted", "verdict", "kind"),
    [
        (GOLD, "SELECT age, name FROM people ORDER BY age DESC", "right", None),
        (GOLD, "SELECT DISTINCT name, age FROM people", "right", None),  # as the official evaluator has it
        ("SELECT count(DISTINCT name) FROM people", "SELECT count(name) FROM people", "right", None),
        (GOLD, "SELECT name, age FROM people WHERE city = '北京'", "wrong", "fewer rows"),
        (GOLD, "SELECT name FROM people", "wrong", "other columns"),
        (GOLD, "SELECT name, age FROM people WHERE age > = 99", "wrong", "empty"),
        (GOLD, "SELECT name, age + 1 FROM people", "wrong", "other values"),
        (f"{GOLD} ORDER BY age", f"{GOLD} ORDER BY age DESC", "wrong", "row order"),
        (f"{GOLD} ORDER BY age", f"{GOLD} ORDER BY age;", "right", None),
        ("SELECT 1", "SELECT 1.0", "right", None),
        (GOLD, "SELECT nome FROM people", "failed", "unknown column"),
        (GOLD, "SELECT name FROM persons", "failed", "unknown table"),
        (GOLD, "SELECT name, count(*) FROM people WHERE count(*) > 1", "failed", "misused aggregate"),
        (GOLD, "SELEC name", "failed", "syntax"),
        (GOLD, "not SQL at all", "failed", "syntax"),
        (GOLD, "DELETE FROM people", "failed", "may not be read"),
        (GOLD, None, "unanswered", None),
        ("SELECT nome FROM people", GOLD, "gold_failed", "unknown column"),
        ("SELECT nome FROM people", None, "gold_failed", "unknown column"),
    ],
)
def test_verdicts(opened: Opened, gold: str, predicted: str | None, verdict: str, kind: str | None) -> None:
    judged = Execution(lambda _: opened, "spider").judge("people", gold, predicted)
    assert (judged.verdict, judged.kind) == (verdict, kind)


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [
        (GOLD, GOLD, True),
        (GOLD, "SELECT age, name FROM people", False),
        (GOLD, "SELECT DISTINCT name, age FROM people", False),
        ("SELECT 1", "SELECT 1.0", False),
        (f"{GOLD} WHERE age > 99", "SELECT name FROM people WHERE age > 99", False),
        (f"{GOLD}", f"{GOLD} ORDER BY age DESC", True),
    ],
)
def test_strict_verdicts(opened: Opened, gold: str, predicted: str, right: bool) -> None:
    judged = Execution(lambda _: opened, "strict").judge("people", gold, predicted)
    assert judged.verdict == ("right" if right else "wrong")


def test_a_query_that_needs_its_distinct_keeps_it() -> None:
    """MySQL's `count(DISTINCT a, b)` does not run without it."""

    class Needs:
        dialect = "mysql"

        def schema(self) -> Schema:
            return Schema("mysql", ())

        def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
            if "DISTINCT" not in sql:
                raise ToolError("MariaDB can't run the query.", "Correct it.")
            return Rows(["n"], [[2]], False)

    sql = "SELECT count(DISTINCT a, b) FROM c"
    assert Execution(lambda _: Opened("c", Needs())).judge("c", sql, sql).verdict == "right"


def test_results_that_are_too_large_are_not_judged(opened: Opened) -> None:
    metric = Execution(lambda _: opened, "spider", Limits(rows=2))
    assert metric.judge("people", GOLD, GOLD).verdict == "unjudged"
    assert metric.judge("people", f"{GOLD} LIMIT 2", GOLD).verdict == "wrong"


def test_an_endless_query_is_stopped_and_counts_as_failed(opened: Opened) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
    judged = Execution(lambda _: opened, "spider", Limits(seconds=0.2)).judge("people", GOLD, endless)
    assert (judged.verdict, judged.kind) == ("failed", "limit")


def test_a_database_that_is_away_is_nobodys_fault() -> None:
    def away(name: str) -> Opened:
        raise DatabaseError("It is away.")

    assert Execution(away).judge("people", GOLD, GOLD).verdict == "unjudged"


@pytest.mark.parametrize(
    ("sql", "plain"),
    [
        ("SELECT DISTINCT a", "SELECT  a"),
        ("SELECT 'DISTINCT', count(distinct a)", "SELECT 'DISTINCT', count( a)"),
        ("SELECT a IS DISTINCT FROM b", "SELECT a IS DISTINCT FROM b"),
        ("SELECT a IS NOT DISTINCT FROM b", "SELECT a IS NOT DISTINCT FROM b"),
        ("SELECT DISTINCT ON (a) b", "SELECT DISTINCT ON (a) b"),
        ("SELECT a WHERE b > = 1 AND c ! = 2", "SELECT a WHERE b >= 1 AND c != 2"),
        ("SELECT '北京' , DISTINCT", "SELECT '北京' , "),
        ("SELECT 'unterminated", "SELECT 'unterminated"),
    ],
)
def test_distinct_is_left_out_where_the_official_evaluator_would(sql: str, plain: str) -> None:
    assert plain_query(sql, "postgres") == plain


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM b ORDER  BY a", True),
        ("(SELECT a FROM b order by a) UNION SELECT 1", True),
        ("SELECT a FROM (SELECT a FROM b ORDER BY a LIMIT 1)", True),
        ("SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM c", False),
        ("SELECT group_concat(a ORDER BY b) FROM c", False),
        ("SELECT 'order by' FROM c", False),
        ("SELECT a FROM b", False),
        ("SELECT ) ORDER BY a", True),
    ],
)
def test_which_queries_ask_for_an_order(sql: str, ordered: bool) -> None:
    assert is_ordered(sql, "sqlite") is ordered


class Server:
    """A server with a hidden column that its role could read."""

    dialect = "postgres"

    def schema(self) -> Schema:
        return Schema("postgres", (Table("people", (Column("name", "text"), Column("pay", "integer"))),))

    def run(self, sql: str, visible: Schema, limits: Limits) -> Rows:
        return Rows(["name", "pay"], [["Ann", 7]], False)


def test_what_is_hidden_on_a_server_is_in_no_result() -> None:
    judged = Execution(lambda _: Opened("people", Server(), ("people.pay",))).judge
    assert judged("people", "SELECT pay FROM people", None).verdict == "gold_failed"
    assert judged("people", "SELECT name FROM people", "SELECT pay FROM people").predicted is None
    assert judged("people", "SELECT name FROM people", "SELECT name FROM people").verdict == "right"
    bare = Execution(lambda _: Opened("people", Server())).judge
    assert bare("people", "SELECT pg_sleep(0)", "SELECT pay FROM people").verdict == "right"


def test_where_something_is_hidden_a_star_is_what_may_be_seen(opened: Opened) -> None:
    hidden = Opened("people", opened.engine, ("people.city",))
    judged = Execution(lambda _: hidden).judge
    assert judged("people", "SELECT * FROM people", GOLD).verdict == "right"
    assert judged("people", "SELECT city FROM people", GOLD).verdict == "gold_failed"
    assert judged("people", "SELECT load_extension('x')", GOLD).verdict == "gold_failed"
