-- Each query, ended by a line of two dashes, must have no effect and show nothing hidden: refused, or harmless rows.
ATTACH DATABASE 'stolen.db' AS x
--
ATTACH DATABASE 'other.sqlite' AS x; DELETE FROM x.t
--
DETACH DATABASE main
--
VACUUM INTO 'stolen.db'
--
VACUUM
--
WITH a AS (SELECT 1) DELETE FROM customers
--
WITH a AS (SELECT 1) INSERT INTO customers(name) SELECT 'x'
--
WITH a AS (SELECT 1) UPDATE customers SET name = 'x'
--
DELETE FROM customers
--
INSERT INTO customers VALUES (9, 'x', 'y', 'z')
--
INSERT OR REPLACE INTO customers SELECT * FROM customers
--
REPLACE INTO customers(id, name) VALUES (1, 'x')
--
UPDATE customers SET name = 'x'
--
DROP TABLE customers
--
DROP TABLE IF EXISTS customers
--
CREATE TABLE x(a)
--
CREATE TABLE x AS SELECT * FROM customers
--
CREATE TEMP TABLE x(a)
--
CREATE VIEW x AS SELECT 1
--
CREATE INDEX i ON customers(name)
--
CREATE TRIGGER t AFTER INSERT ON customers BEGIN DELETE FROM orders; END
--
CREATE VIRTUAL TABLE x USING fts5(a)
--
ALTER TABLE customers RENAME TO x
--
ALTER TABLE customers ADD COLUMN x
--
REINDEX
--
ANALYZE
--
BEGIN
--
BEGIN EXCLUSIVE
--
COMMIT
--
ROLLBACK
--
SAVEPOINT x
--
RELEASE x
--
PRAGMA query_only = OFF
--
PRAGMA hard_heap_limit = 1000
--
PRAGMA writable_schema = ON
--
PRAGMA journal_mode = DELETE
--
PRAGMA table_info(customers)
--
PRAGMA database_list
--
EXPLAIN SELECT * FROM customers
--
EXPLAIN QUERY PLAN SELECT * FROM customers
--
SELECT 1; DELETE FROM customers
--
SELECT 1; SELECT 2
--
SELECT 1;;; DROP TABLE customers
--
SELECT 1 /* ; */ ; DROP TABLE customers --
--
SELECT 1 -- comment
; DELETE FROM customers
--
SELECT * FROM sqlite_master
--
SELECT sql FROM sqlite_schema
--
SELECT * FROM main.sqlite_master
--
SELECT * FROM "sqlite_master"
--
SELECT * FROM sqlite_temp_master
--
SELECT * FROM temp.sqlite_master
--
SELECT * FROM sqlite_sequence
--
SELECT * FROM sqlite_stat1
--
SELECT * FROM sqlite_dbpage
--
SELECT * FROM dbstat
--
SELECT * FROM pragma_table_info('customers')
--
SELECT * FROM pragma_database_list
--
SELECT file FROM pragma_database_list()
--
SELECT * FROM json_each('[1]')
--
SELECT * FROM generate_series(1, 1000000000)
--
SELECT * FROM x.customers
--
SELECT * FROM secrets
--
SELECT count(*) FROM secrets
--
SELECT 1 WHERE EXISTS (SELECT * FROM secrets)
--
SELECT * FROM Secrets AS customers
--
SELECT (SELECT token FROM secrets)
--
WITH s AS (SELECT * FROM secrets) SELECT * FROM s
--
SELECT name FROM customers UNION SELECT token FROM secrets
--
SELECT password FROM customers
--
SELECT c.password FROM customers c
--
SELECT customers."password" FROM customers
--
SELECT main.customers.password FROM customers
--
SELECT [password] FROM customers
--
SELECT `password` FROM customers
--
SELECT PASSWORD FROM customers
--
SELECT count(password) FROM customers
--
SELECT name FROM customers WHERE password LIKE 'a%'
--
SELECT name FROM customers ORDER BY password
--
SELECT name FROM customers GROUP BY password
--
SELECT name, row_number() OVER (ORDER BY password) FROM customers
--
SELECT (SELECT c.password) FROM customers c
--
SELECT * FROM orders JOIN customers USING (password)
--
SELECT * FROM customers a NATURAL JOIN customers b
--
SELECT name AS password FROM customers WHERE password = 'hunter2'
--
SELECT 1 FROM customers AS t(a, b, c, d)
--
SELECT d FROM (SELECT * FROM customers) AS t(a, b, c, d)
--
SELECT * FROM leaky_view
--
SELECT load_extension('evil.so')
--
SELECT load_extension('evil.so', 'init')
--
SELECT readfile('/etc/passwd')
--
SELECT writefile('stolen.txt', 'x')
--
SELECT edit('x')
--
SELECT fts3_tokenizer('simple')
--
SELECT randomblob(999999999)
--
SELECT zeroblob(999999999)
--
SELECT hex(zeroblob(999999999))
--
SELECT printf('%.*c', 900000000, 'x')
--
SELECT printf('%900000000d', 1)
--
SELECT format('%.900000000c', 'x')
--
SELECT printf(name, 1) FROM customers
--
SELECT printf('%' || '.900000000c', 'x')
--
SELECT sqlite_version()
--
SELECT sqlite_source_id()
--
SELECT sqlite_compileoption_get(1)
--
SELECT changes()
--
SELECT last_insert_rowid()
--
SELECT "load_extension"('x')
--
SELECT main.abs(1)
--
SELECT [abs](1)
--
SELECT U&"abs"(1)
--
SELECT /*!50000 1 INTO OUTFILE 'x' */
--
SELECT 1 INTO OUTFILE 'stolen.txt'
--
SELECT * INTO x FROM customers
--
SELECT * FROM customers FOR UPDATE
--
SELECT * FROM customers INDEXED BY i
--
SELECT * FROM customers TABLESAMPLE (1 PERCENT)
--
TABLE customers
--
SELECT ?
--
SELECT :name
--
SELECT @x
--
SELECT $x
--
SELECT customers FROM customers
--
SELECT name MATCH 'x' FROM customers
--
SELECT name REGEXP 'x' FROM customers
--
SELECT raise(ABORT, 'x')
--
COPY customers TO 'stolen.txt'
--
CALL x()
--
SET x = 1
--
USE main
--
SHOW TABLES
--
GRANT ALL ON customers TO x
--
.shell touch stolen.txt
--
.read x.sql
--
SELECT 1 UNION DELETE FROM customers
--
SELECT * FROM (DELETE FROM customers RETURNING *)
--
DELETE FROM customers RETURNING *
--
WITH RECURSIVE a AS (DELETE FROM customers RETURNING *) SELECT * FROM a
--
SELECT CAST(name AS customers) FROM customers
--
SELECT name COLLATE evil FROM customers
--
SELECT 1 LIMIT (SELECT count(*) FROM secrets)
--
SELECT name FROM customers WHERE id IN secrets
--
SELECT name FROM customers WHERE (name, 1) IN (SELECT token, 1 FROM secrets)
--
SELECT CASE WHEN (SELECT count(*) FROM secrets) > 0 THEN 1 END
--
SELECT name FROM customers ORDER BY (SELECT token FROM secrets)
--
SELECT sum(id) OVER (PARTITION BY (SELECT token FROM secrets)) FROM customers
--
SELECT count(*) FILTER (WHERE password LIKE 'h%') FROM customers
--
SELECT group_concat(password) FROM customers
--
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND c.password > 'a')
--
SELECT max(total, (SELECT password FROM customers LIMIT 1)) FROM orders
--
SELECT count(*) FROM sqlite_master
--
SELECT count(*) FROM pragma_database_list
--
SELECT count(*) FROM dbstat
--
WITH x AS (SELECT count(*) AS n FROM secrets) SELECT count(*) FROM x
--
SELECT value FROM json_each((SELECT token FROM secrets))
--
SELECT * FROM json_each('[1]', (SELECT password FROM customers))
--
SELECT * FROM json_evil('[1]')
--
SELECT * FROM pragma_database_list
--
SELECT * FROM pragma_table_info('secrets')
--
SELECT * FROM generate_series(1, 10)
--
SELECT * FROM fsdir('/')
--
SELECT * FROM dbstat
--
SELECT 1 AS password FROM customers WHERE password = 'hunter2'
--
SELECT name FROM customers c WHERE c.password = 'hunter2'
--
SELECT name AS password FROM customers GROUP BY password || ''
--
SELECT a.name, b.name FROM customers a NATURAL JOIN (SELECT 'hunter2' AS password) b
--
SELECT a.name FROM customers a JOIN (SELECT 'hunter2' AS password) b USING (password)
--
SELECT "password" FROM customers WHERE "password" = 'hunter2'
--
SELECT name FROM customers ORDER BY "password"
--
SELECT s.* FROM customers c JOIN (SELECT c.*) s
--
WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets
--
WITH secrets AS (SELECT 'x' AS token UNION ALL SELECT token FROM main.secrets) SELECT * FROM secrets
--
VALUES ((SELECT token FROM secrets))
--
SELECT * FROM (VALUES ((SELECT password FROM customers LIMIT 1)))
--
SELECT * FROM temp.sqlite_master
--
SELECT sqlite_offset(id) FROM orders
--
SELECT +password FROM customers
--
SELECT name FROM customers WHERE +"password" LIKE 'h%'
--
SELECT name IS NOT +password FROM customers
--
SELECT value FROM json_each(customers.password), customers
--
SELECT password FROM customers, json_each('[1]') AS password
--
SELECT (SELECT count(*) FROM customers WHERE password LIKE 'h%') FROM (SELECT 1 AS password) x
--
SELECT (SELECT count(*) FROM secrets s WHERE s.token = x.token) FROM (SELECT 1 AS token) x
--
WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets
--
SELECT 1 IN secrets
--
SELECT name LIKE 'a' ESCAPE password FROM customers
