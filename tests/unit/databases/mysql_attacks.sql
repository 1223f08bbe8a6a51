-- Each query, ended by a line of two dashes, must have no effect and show nothing hidden: refused, or harmless rows.
DELETE FROM orders
--
UPDATE customers SET name = 'x'
--
INSERT INTO secrets VALUES ('x')
--
REPLACE INTO secrets VALUES ('x')
--
TRUNCATE TABLE orders
--
DROP TABLE orders
--
DROP DATABASE mysql
--
CREATE TABLE stolen AS SELECT * FROM customers
--
CREATE TEMPORARY TABLE stolen AS SELECT * FROM customers
--
CREATE DATABASE stolen
--
CREATE USER evil
--
CREATE FUNCTION f() RETURNS int RETURN 1
--
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM orders
--
ALTER TABLE customers ADD COLUMN x int
--
ALTER USER CURRENT_USER() IDENTIFIED BY 'x'
--
SET PASSWORD = PASSWORD('x')
--
RENAME TABLE orders TO x
--
GRANT ALL ON *.* TO CURRENT_USER()
--
REVOKE ALL ON *.* FROM CURRENT_USER()
--
FLUSH TABLES WITH READ LOCK
--
FLUSH LOGS
--
RESET QUERY CACHE
--
LOCK TABLES customers WRITE
--
UNLOCK TABLES
--
OPTIMIZE TABLE customers
--
ANALYZE TABLE customers
--
CHECK TABLE customers
--
REPAIR TABLE customers
--
KILL 1
--
KILL QUERY 1
--
SHUTDOWN
--
INSTALL PLUGIN x SONAME 'x.so'
--
INSTALL SONAME 'x'
--
CHANGE MASTER TO MASTER_HOST = 'x'
--
PURGE BINARY LOGS TO 'x'
--
LOAD DATA INFILE '/etc/passwd' INTO TABLE secrets
--
LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE secrets
--
LOAD XML INFILE '/etc/passwd' INTO TABLE secrets
--
SELECT * FROM customers INTO OUTFILE '/tmp/cairn_stolen.txt'
--
SELECT name INTO OUTFILE '/tmp/cairn_stolen.txt' FROM customers
--
SELECT name INTO DUMPFILE '/tmp/cairn_stolen.txt' FROM customers LIMIT 1
--
SELECT name INTO @x FROM customers LIMIT 1
--
SELECT 1 /*!50000 INTO OUTFILE '/tmp/cairn_stolen.txt' */
--
SELECT 1 /*! INTO OUTFILE '/tmp/cairn_stolen.txt' */
--
SELECT 1 /*M! INTO OUTFILE '/tmp/cairn_stolen.txt' */
--
SELECT 1 /*M!100100 INTO OUTFILE '/tmp/cairn_stolen.txt' */
--
/*!50000 DELETE FROM orders */
--
SELECT /*!50000 sleep(20), */ 1
--
SELECT 1 /*!; DELETE FROM orders */
--
SELECT name /*!, password */ FROM customers
--
SELECT 1 UNION SELECT /*! password FROM customers -- */ 2
--
SELECT LOAD_FILE('/etc/passwd')
--
SELECT load_file(0x2f6574632f706173737764)
--
SELECT sleep(20)
--
SELECT SLEEP (20)
--
SELECT `sleep`(20)
--
SELECT benchmark(1000000000, md5('x'))
--
SELECT get_lock('x', 20)
--
SELECT release_lock('x')
--
SELECT release_all_locks()
--
SELECT is_used_lock('x')
--
SELECT master_pos_wait('x', 1, 20)
--
SELECT master_gtid_wait('1-1-1', 20)
--
SELECT last_insert_id(42)
--
SELECT next value for tickets
--
SELECT nextval(tickets)
--
SELECT setval(tickets, 42)
--
SELECT lastval(tickets)
--
SELECT * FROM tickets
--
SELECT double_it(2)
--
SELECT cairn.double_it(2)
--
SELECT sys_exec('touch /tmp/cairn_stolen.txt')
--
SELECT sys_eval('id')
--
SELECT lib_mysqludf_sys_info()
--
SELECT password('x')
--
SELECT old_password('x')
--
SELECT encrypt('x')
--
SELECT user(), current_user()
--
SELECT CURRENT_USER
--
SELECT session_user()
--
SELECT database(), schema()
--
SELECT version()
--
SELECT connection_id()
--
SELECT row_count(), found_rows()
--
SELECT @@version
--
SELECT @@global.datadir
--
SELECT @@session.sql_mode
--
SELECT @x
--
SELECT @x := 1
--
SELECT @x := password FROM customers
--
SET @x = 1
--
SET GLOBAL general_log = 1
--
SET SESSION max_statement_time = 0
--
SET SESSION TRANSACTION READ WRITE
--
SET TRANSACTION READ WRITE
--
SET STATEMENT max_statement_time = 0 FOR SELECT sleep(20)
--
SET ROLE ALL
--
SET NAMES gbk
--
START TRANSACTION READ WRITE
--
BEGIN
--
COMMIT
--
ROLLBACK
--
XA START 'x'
--
SELECT 1; DELETE FROM orders
--
SELECT 1; COMMIT; DELETE FROM orders
--
COMMIT; DELETE FROM orders
--
SELECT 1 -- ; 
; DELETE FROM orders
--
DO sleep(20)
--
CALL x()
--
HANDLER customers OPEN
--
HANDLER customers READ FIRST
--
PREPARE p FROM 'DELETE FROM orders'
--
EXECUTE p
--
EXECUTE IMMEDIATE 'DELETE FROM orders'
--
BEGIN NOT ATOMIC DELETE FROM orders; END
--
USE mysql
--
SHOW TABLES
--
SHOW DATABASES
--
SHOW GRANTS
--
SHOW PROCESSLIST
--
SHOW CREATE TABLE customers
--
SHOW COLUMNS FROM customers
--
SHOW VARIABLES
--
DESCRIBE customers
--
DESC secrets
--
EXPLAIN SELECT * FROM secrets
--
EXPLAIN customers
--
ANALYZE SELECT * FROM secrets
--
HELP 'x'
--
SELECT * FROM customers FOR UPDATE
--
SELECT * FROM orders LOCK IN SHARE MODE
--
SELECT * FROM orders FOR SHARE
--
SELECT SQL_CALC_FOUND_ROWS * FROM orders
--
SELECT SQL_NO_CACHE * FROM orders
--
SELECT HIGH_PRIORITY * FROM orders
--
SELECT STRAIGHT_JOIN * FROM orders
--
SELECT * FROM orders PROCEDURE ANALYSE()
--
SELECT * FROM orders USE INDEX (PRIMARY)
--
SELECT * FROM orders FORCE INDEX (x)
--
SELECT * FROM orders PARTITION (p0)
--
SELECT * FROM orders FOR SYSTEM_TIME ALL
--
WITH x AS (SELECT 1) DELETE FROM orders
--
WITH x AS (DELETE FROM orders RETURNING id) SELECT * FROM x
--
INSERT INTO secrets SELECT 'x' RETURNING token
--
DELETE FROM orders RETURNING id
--
SELECT * FROM (DELETE FROM orders RETURNING id) x
--
SELECT * FROM mysql.user
--
SELECT * FROM mysql.global_priv
--
SELECT * FROM information_schema.tables
--
SELECT * FROM information_schema.columns
--
SELECT column_name FROM information_schema.columns WHERE table_name = 'customers'
--
SELECT * FROM INFORMATION_SCHEMA.PROCESSLIST
--
SELECT * FROM performance_schema.threads
--
SELECT * FROM sys.version
--
SELECT * FROM `mysql`.`user`
--
SELECT * FROM secrets
--
SELECT * FROM `secrets`
--
SELECT * FROM SECRETS
--
TABLE secrets
--
SELECT token FROM secrets UNION SELECT name FROM customers
--
SELECT name FROM customers UNION SELECT token FROM secrets
--
SELECT (SELECT token FROM secrets LIMIT 1)
--
SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM secrets WHERE token LIKE 't%')
--
SELECT name FROM customers ORDER BY (SELECT token FROM secrets)
--
SELECT name FROM customers LIMIT (SELECT 1 FROM secrets)
--
WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets
--
WITH secrets AS (SELECT token FROM secrets UNION ALL SELECT * FROM secrets) SELECT * FROM secrets
--
WITH secrets AS (SELECT 'x' AS token UNION ALL SELECT token FROM secrets) SELECT * FROM secrets
--
WITH a AS (SELECT * FROM secrets), secrets AS (SELECT 1 AS token) SELECT * FROM a
--
WITH Secrets AS (SELECT 1 AS token) SELECT * FROM secrets
--
SELECT * FROM (WITH secrets AS (SELECT 1) SELECT 1) x, secrets
--
SELECT password FROM customers
--
SELECT c.password FROM customers c
--
SELECT `password` FROM customers
--
SELECT PASSWORD FROM customers
--
SELECT customers.`password` FROM customers
--
SELECT count(password) FROM customers
--
SELECT name FROM customers WHERE password = 'hunter2'
--
SELECT name FROM customers WHERE password LIKE 'h%'
--
SELECT name FROM customers ORDER BY password
--
SELECT count(*) FROM customers GROUP BY password
--
SELECT name FROM customers HAVING min(password) > 'a'
--
SELECT name FROM customers HAVING password = 'hunter2'
--
SELECT 1 AS password FROM customers WHERE password = 'hunter2'
--
SELECT name AS password FROM customers GROUP BY password
--
SELECT name AS password FROM customers ORDER BY concat(password)
--
SELECT sum(password = 'hunter2') FROM customers
--
SELECT row_number() OVER (ORDER BY password) FROM customers
--
SELECT row_number() OVER w FROM customers WINDOW w AS (PARTITION BY password)
--
SELECT group_concat(name ORDER BY password) FROM customers
--
SELECT group_concat(password) FROM customers
--
SELECT a.name FROM customers a JOIN customers b USING (password)
--
SELECT a.name, b.name FROM customers a NATURAL JOIN (SELECT 'hunter2' AS password) b
--
SELECT a.name FROM customers a JOIN (SELECT 'hunter2' AS password) b ON a.password = b.password
--
SELECT name FROM customers WHERE (password, 1) IN (SELECT 'hunter2', 1)
--
SELECT * FROM customers WHERE (1, 2, 3, 4, 5, 6, 7) = (SELECT * FROM customers LIMIT 1)
--
SELECT * FROM customers UNION SELECT 1, 2, 3, 4, 5, 6, 7
--
SELECT `5` FROM (SELECT 1, 2, 3, 4, 5, 6, 7 UNION SELECT * FROM customers) x
--
SELECT customers FROM customers
--
SELECT c FROM customers c
--
SELECT default(password) FROM customers
--
SELECT values(password) FROM customers
--
SELECT * FROM leaky_view
--
SELECT * FROM leaky_chain
--
SELECT * FROM leaky_filter
--
SELECT repeat('x', 1000000000)
--
SELECT length(repeat(repeat('x', 1000000), 1000))
--
SELECT lpad('x', 1000000000, 'y')
--
SELECT space(1000000000)
--
SELECT format(1, 1000000000)
--
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
--
SELECT count(*) FROM orders a, orders b, orders c, orders d, orders e, orders f, orders g, orders h, orders i, orders j, orders k, orders l, orders m
--
SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' REGEXP '(a*)*b'
--
SELECT extractvalue('<a/>', concat('/', (SELECT token FROM secrets)))
--
SELECT updatexml('<a/>', concat('/', (SELECT password FROM customers LIMIT 1)), 'x')
--
SELECT exp(~(SELECT token FROM secrets))
--
SELECT CASE WHEN (SELECT count(*) FROM secrets) > 0 THEN 1 END
--
SELECT name_const('x', 1)
--
SELECT * FROM (SELECT name_const(version(), 1), name_const(version(), 1)) x
--
SELECT ?
--
SELECT :x
--
SELECT %s
--
SELECT 'a\'; DELETE FROM orders; -- '
--
SELECT "a\"; DELETE FROM orders; -- "
--
SELECT _gbk 0xbf27
--
SELECT _utf8'x'
--
SELECT name COLLATE evil FROM customers
--
SELECT CAST(1 AS evil)
--
SELECT * FROM cairn_other.t
--
SELECT 1 INTO @a, @b
--
SELECT CONVERT(name USING evil) FROM customers
--
SELECT json_table('[1]', '$[*]')
--
SELECT * FROM JSON_TABLE((SELECT json_arrayagg(token) FROM secrets), '$[*]' COLUMNS (a text PATH '$')) j
--
SELECT uuid_short()
--
SELECT charset(name), collation(name) FROM customers
--
SELECT MATCH (password) AGAINST ('x') FROM customers
--
SELECT wsrep_sync_wait_upto_gtid('x')
--
SELECT column_get(column_create('a', 1), 'a' AS int)
--
SELECT name NOT LIKE 'a' NOT IN (password) FROM customers
--
SELECT NOW() + INTERVAL password DAY FROM customers
--
SELECT NOW() + INTERVAL 1 password FROM customers
--
SELECT INTERVAL (SELECT LENGTH(password) FROM customers LIMIT 1) DAY + NOW()
--
SELECT name FROM customers FETCH FIRST (SELECT LENGTH(password) FROM customers LIMIT 1) ROWS ONLY
--
SELECT name FROM customers ORDER BY id FETCH FIRST 1 ROWS WITH TIES
--
SELECT !password, +password FROM customers
--
SELECT 0x70617373776f7264 FROM customers WHERE password = 0x68756e74657232
--
SELECT DEFAULT(password) FROM customers
--
SELECT j.x FROM JSON_TABLE('[1]', '$[*]' COLUMNS (x INT PATH '$' DEFAULT (SELECT token FROM secrets LIMIT 1) ON EMPTY)) j
--
SELECT 1 AS password, RANK() OVER (ORDER BY password) FROM customers
--
SELECT (SELECT COUNT(*) FROM customers WHERE password LIKE 'h%') FROM (SELECT 1 AS password) x
--
SELECT `passwörd` FROM customers
--
SELECT a.name FROM customers a STRAIGHT_JOIN customers b ON a.password < b.password
--
SELECT SHA2(REPEAT('a', 16000000), 512) FROM orders a, orders b, orders c
