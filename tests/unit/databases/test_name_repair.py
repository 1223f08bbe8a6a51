from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.core.name_matching import only_meant
from cairn.databases.linking.schema_text import Column, Schema, Table
from cairn.databases.name_repair import repair


def columns(*names: str) -> tuple[Column, ...]:
    """`name>table.column` is a foreign key."""
    made: list[Column] = []
    for name in names:
        own, _, target = name.partition(">")
        table, _, column = target.partition(".")
        made.append(Column(own, "TEXT", references=(table, column) if target else None))
    return tuple(made)


SCHEMA = Schema(
    "sqlite",
    (
        Table("Students", columns("student_id", "FirstName", "age", "home_city_id>cities.city_id"), rowid=True),
        Table("Cities", columns("city_id", "CityName", "min_rent", "max_rent")),
        Table("has_pet", columns("student_id>Students.student_id", "pet>pets.pet_id")),
        Table("pets", columns("pet_id", "weight", "pet type")),
        Table("产品", columns("编号", "名称", "单价")),
    ),
)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("SELECT count(*) FROM student", "SELECT count(*) FROM Students"),
        ("SELECT first_name FROM Students", "SELECT FirstName FROM Students"),
        ("SELECT FirstNames, aeg FROM Students", None),
        ("SELECT FristName FROM Students", "SELECT FirstName FROM Students"),
        ("SELECT id FROM Students", "SELECT student_id FROM Students"),
        ("SELECT name FROM cities WHERE id = 3", "SELECT CityName FROM cities WHERE city_id = 3"),
        ("SELECT stu_id FROM Students", "SELECT student_id FROM Students"),
        ("SELECT pet_id FROM has_pet", "SELECT pet FROM has_pet"),
        ("SELECT id FROM has_pet", None),
        ("SELECT city FROM Cities", None),
        ("SELECT avg_rent FROM Cities", None),
        ("SELECT rent FROM Cities", None),
        ("SELECT pet_type FROM pets", 'SELECT "pet type" FROM pets'),
        ("SELECT student.age FROM student", "SELECT Students.age FROM Students"),
        ("SELECT Students.age FROM Students AS T1", "SELECT T1.age FROM Students AS T1"),
        ("SELECT student.age FROM student AS T1", "SELECT T1.age FROM Students AS T1"),
        ("SELECT Students.* FROM Students AS T1", "SELECT T1.* FROM Students AS T1"),
        (
            "SELECT T2.age FROM Students AS T1 JOIN has_pet AS T2 ON T1.student_id = T2.student_id",
            "SELECT T1.age FROM Students AS T1 JOIN has_pet AS T2 ON T1.student_id = T2.student_id",
        ),
        (
            "SELECT student_id FROM Students AS a JOIN has_pet AS b ON a.student_id = b.student_id",
            "SELECT a.student_id FROM Students AS a JOIN has_pet AS b ON a.student_id = b.student_id",
        ),
        (
            "SELECT * FROM Students WHERE student_id IN (SELECT student_id FROM has_pets)",
            "SELECT * FROM Students WHERE student_id IN (SELECT student_id FROM has_pet)",
        ),
        (
            "WITH old AS (SELECT first_name AS called FROM student WHERE age > 30) SELECT called FROM old",
            "WITH old AS (SELECT FirstName AS called FROM Students WHERE age > 30) SELECT called FROM old",
        ),
        (
            "WITH old AS (SELECT age AS years FROM Students) SELECT year FROM old",
            "WITH old AS (SELECT age AS years FROM Students) SELECT years FROM old",
        ),
        (
            "SELECT age FROM student UNION SELECT weight FROM pet",
            "SELECT age FROM Students UNION SELECT weight FROM pets",
        ),
        (
            "SELECT age AS years FROM Students UNION SELECT weight FROM pets ORDER BY year",
            "SELECT age AS years FROM Students UNION SELECT weight FROM pets ORDER BY years",
        ),
        (
            "SELECT count(*) FROM (SELECT cityid FROM Cities GROUP BY cityid HAVING count(*) > 2) AS T1",
            "SELECT count(*) FROM (SELECT city_id FROM Cities GROUP BY city_id HAVING count(*) > 2) AS T1",
        ),
        ("SELECT t.ages FROM (SELECT * FROM Students) AS t", "SELECT t.age FROM (SELECT * FROM Students) AS t"),
        ("SELECT 名称 FROM 产品表", None),
        ("SELECT 总价 FROM 产品", None),
    ],
)
def test_a_name_becomes_the_only_real_one_that_it_can_mean(wrong: str, right: str | None) -> None:
    found = repair(wrong, SCHEMA)
    assert (found.sql if found else None) == right


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM Students GROUP BY age ORDER BY n",
        "SELECT rowid, FIRSTNAME FROM STUDENTS",
        'SELECT age FROM Students WHERE FirstName = "Ada"',
        'SELECT "first_name" FROM Students',
        "SELECT s.age FROM Students s WHERE EXISTS (SELECT 1 FROM has_pet p WHERE p.student_id = s.student_id)",
        "SELECT age FROM Students WHERE EXISTS (SELECT 1 FROM pets WHERE weight > age)",
        "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        "WITH a AS (SELECT * FROM Students), b AS (SELECT age FROM a) SELECT age FROM b",
        "SELECT student_id FROM Students JOIN has_pet USING (student_id)",
        "SELECT student_id FROM Students NATURAL JOIN has_pet",
        "SELECT x.y FROM (VALUES (1)) AS x(y)",
        "SELECT 1",
    ],
)
def test_a_query_with_real_names_is_left_alone(sql: str) -> None:
    assert repair(sql, SCHEMA) is None


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "SELECT",
        "not sql at all",
        "SELECT 1; SELECT frist_name FROM student",
        "DROP TABLE student",
        "SELECT age FROM other.student",
        "SELECT T1.x.age FROM Students AS T1 JOIN pets AS T2",
        "SELECT nothing_like_it FROM student",
        "SELECT x.age FROM nowhere AS x",
        "SELECT weight FROM Students",
        "SELECT T1.age FROM Students AS T1 JOIN has_pet AS T2 ON T1.student_id = T2.age",
        "SELECT student_id FROM Students LEFT JOIN has_pet ON Students.student_id = has_pet.student_id",
        "SELECT student_id FROM Students, has_pet",
        "SELECT " + "(" * 5000 + "1",
    ],
)
def test_what_is_unclear_is_not_repaired(sql: str) -> None:
    assert repair(sql, SCHEMA) is None


