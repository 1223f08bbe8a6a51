from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cairn.core.app_database import Database
from cairn.core.clean_text import approximate_tokens
from cairn.core.errors import DatabaseError, SqlRefused, ToolError
from cairn.core.events import listening
from cairn.core.late_values import remembering
from cairn.core.settings import Home, Settings, load_settings
from cairn.core.task import Sql
from cairn.databases.connections.database_engine import Limits, Rows
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Databases, Opened
from cairn.databases.linking.schema_text import Column, Schema, Table, describe, overview
from cairn.tools.rows_as_text import write_rows
from cairn.tools.sql_tools import make_sql_tools


@pytest.fixture
def databases(home: Home, settings: Settings, database: Database) -> Databases:
    return Databases(home, settings, database)


def call(tools: Sequence[BaseTool], name: str, **arguments: Any) -> str:
    return next(tool for tool in tools if tool.name == name).invoke(arguments)


# The registry


def test_a_relative_path_is_made_absolute(
    databases: Databases, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop_file.parent)
    for url in ("sqlite:///shop.db", "shop.db", f"sqlite:///{shop_file}"):
        assert databases.add("shop", url).redacted == f"sqlite:///{shop_file}"
    assert databases.open("shop").query("SELECT count(*) FROM orders", Limits()).rows.rows == [[4]]
    databases.remove("shop")
    assert databases.list() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no file"),
        (b"plain text, not a database at all", "not a SQLite database, or it is encrypted"),
        (b"SQLite format 3\x00" + b"\xff" * 500, "can't be opened"),
    ],
)
def test_what_is_not_a_database_is_not_added(
    databases: Databases, tmp_path: Path, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(DatabaseError, match=says):
        databases.add("x", f"sqlite:///{tmp_path}/x.db")
    assert databases.list() == []


@pytest.mark.parametrize(
    ("name", "url", "says"),
    [
        ("Shop!", "sqlite:///x.db", "name"),
        ("", "sqlite:///x.db", "name"),
        ("x", "sqlite://", "names no SQLite file"),
        ("x", "sqlite:///:memory:", "names no SQLite file"),
        ("x", "oracle://u:p@localhost/x", "not supported"),
        ("x", "no scheme://", "not a database URL"),
        ("x", "/", "folder"),
        ("x", "postgresql://u:p@ss/w@localhost/x", "more than one @"),
    ],
)
def test_bad_names_and_addresses(databases: Databases, name: str, url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as caught:
        databases.add(name, url)
    assert ":p@" not in str(caught.value)
    assert "ss/w" not in str(caught.value)


def test_a_table_that_is_no_database_is_led_to_where_it_can_be_read(databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "stock.CSV").write_text("name,stock\nPen,3\n")
    with pytest.raises(DatabaseError) as error:
        databases.add("stock", str(tmp_path / "stock.CSV"))
    assert "`cairn add FILE`" in (error.value.hint or "") and "into a SQLite file" in (error.value.hint or "")


def test_unknown_names_list_the_known_ones(databases: Databases, shop_file: Path) -> None:
    with pytest.raises(DatabaseError, match="cairn db add"):
        databases.open("nix")
    databases.add("shop", str(shop_file))
    for act in (databases.open, databases.remove):
        with pytest.raises(DatabaseError, match="There are: shop"):
            act("nix")


def test_samples_are_used_only_while_there_is_nothing_else(
    home: Home, databases: Databases, database: Database, shop_file: Path
) -> None:
    databases.add("sample", str(shop_file), sample=True)
    assert databases.names() == ("sample",)
    assert Databases(home, load_settings(home.root, samples=False), database).names() == ()
    databases.add("mine", str(shop_file))
    assert databases.names() == ("mine",)
    assert Databases(home, load_settings(home.root, samples="always"), database).names() == ("mine", "sample")
    assert {entry.name: entry.used for entry in databases.list()} == {"mine": True, "sample": False}


def test_hidden_names_must_exist(databases: Databases, shop_file: Path) -> None:
    with pytest.raises(DatabaseError, match="to hide"):
        databases.add("shop", str(shop_file), hidden=["customers.nix"])


def test_an_empty_file_and_one_in_wal_mode_open(databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    databases.add("empty", str(tmp_path / "empty.db"))
    connection = sqlite3.connect(tmp_path / "wal.db")
    connection.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1);")
    databases.add("wal", str(tmp_path / "wal.db"))
    assert databases.open("wal").query("SELECT a FROM t", Limits()).rows.rows == [[1]]
    connection.execute("INSERT INTO t VALUES (2)")
    connection.commit()
    assert databases.open("wal").query("SELECT a FROM t", Limits()).rows.rows == [[1], [2]]
    connection.close()


# The worker


def test_a_changed_file_is_seen(shop: Opened, shop_file: Path) -> None:
    shop.schema()
    connection = sqlite3.connect(shop_file)
    connection.executescript("CREATE TABLE later (a); INSERT INTO later VALUES (7);")
    connection.close()
    assert shop.query("SELECT a FROM later", Limits()).rows.rows == [[7]]


def test_rows_bytes_and_cells_are_capped(shop: Opened) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, 'abcdefghij' FROM n"
    few = shop.query(endless, Limits(rows=3, cell=4)).rows
    assert few.truncated
    assert few.rows == [[1, "abcd…"], [2, "abcd…"], [3, "abcd…"]]
    assert len(shop.query(endless, Limits(rows=10_000, bytes=1000)).rows.rows) < 100
    assert not shop.query("SELECT id FROM customers", Limits(rows=4)).rows.truncated


def test_values_are_safe_for_json(shop: Opened) -> None:
    rows = shop.query("SELECT body, 1e999, NULL, 9007199254740993 FROM files", Limits()).rows
    assert rows.rows == [["x'00ff10'", "inf", None, 9007199254740993]]


@pytest.mark.parametrize(
    "query",
    [
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n",
        "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)",
    ],
)
def test_endless_queries_are_stopped(query: str, shop: Opened) -> None:
    with pytest.raises(ToolError, match="longer than"):
        shop.query(query, Limits(seconds=0.2))
    assert shop.query("SELECT 1", Limits()).rows.rows == [[1]]


def test_a_worker_that_hangs_is_killed(shop: Opened) -> None:
    """Inside one call of printf SQLite can't be interrupted; the guard refuses it, so the engine is asked."""
    with pytest.raises(ToolError, match="longer than"):
        shop.engine.run("SELECT printf('%.*c', 2000000000, 'x')", shop.schema(), Limits(seconds=0.1))
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if child.status() == psutil.STATUS_ZOMBIE]


def test_memory_is_bounded(shop: Opened) -> None:
    query = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "SELECT count(*) FROM (SELECT replace(printf('%999d', i), ' ', printf('%999d', i)) AS x FROM n ORDER BY x)"
    )
    with pytest.raises(ToolError, match="stopped"):
        shop.query(query, Limits(seconds=20))
    assert shop.query("SELECT 1", Limits()).rows.rows == [[1]]


