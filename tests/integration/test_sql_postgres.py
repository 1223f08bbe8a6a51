"""PostgreSQL asked through the guard: a role of least privilege, attacks without effect, the server's own results."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cairn.core.app_database import Database
from cairn.core.errors import CairnError, DatabaseError, SqlRefused, ToolError
from cairn.core.events import listening
from cairn.core.settings import Home, Settings
from cairn.databases.connections.database_addresses import engine_of, parse
from cairn.databases.connections.database_engine import Engine, Limits
from cairn.databases.connections.worker_pool import Workers
from cairn.databases.database_registry import Databases, Opened
from cairn.databases.linking.schema_text import Schema
from tests.sql_shops import HIDDEN, POSTGRES, SECRETS, corpus, same_rows

pytestmark = pytest.mark.services
SERVER = "postgresql://postgres@127.0.0.1:5432"
LIMITS = Limits(rows=1000, seconds=5)
SHORT = Limits(seconds=0.3)
STOLEN = Path("/tmp/cairn_stolen.txt")
ATTACKS = corpus("postgres_attacks.sql")
LEGITIMATE = corpus("postgres_legitimate.sql")
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
STATE = """
SELECT 'rows', relname, md5(query_to_xml(format('SELECT * FROM public.%I ORDER BY 1', relname), true, false, '')::text)
FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'public'::regnamespace
UNION ALL SELECT 'relation', relname || relnamespace, concat(relacl, relowner) FROM pg_class WHERE oid >= 16384
UNION ALL SELECT 'column', attrelid || attname, concat(attacl) FROM pg_attribute WHERE attrelid >= 16384
UNION ALL SELECT 'sequence', sequencename, concat(last_value) FROM pg_sequences
UNION ALL SELECT 'function', oid::text, concat(proacl, prosrc) FROM pg_proc WHERE oid >= 16384
UNION ALL SELECT 'role', rolname, concat(a.*) FROM pg_authid a
UNION ALL SELECT 'role setting', setrole || '.' || setdatabase, concat(setconfig) FROM pg_db_role_setting
UNION ALL SELECT 'setting', name, setting FROM pg_file_settings
UNION ALL SELECT 'large object', oid::text, '' FROM pg_largeobject_metadata
UNION ALL SELECT 'advisory lock', objid::text, mode FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL SELECT 'slot', slot_name, slot_type FROM pg_replication_slots
UNION ALL SELECT 'prepared', gid, '' FROM pg_prepared_xacts
UNION ALL SELECT 'comment', objoid::text, description FROM pg_description WHERE classoid = 'pg_class'::regclass
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Shop:
    """`plain` sees all tables (what is hidden is held by the guard alone); `twin` differs in what is hidden only."""

    name: str
    admin: psycopg.Connection[Any]
    plain: Opened
    twin: Opened
    narrow: Opened

    def state(self) -> list[Any]:
        """When the server has ended the connections that were closed: a lock is gone with its session."""
        until = time.monotonic() + 10
        while self.admin.execute(OTHERS).fetchone() != (0,) and time.monotonic() < until:
            time.sleep(0.01)
        return [*self.admin.execute(STATE).fetchall(), STOLEN.exists()]


def connect(database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(f"{SERVER}/{database}", autocommit=True, connect_timeout=2)


def open_as(role: str, database: str, *hidden: str) -> Opened:
    return Opened("shop", engine_of(parse(f"postgresql://{role}@127.0.0.1:5432/{database}")), hidden)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    name = f"cairn_test_{uuid.uuid4().hex[:12]}"
    try:
        server = connect("postgres")
    except psycopg.OperationalError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL server on 127.0.0.1:5432 for the user postgres: {error}")
    twin = POSTGRES
    for number, secret in enumerate(SECRETS):
        twin = twin.replace(f"'{secret}'", f"'other {number}'")
    for database, script in ((name, POSTGRES), (f"{name}_twin", twin + "INSERT INTO secrets VALUES ('more');")):
        server.execute(f"CREATE DATABASE {database}")
        with connect(database) as made:
            made.execute(script)
    for role in (f"{name}_reader", f"{name}_narrow"):
        server.execute(f"CREATE ROLE {role} LOGIN")
    for database in (name, f"{name}_twin"):
        with connect(database) as made:
            made.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}_reader")
    admin = connect(name)
    for statement in statements(name, f"{name}_narrow"):
        admin.execute(statement)
    yield Shop(
        name,
        admin,
        open_as(f"{name}_reader", name, *HIDDEN),
        open_as(f"{name}_reader", f"{name}_twin", *HIDDEN),
        open_as(f"{name}_narrow", name, *HIDDEN),
    )
    admin.close()
    for database in (name, f"{name}_twin"):
        server.execute(f"DROP DATABASE {database} WITH (FORCE)")
    for role in (f"{name}_reader", f"{name}_narrow"):
        server.execute(f"DROP ROLE {role}")
    server.close()


