"""From a database's address to the engine that asks it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from cairn.core.errors import DatabaseError
from cairn.core.secrets import keep
from cairn.databases.connections.server_database import Server, ServerEngine
from cairn.databases.connections.sqlite_database import SqliteEngine

_DIALECTS = {
    "sqlite": "sqlite",
    "postgresql": "postgres",
    "postgres": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_DRIVERS = {"postgres": ("psycopg", "postgres"), "mysql": ("pymysql", "mysql")}
_POSTGRES_OPTIONS = frozenset(
    {
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslcrl", "sslnegotiation", "channel_binding"),
        *("connect_timeout", "gssencmode", "krbsrvname", "target_session_attrs", "require_auth", "hostaddr"),
    }
)
_MYSQL_OPTIONS = frozenset(
    {"unix_socket", "connect_timeout", "ssl_ca", "ssl_cert", "ssl_key", "ssl_verify_cert", "ssl_verify_identity"}
)
_FORMS = "sqlite:///shop.db, postgresql://user:password@host/shop or mysql://user:password@host/shop"
CONNECT_SECONDS = 5


def parse(url: str) -> URL:
    """An address, made absolute. A path without a scheme is a SQLite file's. Raises DatabaseError."""
    if "://" not in url:
        url = f"sqlite:///{url}"
    try:
        address = make_url(url)
        dialect = _DIALECTS.get(address.get_backend_name())
    except (ArgumentError, ValueError):
        raise DatabaseError(
            "The address is not a database URL.", f"Write it like {_FORMS}; / @ : in a password as %2F %40 %3A."
        ) from None
    keep_secrets(address)
    if dialect is None:
        raise DatabaseError(f"{address.get_backend_name()} databases are not supported.", f"There are: {_FORMS}.")
    if (
        dialect != "sqlite" and "@" in f"{address.host}{address.database}"
    ):  # told without the address: it may be a password
        raise DatabaseError("The address has more than one @.", "Write / @ : in a password as %2F %40 %3A.")
    if dialect != "sqlite":
        return address.set(drivername="postgresql" if dialect == "postgres" else "mysql")
    if not address.database or address.database == ":memory:" or address.host or address.query:
        raise DatabaseError("The address names no SQLite file.", "Write it like sqlite:///folder/shop.db.")
    return address.set(drivername="sqlite", database=str(Path(address.database).expanduser().absolute()))


def keep_secrets(address: URL) -> None:
    """No message or event may hold what is secret in it."""
    keep(address.password, *(str(value) for name, value in address.query.items() if "password" in name))


def shown(address: URL) -> str:
    """The address without what is secret in it."""
    secrets = [name for name in address.query if "password" in name]
    return address.difference_update_query(secrets).render_as_string(hide_password=True)


def engine_of(address: URL, hidden: tuple[str, ...] = (), suspected: bool = False) -> SqliteEngine | ServerEngine:
    """The engine, after the database was seen to be there and to be read only. Raises DatabaseError.

    `hidden` is left out of the grants that are proposed for a role that may do too much. `suspected`: it was away
    when it was last opened.
    """
    keep_secrets(address)
    dialect = _DIALECTS[address.get_backend_name()]
    if dialect == "sqlite":
        engine = SqliteEngine(Path(address.database or ""))
        engine.check()
        return engine
    package, extra = _DRIVERS[dialect]
    if find_spec(package) is None:
        install = f"{shlex.quote(sys.executable)} -m pip install 'cairn-chat[{extra}]'"
        raise DatabaseError(f"The package {package} is missing.", f"Install it: {install}")
    engine = ServerEngine(_postgres(address) if dialect == "postgres" else _mysql(address), suspected)
    engine.check(hidden)
    return engine


def _postgres(address: URL) -> Server:
    query = dict(address.query)
    namespace = str(query.pop("schema", "public"))
    _check_options(query, _POSTGRES_OPTIONS | {"schema"})
    connect: dict[str, str | int | None] = {
        "host": address.host,
        "port": address.port,
        "user": address.username,
        "password": address.password,
        "dbname": address.database,
        "connect_timeout": CONNECT_SECONDS,
        **{name: str(value) for name, value in query.items()},
    }
    return _server("postgres", address, namespace, connect)


def _mysql(address: URL) -> Server:
    if not address.database:
        raise DatabaseError("The address names no database.", "Write it like mysql://user:password@host/shop.")
    query = dict(address.query)
    _check_options(query, _MYSQL_OPTIONS)
    connect: dict[str, str | int | None] = {
        "host": address.host,
        "port": address.port,
        "user": address.username,
        "password": address.password,
        "database": address.database,
        "connect_timeout": CONNECT_SECONDS,
        **{name: str(value) for name, value in query.items()},
    }
    return _server("mysql", address, address.database, connect)


def _server(dialect: str, address: URL, namespace: str, connect: dict[str, str | int | None]) -> Server:
    given = tuple((name, value) for name, value in connect.items() if value is not None)
    return Server(dialect, shown(address), namespace, given)


def _check_options(given: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise DatabaseError(
            f"The address has unknown options: {', '.join(unknown)}.", f"Use: {', '.join(sorted(known))}."
        )