def test_many_threads_get_their_own_answers(shop: Opened) -> None:
    found: dict[int, Any] = {}

    def work(number: int) -> None:
        found[number] = shop.query(f"SELECT {number}, count(*) FROM customers", Limits()).rows.rows

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [[number, 4]] for number in range(8)}


def test_a_view_over_hidden_columns_is_refused_without_naming_them(shop: Opened) -> None:
    with pytest.raises(SqlRefused) as caught:
        shop.query("SELECT name FROM leaky_view", Limits())
    assert "password" not in str(caught.value)


def test_a_database_that_went_away(shop: Opened, shop_file: Path) -> None:
    shop.schema()
    shop_file.unlink()
    with pytest.raises(DatabaseError, match="no file"):
        shop.query("SELECT 1", Limits())


# The schema


def test_the_schema_has_keys_and_samples(shop: Opened) -> None:
    text = describe("shop", shop.schema(), shop.schema().tables, 3000)
    assert text.startswith("-- Database shop (sqlite)\nCREATE TABLE customers (\n  id INTEGER PRIMARY KEY,\n")
    assert "  name TEXT, -- e.g. 'Ada', 'Bob', 'Cyd', 'Dan'" in text
    assert "  customer_id INTEGER REFERENCES customers(id)," in text
    assert "  status TEXT, -- e.g. 'paid', 'open'" in text
    assert 'CREATE TABLE "odd names"' in text
    assert "CREATE VIEW big_orders" in text
    assert "名称 TEXT, -- e.g. '绿茶', '茶杯'" in text
    assert "password" not in text
    assert "secrets" not in text