def statements(database: str, role: str) -> list[str]:
    """What Cairn proposes to the superuser, for a role that is there already."""
    with pytest.raises(DatabaseError) as caught:
        engine_of(parse(f"{SERVER}/{database}"), HIDDEN)
    lines = str(caught.value.hint).splitlines()[1:]
    return [line.replace("cairn_reader", role) for line in lines if "CREATE ROLE" not in line]


def outcome(opened: Opened, sql: str, limits: Limits = SHORT) -> tuple[str, Any]:
    try:
        return "rows", opened.query(sql, limits).rows
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
def test_a_legitimate_query_gives_what_postgresql_gives(query: str, shop: Shop) -> None:
    result = shop.admin.pgconn.exec_(query.encode())
    columns = range(result.nfields)
    raw = [[_raw(result.get_value(row, c), result.ftype(c)) for c in columns] for row in range(result.ntuples)]
    for opened in (shop.plain, shop.narrow):
        found = opened.query(query, LIMITS).rows
        assert same_rows(raw, found.rows, ordered="order by" in query.lower())
        assert len(found.columns) == result.nfields


def _raw(value: bytes | None, kind: int) -> str | None:
    return None if value is None else f"x'{value[2:].decode()}'" if kind == 17 else value.decode()


def test_the_proposed_role_is_taken_and_holds_what_is_hidden_itself(shop: Shop) -> None:
    with pytest.raises(ToolError):
        shop.narrow.engine.run("SELECT password FROM customers", shop.narrow.schema(), LIMITS)
    assert [column.name for column in shop.narrow.engine.schema().by_name["customers"].columns] == [
        *("id", "name", "city", "email", "signed_up", "active", "tags", "profile")
    ]
    assert shop.narrow.query("SELECT * FROM customers", LIMITS).rows.rows


@pytest.mark.parametrize(
    ("grant", "says"),
    [
        ("GRANT INSERT ON orders TO {role}", r"write to public\.orders"),
        ("GRANT UPDATE (name) ON customers TO {role}", r"write to public\.customers"),
        ("GRANT USAGE ON SEQUENCE tickets TO {role}", r"sequence public\.tickets"),
        ("GRANT CREATE ON SCHEMA public TO {role}", "create in the schema public"),
        ("GRANT CREATE ON DATABASE {name} TO {role}", "create in the database"),
        ("GRANT EXECUTE ON FUNCTION wipe() TO {role}", r"SECURITY DEFINER.*wipe\(\)"),
        (
            "GRANT EXECUTE ON FUNCTION wipe() TO PUBLIC",
            r"(?s)wipe\(\).*REVOKE EXECUTE ON FUNCTION .*wipe\(\) FROM PUBLIC",
        ),
        ("GRANT pg_read_server_files TO {role}", "pg_read_server_files"),
        ("GRANT pg_execute_server_program TO {role}", "pg_execute_server_program"),
        ("GRANT pg_write_all_data TO {role}", "pg_write_all_data"),
        ("ALTER ROLE {role} CREATEROLE", "create roles"),
        ("ALTER ROLE {role} CREATEDB", "create databases"),
        ("ALTER ROLE {role} SUPERUSER", "is a superuser"),
        ("ALTER TABLE orders OWNER TO {role}", r"owns or may write to public\.orders"),
        ("ALTER ROLE {role} BYPASSRLS", "bypass row security"),
    ],
)
def test_a_role_that_can_do_more_than_read_is_refused(grant: str, says: str, shop: Shop) -> None:
    role = f"cairn_test_{uuid.uuid4().hex[:12]}"
    shop.admin.execute(f"CREATE ROLE {role} LOGIN")
    shop.admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    try:
        shop.admin.execute(grant.format(role=role, name=shop.name))
        with pytest.raises(DatabaseError, match=says) as caught:
            open_as(role, shop.name)
        assert "GRANT SELECT ON ALL TABLES IN SCHEMA public TO cairn_reader;" in str(caught.value)
    finally:
        shop.admin.execute("REVOKE EXECUTE ON FUNCTION wipe() FROM PUBLIC")
        shop.admin.execute(f"REASSIGN OWNED BY {role} TO postgres")
        shop.admin.execute(f"DROP OWNED BY {role}")
        shop.admin.execute(f"DROP ROLE {role}")


