"""The shop that the SQL tests of each server ask: keys, views, Chinese and odd names, JSON, dates, something hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HIDDEN = ("secrets", "customers.password")
SECRETS = ("hunter2", "swordfish", "letmein", "sesame", "top-secret-token")
_CORPORA = Path(__file__).parent / "unit" / "databases"


def corpus(name: str) -> list[str]:
    """The queries of a corpus file: its first line is a comment, a line of two dashes parts them."""
    lines = (_CORPORA / name).read_text(encoding="utf-8").splitlines()
    return [query.strip() for query in "\n".join(lines[1:]).split("\n--\n")]


def same(raw: str | bytes | None, value: Any) -> bool:
    """Whether a result's value is what the server wrote as `raw`."""
    if raw is None or value is None:
        return raw is None and value is None
    if isinstance(value, bool):
        return raw == ("t" if value else "f")
    if isinstance(value, int | float):
        return float(raw) == float(value)
    return str(raw) == value


def same_rows(raw: list[Any], rows: list[list[Any]], ordered: bool) -> bool:
    """As lists, or in any order."""
    if len(raw) != len(rows):
        return False
    if not ordered:
        raw, rows = sorted(raw, key=_key), sorted(rows, key=_key)
    return all(
        len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
        for one, other in zip(raw, rows, strict=True)
    )


def _key(row: Any) -> list[str]:
    return [_plain(value) for value in row]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "t" if value else "f"
    try:
        return format(float(value), ".12g")
    except (TypeError, ValueError):
        return str(value)


_CUSTOMERS = """
INSERT INTO customers (id, name, city, email, password, signed_up, active) VALUES
  (1, 'Ada Lovelace', 'Berlin', 'ada@example.com', 'hunter2', '2023-01-15', true),
  (2, 'Bob Ross', 'Paris', 'bob@example.org', 'swordfish', '2023-03-02', true),
  (3, 'Cyd Charisse', 'Berlin', NULL, 'letmein', '2023-11-30', false),
  (4, 'Dan O''Neil', NULL, 'dan@example.com', 'sesame', '2024-02-29', true),
  (5, '李雷', '北京', 'li@example.cn', 'sesame', '2024-06-01', true);
INSERT INTO products VALUES (1, 'Green tea', 'drinks', 12.50, 100, '{"color": "green", "organic": true}', '2020-01-01'),
  (2, 'Tea cup', 'dishes', 30.00, 7, '{"color": "white", "sizes": [1, 2]}', '2021-05-05'),
  (3, 'Tea pot', 'dishes', 49.90, 0, '{"color": "black"}', '2022-02-28'),
  (4, '绿茶', 'drinks', 15.25, 12, NULL, NULL);
INSERT INTO orders VALUES (1, 1, 'A-1', '2024-12-30', '2024-12-30 10:15:00', 'paid', 10.50, NULL),
  (2, 1, 'A-2', '2025-01-15', '2025-01-15 08:00:00', 'open', 25.00, 'gift'),
  (3, 2, 'A-3', '2025-06-01', '2025-06-01 23:59:59', 'paid', 17.25, '100% cotton'),
  (4, 3, 'A-4', '2025-06-20', '2025-06-20 12:30:30', 'open', 8.00, 'a_b'),
  (5, 5, 'A-5', '2025-06-21', '2025-06-21 00:00:00', 'cancelled', 99.99, NULL);
INSERT INTO order_items VALUES (1, 1, 1, 10.50), (2, 1, 2, 12.50), (3, 2, 1, 17.25), (4, 3, 2, 4.00), (5, 4, 3, 15.25),
  (5, 2, 1, 30.00);
INSERT INTO employees VALUES (1, 'Grace', NULL, 9000, 'board', '2015-01-01'),
  (2, 'Heidi', 1, 5000, 'sales', '2018-07-01'),
  (3, 'Ivan', 1, 4500, 'tech', '2019-03-15'), (4, 'Judy', 3, 4500, 'tech', '2021-10-10'),
  (5, 'Ken', 3, NULL, 'tech', '2024-01-31');
INSERT INTO secrets VALUES ('top-secret-token');
"""