def test_an_overview_has_one_line_per_table(shop: Opened) -> None:
    text = overview("shop", shop.schema(), 1000)
    assert text.startswith("Database shop (sqlite):\n- customers(id, name, city)\n- orders(id, customer_id, ")


def test_a_view_over_something_hidden_is_hidden_too(tmp_path: Path) -> None:
    script = """CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, pay INTEGER); CREATE TABLE secrets (token TEXT);
    CREATE VIEW names AS SELECT name FROM people; CREATE VIEW paid AS SELECT name FROM people WHERE pay > 1;
    CREATE VIEW chain AS SELECT * FROM paid; CREATE VIEW counted AS SELECT count(*) AS n FROM secrets;
    CREATE VIEW inside AS SELECT name FROM people WHERE name IN (SELECT Token FROM Secrets);
    CREATE VIEW broken AS SELECT a FROM gone;"""
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.executescript(script)
    connection.close()
    engine = SqliteEngine(tmp_path / "x.db")
    assert "paid" in Opened("x", engine).schema().by_name
    assert set(Opened("x", engine, ("people.pay", "secrets")).schema().by_name) == {"people", "names"}
    assert set(Opened("x", engine, ("paid.name",)).schema().by_name) >= {"people", "names", "secrets", "counted"}


def test_names_are_quoted_as_the_dialect_needs_it() -> None:
    table = Table("order", (Column("full name", "text"), Column("group", "text"), Column("total", "int")))
    for dialect, mark in (("sqlite", '"'), ("postgres", '"'), ("mysql", "`")):
        schema = Schema(dialect, (table,))
        text = describe("x", schema, schema.tables, 1000)
        assert f"CREATE TABLE {mark}order{mark} (" in text
        assert f"  {mark}full name{mark} text," in text
        assert f"  {mark}group{mark} text," in text
        assert "  total int" in text
        assert f"- {mark}order{mark}({mark}full name{mark}, {mark}group{mark}, total)" in overview("x", schema, 1000)


def test_a_table_that_is_too_wide_for_the_budget_is_shown_as_far_as_it_fits() -> None:
    wide = Table("readings", tuple(Column(f"sensor_{n:03}_temperature", "REAL") for n in range(900)))
    schema = Schema("sqlite", (wide, Table("other", (Column("a", "TEXT"),))))
    text = describe("x", schema, schema.tables, 1000)
    assert "-- readings(sensor_000_temperature, sensor_001_temperature, " in text
    assert re.search(r" and \d{3} more columns\)", text)
    assert approximate_tokens(text) <= 1000


def _file(path: Path, script: str) -> Opened:
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("own", 1, str, deterministic=True)
        connection.executescript(script)
    return Opened("x", SqliteEngine(path))


def _answer(database: Opened, sql: str) -> list[list[Any]]:
    return database.query(sql, Limits()).rows.rows


def test_json_in_generated_columns_indexes_and_views_is_read(tmp_path: Path) -> None:
    database = _file(
        tmp_path / "x.db",
        """CREATE TABLE mail (body TEXT, sender TEXT AS (body ->> '$.from') VIRTUAL,
             size INT AS (json_array_length(body, '$.parts')) STORED);
           INSERT INTO mail VALUES ('{"from": "Ann", "parts": [1, 2]}');
           CREATE INDEX by_date ON mail (json_extract(body, '$.date'));
           CREATE VIEW senders AS SELECT json_extract(body, '$.from') AS sender FROM mail;""",
    )
    assert _answer(database, "SELECT sender, size FROM mail") == [["Ann", 2]]
    assert _answer(database, "SELECT * FROM senders") == [["Ann"]]
    assert database.schema().unread == ()


