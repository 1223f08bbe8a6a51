-- Each query, ended by a line of two dashes, must have no effect and show nothing hidden: refused, or harmless rows.
DELETE FROM orders
--
UPDATE customers SET name = 'x'
--
INSERT INTO secrets VALUES ('x')
--
TRUNCATE orders
--
DROP TABLE orders CASCADE
--
CREATE TABLE stolen AS SELECT * FROM customers
--
CREATE TEMP TABLE stolen AS SELECT * FROM customers
--
SELECT * INTO stolen FROM customers
--
SELECT * INTO TEMP stolen FROM customers
--
SELECT name INTO UNLOGGED stolen FROM customers
--
ALTER TABLE customers ADD COLUMN x int
--
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
--
CREATE ROLE evil SUPERUSER
--
ALTER ROLE CURRENT_USER SET statement_timeout = 0
--
ALTER ROLE CURRENT_USER SUPERUSER
--
ALTER SYSTEM SET log_statement = 'all'
--
GRANT ALL ON customers TO PUBLIC
--
REVOKE ALL ON customers FROM PUBLIC
--
COMMENT ON TABLE customers IS 'x'
--
SECURITY LABEL ON TABLE customers IS 'x'
--
REASSIGN OWNED BY CURRENT_USER TO postgres
--
VACUUM
--
ANALYZE customers
--
REINDEX TABLE customers
--
CLUSTER customers
--
CHECKPOINT
--
REFRESH MATERIALIZED VIEW monthly
--
LOCK TABLE customers IN ACCESS EXCLUSIVE MODE
--
LISTEN x
--
NOTIFY x, 'y'
--
PREPARE p AS SELECT * FROM secrets
--
EXECUTE p
--
DEALLOCATE ALL
--
DISCARD ALL
--
DECLARE c CURSOR WITH HOLD FOR SELECT * FROM secrets
--
FETCH ALL FROM cairn
--
CLOSE ALL
--
MOVE FORWARD 10 FROM cairn
--
COPY customers TO '/tmp/cairn_stolen.txt'
--
COPY (SELECT * FROM customers) TO PROGRAM 'touch /tmp/cairn_stolen.txt'
--
COPY customers FROM PROGRAM 'echo 1'
--
COPY customers TO STDOUT
--
DO $$ BEGIN DELETE FROM orders; END $$
--
CALL pg_catalog.pg_sleep(1)
--
LOAD 'evil'
--
EXPLAIN ANALYZE DELETE FROM orders
--
EXPLAIN SELECT * FROM secrets
--
SHOW ALL
--
SHOW data_directory
--
SET TRANSACTION READ WRITE
--
SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
--
SET default_transaction_read_only = off
--
SET statement_timeout = 0
--
SET ROLE postgres
--
SET SESSION AUTHORIZATION postgres
--
RESET ALL
--
BEGIN
--
COMMIT
--
ROLLBACK
--
SAVEPOINT x
--
PREPARE TRANSACTION 'x'
--
COMMIT; INSERT INTO secrets VALUES ('x')
--
SELECT 1; DELETE FROM orders
--
SELECT 1; SET TRANSACTION READ WRITE; DELETE FROM orders
--
SELECT 1) ; DELETE FROM orders; --
--
SELECT 1 /* ; */ ; ROLLBACK; DELETE FROM orders
--
WITH x AS (DELETE FROM orders RETURNING *) SELECT * FROM x
--
WITH x AS (INSERT INTO secrets VALUES ('x') RETURNING *) SELECT * FROM x
--
WITH x AS (UPDATE customers SET name = 'x' RETURNING *) SELECT count(*) FROM x
--
WITH x AS (SELECT 1) DELETE FROM orders
--
WITH x AS (SELECT 1) INSERT INTO secrets SELECT 'x'
--
SELECT * FROM (DELETE FROM orders RETURNING *) d
--
MERGE INTO customers USING orders ON true WHEN MATCHED THEN DELETE
--
SELECT * FROM customers FOR UPDATE
--
SELECT id FROM orders FOR SHARE NOWAIT
--
SELECT id FROM orders FOR NO KEY UPDATE SKIP LOCKED
--
SELECT id FROM orders TABLESAMPLE SYSTEM (100)
--
SELECT set_config('statement_timeout', '0', false)
--
SELECT set_config('transaction_read_only', 'off', false)
--
SELECT set_config('role', 'postgres', false)
--
SELECT current_setting('data_directory')
--
SELECT pg_sleep(20)
--
SELECT pg_sleep_for('20 seconds')
--
SELECT pg_sleep_until('2999-01-01')
--
SELECT "pg_sleep"(20)
--
SELECT pg_catalog.pg_sleep(20)
--
SELECT U&"pg\005fsleep"(20)
--
SELECT U&"pg!005fsleep" UESCAPE '!' (20)
--
SELECT "pg_read_file"('/etc/passwd')
--
SELECT pg_read_file('/etc/passwd')
--
SELECT U&"pg\005fread_file"('/etc/passwd')
--
SELECT pg_read_binary_file('/etc/passwd')
--
SELECT pg_ls_dir('/')
--
SELECT pg_stat_file('/etc/passwd')
--
SELECT * FROM pg_ls_dir('/')
--
SELECT * FROM pg_read_file('/etc/passwd') AS t(x)
--
SELECT * FROM ROWS FROM (pg_ls_dir('/'))
--
SELECT lo_import('/etc/passwd')
--
SELECT lo_export(1, '/tmp/cairn_stolen.txt')
--
SELECT lo_create(424242)
--
SELECT lo_from_bytea(424243, 'x')
--
SELECT lo_unlink(1)
--
SELECT lo_put(1, 0, 'x')
--
SELECT loread(1, 10)
--
SELECT dblink_exec('dbname=postgres', 'DROP TABLE x')
--
SELECT * FROM dblink('dbname=postgres', 'SELECT 1') AS t(a int)
--
SELECT nextval('tickets')
--
SELECT setval('tickets', 42)
--
SELECT currval('tickets')
--
SELECT * FROM tickets
--
SELECT wipe()
--
SELECT * FROM wipe()
--
SELECT public.wipe()
--
SELECT double_it(2)
--
SELECT public.double_it(2)
--
SELECT pg_advisory_lock(42)
--
SELECT pg_advisory_lock_shared(42)
--
SELECT pg_try_advisory_lock(42)
--
SELECT pg_advisory_xact_lock(42)
--
SELECT pg_advisory_unlock_all()
--
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
--
SELECT pg_cancel_backend(1)
--
SELECT pg_reload_conf()
--
SELECT pg_rotate_logfile()
--
SELECT pg_switch_wal()
--
SELECT pg_promote()
--
SELECT pg_create_restore_point('x')
--
SELECT pg_create_logical_replication_slot('x', 'test_decoding')
--
SELECT pg_create_physical_replication_slot('x')
--
SELECT pg_logical_emit_message(false, 'x', 'y')
--
SELECT pg_stat_reset()
--
SELECT pg_stat_reset_shared('bgwriter')
--
SELECT pg_notify('x', 'y')
--
SELECT pg_export_snapshot()
--
SELECT txid_current()
--
SELECT pg_current_xact_id()
--
SELECT setseed(0.5)
--
SELECT query_to_xml('SELECT * FROM secrets', true, true, '')
--
SELECT query_to_xml('DELETE FROM orders RETURNING 1', true, true, '')
--
SELECT table_to_xml('secrets', true, true, '')
--
SELECT database_to_xml(true, true, '')
--
SELECT schema_to_xml('public', true, true, '')
--
SELECT cursor_to_xml('cairn', 1, true, true, '')
--
SELECT ts_stat('SELECT to_tsvector(token) FROM secrets')
--
SELECT * FROM ts_stat('SELECT to_tsvector(token) FROM secrets')
--
SELECT xmlparse(document '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>')
--
SELECT version()
--
SELECT current_user, session_user
--
SELECT inet_server_addr()
--
SELECT pg_backend_pid()
--
SELECT current_database()
--
SELECT pg_get_viewdef('leaky_view')
--
SELECT pg_get_functiondef('wipe'::regproc)
--
SELECT 'secrets'::regclass
--
SELECT 'secrets'::regclass::oid
--
SELECT to_regclass('secrets')
--
SELECT pg_relation_size('secrets')
--
SELECT pg_total_relation_size('secrets')
--
SELECT col_description(1, 1)
--
SELECT has_table_privilege('secrets', 'SELECT')
--
SELECT * FROM pg_class
--
SELECT * FROM pg_catalog.pg_class
--
SELECT relname FROM pg_class WHERE relname LIKE 'sec%'
--
SELECT * FROM pg_stats WHERE tablename = 'customers'
--
SELECT most_common_vals FROM pg_catalog.pg_stats
--
SELECT * FROM pg_statistic
--
SELECT * FROM pg_shadow
--
SELECT * FROM pg_authid
--
SELECT * FROM pg_user
--
SELECT * FROM pg_settings
--
SELECT * FROM pg_file_settings
--
SELECT * FROM pg_hba_file_rules
--
SELECT * FROM pg_stat_activity
--
SELECT * FROM pg_stat_statements
--
SELECT * FROM pg_largeobject
--
SELECT * FROM information_schema.columns
--
SELECT column_name FROM information_schema.columns WHERE table_name = 'customers'
--
SELECT * FROM secrets
--
SELECT * FROM public.secrets
--
SELECT * FROM "secrets"
--
SELECT * FROM SECRETS
--
SELECT * FROM only secrets
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
SELECT name FROM customers LIMIT (SELECT length(token) FROM secrets)
--
WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets
--
WITH secrets AS (SELECT token FROM secrets UNION ALL SELECT * FROM secrets) SELECT * FROM secrets
--
WITH secrets AS (SELECT 'x' AS token UNION ALL SELECT token FROM secrets) SELECT * FROM secrets
--
WITH a AS (SELECT * FROM secrets), secrets AS (SELECT 1 AS token) SELECT * FROM a
--
WITH "Secrets" AS (SELECT 1 AS token) SELECT * FROM secrets
--
WITH SECRETS AS (SELECT 'x' AS token) SELECT * FROM "secrets", public.secrets AS s
--
SELECT * FROM (WITH secrets AS (SELECT 1) SELECT 1) x, secrets
--
SELECT password FROM customers
--
SELECT c.password FROM customers c
--
SELECT "password" FROM customers
--
SELECT PASSWORD FROM customers
--
SELECT public.customers.password FROM customers
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
SELECT 1 AS password FROM customers WHERE password = 'hunter2'
--
SELECT name AS password FROM customers ORDER BY password || ''
--
SELECT name AS password FROM customers GROUP BY name, password
--
SELECT count(*) FILTER (WHERE password = 'hunter2') FROM customers
--
SELECT row_number() OVER (ORDER BY password) FROM customers
--
SELECT row_number() OVER w FROM customers WINDOW w AS (PARTITION BY password)
--
SELECT DISTINCT ON (password) name FROM customers
--
SELECT max(name) FROM customers GROUP BY GROUPING SETS ((password), ())
--
SELECT string_agg(name, ',' ORDER BY password) FROM customers
--
SELECT a.name FROM customers a JOIN customers b USING (password)
--
SELECT a.name, b.name FROM customers a NATURAL JOIN (SELECT 'hunter2' AS password) b
--
SELECT a.name FROM customers a JOIN (SELECT 'hunter2' AS password) b ON a.password = b.password
--
SELECT customers FROM customers
--
SELECT c FROM customers c
--
SELECT c::text FROM customers c
--
SELECT (c).password FROM customers c
--
SELECT (c.*)::text FROM customers c
--
SELECT c.*::text FROM customers c
--
SELECT row_to_json(c) FROM customers c
--
SELECT row_to_json(c.*) FROM customers c
--
SELECT to_json(c) FROM customers c
--
SELECT to_jsonb(c.*) FROM customers c
--
SELECT jsonb_agg(c) FROM customers c
--
SELECT json_agg(c.*) FROM customers c
--
SELECT array_agg(c) FROM customers c
--
SELECT ROW(c.*) FROM customers c
--
SELECT ROW(c.*)::text FROM customers c
--
SELECT concat(c.*) FROM customers c
--
SELECT format('%s', c) FROM customers c
--
SELECT count(c.*) FROM customers c WHERE c.* IS NOT NULL
--
SELECT c.text FROM customers c
--
SELECT c.to_json FROM customers c
--
SELECT customers.row_to_json FROM customers
--
SELECT name FROM customers c WHERE c = c
--
SELECT name FROM customers c ORDER BY c
--
SELECT max(c) FROM customers c
--
SELECT (SELECT c) FROM customers c
--
SELECT x FROM customers c, LATERAL (SELECT c) AS s(x)
--
SELECT s.* FROM customers c, LATERAL (SELECT c.*) AS s
--
SELECT p FROM customers AS t(a, b, c, d, p)
--
SELECT t.e FROM customers AS t(a, b, c, d, e, f, g, h, i)
--
SELECT * FROM (SELECT * FROM customers) AS t(a, b, c, p)
--
SELECT * FROM (TABLE customers) t
--
SELECT * FROM leaky_view
--
SELECT * FROM leaky_rows
--
SELECT * FROM leaky_chain
--
SELECT * FROM leaky_filter
--
SELECT ctid, xmin FROM customers
--
SELECT tableoid::regclass FROM customers
--
SELECT ctid, * FROM customers WHERE ctid = '(0,1)'
--
SELECT repeat('x', 1000000000)
--
SELECT repeat('x', id * 1000000000) FROM orders
--
SELECT lpad('x', 1000000000)
--
SELECT rpad(name, 999999999) FROM customers
--
SELECT format('%1000000000s', 'x')
--
SELECT format('%*s', 1000000000, 'x')
--
SELECT array_fill(1, ARRAY[100000000])
--
SELECT string_agg(a::text, '') FROM generate_series(1, 100000000) a
--
SELECT count(*) FROM generate_series(1, 1000000000000)
--
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
--
SELECT 9.999::numeric ^ 99999.99
--
SELECT count(*) FROM orders a, orders b, orders c, orders d, orders e, orders f, orders g, orders h, orders i, orders j, orders k
--
SELECT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' ~ '(a*)*b(a*)*\1'
--
SELECT '<?xml version="1.0"?><a/>'::xml
--
SELECT $1
--
SELECT :name
--
SELECT %s
--
SELECT ?
--
SELECT E'\'; DELETE FROM orders; --'
--
SELECT 'a\'; DELETE FROM orders; --'
--
SELECT U&'\0041'
--
SELECT 1 OPERATOR(pg_catalog.+) 2
--
SELECT name COLLATE "evil" FROM customers
--
SELECT CAST(1 AS evil)
--
SELECT 1::public.evil
--
SELECT VARIADIC ARRAY[1]
--
SELECT grouping_evil(1)
--
SELECT * FROM customers WHERE CURRENT OF cairn
--
SELECT * FROM json_populate_record(NULL::secrets, '{}')
--
SELECT NULL::customers
--
SELECT (NULL::customers).*
--
SELECT customers.* FROM orders
--
SELECT * FROM other_schema.t
--
SELECT * FROM postgres.public.secrets
--
SELECT * FROM pg_temp.x
--
SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x int)
--
SELECT * FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a int PATH '$'))
--
SELECT * FROM generate_series(1, (SELECT length(token) FROM secrets))
--
SELECT * FROM unnest((SELECT array_agg(password) FROM customers))
--
SELECT name FROM customers WHERE id IN (VALUES ((SELECT count(*)::int FROM secrets)))
--
SELECT CASE WHEN (SELECT count(*) FROM secrets) > 0 THEN 1 / 0 END
--
SELECT 1 WHERE (SELECT password FROM customers LIMIT 1) ~ '^h'
--
SELECT password::int FROM customers
--
SELECT id, password FROM customers ORDER BY 2
--
SELECT (ARRAY(SELECT password FROM customers))[1]
--
SELECT customers FROM customers, jsonb_array_elements('[1]') other
--
SELECT c FROM jsonb_array_elements('[1]') d, customers c
--
SELECT d.customers FROM customers d, unnest(ARRAY[1]) customers
--
SELECT password FROM customers, unnest(ARRAY[1]) AS password
--
SELECT generate_series.password FROM generate_series(1, 2), customers
--
SELECT (customers).password FROM unnest(ARRAY[1]) x, customers
--
SELECT interval (SELECT password FROM customers LIMIT 1)
--
SELECT interval '1' password FROM customers
--
SELECT now() + interval '1 day' * length(password) FROM customers
--
SELECT !! 'x' < password FROM customers
--
SELECT name FROM customers LIMIT ALL OFFSET (SELECT length(password) FROM customers LIMIT 1)
--
SELECT +password FROM customers
--
SELECT + (SELECT token FROM secrets) FROM customers
--
SELECT json_object_agg(c.name, c) FROM customers c
--
SELECT j FROM (customers JOIN orders ON true) AS j
--
SELECT c.name FROM customers c WHERE (c.id, c.name) < (SELECT b.id, b.password FROM customers b LIMIT 1)
--
SELECT greatest(VARIADIC ARRAY(SELECT password FROM customers))
--
SELECT 1260::regclass, 'secrets'::regclass
--
SELECT jsonb_populate_record(NULL::customers, '{"password": "x"}')