POSTGRES = f"""
CREATE TABLE customers (id integer PRIMARY KEY, name text NOT NULL, city varchar(60), email text, password text,
  signed_up date, active boolean, tags text[] DEFAULT '{{a,b}}', profile jsonb DEFAULT '{{"lang": "en", "n": 3}}');
CREATE TABLE products (id integer PRIMARY KEY, name text, category text, price numeric(10, 2), stock integer,
  attributes jsonb, released date);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id integer REFERENCES customers, order_no text, placed_on date,
  placed_at timestamp, status text, total numeric(10, 2), note text);
CREATE TABLE order_items (order_id integer REFERENCES orders, product_id integer REFERENCES products, quantity integer,
  price numeric(10, 2), PRIMARY KEY (order_id, product_id));
CREATE TABLE employees (id integer PRIMARY KEY, name text, manager_id integer REFERENCES employees, salary integer,
  department text, hired date);
CREATE TABLE secrets (token text);
CREATE TABLE "Odd Names" ("Order" integer, "group by" text, "user" text);
CREATE TABLE 产品 (编号 integer PRIMARY KEY, 名称 text, 价格 numeric);
CREATE TABLE readings (id bigint, taken timestamptz, value double precision, took interval, raw bytea,
  ref uuid, span daterange);
{_CUSTOMERS}
INSERT INTO "Odd Names" VALUES (2, 'x', 'ann'), (1, 'y', 'ben');
INSERT INTO 产品 VALUES (1, '绿茶', 12.5), (2, '茶杯', 30);
INSERT INTO readings VALUES
  (1, '2025-01-01 00:00:00+00', 1.5, '1 day 02:00', '\\x00ff', '00000000-0000-0000-0000-000000000001',
    '[2025-01-01,2025-02-01)'),
  (2, '2025-01-02 12:00:00+00', 'NaN', '30 minutes', NULL, NULL, NULL),
  (3, NULL, -2e10, NULL, '\\x', NULL, '(,2024-01-01)');
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 15;
CREATE VIEW leaky_view AS SELECT name, password FROM customers;
CREATE VIEW leaky_rows AS SELECT c FROM customers c;
CREATE VIEW leaky_chain AS SELECT * FROM leaky_view;
CREATE VIEW leaky_filter AS SELECT name FROM customers WHERE password LIKE 'h%';
CREATE MATERIALIZED VIEW monthly AS SELECT date_trunc('month', placed_on)::date AS month, sum(total) AS total
  FROM orders GROUP BY 1;
CREATE SEQUENCE tickets;
CREATE FUNCTION wipe() RETURNS integer LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM orders RETURNING 1';
REVOKE EXECUTE ON FUNCTION wipe() FROM PUBLIC;
CREATE FUNCTION double_it(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
COMMENT ON TABLE orders IS 'What was bought';
COMMENT ON COLUMN orders.total IS 'In euros';
"""

MARIADB = f"""
CREATE TABLE customers (id int PRIMARY KEY, name varchar(60) NOT NULL, city varchar(60), email varchar(60),
  password varchar(60), signed_up date, active boolean);
CREATE TABLE products (id int PRIMARY KEY, name varchar(60), category varchar(20), price decimal(10, 2), stock int,
  attributes json, released date);
CREATE TABLE orders (id int PRIMARY KEY AUTO_INCREMENT, customer_id int, order_no varchar(10), placed_on date,
  placed_at datetime, status varchar(10), total decimal(10, 2) COMMENT 'In euros', note varchar(60),
  FOREIGN KEY (customer_id) REFERENCES customers (id)) COMMENT 'What was bought';
CREATE TABLE order_items (order_id int REFERENCES orders (id), product_id int REFERENCES products (id), quantity int,
  price decimal(10, 2), PRIMARY KEY (order_id, product_id));
CREATE TABLE employees (id int PRIMARY KEY, name varchar(60), manager_id int, salary int, department varchar(20),
  hired date);
CREATE TABLE secrets (token varchar(60));
CREATE TABLE `Odd Names` (`Order` int, `group by` varchar(10), `user` varchar(10));
CREATE TABLE `产品` (`编号` int PRIMARY KEY, `名称` varchar(20), `价格` double);
CREATE TABLE readings (id bigint, taken timestamp NULL, value double, took time, raw varbinary(10), bits bit(4),
  y year);
CREATE TABLE articles (id int PRIMARY KEY, body text, FULLTEXT (body));
{_CUSTOMERS}
INSERT INTO `Odd Names` VALUES (2, 'x', 'ann'), (1, 'y', 'ben');
INSERT INTO `产品` VALUES (1, '绿茶', 12.5), (2, '茶杯', 30);
INSERT INTO readings VALUES (1, '2025-01-01 00:00:00', 1.5, '02:00:00', x'00ff', b'101', 2024),
  (2, '2025-01-02 12:00:00', 1e300, '-00:30:00', NULL, NULL, NULL), (3, NULL, -2e10, NULL, '', b'0', 1999);
INSERT INTO articles VALUES (1, 'the quick brown fox'), (2, 'a lazy dog sleeps');
CREATE VIEW big_orders AS SELECT id, total FROM orders WHERE total > 15;
CREATE VIEW leaky_view AS SELECT name, password FROM customers;
CREATE VIEW leaky_chain AS SELECT * FROM leaky_view;
CREATE VIEW leaky_filter AS SELECT name FROM customers c WHERE c.password LIKE 'h%';
CREATE SEQUENCE tickets;
CREATE FUNCTION double_it(x int) RETURNS int DETERMINISTIC RETURN x * 2;
"""
