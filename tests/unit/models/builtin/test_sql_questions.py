"""Questions about one table become the query that answers them, or are declined with what was understood."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from models.builtin.query import literal
from models.builtin.reader import read_question
from models.builtin.schema import Table, quote_identifier, read_overview, read_schema
from models.builtin.sql import choose, lookup_query
from models.builtin.when import find_span

SCHEMA = """-- Database zoo (sqlite)
CREATE TABLE bookings (
  id INTEGER PRIMARY KEY,
  guest_id INTEGER REFERENCES guests(id),
  status TEXT, -- e.g. 'open', 'paid', 'cancelled'
  booked_on DATE, -- e.g. '2024-01-05'
  arrival_date DATE, -- e.g. '2024-01-09'
  seats INTEGER, -- e.g. 2
  total_price REAL -- e.g. 12.5
);
CREATE TABLE animals (
  id INTEGER PRIMARY KEY,
  name TEXT, -- e.g. 'Leo', 'Ella'
  species TEXT, -- e.g. 'lion', 'elephant', 'snow leopard'
  weight_kg REAL, -- e.g. 180.5
  born DATE, -- e.g. '2015-04-03'
  is_fed BOOLEAN, -- e.g. 1, 0
  country TEXT -- e.g. 'Kenya', 'India', 'South Africa'
);
CREATE TABLE 客户 (
  编号 INTEGER PRIMARY KEY,
  姓名 TEXT, -- e.g. '王伟'
  城市 TEXT, -- e.g. '北京', '上海'
  注册日期 DATE, -- e.g. '2023-05-01'
  积分 INTEGER -- e.g. 10
);
"""
ROWS = {
    "bookings": [
        (1, 1, "open", "2024-01-05", "2024-02-01", 2, 20.0),
        (2, 1, "paid", "2024-05-31", "2024-06-01", 4, 80.0),
        (3, 2, "paid", "2025-01-01", "2025-01-02", 5, 120.0),
        (4, 3, "cancelled", "2023-12-31", "2024-01-01", 1, 120.0),
    ],
    "animals": [
        (1, "Leo", "lion", 190.0, "2015-04-03", 1, "Kenya"),
        (2, "Nala", "lion", 130.0, "2017-01-01", 0, "South Africa"),
        (3, "Ella", "elephant", 4000.0, "2001-06-01", 1, "Kenya"),
        (4, "Ice", "snow leopard", 45.0, "2019-03-01", 1, "India"),
    ],
    "客户": [
        (1, "王伟", "北京", "2023-05-01", 10),
        (2, "李娜", "上海", "2023-12-31", 150),
        (3, "张三", "北京", "2024-01-01", 90),
    ],
}
TABLES = {table.name: table for table in read_schema(SCHEMA)}


@pytest.fixture(scope="module")
def zoo() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        for table, rows in ROWS.items():
            connection.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(rows[0]))})', rows)
        yield connection


def answer(zoo: sqlite3.Connection, table: str, question: str) -> list[tuple[Any, ...]]:
    reading = read_question(question, TABLES[table])
    assert reading.understood, (reading.unknown, reading.query.sql())
    return zoo.execute(reading.query.sql()).fetchall()


@pytest.mark.parametrize(
    ("table", "question", "rows"),
    [
        ("bookings", "How many bookings are there?", [(4,)]),
        ("bookings", "How many bookings were made in 2024?", [(2,)]),
        ("bookings", "Number of bookings since 2024-05-31", [(2,)]),
        ("bookings", "How many bookings before 2024?", [(1,)]),
        ("bookings", "How many bookings were there in May 2024?", [(1,)]),
        ("bookings", "How many bookings between 2023 and 2024?", [(3,)]),
        ("bookings", "How many bookings have an arrival date after 2024-02-01?", [(2,)]),
        ("bookings", "how many open or paid bookings are there", [(3,)]),
        ("bookings", "bookings per status", [("cancelled", 1), ("open", 1), ("paid", 2)]),
        ("bookings", "What is the total price of all bookings in 2024?", [(100.0,)]),
        ("bookings", "average number of seats per booking", [(3.0,)]),
        ("bookings", "total seats by status", [("cancelled", 1), ("open", 2), ("paid", 9)]),
        ("bookings", "How many bookings with at least 4 seats?", [(2,)]),
        ("bookings", "How many bookings have a total price between 20 and 100?", [(2,)]),
        ("bookings", "When was the latest booking?", [("2025-01-01",)]),
        ("bookings", "What is the lowest total price?", [(20.0,)]),
        ("bookings", "How many different statuses are there in bookings?", [(3,)]),
        ("bookings", "bookings per year", [("2023", 1), ("2024", 2), ("2025", 1)]),
        ("animals", "Show the names of all animals in South Africa", [("Nala",)]),
        ("animals", "How many animals from Kenya or India?", [(3,)]),
        ("animals", "the heaviest animal", [("Ella", 4000.0)]),
        ("animals", "the two lightest animals", [("Ice", 45.0), ("Nala", 130.0)]),
        ("animals", "top 2 animals by weight", [("Ella", 4000.0), ("Leo", 190.0)]),
        ("animals", "List the names of animals that weigh more than 150", [("Leo",), ("Ella",)]),
        ("animals", "How many animals were born after 2015?", [(2,)]),
        ("animals", "How many fed animals are there?", [(3,)]),
        ("animals", "What is the average weight of lions?", [(160.0,)]),
        ("animals", 'How many animals are called "Leo"?', [(1,)]),
        ("animals", "How many countries do the animals come from?", [(3,)]),
        ("animals", "Which country has the most animals?", [("Kenya", 2)]),
        ("animals", "Who is the oldest animal?", [("Ella", "2001-06-01")]),
        ("客户", "有多少客户？", [(3,)]),
        ("客户", "北京有多少客户？", [(2,)]),
        ("客户", "2023年注册的客户有多少？", [(2,)]),
        ("客户", "积分最高的客户是谁", [("李娜", 150)]),
        ("客户", "列出上海的客户姓名", [("李娜",)]),
        ("客户", "客户的平均积分是多少？", [(83.33333333333333,)]),
        ("客户", "积分超过50的客户有多少", [(2,)]),
        ("客户", "按城市统计客户数量", [("上海", 1), ("北京", 2)]),
        ("客户", "How many customers are in 北京?", [(2,)]),
    ],
)
def test_questions_on_one_table(zoo: sqlite3.Connection, table: str, question: str, rows: list[Any]) -> None:
    found = answer(zoo, table, question)
    assert found[: len(rows)] == rows or sorted(found) == sorted(rows)


def test_all_rows_that_share_the_extreme_are_shown(zoo: sqlite3.Connection) -> None:
    assert len(answer(zoo, "bookings", "Which booking has the highest total price?")) == 2


@pytest.mark.parametrize(
    ("table", "question", "word"),
    [
        ("bookings", "How many bookings from Mars?", "Mars"),
        ("bookings", "How many bookings were not made in 2024?", "not"),
        ("bookings", "How many bookings last year?", "last year"),
        ("bookings", "How many bookings over 100?", "over 100"),
        ("bookings", "How many bookings have a total price?", "total price"),
        ("bookings", "Which guests have at least 10 bookings?", "at least 10"),
        ("bookings", "What are the names of bookings?", "names"),
        ("animals", "How many animals bite?", "bite"),
        ("animals", "Which animals are longer than 3 metres?", "3"),
        ("客户", "火星有多少客户？", "火星"),
        ("客户", "有多少客户没有付款", "没"),
    ],
)
def test_what_finds_no_place_is_not_dropped(table: str, question: str, word: str) -> None:
    reading = read_question(question, TABLES[table])
    assert not reading.understood
    assert any(word in phrase for phrase in reading.unknown), reading.unknown


def test_another_table_is_not_joined_silently() -> None:
    assert read_question("How many bookings does each guest have?", TABLES["bookings"]).several


def test_unknown_words_are_looked_up_as_values_with_quotes_escaped() -> None:
    reading = choose("How many animals are from Côte d'Ivoire?", list(TABLES.values()))
    assert reading is not None and not reading.understood
    sql = lookup_query(reading)
    assert sql is not None and "côte d''ivoire" in sql
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA).execute(sql)


def test_identifiers_are_quoted_where_the_dialect_needs_it() -> None:
    assert quote_identifier("orders", "sqlite") == "orders"
    assert quote_identifier("order", "sqlite") == '"order"'
    assert quote_identifier("my col", "mysql") == "`my col`"
    assert quote_identifier("OrderDate", "postgresql") == '"OrderDate"'
    assert quote_identifier('a"b', "sqlite") == '"a""b"'
    assert literal("it's") == "'it''s'"


def test_tables_are_read_as_the_tools_write_them() -> None:
    overview = (
        "Run a query.\n\nDatabase shop (sqlite):\n- orders(id, placed_on)\n- 客户(编号)\n- rest\nAlso: a, b and 2 more"
    )
    assert [table.name for table in read_overview(overview)] == ["orders", "客户", "rest", "a", "b"]
    table: Table = read_schema(
        "CREATE TABLE [My Table]\n(\n [Id] INT,\n [Price] DECIMAL(4,2) NOT NULL, PRIMARY KEY ([Id])\n);"
    )[0]
    assert (table.name, [column.name for column in table.columns]) == ("My Table", ["Id", "Price"])
    assert [column.kind for column in TABLES["bookings"].columns[2:6]] == ["text", "date", "date", "number"]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("in 2025", "2025-01-01", "2026-01-01"),
        ("2025年3月", "2025-03-01", "2025-04-01"),
        ("after 2024-05-01", "2024-05-02", None),
        ("since March 2024", "2024-03-01", None),
        ("Q2 2024", "2024-04-01", "2024-07-01"),
        ("3 December 2024", "2024-12-03", "2024-12-04"),
        ("from 2020 to 2022", "2020-01-01", "2023-01-01"),
        ("2023年之前", None, "2023-01-01"),
    ],
)
def test_dates_in_words(text: str, start: str | None, end: str | None) -> None:
    span = find_span(text)
    assert span is not None
    assert (span.start and span.start.isoformat(), span.end and span.end.isoformat()) == (start, end)


@pytest.mark.parametrize("text", ["more than 2000", "no date", "room 101", "2024-13-45 x"])
def test_what_is_no_date(text: str) -> None:
    span = find_span(text)
    assert span is None or span.year


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which two animals are the heaviest?", ["Ella", "Leo"]),
        ("the 2 lightest animals", ["Ice", "Nala"]),
        ("Which three animals are the heaviest?", ["Ella", "Leo", "Nala"]),
    ],
)
def test_a_number_before_the_table_says_how_many_of_a_ranking(
    zoo: sqlite3.Connection, question: str, names: list[str]
) -> None:
    assert [row[0] for row in answer(zoo, "animals", question)] == names


def test_a_number_of_them_in_chinese(zoo: sqlite3.Connection) -> None:
    assert [row[0] for row in answer(zoo, "客户", "积分最高的两个客户")] == ["李娜", "张三"]


def test_what_is_not_understood_is_named_as_it_was_written() -> None:
    assert read_question("Which three animals are purple?", TABLES["animals"]).unknown[0].startswith("three")


def test_a_verb_that_can_be_a_condition_is_never_dropped(zoo: sqlite3.Connection) -> None:
    assert not read_question("How many bookings are returned?", TABLES["bookings"]).understood
    with_status = read_schema("CREATE TABLE loans (\n  id INTEGER,\n  status TEXT -- e.g. 'returned', 'open'\n);")[0]
    assert "'returned'" in read_question("How many loans are returned?", with_status).query.sql()
    assert "WHERE" not in read_question("Return all loans", with_status).query.sql()


CLINIC = read_schema("""-- Database clinic (sqlite)
CREATE TABLE Visits (
  visitId INTEGER PRIMARY KEY,
  nurse TEXT, -- e.g. 'Ida', 'Max'
  fromTown TEXT, -- e.g. 'Ulm', 'Linz'
  destinationTown TEXT, -- e.g. 'Ulm', 'Linz'
  state TEXT, -- e.g. 'open', 'billed', 'void'
  startedAt DATETIME, -- e.g. '2024-02-03 10:00:00'
  paidOn DATE, -- e.g. '2024-02-09'
  durationMinutes INTEGER, -- e.g. 30
  weight_kg REAL, -- e.g. 12.5
  fee_eur REAL, -- e.g. 20.5
  score REAL, -- e.g. 4.5
  bed_count INTEGER, -- e.g. 2
  note TEXT, -- e.g. 'ok'
  isUrgent BOOLEAN -- e.g. 1, 0
);
CREATE TABLE 教师 (
  工号 INTEGER PRIMARY KEY,
  姓名 TEXT, -- e.g. '王伟'
  科目 TEXT, -- e.g. '数学', '语文'
  年级 TEXT, -- e.g. '一年级', '二年级'
  工资 INTEGER, -- e.g. 8000
  是否住校 BOOLEAN -- e.g. 1, 0
);""")


def where(question: str, table: int = 0) -> str:
    reading = read_question(question, CLINIC[table])
    assert reading.understood, reading.unknown
    return reading.query.sql().partition(" WHERE ")[2]


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("How many visits were not billed?", "state <> 'billed'"),
        ("How many visits are not open or void?", "state NOT IN ('open', 'void')"),
        ("How many visits are not urgent?", "isUrgent = 0"),
        ("How many non-urgent visits are there?", "isUrgent = 0"),
        ("How many visits have no note?", "(note IS NULL OR note = '')"),
        ("How many visits have no fee?", "(fee_eur IS NULL OR fee_eur = 0)"),
        ("How many visits have not been paid?", "paidOn IS NULL"),
        ("How many visits were paid?", "paidOn IS NOT NULL"),
        ("How many unpaid visits are there?", "paidOn IS NULL"),
        ("How many visits from Ulm to Linz?", "fromTown = 'Ulm' AND destinationTown = 'Linz'"),
        ("How many visits last longer than 30 minutes?", "durationMinutes > 30"),
        ("How many visits over 20 euros?", "fee_eur > 20"),
        ("How many visits were paid in 2024?", "paidOn >= '2024-01-01' AND paidOn < '2025-01-01'"),
    ],
)
def test_what_is_not_so_what_is_lacking_and_what_is_measured(question: str, condition: str) -> None:
    assert where(question) == condition


@pytest.mark.parametrize(
    ("question", "condition"),
    [
        ("不住校的老师有几位？", '"是否住校" = 0'),
        ("有几位数学老师？", "\"科目\" = '数学'"),
        ("工资在7000到9000之间的教师有多少？", '"工资" >= 7000 AND "工资" <= 9000'),
        ("工资在1000到2000之间的教师有多少？", '"工资" >= 1000 AND "工资" <= 2000'),
        ("不是二年级的教师有多少？", "\"年级\" <> '二年级'"),
    ],
)
def test_the_same_in_chinese(question: str, condition: str) -> None:
    assert where(question, 1) == condition


@pytest.mark.parametrize(
    "question",
    [
        "How many visits weigh more than 2 tons?",
        "How many visits cost more than $20?",
        "How many visits were not paid in 2024?",
        "Which visits have an Ida?",
        "How many visits cost less than 10 or more than 50 euros?",
        "average number of visits per nurse",
        "How many visits from Ulm or urgent visits?",
        "the second most expensive visit",
        "How many visits are neither open nor void?",
        "How many visits were paid in May?",
        "Which nurse had the highest visit?",
        "Which state has the largest visits?",
    ],
)
def test_units_negations_and_alternatives_are_not_guessed(question: str) -> None:
    assert not read_question(question, CLINIC[0]).understood


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("Which visit has the best score?", "SELECT * FROM Visits WHERE score = (SELECT MAX(score) FROM Visits)"),
        (
            "Which nurse had the most visits?",
            "SELECT nurse, COUNT(*) FROM Visits GROUP BY nurse ORDER BY COUNT(*) DESC LIMIT 5",
        ),
        ("visits by state", "SELECT state, COUNT(*) FROM Visits GROUP BY state ORDER BY state"),
        ("What is the average bed count of open visits?", "SELECT AVG(bed_count) FROM Visits WHERE state = 'open'"),
        ("List 5 visits", "SELECT * FROM Visits LIMIT 5"),
        ("Which nurses are there in visits?", "SELECT DISTINCT nurse FROM Visits"),
    ],
)
def test_rankings_groups_and_samples(question: str, sql: str) -> None:
    assert read_question(question, CLINIC[0]).query.sql() == sql
