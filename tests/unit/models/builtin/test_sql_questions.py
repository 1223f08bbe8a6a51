"""Questions over schemas of several naming styles: the query that is written, or the words that found no place."""

from __future__ import annotations

import re

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from cairn.core.clean_text import has_cjk
from cairn.language.words import listed
from cairn.models.builtin.builtin_sql import asks_records, concerns, show_result, write_query, write_sql_block
from cairn.models.builtin.shown_schema import read_schema

GARDEN = """-- Database garden (sqlite)
CREATE TABLE gardener (
  gardener_id INTEGER PRIMARY KEY,
  name TEXT, -- e.g. 'Ada', 'Bo'
  home_town TEXT, -- e.g. 'Lund', 'Ghent'
  age INTEGER, -- e.g. 31, 58
  is_retired BOOLEAN, -- e.g. 0, 1
  mentor_id INTEGER REFERENCES gardener(gardener_id)
);
CREATE TABLE plot (
  plot_id INTEGER PRIMARY KEY,
  gardener_id INTEGER REFERENCES gardener(gardener_id),
  surface_area REAL, -- e.g. 12.5, 40.0
  soil TEXT, -- e.g. 'clay', 'sand'
  leased_on DATE -- e.g. '2021-04-03', '2022-05-01'
);
CREATE TABLE "Seed Packs" (
  "Pack ID" INTEGER PRIMARY KEY,
  Title TEXT, -- e.g. 'Red kale'
  UnitPrice REAL, -- e.g. 2.5, 3.0
  SowingYear INTEGER -- e.g. 2019, 2020
);
CREATE TABLE tblVisitors (
  VisitorID INT PRIMARY KEY,
  FirstName TEXT, -- e.g. 'Kim'
  LastName TEXT, -- e.g. 'Moe'
  Email TEXT -- e.g. 'kim@example.org'
);
CREATE TABLE visits (
  id INT PRIMARY KEY,
  VisitorID INT REFERENCES tblVisitors(VisitorID),
  minutes INT, -- e.g. 20, 45
  rating INT -- e.g. 3, 5
);
-- 'Lund' is in gardener.home_town
-- 'clay' is in plot.soil
-- 'sand' is in plot.soil
-- 'Ada' is in gardener.name
"""
SHOP = """-- Database 商店 (sqlite)
CREATE TABLE 员工 (
  员工编号 INTEGER PRIMARY KEY,
  姓名 TEXT, -- e.g. '王芳'
  城市 TEXT, -- e.g. '北京', '上海'
  工资 REAL -- e.g. 8000.0
);
CREATE TABLE 订单 (
  订单编号 INTEGER PRIMARY KEY,
  员工编号 INTEGER REFERENCES 员工(员工编号),
  金额 REAL, -- e.g. 12.5
  日期 DATE -- e.g. '2023-01-05'
);
-- '北京' is in 员工.城市
"""
tables = read_schema(GARDEN)
shop = read_schema(SHOP)
JOIN = "FROM gardener JOIN plot ON plot.gardener_id = gardener.gardener_id"
ROWS = f"{JOIN} GROUP BY gardener.gardener_id, gardener.name"


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("How many gardeners are there?", "SELECT COUNT(*) FROM gardener"),
        ("How many gardeners live in Lund?", "SELECT COUNT(*) FROM gardener WHERE home_town = 'Lund'"),
        ("How many different home towns do the gardeners have?", "SELECT COUNT(DISTINCT home_town) FROM gardener"),
        ("List the names and ages of all gardeners.", "SELECT name, age FROM gardener"),
        ("Show the gardeners with their home town", "SELECT name, home_town FROM gardener"),
        ("Which gardeners are older than 40?", "SELECT name FROM gardener WHERE age > 40"),
        ("Which gardeners are retired?", "SELECT name FROM gardener WHERE is_retired = 1"),
        ("Which gardeners are not retired?", "SELECT name FROM gardener WHERE is_retired = 0"),
        ("Names of gardeners aged between 30 and 40", None),
        ("Names of gardeners whose age is between 30 and 40", "WHERE age >= 30 AND age <= 40"),
        ("Which gardeners have no home town?", "SELECT name FROM gardener WHERE home_town IS NULL"),
        (
            "What is the average, minimum and maximum age of gardeners?",
            "SELECT AVG(age), MIN(age), MAX(age) FROM gardener",
        ),
        ("Who is the oldest gardener?", "SELECT name FROM gardener ORDER BY age DESC LIMIT 1"),
        ("The 3 youngest gardeners", "SELECT name FROM gardener ORDER BY age LIMIT 3"),
        ("names of gardeners sorted by age in descending order", "SELECT name FROM gardener ORDER BY age DESC"),
        ("What is the average age per home town?", "SELECT home_town, AVG(age) FROM gardener GROUP BY home_town"),
        ("Which home town has the most gardeners?", "GROUP BY home_town ORDER BY COUNT(*) DESC LIMIT 1"),
        ("What is the most common soil of plots?", "GROUP BY soil ORDER BY COUNT(*) DESC LIMIT 1"),
        ("home towns with more than 2 gardeners", "GROUP BY home_town HAVING COUNT(*) > 2"),
        ("How many plots does each gardener have?", f"SELECT gardener.name, COUNT(*) {ROWS}"),
        ("Which gardeners have at least 2 plots?", f"SELECT gardener.name {ROWS} HAVING COUNT(*) >= 2"),
        ("Which gardener has the most plots?", f"SELECT gardener.name {ROWS} ORDER BY COUNT(*) DESC LIMIT 1"),
        ("names of gardeners with clay plots", f"SELECT DISTINCT gardener.name {JOIN} WHERE plot.soil = 'clay'"),
        ("soil of the plots of Ada", f"SELECT plot.soil {JOIN} WHERE gardener.name = 'Ada'"),
        ("names of gardeners who have no clay plots", "AND soil = 'clay')"),
        ("names of gardeners with plots that are not clay", None),  # one of them may be clay all the same
        ("names of gardeners and soil of their plots", f"SELECT gardener.name, plot.soil {JOIN}"),
        (
            "Which gardeners have no plots?",
            "SELECT name FROM gardener WHERE gardener_id NOT IN "
            "(SELECT gardener_id FROM plot WHERE gardener_id IS NOT NULL)",
        ),
        ("How many plots are on clay or sand?", "SELECT COUNT(*) FROM plot WHERE soil IN ('clay', 'sand')"),
        (
            "How many plots are there in 2021?",
            "SELECT COUNT(*) FROM plot WHERE leased_on >= '2021-01-01' AND leased_on < '2022-01-01'",
        ),
        ("How many plots were watered in 2021?", None),
        ("How many plots have a leased on date after 2021?", None),
        ("Titles of seed packs", 'SELECT Title FROM "Seed Packs"'),
        ("What is the cheapest seed pack?", 'SELECT Title FROM "Seed Packs" ORDER BY UnitPrice LIMIT 1'),
        ("seed packs since 2020", 'SELECT Title FROM "Seed Packs" WHERE SowingYear >= 2020'),
        ("What is the total number of visits?", "SELECT COUNT(*) FROM visits"),
        ("What is the highest rating of visits?", "SELECT MAX(rating) FROM visits"),
    ],
)
def test_english(question: str, sql: str | None) -> None:
    written = write_query(question, tables)
    assert (written.sql or "").endswith(sql or "") if sql else written.sql is None, written


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("有多少名员工？", "SELECT COUNT(*) FROM 员工"),
        ("北京有多少名员工？", "SELECT COUNT(*) FROM 员工 WHERE 城市 = '北京'"),
        ("列出所有员工的姓名和城市", "SELECT 姓名, 城市 FROM 员工"),
        ("员工的平均工资是多少？", "SELECT AVG(工资) FROM 员工"),
        ("工资最高的员工是谁？", "SELECT 姓名 FROM 员工 ORDER BY 工资 DESC LIMIT 1"),
        ("员工的最高工资是多少？", "SELECT MAX(工资) FROM 员工"),
        ("工资超过8000的员工有哪些？", "SELECT 姓名 FROM 员工 WHERE 工资 > 8000"),
        ("每个城市有多少名员工？", "SELECT 城市, COUNT(*) FROM 员工 GROUP BY 城市"),
        ("每个城市的员工数量", "SELECT 城市, COUNT(*) FROM 员工 GROUP BY 城市"),
        ("员工数量", "SELECT COUNT(*) FROM 员工"),
        ("2023年有多少订单？", "SELECT COUNT(*) FROM 订单 WHERE 日期 >= '2023-01-01' AND 日期 < '2024-01-01'"),
        ("没有订单的员工有哪些？", "NOT IN (SELECT 员工编号 FROM 订单 WHERE 员工编号 IS NOT NULL)"),
        ("哪个员工的订单最多？", "GROUP BY 员工.员工编号, 员工.姓名 ORDER BY COUNT(*) DESC LIMIT 1"),
    ],
)
def test_chinese(question: str, sql: str) -> None:
    assert (write_query(question, shop).sql or "").endswith(sql), write_query(question, shop)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Which gardener has the highest income?", "income"),
        ("Which plots have the highest soil density?", "density"),
        ("How many gardeners are married?", "married"),
        ("有多少名退休的员工？", "退休"),
        ("工资超过100有多少员工", "100"),
        ("员工数量数量", "员工数量数量"),
    ],
)
def test_a_word_without_a_place_is_named(question: str, word: str) -> None:
    written = write_query(question, shop if "员工" in question else tables)
    assert written.sql is None
    assert word in written.why
    assert not has_cjk(question) or not re.search("[a-z]", written.why), "a word that was not typed"


