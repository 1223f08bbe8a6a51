from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import ModelUnavailable
from cairn.core.events import listening
from cairn.core.task import Sql
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.linking.schema_context import Context
from cairn.databases.linking.schema_linking import linker
from cairn.databases.linking.schema_text import Column, Schema, Table
from cairn.models.embedder import Embedder
from cairn.models.embeddings import HashedEmbeddings

SCRIPT = """
CREATE TABLE students (student_id INTEGER PRIMARY KEY, first_name TEXT, birthdate TEXT, email TEXT, phone TEXT,
  weight REAL, height REAL, remarks TEXT, secret_note TEXT);
CREATE TABLE courses (course_id INTEGER PRIMARY KEY, title TEXT);
CREATE TABLE enrolments (student_id INTEGER REFERENCES students, course_id INTEGER REFERENCES courses, since TEXT);
CREATE TABLE buildings (building_id INTEGER PRIMARY KEY, floors INTEGER);
CREATE TABLE vehicles (plate TEXT PRIMARY KEY, colour TEXT);
CREATE TABLE stations (station_no INTEGER PRIMARY KEY, operator TEXT);
INSERT INTO students VALUES (1, 'Ada', '2001-01-01', 'a@x', '1', 50, 170, 'none', 'hidden truth');
INSERT INTO courses VALUES (1, 'Algebra'), (2, '微积分');
INSERT INTO vehicles VALUES ('B-77', 'crimson');
"""


@pytest.fixture
def school(tmp_path: Path) -> Opened:
    connection = sqlite3.connect(tmp_path / "school.db")
    connection.executescript(f"BEGIN; {SCRIPT} COMMIT;")
    connection.close()
    return Opened("school", SqliteEngine(tmp_path / "school.db"), ("students.secret_note",))


def shown(school: Opened, question: str, embedder: Embedder | None = None, **options: Any) -> str:
    spec = Sql(**options)
    return Context(spec, embedder=embedder).describe(school, question)


def test_only_what_the_question_needs_is_shown_with_the_tables_between(school: Opened) -> None:
    text = shown(school, "Which courses does each student take?", linking="always")
    assert [name for name in ("students", "courses", "enrolments") if f"CREATE TABLE {name} " in text] == [
        "students",
        "courses",
        "enrolments",
    ]
    assert "CREATE TABLE vehicles" not in text
    assert "-- Not shown: students(height, remarks), buildings, vehicles, stations" in text


def test_a_value_of_the_question_leads_to_its_table(school: Opened) -> None:
    text = shown(school, "How many are 'crimson'?", linking="always")
    assert "CREATE TABLE vehicles (\n  plate TEXT PRIMARY KEY" in text
    assert text.endswith("-- 'crimson' is in vehicles.colour")
    assert "CREATE TABLE students" not in text


def test_without_values_there_are_no_hints(school: Opened) -> None:
    assert "is in vehicles" not in shown(school, "How many are 'crimson'?", values=False)


def test_two_words_find_a_name_of_one(school: Opened) -> None:
    text = shown(school, "What is the birth date of each?", linking="always")
    assert "birthdate TEXT" in text
    assert "CREATE TABLE buildings" not in text


def test_a_small_schema_stays_whole_unless_linking_is_always(school: Opened) -> None:
    assert "CREATE TABLE stations" in shown(school, "Which courses are there?")
    assert "CREATE TABLE stations" not in shown(school, "Which courses are there?", linking="always")


def test_when_nothing_is_found_everything_that_fits_is_kept(school: Opened) -> None:
    text = shown(school, "哪一个最大？", linking="always")
    assert all(f"CREATE TABLE {name} " in text for name in ("students", "courses", "vehicles", "stations"))


def test_a_chinese_question_finds_tables_by_values(school: Opened) -> None:
    text = shown(school, "有多少人学微积分？", linking="always")
    assert "CREATE TABLE courses" in text
    assert "-- '微积分' is in courses.title" in text


def test_a_comment_in_the_question_s_language_finds_a_column() -> None:
    schema = Schema(
        "sqlite",
        (
            Table("t1", (Column("a", "INT", comment="员工的工资"), Column("b", "INT"))),
            Table("t2", (Column("c", "INT", comment="仓库"),)),
            Table("t3", (Column("d", "INT"),), comment="发票"),
        ),
    )
    for question, table in (("谁的工资最高？", 0), ("有几个仓库", 1), ("发票总数", 2)):
        ranked = linker(schema).rank(question)
        assert ranked.order[0] == table
        assert not ranked.blind


def test_hidden_columns_are_not_shown_and_not_hinted_at(school: Opened) -> None:
    text = shown(school, "Whose secret note is 'hidden truth'?", linking="always")
    assert "secret_note" not in text
    assert "hidden truth" not in text


