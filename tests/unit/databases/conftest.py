"""A small database with everything the SQL tests need: keys, views, Chinese names, odd names, something hidden."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from cairn.databases.connections.sqlite_database import SqliteEngine
from cairn.databases.database_registry import Opened
from tests.sql_shops import HIDDEN, SECRETS

SCRIPT = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, password TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, order_no TEXT, placed_on TEXT,
  status TEXT, total REAL);
CREATE TABLE items (order_no TEXT, product TEXT, PRIMARY KEY (order_no, product)) WITHOUT ROWID;
CREATE TABLE secrets (token TEXT);
CREATE TABLE "odd names" ("order" INTEGER, "group by" TEXT);
CREATE TABLE 产品 (编号 INTEGER PRIMARY KEY, 名称 TEXT, 价格 REAL);
CREATE TABLE files (id INTEGER PRIMARY KEY, body BLOB);
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 15;
CREATE VIEW leaky_view AS SELECT name, password FROM customers;
INSERT INTO customers VALUES (1, 'Ada', 'Berlin', 'hunter2'), (2, 'Bob', 'Paris', 'swordfish'),
  (3, 'Cyd', 'Berlin', 'letmein'), (4, 'Dan', NULL, 'sesame');
INSERT INTO orders VALUES (1, 1, 'A-1', '2024-12-30', 'paid', 10.5), (2, 1, 'A-2', '2025-01-15', 'open', 25),
  (3, 2, 'A-3', '2025-06-01', 'paid', 17.25), (4, 3, 'A-4', '2025-06-20', 'open', 8);
INSERT INTO items VALUES ('A-1', 'tea'), ('A-2', 'tea'), ('A-2', 'cup'), ('A-3', 'pot');
INSERT INTO secrets VALUES ('top-secret-token');
INSERT INTO "odd names" VALUES (2, 'x'), (1, 'y');
INSERT INTO 产品 VALUES (1, '绿茶', 12.5), (2, '茶杯', 30);
INSERT INTO files VALUES (1, x'00ff10');
"""


def make(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript(f"PRAGMA synchronous = OFF; BEGIN; {script} COMMIT;")
    connection.close()
    return path


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    return make(tmp_path / "shop.db", SCRIPT)


@pytest.fixture
def twin(tmp_path: Path) -> Opened:
    """The same shop, but for what is hidden."""
    script = SCRIPT + "INSERT INTO secrets VALUES ('more');"
    for number, secret in enumerate(SECRETS):
        script = script.replace(f"'{secret}'", f"'other {number}'")
    folder = tmp_path / "twin"
    folder.mkdir()
    return Opened("shop", SqliteEngine(make(folder / "shop.db", script)), HIDDEN)


@pytest.fixture
def shop(shop_file: Path) -> Opened:
    """The shop with its secrets hidden."""
    return Opened("shop", SqliteEngine(shop_file), HIDDEN)