@pytest.mark.parametrize(
    "question",
    [
        "Are there any gardeners?",
        "Why are the gardeners old?",
        "Where are the gardeners?",
        "Whose mentor is Ada?",  # a table that points at itself is not read either way
        "gardeners with both clay and sand plots",
        "How many minutes are there?",  # a number is not counted
        "How many gardeners have more than 2 plots?",
    ],
)
def test_what_is_beyond_it_is_declined(question: str) -> None:
    assert write_query(question, tables).sql is None


WORDS = listed(
    "how many what is the average highest lowest total number of each per most fewest more than at least 3 2020 not no "
    "without between and or by sorted descending top different name names age soil plots gardeners gardener town home "
    "clay Lund Ada rating minutes visits visitors price title oldest with whose in their of for , 'Ada' contains empty"
)
questions = st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join)
known = {table.name.casefold() for table in tables} | {c.name.casefold() for table in tables for c in table.columns}


@given(questions)
def test_every_query_parses_and_names_only_what_is_there(question: str) -> None:
    sql = write_query(question, tables).sql
    if sql is not None:
        tree = sqlglot.parse_one(sql, read="sqlite")
        names = {node.name.casefold() for node in tree.find_all(exp.Table, exp.Column)}
        assert isinstance(tree, exp.Select)
        assert names <= known