def test_what_cannot_be_read_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    database = _file(
        tmp_path / "x.db",
        """CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, made TEXT AS (own(text)) VIRTUAL);
           CREATE INDEX by_own ON notes (own(text));
           INSERT INTO notes (text) VALUES ('{broken');
           ALTER TABLE notes ADD COLUMN kind AS (json_extract(text, '$.kind'));
           CREATE VIRTUAL TABLE boxes USING rtree(id, low, high);
           CREATE VIRTUAL TABLE "x USING fts5 y" USING rtree(id, low, high);
           CREATE VIEW sums AS SELECT json_set(text, '$.a', 1) AS a FROM notes;
           CREATE VIEW gone AS SELECT * FROM nowhere;
           CREATE VIEW names AS SELECT name FROM sqlite_master;
           CREATE VIEW inside AS SELECT low FROM boxes;""",
    )
    assert _answer(database, "SELECT id, text FROM notes") == [[1, "{broken"]]
    assert [column.name for column in database.schema().by_name["notes"].columns] == ["id", "text", "kind"]
    assert [name for name, _ in database.schema().unread] == [
        *("notes.made", "boxes", "x USING fts5 y", "sums", "gone", "names", "inside")
    ]
    told = describe("x", database.schema(), database.schema().tables, 1000)
    assert "-- Can't be read: notes.made (unknown function: own()); boxes (it is a virtual table (rtree));" in told
    with pytest.raises(ToolError, match="malformed JSON"):
        _answer(database, "SELECT kind FROM notes")
    hidden = Opened("x", database.engine, ("notes.id", "boxes.low")).schema()
    assert "boxes" in [name for name, _ in hidden.unread]


def test_what_is_hidden_is_not_named_as_unread_either() -> None:
    columns = (Column("id", "INT"),)
    unread = (("t.salary", "unknown function: pay()"), ("v", "it reads salary"), ("w", "no such table: gone"))
    schema = Schema("sqlite", (Table("t", columns),), unread=unread).without(["t.salary"])
    assert schema.unread == (("w", "no such table: gone"),)


def test_a_schema_can_call_nothing_but_what_is_harmless(tmp_path: Path) -> None:
    database = _file(
        tmp_path / "x.db",
        """CREATE TABLE t (a TEXT);
           INSERT INTO t VALUES ('x');
           CREATE VIEW loads AS SELECT load_extension(a) AS b FROM t;
           CREATE VIEW nodes AS SELECT rtreecheck('t') AS b;""",
    )
    assert dict(database.schema().unread) == {"loads": "it calls load_extension()", "nodes": "it calls rtreecheck()"}


@pytest.mark.parametrize("module", ["fts4", "fts5"])
def test_full_text_tables_are_read_like_others(tmp_path: Path, module: str) -> None:
    database = _file(
        tmp_path / "x.db",
        f"""CREATE TABLE base (id INTEGER PRIMARY KEY, body TEXT, secret TEXT);
            INSERT INTO base VALUES (1, 'quick fox', 'hush');
            CREATE VIRTUAL TABLE notes USING {module}(title, body);
            INSERT INTO notes VALUES ('A', 'lazy dog');
            CREATE VIRTUAL TABLE outside USING {module}(secret, content=base);
            CREATE VIEW titles AS SELECT title FROM notes;
            CREATE TABLE plain (a PRIMARY KEY) WITHOUT\n ROWID;""",
    )
    schema = database.schema()
    assert [(table.name, table.rowid) for table in schema.tables] == [
        *(("base", True), ("notes", True), ("outside", True), ("titles", False), ("plain", False))
    ]
    assert f"-- full text ({module})" in describe("x", schema, schema.tables, 1000)
    assert _answer(database, "SELECT rowid, title FROM notes WHERE body LIKE '%dog%'") == [[1, "A"]]
    assert _answer(database, "SELECT * FROM titles") == [["A"]]
    assert _answer(database, "SELECT count(secret) FROM outside JOIN notes ON true") == [[1]]
    with pytest.raises(SqlRefused, match="There is no table 'notes_content'"):
        _answer(database, "SELECT * FROM notes_content")
    with pytest.raises(SqlRefused):  # the process denies it too
        database.engine.run("SELECT * FROM notes, notes_content", schema, Limits())
    hidden = Opened("x", database.engine, ("base.secret", "notes.body"))
    assert "outside" not in hidden.schema().by_name
    assert _answer(hidden, "SELECT * FROM notes") == [["A"]]