def test_what_linking_did_is_told(school: Opened) -> None:
    events: list[Any] = []
    with listening(lambda type, data: events.append((type, data))):
        shown(school, "How many are 'crimson'?", linking="always")
    told = {data["name"]: data for type, data in events if type == "stage"}
    assert told["value hints"]["detail"] == "'crimson' is in vehicles.colour"
    assert told["schema linking"]["detail"].endswith("of 6 tables, 19 columns")
    assert told["schema linking"]["milliseconds"] >= 0


def large(tables: int = 500) -> Schema:
    columns = tuple(Column(f"field_{n}", "TEXT", samples=("a value", "another one")) for n in range(12))
    made = [Table(f"area_{n}", (Column(f"area_{n}_id", "INT", primary_key=True), *columns)) for n in range(tables)]
    wanted = Table("invoices", (Column("invoice_id", "INT", primary_key=True), Column("due_date", "TEXT")))
    return Schema("sqlite", (*made, wanted))


class Fixed:
    """An engine with a schema and nothing in it."""

    dialect = "sqlite"

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def schema(self) -> Schema:
        return self._schema

    def run(self, *_: Any) -> Any:
        raise AssertionError("nothing is to be run")


@pytest.mark.parametrize("budget", [300, 1000, 3000])
def test_500_tables_fit_the_budget_and_the_needed_one_is_there(budget: int) -> None:
    opened = Opened("large", Fixed(large()))  # type: ignore[arg-type]
    text = shown(opened, "Which invoices are due?", HashedEmbeddings(), schema_tokens=budget, values=False)
    assert "CREATE TABLE invoices (\n  invoice_id INT PRIMARY KEY,\n  due_date TEXT\n);" in text
    assert approximate_tokens(text) <= budget * 1.2
    assert "-- Not shown: area_" in text
    assert " more" in text


@given(st.text(max_size=200), st.sampled_from(["off", "auto", "always"]), st.integers(100, 3000))
@settings(max_examples=40, deadline=None)
def test_any_question_gets_a_schema(question: str, linking: Any, budget: int) -> None:
    opened = Opened("small", Fixed(large(30)))  # type: ignore[arg-type]
    text = shown(opened, question, HashedEmbeddings(), linking=linking, schema_tokens=budget, values=False)
    assert text.startswith("-- Database small (sqlite)\n")


def test_an_empty_database_has_an_empty_schema() -> None:
    opened = Opened("empty", Fixed(Schema("sqlite", ())))  # type: ignore[arg-type]
    assert shown(opened, "Anything?", linking="always") == "-- Database empty (sqlite)"


def test_a_schema_that_refers_to_itself_and_to_what_is_gone() -> None:
    own = Table("staff", (Column("id", "INT", primary_key=True), Column("boss", "INT", references=("staff", "id"))))
    lost = Table("desks", (Column("id", "INT"), Column("room", "INT", references=("rooms", "id"))))
    opened = Opened("odd", Fixed(Schema("sqlite", (own, lost))))  # type: ignore[arg-type]
    assert "CREATE TABLE staff" in shown(opened, "Who is the boss of the staff?", linking="always")


class Away(HashedEmbeddings):
    def embed_query(self, text: str) -> list[float]:
        raise ModelUnavailable("The embeddings did not answer.")


def test_when_the_embeddings_are_away_words_have_to_do(school: Opened) -> None:
    events: list[Any] = []
    with listening(lambda type, data: events.append((type, data))):
        text = shown(school, "Which courses are there?", Away(), linking="always")
    assert "CREATE TABLE courses" in text
    assert any(type == "notice" and "by words only" in data["text"] for type, data in events)


@pytest.mark.parametrize("linking", ["auto", "always", "off"])
def test_of_a_table_that_is_too_wide_the_columns_of_the_question_are_shown(tmp_path: Path, linking: str) -> None:
    columns = ", ".join(f"sensor_{n:03}_temperature REAL" for n in range(900))
    connection = sqlite3.connect(tmp_path / "wide.db")
    connection.execute(f"CREATE TABLE readings (id INTEGER PRIMARY KEY, station TEXT, {columns})")
    connection.close()
    wide = Opened("wide", SqliteEngine(tmp_path / "wide.db"))
    text = shown(wide, "What is the average of sensor 017 temperature?", linking=linking)
    assert "readings" in text
    assert "sensor_017_temperature" in text
    assert approximate_tokens(text) <= 3000 * 1.1


def test_the_likeliest_place_of_a_value_is_named_first(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "many.db")
    for kind in ("old", "new", "raw", "draft", "regional"):
        connection.execute(f"CREATE TABLE {kind}_shipment (id INTEGER PRIMARY KEY, city TEXT)")
        connection.execute(f"INSERT INTO {kind}_shipment VALUES (1, 'Berlin')")
    connection.commit()
    connection.close()
    many = Opened("many", SqliteEngine(tmp_path / "many.db"))
    text = shown(many, "How many regional shipments are in Berlin?", linking="always")
    assert "-- 'Berlin' is in regional_shipment.city, " in text