@given(questions, st.text("bcdfghjklmnpqrtvwxz", min_size=4, max_size=9))
def test_a_question_with_an_unknown_word_is_never_answered(question: str, word: str) -> None:
    assert write_query(f"{question} {word}", tables).sql is None


@given(st.text(max_size=80))
def test_whatever_is_asked_it_answers_or_says_why(question: str) -> None:
    written = write_query(question, tables)
    assert (written.sql is None) == bool(written.why)


def test_the_block_names_the_database_where_there_are_several() -> None:
    block = write_sql_block("How many gardeners are there?", [*tables, *shop])
    assert block == "```sql\n-- Database garden\nSELECT COUNT(*) FROM gardener\n```"
    assert write_sql_block("How many gardeners are there?", tables).startswith("```sql\nSELECT")


def test_a_value_is_looked_for_where_the_hint_says_and_the_question_asks() -> None:
    text = """CREATE TABLE trip (
  id INT PRIMARY KEY,
  from_city TEXT,
  to_city TEXT
);
-- 'Rome' is in trip.from_city, trip.to_city
"""
    assert write_query("How many trips have the to city Rome?", read_schema(text)).sql == (
        "SELECT COUNT(*) FROM trip WHERE to_city = 'Rome'"
    )
    assert write_query("How many trips are there in Rome?", read_schema(text)).sql is None


def test_a_word_in_lower_case_is_no_proper_name() -> None:
    text = "CREATE TABLE town (\n  id INT PRIMARY KEY,\n  name TEXT\n);\n-- 'Market' is in town.name"
    assert write_query("How many towns have a market?", read_schema(text)).sql is None
    assert write_query("How many towns are called Market?", read_schema(text)).sql is not None


@pytest.mark.parametrize("name", ["orders", "order", "order_items", "PlaylistTrack", "tblStaff", "订单", "invoice"])
def test_what_is_suggested_for_a_table_is_answered(name: str) -> None:
    text = f"CREATE TABLE {name} (\n  id INT PRIMARY KEY\n);\nCREATE TABLE other (\n  id INT PRIMARY KEY\n);"
    assert write_query(f"How many rows are in {name}?", read_schema(text)).sql == f"SELECT COUNT(*) FROM {name}"


def test_the_overview_and_what_a_question_concerns() -> None:
    found = read_schema("Run one.\n\nDatabase garden (sqlite):\n- gardener(name, age)\n- plot(soil)\nAlso: a, b")
    assert [table.name for table in found] == ["gardener", "plot", "a", "b"]
    assert [table.name for table in concerns("How many plots?", found)] == ["plot"]
    assert concerns("What is the weather like?", found) == []
    assert asks_records("How many plots are there?", found)
    assert not asks_records("May I water a plot at night?", found)


def test_results_are_shown_with_their_query() -> None:
    assert show_result("| n |\n| --- |\n| 3 |\n\n(1 row)", "SELECT 1", False) == "**3** (`SELECT 1`)"
    assert "found nothing" in show_result("| n |\n| --- |\n\n(0 rows)", "SELECT 1", False)
    many = "| n |\n| --- |\n" + "| 1 |\n" * 12 + "\n(12 rows, more were cut off)"
    assert "10" in show_result(many, "SELECT 1", False)
    assert "12+" in show_result(many, "SELECT 1", False)
