"""MariaDB asked through the guard: a user of least privilege, attacks without effect, results as the server gives."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
import pytest
from pymysql.constants import CLIENT

from cairn.core.app_database import Database
from cairn.core.errors import CairnError, DatabaseError, SqlRefused, ToolError
from cairn.core.events import listening
from cairn.core.settings import Home, Settings
from cairn.databases.connections.database_addresses import engine_of, parse
from cairn.databases.connections.database_engine import Limits
from cairn.databases.connections.worker_pool import Workers
from cairn.databases.database_registry import Databases, Opened
from cairn.databases.linking.schema_text import describe
from tests.sql_shops import HIDDEN, MARIADB, SECRETS, corpus, same_rows

pytestmark = pytest.mark.services
LIMITS = Limits(rows=1000, seconds=5)
SHORT = Limits(seconds=0.3)
STOLEN = Path("/tmp/cairn_stolen.txt")
ATTACKS = corpus("mysql_attacks.sql")
LEGITIMATE = corpus("mysql_legitimate.sql")
REFUSED = [query for query in LEGITIMATE if "interval(23" in query]  # harmless, but not read by the parser
STATE = """
SELECT 'table', table_schema, table_name, table_type, auto_increment, table_comment FROM information_schema.tables
  WHERE table_schema = DATABASE()
UNION ALL SELECT 'column', table_name, column_name, column_type, 0, '' FROM information_schema.columns
  WHERE table_schema = DATABASE()
UNION ALL SELECT 'routine', routine_schema, routine_name, routine_definition, 0, '' FROM information_schema.routines
UNION ALL SELECT 'event', event_schema, event_name, '', 0, '' FROM information_schema.events
UNION ALL SELECT 'user', user, host, priv, 0, '' FROM mysql.global_priv
UNION ALL SELECT 'schema', schema_name, '', '', 0, '' FROM information_schema.schemata
UNION ALL SELECT 'plugin', plugin_name, plugin_status, '', 0, '' FROM information_schema.plugins
UNION ALL SELECT 'variable', variable_name, variable_value, '', 0, '' FROM information_schema.global_variables
  WHERE variable_name NOT LIKE 'gtid%' AND variable_name NOT LIKE '%time%'
