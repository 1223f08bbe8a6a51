from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cairn.core.errors import DatabaseError, SqlRefused, ToolError
from cairn.core.events import listening
from cairn.databases.connections.database_engine import Limits
from cairn.databases.database_registry import Opened
from cairn.databases.guard.sql_guard import check
from cairn.databases.linking.schema_text import Column, Schema, Table
from tests.sql_shops import SECRETS, corpus

LIMITS = Limits(seconds=5)
SHORT = Limits(seconds=0.3)


ATTACKS = corpus("sqlite_attacks.sql")
LEGITIMATE = corpus("sqlite_legitimate.sql")


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_the_corpora_are_large() -> None:
    for dialect in ("sqlite", "postgres", "mysql"):
        assert len(corpus(f"{dialect}_attacks.sql")) >= 150
        assert len(corpus(f"{dialect}_legitimate.sql")) >= 150


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_has_no_effect_and_tells_nothing_of_what_is_hidden(
    attack: str, shop: Opened, twin: Opened, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop_file.parent)
    before = fingerprint(shop_file.parent)
    found = outcome(shop, attack)
    assert not any(secret in str(found) for secret in SECRETS)
    assert found == outcome(twin, attack)
    assert fingerprint(shop_file.parent) == before


def outcome(opened: Opened, sql: str) -> tuple[str, object]:
    try:
        return "rows", opened.query(sql, LIMITS).rows
    except ToolError as error:
        return error.kind, str(error)