def test_composite_keys_are_told_as_one(tmp_path: Path) -> None:
    database = _file(
        tmp_path / "x.db",
        """CREATE TABLE seats (flight TEXT, place TEXT, PRIMARY KEY (place, flight));
           CREATE TABLE bags (seat TEXT, plane TEXT, FOREIGN KEY (seat, plane) REFERENCES seats);
        """,
    )
    told = describe("x", database.schema(), database.schema().tables, 1000)
    assert "  flight TEXT,\n  place TEXT,\n  PRIMARY KEY (flight, place)\n);" in told
    assert "seat TEXT REFERENCES seats(place),\n  plane TEXT REFERENCES seats(flight)\n);" in told


def test_a_large_schema_fits_its_budget() -> None:
    columns = tuple(Column(f"column_{n}", "TEXT", samples=("a", "b")) for n in range(20))
    schema = Schema("sqlite", tuple(Table(f"table_{n}", columns) for n in range(500)))
    for text in (overview("big", schema, 3000), describe("big", schema, schema.tables, 3000)):
        assert "table_0" in text
        assert "more" in text or "table_499" in text
        assert len(text) < 4 * 3000
    assert "table_499" in overview("big", schema, 3000)


# The tools


def test_the_tools_show_list_and_query(databases: Databases, shop_file: Path) -> None:
    databases.add("shop", str(shop_file), hidden=["secrets", "customers.password"])
    tools = make_sql_tools(databases, Sql(max_rows=2))
    assert [tool.name for tool in tools] == ["list_tables", "describe_tables", "query_database"]
    assert "Database shop (sqlite):\n- customers(id, name, city)" in tools[2].description
    assert call(tools, "list_tables").startswith("Database shop (sqlite):")
    assert "CREATE TABLE orders" in call(tools, "describe_tables", tables=["ORDERS"])
    told = call(tools, "describe_tables", tables=["customers"], question="Who lives in Paris?")
    assert told.endswith("-- 'Paris' is in customers.city")
    assert " is in " not in call(tools, "describe_tables")
    events: list[tuple[str, Any]] = []
    with listening(lambda type, data: events.append((type, data))):
        text = call(tools, "query_database", query="SELECT name, city FROM customers", database="shop")
    assert text == "| name | city |\n| --- | --- |\n| Ada | Berlin |\n| Bob | Paris |\n\n(2 rows, more were cut off)"
    assert events == [
        (
            "table",
            {
                "columns": ["name", "city"],
                "rows": [["Ada", "Berlin"], ["Bob", "Paris"]],
                "sql": "SELECT name, city FROM (SELECT id, name, city FROM customers) AS customers",
                "truncated": True,
            },
        )
    ]
    assert call(tools, "query_database", query="SELECT id FROM orders WHERE 0").endswith("\n\n(0 rows)")
    assert "| NULL |" in call(tools, "query_database", query="SELECT city FROM customers WHERE id = 4")


def test_mistakes_come_back_with_what_to_correct(databases: Databases, shop_file: Path) -> None:
    databases.add("shop", str(shop_file))
    tools = make_sql_tools(databases, Sql())
    for name, arguments, says in (
        ("describe_tables", {"tables": ["custmers"]}, "Did you mean customers"),
        ("query_database", {"query": "SELECT nme FROM customers"}, "Did you mean name"),
        ("query_database", {"query": "SELECT 1", "database": "nix"}, "There are: shop"),
        ("query_database", {"query": "SELECT sum(count(*)) FROM customers"}, "misuse of aggregate"),
        ("query_database", {"query": "SELECT id FROM customers, orders"}, "ambiguous"),
    ):
        with pytest.raises(ToolError, match=says):
            call(tools, name, **arguments)


def test_without_a_database_the_tools_say_how_to_add_one(databases: Databases) -> None:
    tools = make_sql_tools(databases, Sql())
    assert "cairn db add" in tools[2].description
    for name, arguments in (("list_tables", {}), ("describe_tables", {}), ("query_database", {"query": "SELECT 1"})):
        with pytest.raises(ToolError, match="cairn db add"):
            call(tools, name, **arguments)


def test_a_database_that_is_away_is_said_to_be(databases: Databases, shop_file: Path) -> None:
    databases.add("shop", str(shop_file))
    shop_file.unlink()
    tools = make_sql_tools(databases, Sql())
    assert "Database shop is not available" in tools[2].description
    with pytest.raises(ToolError, match="no file"):
        call(tools, "query_database", query="SELECT 1")