def test_rights_through_another_role_count(shop: Shop) -> None:
    group, role = (f"cairn_test_{uuid.uuid4().hex[:12]}" for _ in range(2))
    shop.admin.execute(f"CREATE ROLE {group}; CREATE ROLE {role} LOGIN NOINHERIT IN ROLE {group}")
    shop.admin.execute(f"ALTER ROLE {group} CREATEDB")
    try:
        with pytest.raises(DatabaseError, match="create databases"):
            open_as(role, shop.name)
    finally:
        shop.admin.execute(f"DROP ROLE {role}; DROP ROLE {group}")


def test_the_schema_tells_types_keys_comments_and_samples(shop: Shop) -> None:
    schema = shop.plain.schema()
    orders = schema.by_name["orders"]
    assert orders.comment == "What was bought"
    assert orders.by_name["total"].comment == "In euros"
    assert orders.by_name["total"].type == "numeric(10,2)"
    assert orders.by_name["customer_id"].references == ("customers", "id")
    assert orders.by_name["id"].primary_key
    assert set(orders.by_name["status"].samples) == {"paid", "open", "cancelled"}
    assert orders.by_name["status"].all_values
    assert schema.by_name["monthly"].view
    assert {"leaky_view", "leaky_rows", "leaky_chain", "leaky_filter", "secrets"}.isdisjoint(schema.by_name)
    assert {"big_orders", "产品", "odd names"} <= set(schema.by_name)


def test_a_new_table_is_seen_after_an_error_at_the_latest(shop: Shop) -> None:
    shop.plain.schema()
    shop.admin.execute("ALTER TABLE employees ADD COLUMN level integer")
    try:
        with pytest.raises(ToolError):
            shop.plain.query("SELECT 1 / 0", LIMITS)
        assert "level" in shop.plain.schema().by_name["employees"].by_name
    finally:
        shop.admin.execute("ALTER TABLE employees DROP COLUMN level")


def test_nothing_goes_on_running_after_a_query_was_stopped(shop: Shop) -> None:
    for sql in ("SELECT pg_sleep(30)", "SELECT count(*) FROM generate_series(1, 100000000000) AS g"):
        with pytest.raises(ToolError, match=r"longer than 0\.3 s"):
            shop.plain.engine.run(sql, shop.plain.schema(), SHORT)
    assert _gone(shop)


def test_a_killed_worker_leaves_no_query_behind(shop: Shop) -> None:
    """The backend sees that its client is gone, long before its own deadline."""
    request = {
        "op": "query",
        "sql": "SELECT count(*) FROM generate_series(1, 100000000000) AS g",
        "connect": {"host": "127.0.0.1", "user": f"{shop.name}_reader", "dbname": shop.name},
        "namespace": "public",
        "seconds": 60,
        "rows": 1,
        "bytes": 100,
        "cell": 100,
    }
    answer = Workers("cairn.databases.connections.postgres_worker", site=True).ask(request, 1.5)
    assert answer["kind"] == "limit"
    assert _gone(shop)