@pytest.mark.parametrize("attack", ATTACKS)
def test_behind_the_guard_the_database_itself_holds(
    attack: str, shop: Opened, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same attacks given to the engine directly, as if the guard had let them through."""
    monkeypatch.chdir(shop_file.parent)
    before = fingerprint(shop_file.parent)
    try:
        rows = shop.engine.run(attack, shop.schema(), SHORT)
    except (ToolError, DatabaseError):
        pass
    else:
        assert not any(secret in str(rows) for secret in SECRETS)
    assert fingerprint(shop_file.parent) == before


@pytest.mark.parametrize("query", LEGITIMATE)
def test_a_legitimate_query_gives_what_sqlite_gives(query: str, shop: Opened, shop_file: Path) -> None:
    connection = sqlite3.connect(shop_file)
    expected = [[f"x'{v.hex()}'" if isinstance(v, bytes) else v for v in row] for row in connection.execute(query)]
    connection.close()
    found = shop.query(query, LIMITS).rows.rows
    if "order by" in query.lower():
        assert found == expected
    else:
        assert Counter(map(repr, found)) == Counter(map(repr, expected))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("SELECT nme FROM customers", "Did you mean name"),
        ("SELECT c.nme FROM customers c", "Did you mean name"),
        ("SELECT name FROM custmers", "Did you mean customers"),
        ("SELECT x.name FROM customers c", "no table 'x'"),
        ("SELECT total FROM customers", "orders"),
        ("SELECT zzzzzz FROM customers", "The columns are id, name, city"),
        ("SELEC name FROM customers", "can't be read|Only a SELECT"),
        ("SELECT name FROM customers WHERE", "can't be read"),
        ("", "no query"),
        ("-- nothing", "no query"),
        ("SELECT id FROM orders WHERE 0 < total < 10", "a < b AND b < c"),
        ("SELECT id FROM orders WHERE total = id NOT IN (1)", "brackets"),
        ("SELECT CAST(placed_on AS GEOMETRY) FROM orders", r"date\(\)"),
        ("SELECT evil(name) FROM customers", "evil"),
        ("SELECT '" + "x" * 6000 + "'", "5000 bytes"),
        ("SELECT " + "(" * 300 + "1" + ")" * 300, "nested"),
        ("SELECT " + "NOT " * 1200 + "1", "nested"),
        ("SELECT " + "- " * 2400 + "1", "nested"),
        ("SELECT " + "CASE WHEN 1 THEN " * 200 + "1" + " END" * 200, "nested"),
    ],
)
def test_a_refusal_says_what_to_correct(query: str, says: str, shop: Opened) -> None:
    with pytest.raises(SqlRefused, match=says):
        check(query, shop.schema())


def test_an_error_never_names_what_is_hidden(shop: Opened) -> None:
    for query in ("SELECT passwrd FROM customers", "SELECT * FROM secret", "SELECT zz FROM customers"):
        with pytest.raises(SqlRefused) as caught:
            check(query, shop.schema())
        assert "password" not in str(caught.value)
        assert "secrets" not in str(caught.value)


def test_a_star_leaves_the_hidden_columns_out(shop: Opened) -> None:
    rows = shop.query("SELECT * FROM customers WHERE id = 1", LIMITS).rows
    assert rows.columns == ["id", "name", "city"]
    assert rows.rows == [[1, "Ada", "Berlin"]]
    joined = shop.query("SELECT c.*, o.id FROM customers c JOIN orders o ON o.customer_id = c.id", LIMITS).rows
    assert len(joined.columns) == 4


def test_an_unknown_name_in_double_quotes_is_a_text_and_said_to_be(shop: Opened) -> None:
    told: list[str] = []
    with listening(lambda type, data: told.append(data["text"]) if type == "notice" else None):
        result = shop.query('SELECT name FROM customers WHERE city = "Paris"', LIMITS)
    assert result.rows.rows == [["Bob"]]
    assert "'Paris'" in result.sql
    assert len(told) == 1
    assert "Paris" in told[0]


def test_other_quotes_never_make_a_text(shop: Opened) -> None:
    for query in ("SELECT name FROM customers WHERE city = [Paris]", "SELECT name FROM customers WHERE city = `Paris`"):
        with pytest.raises(SqlRefused, match="no column"):
            shop.query(query, LIMITS)


def test_only_the_regenerated_text_is_run(shop: Opened) -> None:
    result = shop.query("select /* x */ name -- y\nfrom main.customers;", LIMITS)
    assert result.sql == "SELECT name FROM (SELECT id, name, city FROM customers) AS customers"
    assert shop.query("select /* x */ total -- y\nfrom main.orders;", LIMITS).sql == "SELECT total FROM orders"


def test_broken_unicode_and_nul_are_cleaned(shop: Opened) -> None:
    assert shop.query("SELECT 'a\ud800b\x00c'", LIMITS).rows.rows == [["a\ufffdbc"]]


def test_brackets_around_the_whole_query_are_dropped(shop: Opened) -> None:
    assert shop.query("((SELECT 1));", LIMITS).sql == "SELECT 1"


TABLES = (Table("t", (Column("a", "TEXT"), Column("b", "INTEGER")), rowid=True), Table("part", (Column("c", "TEXT"),)))
WORDS = """
SELECT FROM WHERE t a b * ( ) , ; 'x' "y" 1 = AND OR NOT UNION WITH AS x JOIN ON ORDER BY GROUP LIMIT part c
count( CASE WHEN THEN END -- /* */ DELETE ATTACH PRAGMA IN EXISTS OVER . || [ ] ` % ? :a @b NULL :: -> INTERVAL DAY
LATERAL ARRAY[ EXTRACT( YEAR VALUES /*! $$ INTO FOR UPDATE E'x' NATURAL USING ( FILTER DISTINCT RECURSIVE CAST( DATE
"""


@pytest.mark.parametrize(
    ("dialect", "query", "written"),
    [
        ("postgres", "SELECT INTERVAL '1 day ago'", "SELECT CAST('1 day ago' AS INTERVAL)"),
        ("postgres", "SELECT INTERVAL '1 day 03:04' + a FROM t", "SELECT CAST('1 day 03:04' AS INTERVAL) + a FROM t"),
        ("postgres", "SELECT 0x1F, X'1F'", "SELECT 31, x'1F'"),
        ("postgres", "SELECT +b FROM t", "SELECT +b FROM t"),
        ("sqlite", "SELECT a FROM t WHERE +b = '1'", "SELECT a FROM t WHERE +b = '1'"),
        ("mysql", "SELECT 0x1F, x'1F'", "SELECT 0x1F, x'1F'"),
        ("mysql", "SELECT INTERVAL 1.5 DAY + '2024-01-01'", "SELECT INTERVAL 1.5 DAY + '2024-01-01'"),
    ],
)
def test_the_text_written_anew_means_the_same(dialect: str, query: str, written: str) -> None:
    assert check(query, Schema(dialect, TABLES)).sql == written


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("mysql", "SELECT a NOT LIKE 'x' NOT IN (b) FROM t"),
        ("mysql", "SELECT a NOT BETWEEN 0 AND b BETWEEN 1 AND 2 FROM t"),
        ("mysql", "SELECT a FROM t FETCH FIRST 1 ROWS WITH TIES"),
        ("postgres", "SELECT !! a FROM t"),
        ("postgres", "SELECT INTERVAL '2:03' MINUTE"),
        ("sqlite", "SELECT DISTINCT AS"),
    ],
)
def test_what_database_and_guard_would_read_differently_is_refused(dialect: str, query: str) -> None:
    with pytest.raises(SqlRefused):
        check(query, Schema(dialect, TABLES))


@given(
    st.sampled_from(["sqlite", "postgres", "mysql"]),
    st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split()), max_size=60).map(" ".join)),
)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_checked_or_refused(dialect: str, text: str) -> None:
    schema = Schema(dialect, TABLES, frozenset({"part"}))
    for query in (text, f"SELECT {text}", f"SELECT a FROM t WHERE {text}", f"SELECT * FROM part, {text}"):
        try:
            checked = check(query, schema)
        except SqlRefused as error:
            assert error.message
        else:
            assert checked.sql.startswith(("SELECT", "WITH", "(", "VALUES"))
            assert check(checked.sql, Schema(dialect, TABLES)).sql == checked.sql


def test_a_query_that_a_planner_would_write_out_without_end_is_refused(shop: Opened) -> None:
    names = [f"t{n}" for n in range(8)]
    for wrapped in ("WITH {} SELECT x FROM t7", "SELECT x FROM {}"):
        if "WITH" in wrapped:
            steps = [f"{name} AS (SELECT x || x || x || x AS x FROM t{n})" for n, name in enumerate(names[1:])]
            sql = wrapped.format(", ".join(["t0 AS (SELECT name AS x FROM customers)", *steps]))
        else:
            inner = "(SELECT name AS x FROM customers) AS t"
            for _ in names:
                inner = f"(SELECT x || x || x || x AS x FROM {inner}) AS t"
            sql = wrapped.format(inner)
        with pytest.raises(SqlRefused, match="uses its own columns too often"):
            shop.query(sql, Limits())
    union = " UNION ALL ".join(
        ["SELECT CASE WHEN name > 'a' THEN name || name || name ELSE name END FROM customers"] * 12
    )
    assert len(shop.query(union, Limits()).rows.rows) == 48
