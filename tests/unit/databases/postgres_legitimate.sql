-- Each query, ended by a line of two dashes, must be accepted and give what PostgreSQL gives.
SELECT count(*) FROM customers
--
SELECT * FROM orders ORDER BY id
--
SELECT id, Name FROM Customers ORDER BY ID
--
SELECT c.name, c.city FROM customers c WHERE c.city IS NOT NULL ORDER BY c.name;
--
SELECT public.customers.name FROM public.customers
--
SELECT customers.name FROM public.customers WHERE customers.id = 1
--
SELECT "Order", "group by", "user" FROM "Odd Names" ORDER BY 1
--
SELECT o."Order" FROM "Odd Names" AS o WHERE o."user" = 'ann'
--
SELECT 名称, 价格 FROM 产品 WHERE 价格 > 20
--
SELECT "名称" FROM "产品" ORDER BY "编号" DESC
--
SELECT name FROM customers WHERE name LIKE 'A%'
--
SELECT name FROM customers WHERE name ILIKE '%a%' ORDER BY name
--
SELECT name FROM customers WHERE name NOT ILIKE 'a%'
--
SELECT name FROM customers WHERE name ~ '^[AB]' ORDER BY name
--
SELECT name FROM customers WHERE name ~* '^a' OR name !~ 'a'
--
SELECT name FROM customers WHERE name !~* 'X'
--
SELECT name FROM customers WHERE name SIMILAR TO '(Ada|Bob)%'
--
SELECT note FROM orders WHERE note LIKE '100\%%'
--
SELECT note FROM orders WHERE note LIKE 'a!_b' ESCAPE '!'
--
SELECT DISTINCT status FROM orders ORDER BY status
--
SELECT DISTINCT ON (customer_id) customer_id, placed_on, total FROM orders ORDER BY customer_id, placed_on DESC
--
SELECT status, count(*) AS n, sum(total) AS revenue FROM orders GROUP BY status ORDER BY revenue DESC
--
SELECT status, count(*) FROM orders GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC, 1
--
SELECT city, count(*) FROM customers GROUP BY city ORDER BY count(*) DESC, city NULLS LAST
--
SELECT c.name, o.order_no, o.total FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id
--
SELECT c.name, o.total FROM customers c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id
--
SELECT c.name FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL
--
SELECT c.name, o.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id
--
SELECT c.id, o.id FROM customers c FULL OUTER JOIN orders o ON o.customer_id = c.id
--
SELECT count(*) FROM customers CROSS JOIN products
--
SELECT count(*) FROM customers, orders WHERE customers.id = orders.customer_id
--
SELECT order_id, p.name FROM order_items JOIN products p ON p.id = product_id ORDER BY 1, 2
--
SELECT count(*) FROM order_items JOIN (SELECT id AS order_id, status FROM orders) o USING (order_id)
--
SELECT count(*) FROM order_items NATURAL JOIN (SELECT id AS order_id FROM orders) AS o
--
SELECT p.category, sum(i.quantity * i.price) AS revenue FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY p.category ORDER BY revenue DESC
--
SELECT e.name AS employee, m.name AS manager FROM employees e LEFT JOIN employees m ON m.id = e.manager_id ORDER BY e.id
--
SELECT a.name, b.name FROM customers a JOIN customers b ON a.city = b.city AND a.id < b.id
--
SELECT * FROM (SELECT status, avg(total) AS average FROM orders GROUP BY status) AS s WHERE s.average > 10 ORDER BY average
--
SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders FROM customers c ORDER BY c.id
--
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE status = 'paid') ORDER BY name
--
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 20)
--
SELECT name FROM customers c WHERE NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id)
--
SELECT name FROM customers WHERE id = ANY (SELECT customer_id FROM orders)
--
SELECT name FROM customers WHERE id = ANY (ARRAY[1, 3])
--
SELECT name FROM products WHERE price > ALL (SELECT price FROM products WHERE category = 'drinks')
--
SELECT name FROM products WHERE price = (SELECT max(price) FROM products)
--
SELECT name FROM customers WHERE (city, active) = ('Berlin', true)
--
SELECT id FROM orders WHERE (customer_id, status) IN ((1, 'paid'), (3, 'open')) ORDER BY id
--
WITH paid AS (SELECT * FROM orders WHERE status = 'paid') SELECT count(*), sum(total) FROM paid
--
WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM a WHERE id > 2) SELECT count(*) FROM b
--
WITH totals (customer, amount) AS (SELECT customer_id, sum(total) FROM orders GROUP BY customer_id) SELECT c.name, t.amount FROM totals t JOIN customers c ON c.id = t.customer ORDER BY t.amount DESC
--
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n
--
WITH RECURSIVE tree AS (SELECT id, name, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, t.depth + 1 FROM employees e JOIN tree t ON e.manager_id = t.id) SELECT name, depth FROM tree ORDER BY depth, name
--
WITH RECURSIVE path AS (SELECT id, name::text AS path FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, p.path || ' > ' || e.name FROM employees e JOIN path p ON e.manager_id = p.id) SELECT path FROM path ORDER BY path
--
WITH t AS MATERIALIZED (SELECT total FROM orders) SELECT avg(total) FROM t
--
WITH t AS NOT MATERIALIZED (SELECT total FROM orders) SELECT max(total) FROM t
--
SELECT id FROM orders UNION SELECT id FROM customers ORDER BY id
--
SELECT city FROM customers UNION ALL SELECT category FROM products
--
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders
--
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders
--
SELECT id FROM customers EXCEPT ALL SELECT customer_id FROM orders
--
(SELECT name FROM customers ORDER BY id LIMIT 1) UNION ALL (SELECT name FROM products ORDER BY id LIMIT 1)
--
SELECT 1 UNION SELECT 2 INTERSECT SELECT 2
--
SELECT name, salary, rank() OVER (ORDER BY salary DESC NULLS LAST) FROM employees
--
SELECT name, department, row_number() OVER (PARTITION BY department ORDER BY salary DESC NULLS LAST, id) AS place FROM employees
--
SELECT id, total, sum(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders ORDER BY id
--
SELECT id, avg(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM orders ORDER BY id
--
SELECT id, sum(total) OVER (ORDER BY placed_on RANGE BETWEEN INTERVAL '30 days' PRECEDING AND CURRENT ROW) FROM orders ORDER BY id
--
SELECT id, count(*) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM orders ORDER BY id
--
SELECT id, total - lag(total) OVER w AS change, lead(total, 1, 0) OVER w FROM orders WINDOW w AS (ORDER BY id) ORDER BY id
--
SELECT name, ntile(2) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM employees
--
SELECT DISTINCT first_value(name) OVER (PARTITION BY department ORDER BY hired) FROM employees ORDER BY 1
--
SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY customer_id ORDER BY total DESC) AS rn FROM orders o) t WHERE rn = 1 ORDER BY id
--
SELECT status, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent FROM orders GROUP BY status ORDER BY status
--
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status <> 'paid') AS others FROM orders
--
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) FROM orders
--
SELECT CASE status WHEN 'paid' THEN 1 WHEN 'open' THEN 2 END FROM orders ORDER BY id
--
SELECT string_agg(name, ', ' ORDER BY name) FROM customers
--
SELECT string_agg(DISTINCT city, '; ') FROM customers
--
SELECT department, array_agg(name ORDER BY name DESC) FROM employees GROUP BY department ORDER BY department
--
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median FROM orders
--
SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY total) FROM orders
--
SELECT mode() WITHIN GROUP (ORDER BY status) FROM orders
--
SELECT stddev(total), variance(total), stddev_pop(total), var_samp(total) FROM orders
--
SELECT corr(quantity, price), regr_slope(price, quantity), covar_pop(price, quantity) FROM order_items
--
SELECT bool_and(active), bool_or(active), every(active) FROM customers
--
SELECT status, category, sum(i.price) FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id GROUP BY ROLLUP (status, category) ORDER BY 1, 2
--
SELECT status, customer_id, count(*) FROM orders GROUP BY CUBE (status, customer_id)
--
SELECT status, customer_id, grouping(status), sum(total) FROM orders GROUP BY GROUPING SETS ((status), (customer_id), ())
--
SELECT date_trunc('month', placed_on) AS month, sum(total) FROM orders GROUP BY month ORDER BY month
--
SELECT date_trunc('quarter', placed_at)::date, count(*) FROM orders GROUP BY 1 ORDER BY 1
--
SELECT EXTRACT(YEAR FROM placed_on) AS year, EXTRACT(MONTH FROM placed_on) AS month, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2
--
SELECT extract(dow FROM placed_on), extract(isodow FROM placed_on), extract(doy FROM placed_on), extract(week FROM placed_on) FROM orders
--
SELECT date_part('year', placed_on), date_part('hour', placed_at) FROM orders ORDER BY id
--
SELECT extract(epoch FROM placed_at) FROM orders ORDER BY id
--
SELECT to_char(placed_on, 'YYYY-MM'), to_char(total, 'FM999G990D00') FROM orders ORDER BY id
--
SELECT id FROM orders WHERE placed_on BETWEEN '2025-01-01' AND '2025-12-31' ORDER BY id
--
SELECT id FROM orders WHERE placed_on >= DATE '2025-06-01' ORDER BY id
--
SELECT id FROM orders WHERE placed_on > DATE '2025-06-20' - INTERVAL '30 days' ORDER BY id
--
SELECT placed_on + INTERVAL '1 month', placed_on - 7, placed_on + 1 FROM orders ORDER BY id
--
SELECT max(placed_on) - min(placed_on) FROM orders
--
SELECT age(placed_on, '2024-01-01') FROM orders ORDER BY id
--
SELECT placed_at::date, placed_at::time, CAST(placed_at AS date) FROM orders ORDER BY id
--
SELECT make_date(2025, 6, 1), make_interval(days => 3), make_timestamp(2025, 1, 2, 3, 4, 5)
--
SELECT id FROM orders WHERE placed_on < now() AND placed_at < CURRENT_TIMESTAMP AND placed_on < CURRENT_DATE ORDER BY id
--
SELECT placed_at AT TIME ZONE 'UTC' AT TIME ZONE 'Asia/Tokyo' FROM orders ORDER BY id
--
SELECT TIMESTAMP '2025-01-01 10:00' - TIMESTAMP '2024-12-31 08:30', INTERVAL '1' DAY, INTERVAL '2 hours 30 minutes'
--
SELECT justify_hours(INTERVAL '27 hours'), date_bin('15 minutes', TIMESTAMP '2020-02-11 15:44:17', TIMESTAMP '2001-01-01')
--
SELECT (DATE '2025-01-01', DATE '2025-02-01') OVERLAPS (DATE '2025-01-15', DATE '2025-03-01')
--
SELECT to_date('05 Dec 2000', 'DD Mon YYYY'), to_timestamp(0) AT TIME ZONE 'UTC', to_number('12,454.8-', '99G999D9S')
--
SELECT d::date, count(o.id) FROM generate_series(DATE '2025-06-19', DATE '2025-06-22', INTERVAL '1 day') AS d LEFT JOIN orders o ON o.placed_on = d::date GROUP BY d ORDER BY d
--
SELECT g.n, g.n * g.n FROM generate_series(1, 5) AS g(n)
--
SELECT n FROM generate_series(1, 3) n
--
SELECT upper(name), lower(name), initcap(name), length(name), char_length(name) FROM customers ORDER BY id
--
SELECT name || ' (' || coalesce(city, '?') || ')' FROM customers ORDER BY id
--
SELECT concat(name, ' ', city), concat_ws(', ', name, city, email) FROM customers ORDER BY id
--
SELECT substring(name FROM 1 FOR 3), substring(name, 2), substr(name, 2, 3), left(name, 2), right(name, 2) FROM customers ORDER BY id
--
SELECT substring(email FROM '@(.*)$') FROM customers ORDER BY id
--
SELECT split_part(email, '@', 2) AS domain, count(*) FROM customers GROUP BY domain ORDER BY 1
--
SELECT position('@' IN email), strpos(email, '@') FROM customers ORDER BY id
--
SELECT trim(both 'x' from 'xxhixx'), trim('  a  '), ltrim('  a'), rtrim('a  '), btrim('xyax', 'xy')
--
SELECT replace(name, 'a', 'b'), translate(name, 'ab', 'xy'), reverse(name), repeat('-', 3), lpad(id::text, 5, '0'), rpad(name, 12) FROM customers ORDER BY id
--
SELECT overlay('Txxxxas' placing 'hom' from 2 for 4), ascii('a'), chr(65), md5('x'), initcap('hi there')
--
SELECT regexp_replace(name, '[aeiou]', '*', 'g'), regexp_matches(name, '(.)a') FROM customers ORDER BY id
--
SELECT regexp_split_to_array('a, b,c', ',\s*'), string_to_array('a,b', ','), array_to_string(ARRAY['x', 'y'], '-')
--
SELECT format('%s has %s', name, city), format('%-10s|', name) FROM customers ORDER BY id
--
SELECT starts_with(name, 'A'), quote_literal(name) FROM customers ORDER BY id
--
SELECT abs(-1), ceil(1.2), floor(1.8), round(1.2345, 2), trunc(1.29, 1), sign(-3), mod(7, 3), 7 % 3, 7 / 2, 7 / 2.0
--
SELECT sqrt(16), cbrt(27), power(2, 10), 2 ^ 3, exp(1), ln(10), log(100), log(2, 8), pi(), degrees(pi()), radians(180)
--
SELECT greatest(1, 2, 3), least(4, 5), nullif(1, 1), coalesce(NULL, 2), width_bucket(5.35, 0.024, 10.06, 5), gcd(12, 18), div(9, 4)
--
SELECT 5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 16 >> 2
--
SELECT total::integer, total::text, CAST(total AS double precision), total::numeric(6, 1), id::bigint, '1'::smallint FROM orders ORDER BY id
--
SELECT '42'::int + 1, 'true'::boolean, '2025-01-01'::date, '1.5'::float8, '{"a": 1}'::jsonb, '12:30'::time, CAST('x' AS varchar(10))
--
SELECT id, total IS NULL, note IS NOT NULL, active IS TRUE FROM orders JOIN customers USING (id) ORDER BY id
--
SELECT name FROM customers WHERE active AND NOT (city = 'Berlin')
--
SELECT name FROM customers WHERE city IS DISTINCT FROM 'Berlin' ORDER BY id
--
SELECT name FROM customers WHERE city IS NOT DISTINCT FROM NULL
--
SELECT name FROM customers WHERE active = true ORDER BY name LIMIT 2 OFFSET 1
--
SELECT name FROM customers ORDER BY id FETCH FIRST 2 ROWS ONLY
--
SELECT total FROM orders ORDER BY total DESC FETCH FIRST 1 ROW WITH TIES
--
SELECT name FROM customers ORDER BY id OFFSET 3 ROWS FETCH NEXT 1 ROWS ONLY
--
SELECT profile ->> 'lang', profile -> 'n', (profile ->> 'n')::int + 1 FROM customers ORDER BY id
--
SELECT attributes #>> '{sizes,0}', attributes #> '{sizes}', attributes -> 'sizes' -> 1 FROM products ORDER BY id
--
SELECT name FROM products WHERE attributes @> '{"organic": true}'
--
SELECT name FROM products WHERE attributes ? 'organic' OR attributes ?| ARRAY['sizes'] ORDER BY id
--
SELECT name FROM products WHERE attributes ->> 'color' = 'green'
--
SELECT attributes ->> 'color' AS color, count(*) FROM products GROUP BY color ORDER BY color NULLS FIRST
--
SELECT p.name, a.key, a.value FROM products p, jsonb_each_text(p.attributes) AS a ORDER BY p.id, a.key
--
SELECT p.name, s.value::int FROM products p CROSS JOIN LATERAL jsonb_array_elements(p.attributes -> 'sizes') AS s(value)
--
SELECT jsonb_array_length(attributes -> 'sizes'), jsonb_typeof(attributes) FROM products WHERE id = 2
--
SELECT json_build_object('id', id, 'name', name) FROM customers ORDER BY id
--
SELECT jsonb_agg(name ORDER BY id), json_object_agg(id, name ORDER BY id) FROM customers
--
SELECT jsonb_pretty(attributes), to_jsonb(price), jsonb_object_keys(attributes) FROM products WHERE id = 3
--
SELECT jsonb_path_query_first(attributes, '$.sizes[1]'), jsonb_path_exists(attributes, '$.color') FROM products ORDER BY id
--
SELECT x.a, x.b FROM jsonb_to_recordset('[{"a": 1, "b": "x"}, {"a": 2}]') AS x(a int, b text)
--
SELECT name FROM customers WHERE 'a' = ANY (tags) ORDER BY id
--
SELECT tags[1], array_length(tags, 1), cardinality(tags), tags || ARRAY['c'], tags[1:1] FROM customers ORDER BY id
--
SELECT name FROM customers WHERE tags @> ARRAY['a'] AND tags && ARRAY['b', 'z'] ORDER BY id
--
SELECT t.tag, count(*) FROM customers c CROSS JOIN unnest(c.tags) AS t(tag) GROUP BY t.tag ORDER BY t.tag
--
SELECT u.tag, u.place FROM customers c, unnest(c.tags) WITH ORDINALITY AS u(tag, place) WHERE c.id = 1
--
SELECT unnest(ARRAY[1, 2, 3])
--
SELECT array_position(tags, 'b'), array_append(tags, 'c'), array_remove(tags, 'a') FROM customers WHERE id = 1
--
SELECT ARRAY(SELECT name FROM products ORDER BY id)
--
SELECT c.name, latest.order_no FROM customers c LEFT JOIN LATERAL (SELECT order_no FROM orders o WHERE o.customer_id = c.id ORDER BY placed_on DESC LIMIT 1) latest ON true ORDER BY c.id
--
SELECT v.id, v.label FROM (VALUES (1, 'one'), (2, 'two')) AS v(id, label)
--
VALUES (1, 'a'), (2, 'b')
--
SELECT o.id, v.label FROM orders o JOIN (VALUES ('paid', 'Paid'), ('open', 'Open')) v(code, label) ON v.code = o.status ORDER BY o.id
--
SELECT * FROM monthly ORDER BY month
--
SELECT id FROM big_orders ORDER BY total DESC
--
SELECT taken, value, took, ref, span FROM readings ORDER BY id
--
SELECT id FROM readings WHERE took > INTERVAL '1 hour'
--
SELECT lower(span), upper(span), span @> DATE '2025-01-15' FROM readings ORDER BY id
--
SELECT avg(extract(epoch FROM took)) FROM readings
--
SELECT encode(raw, 'hex'), octet_length(raw) FROM readings ORDER BY id
--
SELECT count(DISTINCT customer_id), count(note), count(DISTINCT (customer_id, status)) FROM orders
--
SELECT 1 AS "One two", 'it''s' AS quoted, 'a"b', $$dollar 'quoted'$$ AS d, E'tab\there' AS e
--
SELECT -1, +1, 1.5e3, .5, 1., NULL, true, FALSE
--
SELECT name FROM customers ORDER BY lower(name) COLLATE "C"
--
SELECT TO_TSVECTOR('english', 'the quick foxes') @@ to_tsquery('english', 'fox')
--
SELECT count(*) FROM customers WHERE signed_up > '2023-06-01'::date AND email LIKE '%@example.com'
--
SELECT sum(sum(total)) OVER () FROM orders GROUP BY status LIMIT 1
--
SELECT customer_id, sum(total) AS spent FROM orders GROUP BY customer_id HAVING sum(total) > (SELECT avg(total) FROM orders) ORDER BY spent DESC
--
SELECT avg(n) FROM (SELECT count(*) AS n FROM order_items GROUP BY order_id) AS per_order
--
SELECT c.city, o.status, count(*) AS n FROM customers AS c INNER JOIN orders AS o ON c.id = o.customer_id WHERE o.total BETWEEN 5 AND 50 GROUP BY c.city, o.status HAVING count(*) >= 1 ORDER BY n DESC, c.city, o.status LIMIT 10
--
WITH ranked AS (SELECT p.name, sum(i.quantity) AS sold, dense_rank() OVER (ORDER BY sum(i.quantity) DESC) AS place FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.name) SELECT name, sold FROM ranked WHERE place <= 2 ORDER BY sold DESC, name
--
SELECT /* a comment */ name -- another
FROM customers ORDER BY id
--
SELECT to_char(date_trunc('month', placed_on), 'Mon YYYY') AS month, sum(total) FILTER (WHERE status = 'paid') AS paid, coalesce(sum(total) FILTER (WHERE status = 'open'), 0) AS open FROM orders GROUP BY date_trunc('month', placed_on) ORDER BY date_trunc('month', placed_on)
--
SELECT num_nulls(city, email), num_nonnulls(city, email) FROM customers ORDER BY id
--
SELECT department, max(salary) - min(salary) AS spread FROM employees WHERE salary IS NOT NULL GROUP BY department HAVING count(*) > 1
--
SELECT name FROM employees WHERE hired >= (SELECT min(hired) + INTERVAL '5 years' FROM employees) ORDER BY hired
--
SELECT x.s, x.t FROM (SELECT status AS s, sum(total) AS t FROM orders GROUP BY status) x ORDER BY x.t DESC LIMIT 1
--
TABLE big_orders
--
SELECT row_number() OVER (), * FROM big_orders
--
SELECT NOT active, active <> false FROM customers ORDER BY id
--
SELECT name, salary::numeric / nullif((SELECT sum(salary) FROM employees), 0) AS share FROM employees ORDER BY id
--
SELECT id % 2 = 0 AS even, count(*) FROM orders GROUP BY id % 2 = 0 ORDER BY 1
--
SELECT generate_series(1, 3) AS n
--
SELECT count(*) FROM (SELECT DISTINCT customer_id, status FROM orders) AS d
--
SELECT exists(SELECT 1 FROM orders WHERE total > 1000) AS any_big
--
SELECT string_agg(quantity || 'x ' || p.name, ', ' ORDER BY p.name) FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY i.order_id ORDER BY i.order_id
--
SELECT coalesce(city, 'unknown') AS place, count(*) FROM customers GROUP BY coalesce(city, 'unknown') ORDER BY place
--
SELECT ROW(1, 'a') = ROW(1, 'a'), (1, 2) < (1, 3)
--
SELECT bit_count(B'1011'), B'101', x'ff'
--
SELECT extract(day FROM (TIMESTAMP '2025-03-01' - TIMESTAMP '2025-02-01')) AS days
--
SELECT LOCALTIMESTAMP > TIMESTAMP '2020-01-01', LOCALTIME IS NOT NULL
--
SELECT -2 ^ 2, 2 ^ 3 ^ 2, - 3 ^ 2 * 2, -1::int, 2 * -3::numeric, 'a' || 1 + 2, 7 - 2 - 1, 8 / 4 / 2, 2 * (3 + 4), 100 - -5
--
SELECT NOT true = false, NOT 1 IN (2), 1 = 1 AND NOT 2 = 3 OR false, 5 & 3 + 1, 1 << 2 + 1, 'x' || 'y' LIKE 'x%'
--
SELECT interval '1 day ago', interval '1 day 03:04:05', interval '1 day -2:00', interval '@ 1 day', interval '-1' month
--
SELECT interval '1 month -1 day', interval '2 weeks, 3 hours', interval ' 1 DAY ', interval '1 day 2:03'::text, interval '1' day * 1.5
--
SELECT interval '1 day' + date '2024-01-01', interval '1 day' + '2024-01-01'::date, interval '1 day' + '2 hours'
--
SELECT to_char(interval '1 day 2:03', 'DD HH24:MI'), extract(epoch from interval '1 day 00:00:01')
--
SELECT o.id FROM orders o WHERE o.placed_on >= date '2025-07-01' - interval '1 month 15 days ago' ORDER BY o.id
--
SELECT p.id, s FROM products p, jsonb_array_elements(p.attributes -> 'sizes') s ORDER BY p.id, s
--
SELECT p.id, e ->> 'a' FROM products p, LATERAL jsonb_array_elements('[{"a": 1}, {"a": 2}]') AS e(x) ORDER BY p.id, e ->> 'a'
--
SELECT n FROM generate_series(1, 3) AS n(i) ORDER BY n DESC
--
SELECT id FROM orders ORDER BY id LIMIT ALL OFFSET 3
--
SELECT +total, - +total, -(+1), + -1, +id * 2 FROM orders ORDER BY id
--
SELECT region.status, region.n, sum(region.n) OVER (ORDER BY region.status ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) FROM (SELECT status, count(*) AS n FROM orders GROUP BY status) region ORDER BY region.status
--
SELECT status, count(*) FILTER (WHERE total > 10) OVER (PARTITION BY status), nth_value(id, 2) OVER (ORDER BY id RANGE UNBOUNDED PRECEDING) FROM orders ORDER BY id
--
SELECT 2 ^ 3 ^ 2, -2 ^ 2, 10 - 3 - 2, 100 / 10 / 2, 10 % 3 * 2, 5 & 3 | 4, 1 << 2 + 1, NOT true OR true, 2 + 3 || 'a'
--
SELECT count(*) FROM customers a CROSS JOIN customers b, orders c JOIN orders d ON c.id = d.id
--
SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 1 ORDER BY 1