def _gone(shop: Shop) -> bool:
    """Whether the reader's last backend has ended within 5 s."""
    deadline = time.monotonic() + 5
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE %s"
    while time.monotonic() < deadline:
        row = shop.admin.execute(query, (f"{shop.name}%",)).fetchone()
        if row == (0,):
            return True
    return False


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT array_agg(g) FROM generate_series(1, 100000) AS g", "about 100,000 rows in one value"),
        ("SELECT string_agg(CAST(g AS text), ',') OVER () FROM generate_series(1, 100000) AS g", "about 100,000 rows"),
        ("SELECT array(SELECT g FROM generate_series(1, 100000) AS g)", "about 100,000 rows"),
        ("SELECT string_agg(repeat('x', 10000), '') FROM generate_series(1, 100)", "more than 100 characters"),
        ("SELECT repeat(repeat('x', 1000), 1000)", "more than 10000 characters"),
    ],
)
def test_no_value_is_made_of_more_than_it_may(sql: str, says: str, shop: Shop) -> None:
    with pytest.raises(ToolError, match=says):
        shop.plain.query(sql, LIMITS)


def test_values_are_gathered_from_tables_and_groups(shop: Shop) -> None:
    sql = "SELECT city, string_agg(name, ', ' ORDER BY name) FROM customers GROUP BY city ORDER BY city LIMIT 1"
    assert shop.plain.query(sql, LIMITS).rows.rows == [["Berlin", "Ada Lovelace, Cyd Charisse"]]
    many = "SELECT g % 100, count(*), max(array_length(a, 1)) FROM (SELECT g, array_agg(h) AS a FROM "
    many += "generate_series(1, 1000) AS g, generate_series(1, 100) AS h GROUP BY g) AS t GROUP BY 1 LIMIT 1"
    assert shop.plain.query(many, LIMITS).rows.rows[0][1:] == [10, 100]


def test_a_query_that_hears_no_cancel_is_answered_for_at_the_deadline(shop: Shop) -> None:
    """What the guard refuses: a planner at work on 100,000 expressions."""
    tens = ", ".join(f"t{n} AS (SELECT {'||'.join(['x'] * 10)} AS x FROM t{n - 1})" for n in range(1, 6))
    sql = f"WITH t0 AS (SELECT md5('x') AS x), {tens} SELECT x FROM t5"
    with pytest.raises(SqlRefused, match="too often"):
        shop.plain.query(sql, SHORT)
    began = time.monotonic()
    with pytest.raises(ToolError, match=r"longer than 0\.02 s"):
        shop.plain.engine.run(sql, shop.plain.schema(), Limits(seconds=0.02))
    assert time.monotonic() - began < 3
    assert _gone(shop)


def test_labels_of_an_enum_are_told(shop: Shop) -> None:
    shop.admin.execute("CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'glad'); CREATE DOMAIN today AS mood")
    shop.admin.execute("CREATE TABLE moods (one mood, many mood[], now today)")
    shop.admin.execute("COMMENT ON COLUMN moods.one IS 'Of the day'; GRANT SELECT ON moods TO PUBLIC")
    try:
        outcome(shop.plain, "SELECT 1 / 0")
        told = shop.plain.schema().by_name["moods"].by_name
    finally:
        shop.admin.execute("DROP TABLE moods; DROP DOMAIN today; DROP TYPE mood")
    assert told["one"].comment == "Of the day; one of 'sad', 'it''s ok', 'glad'"
    assert told["many"].comment == told["now"].comment == "one of 'sad', 'it''s ok', 'glad'"


def test_what_the_server_says_of_a_query_is_a_notice_unless_it_names_what_is_hidden(shop: Shop) -> None:
    shop.admin.execute(
        """CREATE FUNCTION loud(text) RETURNS text LANGUAGE plpgsql AS
             $$BEGIN RAISE WARNING 'read: %', $1; RETURN $1; END$$;
           CREATE VIEW loud AS SELECT loud(city) AS city FROM customers WHERE id < 3
             UNION ALL SELECT loud('password');
           GRANT SELECT ON loud TO PUBLIC"""
    )
    try:
        outcome(shop.plain, "SELECT 1 / 0")
        open_to_all = Opened("shop", shop.plain.engine)
        assert told(open_to_all, "SELECT count(city) FROM loud") == [
            *("The database says: read: Berlin", "The database says: read: Paris"),
            "The database says: read: password",
        ]
        hiding = Opened("shop", _AsIs(shop.plain.engine), ("customers.password",))
        assert len(told(hiding, "SELECT count(city) FROM loud")) == 2
    finally:
        shop.admin.execute("DROP VIEW loud; DROP FUNCTION loud")