ORDER BY 1, 2, 3
"""
TABLES = (
    "customers, products, orders, order_items, employees, secrets, `Odd Names`, `产品`, readings, articles, tickets"
)


@dataclass(frozen=True)
class Shop:
    """`plain` sees all tables (what is hidden is held by the guard alone); `twin` differs in what is hidden only."""

    name: str
    admin: pymysql.Connection[Any]
    plain: Opened
    twin: Opened
    narrow: Opened

    def state(self) -> list[Any]:
        rows = [self.rows(f"SELECT * FROM {table}") for table in TABLES.split(", ")]
        return [*rows, *self.rows(STATE), STOLEN.exists()]

    def rows(self, sql: str) -> list[Any]:
        with self.admin.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.rows(statement)


def connect(database: str | None = None) -> pymysql.Connection[Any]:
    return pymysql.connect(
        host="127.0.0.1",
        user="root",
        database=database,
        autocommit=True,
        charset="utf8mb4",
        conv={},
        connect_timeout=2,
        client_flag=CLIENT.MULTI_STATEMENTS,
    )


def open_as(user: str, database: str, *hidden: str) -> Opened:
    return Opened("shop", engine_of(parse(f"mysql://{user}@127.0.0.1:3306/{database}")), hidden)


def make(name: str, script: str) -> None:
    server = connect()
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4; USE {name}; {script}")
        while cursor.nextset():
            pass
    server.close()


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    name = f"cairn_test_{uuid.uuid4().hex[:12]}"
    try:
        server = connect()
    except pymysql.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no MariaDB server on 127.0.0.1:3306 for the user root: {error}")
    twin = MARIADB
    for number, secret in enumerate(SECRETS):
        twin = twin.replace(f"'{secret}'", f"'other {number}'")
    make(name, MARIADB)
    make(f"{name}_twin", twin + "INSERT INTO secrets VALUES ('more');")
    with server.cursor() as cursor:
        cursor.execute(f"CREATE USER {name}_reader; CREATE USER {name}_narrow;")
        cursor.execute(f"GRANT SELECT, SHOW VIEW ON {name}.* TO {name}_reader")
        cursor.execute(f"GRANT SELECT, SHOW VIEW ON {name}_twin.* TO {name}_reader")
        for statement in statements(name, f"{name}_narrow"):
            cursor.execute(statement)
    yield Shop(
        name,
        connect(name),
        open_as(f"{name}_reader", name, *HIDDEN),
        open_as(f"{name}_reader", f"{name}_twin", *HIDDEN),
        open_as(f"{name}_narrow", name, *HIDDEN),
    )
    with server.cursor() as cursor:
        cursor.execute(
            f"DROP DATABASE {name}; DROP DATABASE {name}_twin; DROP USER {name}_reader; DROP USER {name}_narrow"
        )
        while cursor.nextset():
            pass
    server.close()


def statements(database: str, user: str) -> list[str]:
    """What Cairn proposes to root, for a user that is there already."""
    with pytest.raises(DatabaseError, match="ALL PRIVILEGES") as caught:
        engine_of(parse(f"mysql://root@127.0.0.1:3306/{database}"), HIDDEN)
    lines = str(caught.value.hint).splitlines()[1:]
    return [line.replace("cairn_reader", user) for line in lines if "CREATE USER" not in line]


def outcome(opened: Opened, sql: str) -> tuple[str, Any]:
    try:
        return "rows", opened.query(sql, SHORT).rows
    except ToolError as error:
        return error.kind, str(error)


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_has_no_effect_and_tells_nothing_of_what_is_hidden(attack: str, shop: Shop) -> None:
    before = shop.state()
    found = outcome(shop.plain, attack)
    assert shop.state() == before
    assert not any(secret in str(found) for secret in SECRETS)
    assert found == outcome(shop.twin, attack)


@pytest.mark.parametrize("attack", ATTACKS)
def test_behind_the_guard_the_server_itself_holds(attack: str, shop: Shop) -> None:
    before = shop.state()
    try:
        rows = shop.narrow.engine.run(attack, shop.narrow.schema(), SHORT)
    except CairnError as error:
        assert not any(secret in str(error) for secret in SECRETS)
    else:
        assert not any(secret in str(rows) for secret in SECRETS)
    assert shop.state() == before


@pytest.mark.parametrize("query", LEGITIMATE)
def test_a_legitimate_query_gives_what_mariadb_gives(query: str, shop: Shop) -> None:
    if query in REFUSED:
        with pytest.raises(ToolError):
            shop.plain.query(query, LIMITS)
        return
    with shop.admin.cursor() as cursor:
        cursor.execute(query)
        kinds = [column[1] for column in cursor.description]
        raw = [[_raw(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in cursor.fetchall()]
    for opened in (shop.plain, shop.narrow):
        assert same_rows(raw, opened.query(query, LIMITS).rows.rows, ordered="order by" in query.lower())


def _raw(value: Any, kind: int) -> Any:
    if not isinstance(value, bytes):
        return value
    return str(int.from_bytes(value, "big")) if kind == 16 else f"x'{value.hex()}'"


def test_at_least_97_percent_of_the_legitimate_are_accepted() -> None:
    assert len(REFUSED) <= 0.03 * len(LEGITIMATE)


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        ("GRANT INSERT ON {name}.orders TO {user}", r"INSERT on `.*`\.`orders`"),
        ("GRANT UPDATE (name) ON {name}.customers TO {user}", r"UPDATE on `.*`\.`customers`"),
        ("GRANT CREATE TEMPORARY TABLES ON {name}.* TO {user}", "CREATE TEMPORARY TABLES"),
        ("GRANT LOCK TABLES ON {name}.* TO {user}", "LOCK TABLES"),
        ("GRANT EXECUTE ON FUNCTION {name}.double_it TO {user}", "EXECUTE"),
        ("GRANT FILE ON *.* TO {user}", r"FILE on \*\.\*"),
        ("GRANT SUPER ON *.* TO {user}", r"SUPER on \*\.\*"),
        ("GRANT ALL PRIVILEGES ON *.* TO {user} WITH GRANT OPTION", "ALL PRIVILEGES"),
        ("GRANT SELECT ON {name}.orders TO {user} WITH GRANT OPTION", "GRANT OPTION"),
        ("GRANT {user}_role TO {user}", "DELETE on"),
    ],
)
def test_a_user_that_can_do_more_than_read_is_refused(grant: str, says: str, shop: Shop) -> None:
    user = f"cairn_test_{uuid.uuid4().hex[:12]}"
    shop.run(f"CREATE USER {user}", f"CREATE ROLE {user}_role", f"GRANT SELECT ON {shop.name}.* TO {user}")
    shop.run(f"GRANT DELETE ON {shop.name}.orders TO {user}_role")
    try:
        shop.run(grant.format(user=user, name=shop.name))
        with pytest.raises(DatabaseError, match=says) as caught:
            open_as(user, shop.name)
        assert f"GRANT SELECT, SHOW VIEW ON `{shop.name}`.* TO 'cairn_reader'@'%';" in str(caught.value)
    finally:
        shop.run(f"DROP USER {user}", f"DROP ROLE {user}_role")


def test_the_schema_tells_types_keys_comments_and_samples(shop: Shop) -> None:
    schema = shop.plain.schema()
    orders = schema.by_name["orders"]
    assert orders.comment == "What was bought"
    assert orders.by_name["total"].comment == "In euros"
    assert orders.by_name["total"].type == "decimal(10,2)"
    assert orders.by_name["customer_id"].references == ("customers", "id")
    assert orders.by_name["id"].primary_key
    assert set(orders.by_name["status"].samples) == {"paid", "open", "cancelled"}
    assert {"leaky_view", "leaky_chain", "leaky_filter", "secrets", "tickets"}.isdisjoint(schema.by_name)
    assert {"big_orders", "产品", "odd names"} <= set(schema.by_name)
    assert "password" not in schema.by_name["customers"].by_name


def test_nothing_goes_on_running_after_a_query_was_stopped(shop: Shop) -> None:
    for sql in ("SELECT sleep(30)", "SELECT benchmark(100000000000, md5('x'))"):
        with pytest.raises(ToolError, match=r"longer than 0\.3 s"):
            shop.plain.engine.run(sql, shop.plain.schema(), SHORT)
    assert _gone(shop)


def test_a_killed_worker_leaves_no_query_behind(shop: Shop) -> None:
    """The server ends the query at its own deadline, which it was told when it began."""
    request = {
        "op": "query",
        "sql": "SELECT benchmark(100000000000, md5('x'))",
        "connect": {"host": "127.0.0.1", "user": f"{shop.name}_reader", "database": shop.name, "connect_timeout": 5},
        "namespace": shop.name,
        "seconds": 3,
        "rows": 1,
        "bytes": 100,
        "cell": 100,
    }
    assert Workers("cairn.databases.connections.mysql_worker", site=True).ask(request, 1.5)["kind"] == "limit"
    assert _gone(shop)


def _gone(shop: Shop) -> bool:
    """Whether the reader's last connection has ended within 8 s."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        if shop.rows(f"SELECT id FROM information_schema.processlist WHERE user LIKE '{shop.name}%'") == []:
            return True
    return False


