-- Each query, ended by a line of two dashes, must be accepted and give what plain SQLite gives.
SELECT count(*) FROM customers
--
select name from customers
--
SELECT NAME FROM Customers
--
SELECT c.name FROM customers AS c
--
SELECT c.name FROM customers c;
--
SELECT "name" FROM "customers"
--
SELECT [name] FROM [customers]
--
SELECT `name` FROM `customers`
--
SELECT customers.name FROM customers
--
SELECT main.customers.name FROM main.customers
--
SELECT name AS "Customer name" FROM customers
--
SELECT name 'n' FROM customers
--
SELECT DISTINCT city FROM customers
--
SELECT ALL city FROM customers
--
SELECT * FROM orders
--
SELECT o.* FROM orders o
--
SELECT o.*, 1 AS one FROM orders o
--
SELECT name FROM customers WHERE city = 'Berlin'
--
SELECT name FROM customers WHERE city = "Berlin"
--
SELECT name FROM customers WHERE city <> 'Berlin' AND id > 1
--
SELECT name FROM customers WHERE NOT (city = 'Berlin' OR id == 2)
--
SELECT name FROM customers WHERE city != 'Berlin'
--
SELECT name FROM customers WHERE city IS NULL
--
SELECT name FROM customers WHERE city IS NOT NULL
--
SELECT name FROM customers WHERE city NOTNULL
--
SELECT name FROM customers WHERE city IS NOT 'Berlin'
--
SELECT name FROM customers WHERE city IS NOT DISTINCT FROM 'Berlin'
--
SELECT name FROM customers WHERE name LIKE '%a%'
--
SELECT name FROM customers WHERE name NOT LIKE 'A!_%' ESCAPE '!'
--
SELECT name FROM customers WHERE name GLOB 'A*'
--
SELECT name FROM customers WHERE id BETWEEN 1 AND 2
--
SELECT name FROM customers WHERE id NOT IN (1, 2)
--
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders)
--
SELECT name FROM customers WHERE id NOT IN (SELECT customer_id FROM orders WHERE customer_id IS NOT NULL)
--
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
--
SELECT name FROM customers c WHERE NOT EXISTS (SELECT * FROM orders WHERE customer_id = c.id AND total > 10)
--
SELECT name FROM customers c WHERE (SELECT count(*) FROM orders WHERE customer_id = id) > 1
--
SELECT name FROM customers ORDER BY name COLLATE NOCASE DESC
--
SELECT name, city FROM customers ORDER BY 2, 1 DESC LIMIT 2 OFFSET 1
--
SELECT name FROM customers ORDER BY city NULLS LAST, name
--
SELECT name FROM customers ORDER BY city DESC NULLS FIRST, name
--
SELECT name FROM customers ORDER BY id LIMIT 1, 2
--
SELECT city, count(*) AS n FROM customers GROUP BY city HAVING n >= 1 ORDER BY n DESC, city
--
SELECT city, count(*) FROM customers GROUP BY 1 HAVING count(*) > 1
--
SELECT city c, max(id) FROM customers GROUP BY c
--
SELECT name AS n FROM customers WHERE n = 'Ada'
--
SELECT count(DISTINCT city), count(city), count(*) FROM customers
--
SELECT sum(total), avg(total), min(total), max(total), total(total) FROM orders
--
SELECT round(avg(total), 2) FROM orders
--
SELECT customer_id, group_concat(id, ';') FROM orders GROUP BY customer_id
--
SELECT group_concat(DISTINCT status) FROM orders
--
SELECT name, total FROM customers JOIN orders ON customers.id = orders.customer_id
--
SELECT c.name, o.total FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
--
SELECT c.name, o.total FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id AND o.total > 10
--
SELECT c.name, o.id FROM customers c INNER JOIN orders o ON o.customer_id = c.id WHERE o.status = 'paid'
--
SELECT c.name, o.id FROM orders o RIGHT JOIN customers c ON o.customer_id = c.id
--
SELECT count(*) FROM customers CROSS JOIN orders
--
SELECT count(*) FROM customers, orders
--
SELECT a.name, b.name FROM customers a JOIN customers b ON a.city = b.city AND a.id < b.id
--
SELECT count(*) FROM orders JOIN items USING (order_no)
--
SELECT count(*) FROM orders NATURAL JOIN items
--
SELECT c.name, i.product FROM customers c JOIN orders o ON o.customer_id = c.id JOIN items i ON i.order_no = o.order_no
--
SELECT count(*) FROM (customers c JOIN orders o ON o.customer_id = c.id)
--
SELECT n FROM (SELECT count(*) AS n FROM orders)
--
SELECT avg(n) FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) AS per_customer
--
SELECT t.name FROM (SELECT name, city FROM customers) t WHERE t.city = 'Berlin'
--
SELECT (SELECT max(total) FROM orders) - (SELECT min(total) FROM orders)
--
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = customers.id) AS n FROM customers
--
WITH paid AS (SELECT * FROM orders WHERE status = 'paid') SELECT count(*) FROM paid
--
WITH a AS (SELECT id FROM customers), b AS (SELECT id FROM a WHERE id > 1) SELECT count(*) FROM b
--
WITH a(x, y) AS (SELECT id, name FROM customers) SELECT y FROM a WHERE x = 1
--
WITH orders AS (SELECT 1 AS only_here) SELECT only_here FROM orders
--
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n
--
WITH RECURSIVE d AS (SELECT '2025-01-01' AS day UNION ALL SELECT date(day, '+1 day') FROM d WHERE day < '2025-01-05') SELECT day FROM d
--
WITH a AS (SELECT city FROM customers) SELECT * FROM a UNION SELECT status FROM orders ORDER BY 1
--
SELECT * FROM (WITH a AS (SELECT 1 AS one) SELECT one FROM a)
--
SELECT city FROM customers UNION SELECT status FROM orders
--
SELECT city FROM customers UNION ALL SELECT city FROM customers ORDER BY city
--
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders
--
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders
--
SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 EXCEPT SELECT 1
--
SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2
--
SELECT id AS n FROM customers UNION SELECT customer_id FROM orders ORDER BY n DESC LIMIT 2
--
SELECT CASE WHEN total > 20 THEN 'big' WHEN total > 10 THEN 'middle' ELSE 'small' END AS size, count(*) FROM orders GROUP BY size
--
SELECT CASE status WHEN 'paid' THEN 1 ELSE 0 END FROM orders
--
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) * 100.0 / sum(total) FROM orders
--
SELECT iif(total > 10, 'a', 'b') FROM orders
--
SELECT coalesce(city, 'unknown'), ifnull(city, '-'), nullif(city, 'Berlin') FROM customers
--
SELECT strftime('%Y', placed_on) AS year, count(*) FROM orders GROUP BY year
--
SELECT strftime('%Y-%m', placed_on), sum(total) FROM orders GROUP BY strftime('%Y-%m', placed_on)
--
SELECT count(*) FROM orders WHERE placed_on BETWEEN '2025-01-01' AND '2025-12-31'
--
SELECT count(*) FROM orders WHERE placed_on >= date('2025-06-01', '-30 days')
--
SELECT date(placed_on, 'start of month'), datetime(placed_on), time(placed_on) FROM orders
--
SELECT julianday('2025-02-01') - julianday(placed_on) FROM orders
--
SELECT CAST(strftime('%m', placed_on) AS INTEGER) FROM orders
--
SELECT CAST(total AS INT), CAST(id AS TEXT), CAST('1.5' AS REAL) FROM orders
--
SELECT name || ' (' || city || ')' FROM customers
--
SELECT upper(name), lower(name), length(name), substr(name, 1, 2), trim(name), replace(name, 'a', 'b') FROM customers
--
SELECT instr(name, 'a'), substring(name, 2), ltrim(name), rtrim(name) FROM customers
--
SELECT printf('%.2f', total), printf('%05d', id), format('%s: %d%%', status, 5) FROM orders
--
SELECT abs(-1), round(1.567, 1), 7 / 2, 7 % 2, -3, +3, ~1, 1 << 2, 6 & 3, 6 | 1
--
SELECT max(1, 2, 3), min(total, 10) FROM orders
--
SELECT 1e3, .5, 0.5, 10, NULL, TRUE, FALSE, x'41', 'it''s'
--
SELECT id, row_number() OVER (ORDER BY total DESC) AS place FROM orders
--
SELECT id, rank() OVER (PARTITION BY customer_id ORDER BY total DESC, id) FROM orders
--
SELECT id, sum(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM orders
--
SELECT id, avg(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM orders
--
SELECT id, lag(total, 1, 0) OVER w, lead(total) OVER w FROM orders WINDOW w AS (ORDER BY id)
--
SELECT id, total - first_value(total) OVER (PARTITION BY status ORDER BY id) FROM orders
--
SELECT id, ntile(2) OVER (ORDER BY id), dense_rank() OVER (ORDER BY status), percent_rank() OVER (ORDER BY total) FROM orders
--
SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY customer_id ORDER BY total DESC, id) AS n FROM orders) WHERE n = 1
--
SELECT count(*) FILTER (WHERE status = 'paid') FROM orders
--
SELECT sum(total) * 1.0 / (SELECT sum(total) FROM orders) FROM orders WHERE status = 'paid'
--
SELECT json_extract('{"a": [1, 2]}', '$.a[1]'), '{"a": 5}' ->> '$.a', '{"a": 5}' -> 'a'
--
SELECT json_group_array(name) FROM customers WHERE id < 3
--
SELECT typeof(total), quote(status), unicode('a'), char(65), hex('a') FROM orders
--
SELECT name FROM customers WHERE (city, id) IN (SELECT city, id FROM customers WHERE id < 3)
--
SELECT name FROM customers WHERE id = (SELECT customer_id FROM orders ORDER BY total DESC LIMIT 1)
--
SELECT name FROM customers WHERE city = 'Berlin' AND id IN (SELECT customer_id FROM orders GROUP BY customer_id HAVING sum(total) > (SELECT avg(total) FROM orders))
--
SELECT x.column1 FROM (VALUES (1, 'a'), (2, 'b')) AS x
--
SELECT * FROM big_orders
--
SELECT id FROM big_orders WHERE total > 20
--
SELECT "order", "group by" FROM "odd names"
--
SELECT t."order" FROM "odd names" AS t ORDER BY t."order"
--
SELECT 名称 FROM 产品 WHERE 名称 LIKE '%茶%'
--
SELECT p.名称, p."价格" FROM "产品" AS p ORDER BY p.价格
--
SELECT count(*) AS 数量 FROM 产品
--
SELECT rowid, total FROM orders
--
-- a comment first
SELECT /* one inside */ name FROM customers -- and one at the end
--
SELECT current_date IS NOT NULL, current_timestamp > '2000-01-01', date('now') = current_date
--
SELECT 'a;b', '--', '/*', '"' FROM customers LIMIT 1
--
SELECT name FROM customers GROUP BY name ORDER BY count(*) DESC, name LIMIT 1
--
SELECT DISTINCT c.city FROM customers c JOIN orders o ON c.id = o.customer_id ORDER BY c.city
--
SELECT o.id, o.total, o.total > (SELECT avg(total) FROM orders p WHERE p.customer_id = o.customer_id) FROM orders o
--
SELECT strftime('%Y', placed_on) y, status, sum(total) s FROM orders GROUP BY y, status HAVING s > 0 ORDER BY y, s DESC
--
SELECT customer_id, sum(total) FROM orders GROUP BY customer_id HAVING sum(total) = (SELECT max(s) FROM (SELECT sum(total) AS s FROM orders GROUP BY customer_id))
--
SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n)
--
WITH big AS (SELECT * FROM orders WHERE total > 10) SELECT count(*) FROM big
--
WITH one AS (SELECT 1) SELECT count(*) FROM one, customers
--
SELECT count(*) FROM (SELECT DISTINCT city FROM customers)
--
SELECT count(*) FROM big_orders
--
SELECT 100.0 * total / (SELECT sum(total) FROM orders) || '%' FROM orders
--
SELECT sum(city IS NULL), avg(id > 2), count(CASE WHEN city LIKE 'B%' THEN 1 END) FROM customers
--
SELECT sum(total) OVER (ORDER BY placed_on RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM orders
--
SELECT '{"a.b": 7, "a": {"b": 5}}' ->> 'a.b', '{"a.b": 7, "a": {"b": 5}}' ->> '$.a.b'
--
SELECT CAST('1.50' AS DECIMAL(10, 2)), CAST('12abc' AS NUMERIC), CAST(2.9 AS BIGINT), CAST(5 AS VARCHAR(10))
--
SELECT name FROM customers ORDER BY random() LIMIT 0
--
SELECT - -1, 1 - -1, -(-2), 5 -3
--
SELECT c.name n, o.total FROM customers c, orders o WHERE c.id = o.customer_id AND (o.total > 10) = 1
--
SELECT count(*) AS "number of orders" FROM orders GROUP BY customer_id ORDER BY "number of orders" DESC LIMIT 1
--
VALUES (1, 'a'), (2, 'b')
--
SELECT value FROM json_each('[1, 2, 3]')
--
SELECT key, value, type FROM json_each('{"a": 1, "b": "x"}') ORDER BY key
--
SELECT j.value FROM (SELECT '[1,2]' AS doc) d, json_each(d.doc) AS j
--
SELECT fullkey, atom FROM json_tree('{"a": {"b": 1}}') WHERE atom IS NOT NULL
--
SELECT name, e.value FROM customers JOIN json_each('["Berlin", "Paris"]') e ON e.value = city ORDER BY name
--
SELECT CAST(placed_on AS DATE) FROM orders ORDER BY id
--
SELECT CAST('2024-01-01' AS DATETIME), CAST('12' AS TIMESTAMP)
--
SELECT +1, +total, -(-id) FROM orders ORDER BY id
--
WITH v(a, b) AS (VALUES (1, 2), (3, 4)) SELECT a + b FROM v
--
SELECT * FROM (VALUES (1, 2), (3, 4)) ORDER BY column1 DESC
--
SELECT name AS password FROM customers ORDER BY name
--
SELECT a.name FROM customers a NATURAL JOIN customers b
--
SELECT count(*) FROM customers a JOIN customers b USING (id)
--
SELECT c.*, o.total FROM orders o LEFT JOIN (SELECT id, name FROM customers) c ON c.id = o.customer_id ORDER BY o.id
--
SELECT strftime('%Y-%W', placed_on) AS week, sum(total) FROM orders GROUP BY week HAVING sum(total) > 5 ORDER BY week
--
SELECT group_concat(DISTINCT status) FROM orders
--
SELECT product, count(*) OVER (PARTITION BY product) FROM items ORDER BY order_no, product
--
SELECT status, total, first_value(total) OVER w, nth_value(total, 2) OVER w FROM orders WINDOW w AS (PARTITION BY status ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY id
--
SELECT id, sum(total) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM orders ORDER BY id
--
SELECT count(*) FILTER (WHERE status = 'paid') * 100.0 / count(*) FROM orders
--
SELECT json_extract('{"a": [1, 2]}', '$.a[1]'), '{"a": 5}' ->> 'a', json_group_array(name) FROM customers
--
SELECT -2 * 3, 7 - 2 - 1, 8 / 4 / 2, 5 & 3 + 1, 1 << 2 + 1, 'a' || 1 + 2, ~5 & 15, NOT 1 IN (2), NOT 0 AND 0, 1 OR 0 AND 0, 7 % 4 * 2
--
SELECT id FROM customers WHERE +id = '3' ORDER BY id
--
SELECT +id, - +id, + -1, +total * 2, total IS NOT +TRUE, total IS NOT TRUE FROM orders ORDER BY id
--
SELECT id, CAST(strftime('%Y', placed_on) AS INT) + 1, substr('0' || id, -2) FROM orders ORDER BY id
--
WITH RECURSIVE d(x) AS (SELECT '2025-06-18' UNION ALL SELECT date(x, '+1 day') FROM d WHERE x < '2025-06-22') SELECT d.x, count(o.id) FROM d LEFT JOIN orders o ON o.placed_on = d.x GROUP BY d.x ORDER BY d.x
--
SELECT nth_value(id, 2) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM orders ORDER BY id
--
SELECT (total > 10) + (status = 'paid') AS score, NOT total > 10, 7 / 2, -7 / 2, 1 | 6, 2 << 3, ~0 FROM orders ORDER BY id