class _AsIs:
    """An engine whose views count as reading nothing."""

    dialect = "postgres"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.run = engine.run

    def schema(self) -> Schema:
        known = self._engine.schema()
        return replace(known, tables=tuple(replace(table, reads=frozenset()) for table in known.tables))


def told(opened: Opened, sql: str) -> list[str]:
    """The notices of a query."""
    texts: list[str] = []
    with listening(lambda type, data: texts.append(data["text"]) if type == "notice" else None):
        opened.query(sql, LIMITS)
    return texts


def test_caps_on_rows_bytes_and_cells(shop: Shop) -> None:
    many = "SELECT a.id FROM orders a, orders b, orders c, orders d, orders e, orders f, orders g, orders h, orders i"
    rows = shop.plain.query(many, Limits(rows=300)).rows
    assert len(rows.rows) == 300
    assert rows.truncated
    wide = shop.plain.query("SELECT repeat('x', 10000)", Limits(cell=10)).rows
    assert wide.rows == [["x" * 10 + "…"]]
    few = shop.plain.query("SELECT repeat('x', 1000) FROM generate_series(1, 100)", Limits(bytes=5000)).rows
    assert few.truncated
    assert len(few.rows) <= 5


def test_values_are_safe_for_json(shop: Shop) -> None:
    query = """SELECT 1.50, 12345678901234567890, 1234567890123456.75, 'NaN'::float8, '-infinity'::float8,
      'infinity'::date,
      ARRAY[1, NULL], '{"a": [1]}'::jsonb, INTERVAL '1 day 2 hours', true, NULL, x'ff', '\\x00ff'::bytea, '中文'"""
    assert shop.plain.query(query, LIMITS).rows.rows == [
        [
            *(1.5, 12345678901234567890, "1234567890123456.75", "NaN", "-Infinity", "infinity", "{1,NULL}"),
            *('{"a": [1]}', "1 day 02:00:00", True, None, "11111111", "x'00ff'", "中文"),
        ]
    ]


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT nme FROM customers", "Did you mean name"),
        ("SELECT name FROM custmers", "Did you mean customers"),
        ("SELECT passwrd FROM customers", "The columns are"),
        ("SELECT 1/0", "division by zero"),
        ("SELECT name::int FROM customers", "invalid input syntax"),
        ("SELECT evil(1)", "evil is not allowed"),
        ("SELEC 1", "can't be read as PostgreSQL|Only a SELECT"),
    ],
)
def test_errors_say_what_to_correct_and_never_what_is_hidden(sql: str, says: str, shop: Shop) -> None:
    with pytest.raises(ToolError, match=says) as caught:
        shop.plain.query(sql, LIMITS)
    assert "password" not in str(caught.value)


def test_a_database_is_added_shown_hidden_and_asked(
    shop: Shop, home: Home, settings: Settings, database: Database
) -> None:
    databases = Databases(home, settings, database)
    url = f"postgres://{shop.name}_reader:geheim@127.0.0.1:5432/{shop.name}?schema=public&sslmode=prefer"
    entry = databases.add("shop", url, hidden=["secrets"])
    assert "geheim" not in entry.redacted
    assert entry.dialect == "postgresql"
    opened = databases.open("shop")
    assert opened.query("SELECT password FROM customers WHERE id = 1", LIMITS).rows.rows == [["hunter2"]]
    assert databases.hide("shop", ["Customers.Password"]).hidden == ("customers.password", "secrets")
    with pytest.raises(SqlRefused):
        databases.open("shop").query("SELECT password FROM customers", LIMITS)
    assert databases.add("shop", url).hidden == ("customers.password", "secrets")
    assert databases.hide("shop", ["customers.password"], undo=True).hidden == ("secrets",)
    with pytest.raises(DatabaseError, match="to hide"):
        databases.hide("shop", ["customers.nix"])
    with pytest.raises(DatabaseError, match="no schema"):
        databases.add("other", url.replace("schema=public", "schema=nix"))
    with pytest.raises(DatabaseError, match="unknown options"):
        databases.add("other", f"{url}&options=-csearch_path%3Dx")


def test_a_server_that_is_away_is_one_clear_error_without_the_password() -> None:
    with pytest.raises(DatabaseError, match="can't be asked") as caught:
        engine_of(parse("postgresql://ann:geheim@127.0.0.1:1/none"))
    assert "geheim" not in str(caught.value)