def test_a_comparison_never_becomes_one_of_a_column_with_itself() -> None:
    sql = "SELECT T1.age FROM Students AS T1 JOIN pets AS T2 ON T1.student_id = T2.student_id"
    assert repair(sql, SCHEMA) is None


def test_values_keep_every_byte() -> None:
    sql = "SELECT first_name FROM student WHERE FirstName = 'first_name  of — student\t''x'' 表' -- student"
    found = repair(sql, SCHEMA)
    assert found is not None
    assert found.sql == sql.replace("SELECT first_name FROM student", "SELECT FirstName FROM Students")


def test_it_tells_what_it_changed() -> None:
    found = repair(
        "SELECT T1.first_name, aged FROM student AS T1 WHERE first_name <> 'x' ORDER BY T1.first_name", SCHEMA
    )
    assert found is None, "`aged` is nothing"
    found = repair("SELECT T1.first_name FROM student AS T1 WHERE first_name <> 'x' ORDER BY T1.first_name", SCHEMA)
    assert found is not None
    assert found.changes == (
        "column T1.first_name is read as T1.FirstName",
        "table student is read as Students",
        "column first_name is read as FirstName",
    )


def test_other_dialects_quote_as_they_do() -> None:
    mysql = Schema("mysql", SCHEMA.tables)
    found = repair("SELECT `pet_type` FROM pet", mysql)
    assert found is not None
    assert found.sql == "SELECT `pet type` FROM pets"
    postgres = Schema("postgres", SCHEMA.tables)
    found = repair("SELECT first_name FROM pets, student", postgres)
    assert found is not None
    assert found.sql == 'SELECT "Students"."FirstName" FROM pets, "Students"'


def test_postgres_reads_in_small_letters_but_a_slip_is_found_in_what_was_written() -> None:
    schema = Schema("postgres", (Table("airports", columns("AirportCode", "AirportName")),))
    found = repair("SELECT T1.AirortCode FROM Airports AS T1", schema)
    assert found is not None
    assert found.sql == 'SELECT T1."AirportCode" FROM Airports AS T1'
    assert found.changes == ("column T1.AirortCode is read as T1.AirportCode",)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("order", ["Orders", "order_items"], "Orders"),
        ("orders", ["order", "ORDERS"], None),
        ("customer name", ["customer_name"], "customer_name"),
        ("addres", ["address"], "address"),
        ("address1", ["address2"], None),
        ("min_price", ["max_price"], None),
        ("rate", ["date"], None),
        ("quantty", ["quantity", "quality"], "quantity"),
        ("单价", ["总价"], None),
        ("ＮＡＭＥ", ["name"], "name"),
        ("", ["name"], None),
        ("___", ["__"], None),
    ],
)
def test_only_one_name_can_be_meant(name: str, known: list[str], meant: str | None) -> None:
    assert only_meant(name, known) == meant


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5), st.text(max_size=10))
def test_what_is_meant_is_always_a_real_name(name: str, known: list[str], within: str) -> None:
    assert only_meant(name, known, within, known[:1]) in {None, *known}


NAMES = st.sampled_from(
    ["Students", "student", "age", "T1", "T2", "first_name", "'x'", '"x"', "`", "(", ")", ",", ".", "*"]
)
WORDS = st.sampled_from(
    ["SELECT", "FROM", "JOIN", "ON", "WHERE", "=", "AS", "WITH", "UNION", "GROUP BY", "IN", "1", ";"]
)


@given(st.lists(NAMES | WORDS, max_size=14).map(" ".join))
def test_whatever_comes_in_it_ends_with_none_or_with_real_names(sql: str) -> None:
    found = repair(f"SELECT {sql}", SCHEMA)
    assert found is None or repair(found.sql, SCHEMA) is None


@given(st.text(max_size=60))
def test_no_text_makes_it_stumble(text: str) -> None:
    found = repair(text, SCHEMA)
    assert found is None or found.changes