def test_of_several_databases_those_that_answer_are_asked(
    databases: Databases, shop_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone.db"
    with closing(sqlite3.connect(gone)) as connection, connection:
        connection.execute("CREATE TABLE t (a)")
    databases.add("away", f"sqlite:///{gone}")
    databases.add("shop", str(shop_file))
    gone.unlink()
    tools = make_sql_tools(databases, Sql())
    assert "orders" in call(tools, "describe_tables")
    assert "orders" in call(tools, "list_tables")
    assert "4" in call(tools, "query_database", query="SELECT count(*) FROM orders")
    with pytest.raises(ToolError, match="no file"):
        call(tools, "query_database", query="SELECT 1", database="away")
    shop_file.unlink()
    with pytest.raises(ToolError, match="no file"):
        call(tools, "describe_tables")


def test_a_server_that_went_away_is_told_of_when_it_is_passed_over(
    databases: Databases, shop_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection, connection:
        connection.execute("CREATE TABLE t (a)")
    databases.add("other", f"sqlite:///{other}")
    databases.add("shop", str(shop_file))
    seen = Opened.schema

    def away(opened: Opened) -> Schema:
        if opened.name == "other":
            raise DatabaseError("The server does not answer.", "Start it.")
        return seen(opened)

    tools = make_sql_tools(databases, Sql())
    monkeypatch.setattr(Opened, "schema", away)
    told: list[Any] = []
    with listening(lambda type, data: told.append((type, data))):
        assert "orders" in call(tools, "describe_tables")
    [(type, data)] = told
    assert type == "notice" and "other can't be asked" in data["text"]


def test_the_data_sets_open(databases: Databases, test_data: Path) -> None:
    files = [*sorted((test_data / "spider" / "databases").glob("*.sqlite")), test_data / "chinook" / "chinook.sqlite"]
    for path in files:
        entry = databases.add(path.stem.lower(), str(path))
        assert databases.open(entry.name).schema().tables


def test_a_name_that_is_taken_is_not_given_to_another_database(databases: Databases, tmp_path: Path) -> None:
    for name in ("one", "two"):
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as connection, connection:
            connection.execute("CREATE TABLE t (a)")
    databases.add("mine", f"sqlite:///{tmp_path / 'one.db'}")
    databases.add("mine", f"sqlite:///{tmp_path / 'one.db'}")
    with pytest.raises(DatabaseError, match="another database"):
        databases.add("mine", f"sqlite:///{tmp_path / 'two.db'}")
    (tmp_path / "one.db").unlink()
    with pytest.raises(DatabaseError, match="no file"):
        databases.open("mine")


def test_a_float_is_written_without_its_noise() -> None:
    assert "| 0.3 |" in write_rows(Rows(["sum"], [[0.1 + 0.2]], False))
    assert "| 1e+300 |" in write_rows(Rows(["big"], [[1e300]], False))


def test_what_queries_can_be_asked_of_is_read_when_it_is_needed(
    databases: Databases, shop_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    databases.add("shop", str(shop_file))
    opened: list[str] = []
    open = databases.open
    monkeypatch.setattr(databases, "open", lambda name: (opened.append(name), open(name))[1])
    *_, query = make_sql_tools(databases, Sql())
    assert (query.name, opened) == ("query_database", [])
    with remembering():
        first, again = query.description, convert_to_openai_tool(query)["function"]["description"]
    assert "orders" in first and again == first
    assert opened == ["shop"], "once in a run"
    databases.add("town", str(shop_file))
    assert "town" in query.description


def test_a_database_that_is_away_is_told_of_once_in_a_run(
    databases: Databases, tmp_path: Path, shop_file: Path
) -> None:
    moved = tmp_path / "moved.db"
    moved.write_bytes(shop_file.read_bytes())
    databases.add("shop", str(shop_file))
    databases.add("moved", str(moved))
    moved.unlink()
    tools = make_sql_tools(databases, Sql())
    told: list[Any] = []
    with remembering(), listening(lambda type, data: told.append((type, data))):
        assert "moved is not available" in tools[-1].description
        call(tools, "list_tables")
    [(type, data)] = told
    assert type == "notice" and "moved can't be asked" in data["text"] and "no file" in data["text"]
