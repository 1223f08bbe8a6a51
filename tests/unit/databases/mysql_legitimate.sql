-- Each query, ended by a line of two dashes, must be accepted and give what MariaDB gives.
SELECT count(*) FROM customers
--
SELECT * FROM orders ORDER BY id
--
SELECT Name, CITY FROM customers ORDER BY ID
--
SELECT c.name FROM customers c WHERE c.City IS NOT NULL ORDER BY c.name;
--
SELECT `name` FROM `customers` ORDER BY `id`
--
SELECT `Order`, `group by`, `user` FROM `Odd Names` ORDER BY 1
--
SELECT o.`Order` FROM `Odd Names` AS o WHERE o.`user` = 'ann'
--
SELECT 名称, 价格 FROM 产品 WHERE 价格 > 20
--
SELECT `名称` FROM `产品` ORDER BY `编号` DESC
--
SELECT name FROM customers WHERE name LIKE 'A%'
--
SELECT name FROM customers WHERE name NOT LIKE '%a%'
--
SELECT name FROM customers WHERE name REGEXP '^[AB]' ORDER BY name
--
SELECT name FROM customers WHERE name RLIKE 'o' AND name NOT REGEXP '^D'
--
SELECT note FROM orders WHERE note LIKE '100\%%'
--
SELECT note FROM orders WHERE note LIKE 'a|_b' ESCAPE '|'
--
SELECT name FROM customers WHERE city = "Berlin" ORDER BY name
--
SELECT DISTINCT status FROM orders ORDER BY status
--
SELECT status, count(*) AS n, sum(total) AS revenue FROM orders GROUP BY status ORDER BY revenue DESC
--
SELECT status, count(*) n FROM orders GROUP BY 1 HAVING n > 1 ORDER BY 2 DESC, 1
--
SELECT city, count(*) FROM customers GROUP BY city WITH ROLLUP
--
SELECT year(placed_on) AS y, month(placed_on) AS m, sum(total) FROM orders GROUP BY y, m WITH ROLLUP
--
SELECT c.name, o.order_no, o.total FROM customers c JOIN orders o ON o.customer_id = c.id ORDER BY o.id
--
SELECT c.name, o.total FROM customers c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.id, o.id
--
SELECT c.name FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL
--
SELECT c.name, o.id FROM orders o RIGHT JOIN customers c ON c.id = o.customer_id
--
SELECT count(*) FROM customers CROSS JOIN products
--
SELECT count(*) FROM customers, orders WHERE customers.id = orders.customer_id
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
SELECT c.name, count(i.product_id) FROM customers c LEFT JOIN (orders o JOIN order_items i ON i.order_id = o.id) ON o.customer_id = c.id GROUP BY c.id, c.name ORDER BY c.id
--
SELECT * FROM (SELECT status, avg(total) AS average FROM orders GROUP BY status) AS s WHERE s.average > 10 ORDER BY average
--
SELECT c.name, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) AS orders FROM customers c ORDER BY c.id
--
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE status = 'paid') ORDER BY name
--
SELECT name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.total > 20)
--
SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
--
SELECT name FROM customers WHERE id = ANY (SELECT customer_id FROM orders)
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
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT sum(i) FROM n
--
WITH RECURSIVE tree AS (SELECT id, name, manager_id, 1 AS depth FROM employees WHERE manager_id IS NULL UNION ALL SELECT e.id, e.name, e.manager_id, t.depth + 1 FROM employees e JOIN tree t ON e.manager_id = t.id) SELECT name, depth FROM tree ORDER BY depth, name
--
SELECT id FROM orders UNION SELECT id FROM customers ORDER BY id
--
SELECT city FROM customers UNION ALL SELECT category FROM products
--
SELECT id FROM customers INTERSECT SELECT customer_id FROM orders
--
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders
--
(SELECT name FROM customers ORDER BY id LIMIT 1) UNION ALL (SELECT name FROM products ORDER BY id LIMIT 1)
--
SELECT name, salary, rank() OVER (ORDER BY salary DESC) FROM employees ORDER BY id
--
SELECT name, department, row_number() OVER (PARTITION BY department ORDER BY salary DESC, id) AS place FROM employees ORDER BY department, place
--
SELECT id, total, sum(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running FROM orders ORDER BY id
--
SELECT id, avg(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM orders ORDER BY id
--
SELECT id, sum(total) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id
--
SELECT id, total - lag(total) OVER w AS change_, lead(total, 1) OVER w FROM orders WINDOW w AS (ORDER BY id) ORDER BY id
--
SELECT name, ntile(2) OVER (ORDER BY id), percent_rank() OVER (ORDER BY id), cume_dist() OVER (ORDER BY id) FROM employees
--
SELECT DISTINCT first_value(name) OVER (PARTITION BY department ORDER BY hired) AS f FROM employees ORDER BY 1
--
SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY customer_id ORDER BY total DESC) AS rn FROM orders o) t WHERE rn = 1 ORDER BY id
--
SELECT status, round(100.0 * count(*) / sum(count(*)) OVER (), 1) AS percent FROM orders GROUP BY status ORDER BY status
--
SELECT median(total) OVER (PARTITION BY status) FROM orders ORDER BY id
--
SELECT DISTINCT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) OVER (PARTITION BY status) AS p FROM orders ORDER BY p
--
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) FROM orders
--
SELECT CASE status WHEN 'paid' THEN 1 WHEN 'open' THEN 2 END FROM orders ORDER BY id
--
SELECT sum(status = 'paid') AS paid, sum(if(status = 'open', 1, 0)) AS open FROM orders
--
SELECT group_concat(name ORDER BY name SEPARATOR '; ') FROM customers
--
SELECT group_concat(DISTINCT city) FROM customers WHERE city = 'Berlin'
--
SELECT department, group_concat(DISTINCT name ORDER BY name DESC) FROM employees GROUP BY department ORDER BY department
--
SELECT group_concat(quantity, 'x ', p.name ORDER BY p.name) FROM order_items i JOIN products p ON p.id = i.product_id GROUP BY i.order_id ORDER BY i.order_id
--
SELECT std(total), stddev_samp(total), var_pop(total), variance(total) FROM orders
--
SELECT bit_and(id), bit_or(id), bit_xor(id) FROM orders
--
SELECT count(DISTINCT customer_id), count(note), count(DISTINCT customer_id, status) FROM orders
--
SELECT date_format(placed_on, '%Y-%m') AS month, sum(total) FROM orders GROUP BY month ORDER BY month
--
SELECT date_format(placed_at, '%W %M %d %H:%i:%s') FROM orders ORDER BY id
--
SELECT year(placed_on), quarter(placed_on), month(placed_on), week(placed_on), week(placed_on, 3), day(placed_on), dayofweek(placed_on), weekday(placed_on), dayofyear(placed_on) FROM orders ORDER BY id
--
SELECT hour(placed_at), minute(placed_at), second(placed_at), time(placed_at), date(placed_at) FROM orders ORDER BY id
--
SELECT dayname(placed_on), monthname(placed_on), last_day(placed_on), yearweek(placed_on) FROM orders ORDER BY id
--
SELECT EXTRACT(YEAR FROM placed_on), EXTRACT(YEAR_MONTH FROM placed_on), EXTRACT(HOUR_MINUTE FROM placed_at) FROM orders ORDER BY id
--
SELECT id FROM orders WHERE placed_on BETWEEN '2025-01-01' AND '2025-12-31' ORDER BY id
--
SELECT id FROM orders WHERE placed_on >= DATE '2025-06-01' ORDER BY id
--
SELECT id FROM orders WHERE placed_on > '2025-06-20' - INTERVAL 30 DAY ORDER BY id
--
SELECT placed_on + INTERVAL 1 MONTH, placed_on - INTERVAL 1 WEEK, date_add(placed_on, INTERVAL 1 YEAR), date_sub(placed_on, INTERVAL 2 QUARTER) FROM orders ORDER BY id
--
SELECT date_add(placed_at, INTERVAL '1:30' HOUR_MINUTE), date_add(placed_on, INTERVAL -3 DAY), adddate(placed_on, 10) FROM orders ORDER BY id
--
SELECT date_add(placed_on, INTERVAL id DAY) FROM orders ORDER BY id
--
SELECT datediff(max(placed_on), min(placed_on)) FROM orders
--
SELECT timestampdiff(MONTH, placed_on, '2025-12-31'), timestampdiff(HOUR, placed_at, '2025-12-31'), timestampadd(DAY, 3, placed_on) FROM orders ORDER BY id
--
SELECT str_to_date('31/12/2024', '%d/%m/%Y'), from_unixtime(0) IS NOT NULL, unix_timestamp('2025-01-01') > 0, makedate(2025, 32), maketime(1, 2, 3)
--
SELECT id FROM orders WHERE placed_on < now() AND placed_at < CURRENT_TIMESTAMP AND placed_on < curdate() AND placed_on < CURRENT_DATE ORDER BY id
--
SELECT id FROM orders WHERE placed_at < NOW() - INTERVAL 1 DAY AND year(placed_on) = 2025
--
SELECT to_days('2025-01-01'), from_days(739617), sec_to_time(3661), time_to_sec('01:00:00'), timediff('10:00:00', '08:30:00'), period_add(202501, 2)
--
SELECT convert_tz('2025-01-01 12:00:00', '+00:00', '+09:00'), TIMESTAMP '2025-01-01 10:00:00', TIME '10:00:00'
--
SELECT upper(name), lower(name), length(name), char_length(name), ucase('x'), lcase('X') FROM customers ORDER BY id
--
SELECT concat(name, ' (', ifnull(city, '?'), ')') FROM customers ORDER BY id
--
SELECT concat_ws(', ', name, city, email), coalesce(city, email, '-') FROM customers ORDER BY id
--
SELECT substring(name, 1, 3), substring(name FROM 2), substr(name, 2, 2), mid(name, 2, 3), left(name, 2), right(name, 2) FROM customers ORDER BY id
--
SELECT substring(name FROM 1 FOR 3) FROM customers ORDER BY id
--
SELECT substring_index(email, '@', -1) AS domain, count(*) FROM customers GROUP BY domain ORDER BY domain
--
SELECT locate('@', email), instr(email, '@'), position('@' IN email) FROM customers ORDER BY id
--
SELECT trim(both 'x' from 'xxhixx'), trim('  a  '), ltrim('  a'), rtrim('a  '), trim(leading '0' from '007'), trim(trailing '!' from 'hi!')
--
SELECT replace(name, 'a', 'b'), reverse(name), repeat('-', 3), lpad(id, 5, '0'), rpad(name, 12, '.'), space(2) FROM customers ORDER BY id
--
SELECT insert('Quadratic', 3, 4, 'What'), ascii('a'), char(65, 66), hex('abc'), unhex('616263'), ord('a'), strcmp('a', 'b')
--
SELECT regexp_replace(name, '[aeiou]', '*'), regexp_substr(name, '[A-Z][a-z]+'), regexp_instr(name, 'o') FROM customers ORDER BY id
--
SELECT field(status, 'paid', 'open'), elt(1, 'a', 'b'), find_in_set('b', 'a,b,c'), format(1234567.891, 2), make_set(3, 'a', 'b') FROM orders ORDER BY field(status, 'open', 'paid'), id
--
SELECT md5('x'), sha1('x'), sha2('x', 256), crc32('x'), to_base64('abc'), from_base64('YWJj'), soundex('Robert'), quote('it''s')
--
SELECT abs(-1), ceil(1.2), ceiling(1.2), floor(1.8), round(1.2345, 2), truncate(1.29, 1), sign(-3), mod(7, 3), 7 % 3, 7 MOD 3, 7 DIV 2, 7 / 2
--
SELECT sqrt(16), pow(2, 10), power(2, 3), exp(1), ln(10), log(100), log2(8), log10(1000), log(2, 8), pi(), degrees(pi()), radians(180), atan2(1, 1), conv('ff', 16, 10)
--
SELECT greatest(1, 2, 3), least(4, 5), nullif(1, 1), coalesce(NULL, 2), isnull(NULL), ifnull(NULL, 3), nvl(NULL, 4), nvl2(1, 2, 3)
--
SELECT 5 & 3, 5 | 3, 5 ^ 3, 1 << 4, 16 >> 2, ~0 & 7, bit_count(7)
--
SELECT cast(total AS signed), cast(total AS char), cast('1.5' AS decimal(5, 2)), cast('2025-01-01' AS date), cast(placed_on AS datetime), cast(total AS double), cast('12:30:00' AS time), cast(id AS unsigned) FROM orders ORDER BY id
--
SELECT convert('42', signed), convert('abc' USING utf8mb4), convert(total, char) FROM orders ORDER BY id
--
SELECT id, total IS NULL, note IS NOT NULL, active IS TRUE, active IS NOT FALSE FROM orders JOIN customers USING (id) ORDER BY id
--
SELECT name FROM customers WHERE active AND NOT (city = 'Berlin') ORDER BY id
--
SELECT name FROM customers WHERE !active OR city <=> NULL ORDER BY id
--
SELECT name FROM customers WHERE active && city = 'Berlin' || id = 5 ORDER BY id
--
SELECT 1 XOR 0, true AND false, NOT NULL, 1 = 1, 1 <> 2, 1 != 1
--
SELECT name FROM customers ORDER BY name LIMIT 2 OFFSET 1
--
SELECT name FROM customers ORDER BY id LIMIT 1, 2
--
SELECT name FROM products WHERE json_extract(attributes, '$.color') = 'green'
--
SELECT json_value(attributes, '$.color') AS color, count(*) FROM products GROUP BY color ORDER BY color
--
SELECT json_unquote(json_extract(attributes, '$.color')), json_extract(attributes, '$.sizes[1]') FROM products ORDER BY id
--
SELECT json_length(attributes), json_type(attributes), json_valid(attributes), json_keys(attributes), json_query(attributes, '$.sizes') FROM products ORDER BY id
--
SELECT name FROM products WHERE json_contains(attributes, '1', '$.sizes')
--
SELECT json_object('id', id, 'name', name), json_array(id, name) FROM customers ORDER BY id
--
SELECT json_arrayagg(id), json_objectagg(id, city) FROM customers WHERE id < 3
--
SELECT j.color FROM products, JSON_TABLE(attributes, '$' COLUMNS (color varchar(20) PATH '$.color')) AS j ORDER BY id
--
SELECT id FROM big_orders ORDER BY total DESC
--
SELECT taken, value, took, bits, y FROM readings ORDER BY id
--
SELECT hex(raw), octet_length(raw), bin(5), oct(8) FROM readings ORDER BY id
--
SELECT id FROM readings WHERE took > '01:00:00'
--
SELECT id FROM articles WHERE MATCH(body) AGAINST ('fox' IN BOOLEAN MODE)
--
SELECT id FROM articles WHERE MATCH (body) AGAINST ('lazy') ORDER BY id
--
SELECT 1 AS `One two`, 'it''s' AS quoted, 'a"b', "don't", 'it\'s', 'tab\there', 'a' 'b', N'x'
--
SELECT -1, +1, 1.5e3, .5, 1., NULL, true, FALSE, 0xff, x'41', b'101'
--
SELECT name FROM customers ORDER BY name COLLATE utf8mb4_bin
--
SELECT binary 'a' = 'A', 'a' = 'A', 'a' LIKE 'A' COLLATE utf8mb4_bin
--
SELECT 1 FROM dual
--
SELECT 1 + 1 FROM DUAL WHERE 1 = 1
--
SELECT sum(sum(total)) OVER () FROM orders GROUP BY status LIMIT 1
--
SELECT customer_id, sum(total) AS spent FROM orders GROUP BY customer_id HAVING spent > (SELECT avg(total) FROM orders) ORDER BY spent DESC
--
SELECT avg(n) FROM (SELECT count(*) AS n FROM order_items GROUP BY order_id) AS per_order
--
SELECT c.city, o.status, count(*) AS n FROM customers AS c INNER JOIN orders AS o ON c.id = o.customer_id WHERE o.total BETWEEN 5 AND 50 GROUP BY c.city, o.status HAVING count(*) >= 1 ORDER BY n DESC, c.city, o.status LIMIT 10
--
WITH ranked AS (SELECT p.name, sum(i.quantity) AS sold, dense_rank() OVER (ORDER BY sum(i.quantity) DESC) AS place FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.name) SELECT name, sold FROM ranked WHERE place <= 2 ORDER BY sold DESC, name
--
SELECT /* a comment */ name -- another
FROM customers # and another
ORDER BY id
--
SELECT department, max(salary) - min(salary) AS spread FROM employees WHERE salary IS NOT NULL GROUP BY department HAVING count(*) > 1
--
SELECT name FROM employees WHERE hired >= (SELECT min(hired) + INTERVAL 5 YEAR FROM employees) ORDER BY hired
--
SELECT id % 2 = 0 AS even, count(*) FROM orders GROUP BY id % 2 = 0 ORDER BY 1
--
SELECT coalesce(city, 'unknown') AS place, count(*) FROM customers GROUP BY place ORDER BY place
--
SELECT exists(SELECT 1 FROM orders WHERE total > 1000) AS any_big
--
SELECT count(*) FROM (SELECT DISTINCT customer_id, status FROM orders) AS d
--
SELECT c.id, c.name, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.id
--
SELECT max(o.total), min(o.total), avg(o.total), count(o.id) FROM orders AS o WHERE o.status IN ('paid', 'open') AND o.note IS NULL
--
SELECT placed_on, count(*) FROM orders WHERE placed_on IN ('2025-06-01', '2025-06-20') GROUP BY placed_on ORDER BY placed_on DESC
--
SELECT IF(total > 20, 'big', 'small') AS size, count(*) FROM orders GROUP BY IF(total > 20, 'big', 'small') ORDER BY size
--
SELECT ROW(1, 2) = ROW(1, 2), (1, 2) < (1, 3)
--
SELECT v.a FROM (SELECT 1 AS a UNION ALL SELECT 2) AS v ORDER BY v.a DESC
--
SELECT t.status, t.n FROM (SELECT status, count(*) AS n FROM orders GROUP BY status ORDER BY n DESC LIMIT 2) t ORDER BY t.n DESC, t.status
--
SELECT rand() < 2, uuid() IS NOT NULL, utc_date() > '2020-01-01', localtime > '2020-01-01', sysdate() > '2020-01-01'
--
SELECT name FROM employees e WHERE salary = (SELECT max(salary) FROM employees x WHERE x.department = e.department) ORDER BY name
--
SELECT name SOUNDS LIKE 'Robert' FROM customers ORDER BY id
--
SELECT all_.id FROM orders all_ ORDER BY all_.id DESC LIMIT 1
--
SELECT round(avg(total), 2) AS `average total` FROM orders WHERE status <> 'cancelled'
--
SELECT CAST(JSON_VALUE(attributes, '$.organic') AS CHAR) FROM products ORDER BY id
--
SELECT interval(23, 1, 15, 17, 30, 44, 200), char_length('绿茶'), length('绿茶'), left('绿茶', 1)
--
SELECT -2 * 3, 7 - 2 - 1, 8 / 4 / 2, 5 & 3 + 1, 1 << 2 + 1, 2 ^ 3 ^ 1, -5 DIV 2, 7 MOD 4 * 2, ~5 & 15, NOT 1 IN (2), !0 + 1
--
SELECT NOT true = false, 1 OR 0 AND 0, 1 XOR 1 OR 1, (1 OR 0) AND 0, NOT 0 AND 0, 1 = 1 AND NOT 2 = 3, 2 BETWEEN 1 AND 3 AND 0
--
SELECT 0x1F + 0, 0x41, x'41', x'41' + 0, HEX(0xff), 0xFF & 15, b'11' + 0, 0b11 + 0, 0x10 > 15
--
SELECT id FROM orders WHERE 0x1 ORDER BY id
--
SELECT INTERVAL 1 DAY + '2024-01-01', '2024-01-01' + INTERVAL 1.5 DAY, '2024-01-01' + INTERVAL '1.5' DAY, '2024-01-01' + INTERVAL '1 day' DAY
--
SELECT '2024-01-31' + INTERVAL 1 + 1 MONTH, '2024-01-01' + INTERVAL -1 MONTH, '2024-01-01' + INTERVAL '1 2' DAY_HOUR, '2024-01-01' + INTERVAL (2 * 3) HOUR
--
SELECT id, placed_on + INTERVAL id + 1 DAY - INTERVAL 1 YEAR + INTERVAL 2 DAY FROM orders ORDER BY id
--
SELECT id FROM orders ORDER BY id FETCH FIRST 2 ROWS ONLY
--
SELECT id FROM orders ORDER BY id OFFSET 1 ROWS FETCH NEXT ROW ONLY
--
SELECT +id, - +1, + -1, +id * +2, ! +1, !id, !id + 1, !(id > 3), NOT id = 3, !id = 3 FROM orders ORDER BY id
--
SELECT 5 - 2 - 1, 2 * 3 % 4, 2 | 1 & 3, 1 << 2 + 1, 6 ^ 3 * 2, -2 ^ 2, ~1 & 3, 1 - 1 ^ 1, 2 DIV 2 * 3, 7 % 4 DIV 2, 1 | 2 ^ 3
--
SELECT 1 OR 1 AND 0, 1 XOR 1 AND 0, 1 OR 0 XOR 1, NOT 0 XOR 1, 1 || 0 && 0, 0 OR NOT 1 AND 1
--
SELECT 'a%b' LIKE 'a\%b', 'axb' LIKE 'a\%b', 'a\\b' LIKE 'a\\\\b', 'a\\b' REGEXP 'a\\\\b', 'a.b' REGEXP 'a\\.b', 'x\y', '\Z' = 'Z'
--
SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 1 ORDER BY 1