def test_what_the_server_warns_of_is_a_notice(shop: Shop) -> None:
    """MariaDB gives up a recursion after 1,000 rounds, and warns."""
    said: list[str] = []
    numbers = "WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000)"
    with listening(lambda type, data: said.append(data["text"]) if type == "notice" else None):
        shop.plain.query(f"{numbers} SELECT count(*) FROM r", LIMITS)
    assert len(said) == 1
    assert re.match("The database says: Query execution was interrupted. .*max_recursive_iterations", said[0])


def test_labels_of_an_enum_and_a_composite_key_are_told(shop: Shop) -> None:
    shop.run("CREATE TABLE moods (day date, place int, mood enum('sad', 'glad'), PRIMARY KEY (place, day))")
    try:
        with pytest.raises(ToolError):  # after an error the schema is looked at again
            shop.plain.engine.run("SELECT nothing", shop.plain.schema(), SHORT)
        schema = shop.plain.schema()
        text = describe("shop", schema, [schema.by_name["moods"]], 500)
    finally:
        shop.run("DROP TABLE moods")
    assert "enum('sad','glad')" in text
    assert "PRIMARY KEY (day, place)" in text


def test_caps_on_rows_bytes_and_cells(shop: Shop) -> None:
    many = "SELECT a.id FROM orders a, orders b, orders c, orders d, orders e, orders f, orders g, orders h, orders i"
    rows = shop.plain.query(many, Limits(rows=300)).rows
    assert len(rows.rows) == 300
    assert rows.truncated
    assert shop.plain.query("SELECT repeat('x', 10000)", Limits(cell=10)).rows.rows == [["x" * 10 + "…"]]
    few = shop.plain.query("SELECT repeat('x', 1000) FROM orders a, orders b", Limits(bytes=5000)).rows
    assert few.truncated
    assert len(few.rows) <= 5


