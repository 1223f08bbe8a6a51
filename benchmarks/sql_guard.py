"""The guard: what it accepts, and the milliseconds it adds to a query.

On Spider's dev questions (SQLite): gold queries accepted, with results equal to raw execution. On the servers'
corpora: attacks refused, legitimate queries accepted. Times are of the legitimate queries (of Spider's on SQLite):
raw SQLAlchemy with a pooled connection, the guard alone, and guard, process and a connection of its own together.
The servers are those of the integration tests; an absent one is left out.
"""

from __future__ import annotations

import json
import os
import statistics
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from cairn.core.errors import CairnError, SqlRefused
from cairn.databases.connections.database_addresses import engine_of, parse
from cairn.databases.connections.database_engine import Limits
from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from cairn.databases.guard.sql_guard import check
from tests.sql_shops import HIDDEN, MARIADB, POSTGRES, corpus

LIMITS = Limits(rows=1_000_000, bytes=1_000_000_000, cell=1_000_000)
SERVERS = {
    "postgres": ("postgresql+psycopg://postgres@127.0.0.1:5432/postgres", POSTGRES),
    "mysql": ("mysql+pymysql://root@127.0.0.1:3306/mysql?charset=utf8mb4", MARIADB),
}


def main() -> None:
    spider()
    for dialect, (address, script) in SERVERS.items():
        name = f"cairn_test_{uuid.uuid4().hex[:12]}"
        admin = create_engine(address, isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
        except SQLAlchemyError as error:
            print(f"{dialect}: left out ({error.__class__.__name__})")
            continue
        try:
            server(dialect, name, address, script)
        finally:
            with admin.connect() as connection:
                force = " WITH (FORCE)" if dialect == "postgres" else ""
                connection.exec_driver_sql(f"DROP DATABASE {name}{force}")
                connection.exec_driver_sql(f"DROP {'ROLE' if dialect == 'postgres' else 'USER'} IF EXISTS {name}")


def server(dialect: str, name: str, address: str, script: str) -> None:
    owner = create_engine(make_url(address).set(database=name))
    with owner.connect() as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%", "%%"))
        if dialect == "postgres":
            connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
            connection.exec_driver_sql(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        else:
            connection.exec_driver_sql(f"CREATE USER {name}")
            connection.exec_driver_sql(f"GRANT SELECT, SHOW VIEW ON {name}.* TO {name}")
        connection.commit()
    scheme = "postgresql" if dialect == "postgres" else "mysql"
    opened = Opened("shop", engine_of(parse(f"{scheme}://{name}@127.0.0.1/{name}")), HIDDEN)
    tell_corpora(dialect, opened)
    tell_times(dialect, [(opened, owner, query) for query in corpus(f"{dialect}_legitimate.sql")])
    owner.dispose()


def tell_corpora(dialect: str, opened: Opened) -> None:
    attacks, legitimate = corpus(f"{dialect}_attacks.sql"), corpus(f"{dialect}_legitimate.sql")
    outcomes = Counter(outcome(opened, query) for query in attacks)
    accepted = sum(outcome(opened, query) == "accepted" for query in legitimate)
    refused, harmless = outcomes["refused"], outcomes["accepted"]
    print(f"{dialect}: {len(attacks)} attacks: {refused} refused, {harmless} let through (to be harmless rows)")
    print(f"{dialect}: {len(legitimate)} legitimate: {accepted} accepted ({accepted / len(legitimate):.1%})")


def outcome(opened: Opened, query: str) -> str:
    try:
        check(query, opened.schema())
    except SqlRefused:
        return "refused"
    return "accepted"


def spider() -> None:
    folder = Path(os.environ["CAIRN_TEST_DATA"]) / "spider"
    outcomes: Counter[str] = Counter()
    timed_queries: list[tuple[Opened, Engine, str]] = []
    engines: dict[str, Engine] = {}
    for line in (folder / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        path = folder / "databases" / f"{question['db_id']}.sqlite"
        raw = engines.setdefault(question["db_id"], create_engine(f"sqlite:///{path}"))
        opened = Opened("spider", SqliteEngine(path))
        timed_queries.append((opened, raw, question["query"]))
        try:
            checked = check(question["query"], opened.schema())
            found = opened.engine.run(checked.sql, opened.schema().only(checked.tables), LIMITS).rows
        except CairnError as error:
            outcomes["refused"] += 1
            print(f"{question['id']} {question['db_id']}: {error}\n    {question['query']}")
            continue
        same = equal(plain(raw, question["query"]), found, ordered="order by" in question["query"].lower())
        outcomes["equal" if same else "different"] += 1
        outcomes["rewritten"] += bool(checked.notices)
    for result in ("equal", "different", "refused", "rewritten"):
        print(f"spider {result:10}{outcomes[result]:6}{outcomes[result] / len(timed_queries):9.2%}")
    tell_times("sqlite", timed_queries)


def tell_times(dialect: str, queries: list[tuple[Opened, Engine, str]]) -> None:
    raw, guard, whole = [], [], []
    for opened, owner, query in queries:
        try:
            opened.query(query, LIMITS)  # the first of a table reads its schema
            raw.append(timed(lambda owner=owner, query=query: plain(owner, query)))
            guard.append(timed(lambda opened=opened, query=query: check(query, opened.schema())))
            whole.append(timed(lambda opened=opened, query=query: opened.query(query, LIMITS)))
        except CairnError:
            continue
    for name, times in (("raw SQLAlchemy", raw), ("guard alone", guard), ("guard, process", whole)):
        slow = statistics.quantiles(times, n=20)[-1]
        print(f"{dialect:9} {name:15} median {statistics.median(times):6.2f} ms   95th {slow:6.2f} ms")


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def plain(owner: Engine, sql: str) -> list[list[Any]]:
    with owner.connect() as connection:
        if owner.dialect.name == "sqlite":
            connection.connection.dbapi_connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        else:
            sql = sql.replace("%", "%%")  # the driver's placeholders
        return [list(row) for row in connection.exec_driver_sql(sql)]


def equal(one: list[list[Any]], other: list[list[Any]], ordered: bool) -> bool:
    return one == other if ordered else Counter(map(repr, one)) == Counter(map(repr, other))


if __name__ == "__main__":
    main()