def test_values_are_safe_for_json(shop: Shop) -> None:
    query = """SELECT 1.50, 12345678901234567890, 1234567890123456.75, 1e300, DATE '2025-01-01', TIME '10:00:00', true,
      NULL, x'00ff', '中文', cast('1.0' AS double), took, bits FROM readings WHERE id = 1"""
    assert shop.plain.query(query, LIMITS).rows.rows == [
        [
            *(1.5, 12345678901234567890, "1234567890123456.75", 1e300, "2025-01-01", "10:00:00", 1, None, "x'00ff'"),
            *("中文", 1.0, "02:00:00", 5),
        ]
    ]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT nme FROM customers", "Did you mean name"),
        ("SELECT name FROM custmers", "Did you mean customers"),
        ("SELECT passwrd FROM customers", "The columns are"),
        ("SELECT nix(1)", "nix is not allowed"),
        ("SELEC 1", "can't be read as MariaDB|Only a SELECT"),
        ("SELECT (SELECT id FROM orders)", "more than 1 row"),
    ],
)
def test_errors_say_what_to_correct_and_never_what_is_hidden(sql: str, says: str, shop: Shop) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        shop.plain.query(sql, LIMITS)
    assert "password" not in str(caught.value)


def test_a_text_is_read_as_the_guard_read_it_whatever_the_servers_mode(shop: Shop) -> None:
    mode = shop.rows("SELECT @@global.sql_mode")[0][0]
    shop.run("SET GLOBAL sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'")
    try:
        query = r"""SELECT "password" AS a, 'x\'y' AS b, 1 || 0 AS c FROM customers WHERE id = 1"""
        assert shop.plain.query(query, LIMITS).rows.rows == [["password", "x'y", 1]]
    finally:
        shop.run(f"SET GLOBAL sql_mode = '{mode}'")


def test_a_database_is_added_hidden_and_asked(shop: Shop, home: Home, settings: Settings, database: Database) -> None:
    databases = Databases(home, settings, database)
    entry = databases.add("shop", f"mariadb+pymysql://{shop.name}_reader:@127.0.0.1/{shop.name}", hidden=["secrets"])
    assert entry.hidden == ("secrets",)
    assert databases.open("shop").query("SELECT password FROM customers WHERE id = 1", LIMITS).rows.rows == [
        ["hunter2"]
    ]
    databases.hide("shop", ["customers.password"])
    with pytest.raises(SqlRefused):
        databases.open("shop").query("SELECT password FROM customers", LIMITS)
    with pytest.raises(DatabaseError, match="names no database"):
        databases.add("other", "mysql://x@127.0.0.1")


def test_a_server_that_is_away_is_one_clear_error_without_the_password() -> None:
    with pytest.raises(DatabaseError, match="can't be asked") as caught:
        engine_of(parse("mysql://ann:geheim@127.0.0.1:1/none"))
    assert "geheim" not in str(caught.value)
