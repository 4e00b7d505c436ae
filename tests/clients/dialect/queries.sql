-- Queries. Expected rows by hand.
CREATE TABLE orders (id INT, customer STRING, amount DECIMAL(10,2), day DATE);
ok
INSERT INTO orders VALUES (1, 'ann', 10.00, DATE '2024-01-01'), (2, 'bob', 20.50, DATE '2024-01-01'), (3, 'ann', 5.25, DATE '2024-01-02'), (4, NULL, 7.00, NULL);
=> 4 | 4
CREATE TABLE customers (name STRING, country STRING);
ok
INSERT INTO customers VALUES ('ann', 'DE'), ('bob', 'FR'), ('eve', 'DE');
=> 3 | 3

-- ## Selection
SELECT * FROM orders WHERE amount > 6 AND customer IS NOT NULL ORDER BY id;
=> 1 | ann | 10.00 | 2024-01-01
=> 2 | bob | 20.50 | 2024-01-01
SELECT DISTINCT customer FROM orders ORDER BY customer;
=> NULL
=> ann
=> bob
SELECT id FROM orders ORDER BY customer DESC NULLS FIRST, id LIMIT 2 OFFSET 1;
=> 2
=> 1
SELECT o.id, dialect_queries.orders.id, dev.dialect_queries.orders.amount FROM orders o JOIN orders ON o.id = orders.id WHERE o.id = 3;
=> 3 | 3 | 5.25
SELECT id AS `an id`, customer AS c FROM orders WHERE id = 1;
=> 1 | ann
SELECT `weird name`, `a``b` FROM VALUES (1, 2) AS t(`weird name`, `a``b`);
=> 1 | 2
VALUES (1, 'a'), (2, 'b');
=> 1 | a
=> 2 | b
TABLE customers;
=> ann | DE
=> bob | FR
=> eve | DE
FROM customers SELECT name WHERE country = 'FR';
!! UNSUPPORTED_FEATURE FROM before SELECT
SELECT id, id + 1 AS next FROM range(2, 8, 3) ORDER BY id;
=> 2 | 3
=> 5 | 6
SELECT * FROM IDENTIFIER('cust' || 'omers') WHERE name = 'eve';
=> eve | DE
SELECT 1 AS a, a + 1 AS b;
!! UNRESOLVED_COLUMN a

-- ## Joins
SELECT o.id, c.country FROM orders o JOIN customers c ON o.customer = c.name ORDER BY o.id;
=> 1 | DE
=> 2 | FR
=> 3 | DE
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer = c.name WHERE c.name IS NULL;
=> 4 | NULL
SELECT o.id, c.name FROM orders o RIGHT OUTER JOIN customers c ON o.customer = c.name WHERE o.id IS NULL;
=> NULL | eve
SELECT o.id, c.name FROM orders o FULL OUTER JOIN customers c ON o.customer = c.name WHERE o.id IS NULL OR c.name IS NULL;
=> 4 | NULL
=> NULL | eve
SELECT name FROM customers c LEFT SEMI JOIN orders o ON o.customer = c.name;
=> ann
=> bob
SELECT name FROM customers c LEFT ANTI JOIN orders o ON o.customer = c.name;
=> eve
SELECT count(*) FROM orders CROSS JOIN customers;
=> 12
SELECT a, b, c FROM VALUES (1, 'x') AS l(a, b) JOIN VALUES (1, 'y') AS r(a, c) USING (a);
=> 1 | x | y
SELECT * FROM VALUES (1), (2) AS l(a) NATURAL JOIN VALUES (2), (3) AS r(a);
=> 2
SELECT t.a, s.x FROM VALUES (1), (2) AS t(a), LATERAL (SELECT t.a * 10 AS x) s ORDER BY 1;
=> 1 | 10
=> 2 | 20

-- ## Aggregation
SELECT customer, count(*), sum(amount), min(amount), max(day) FROM orders GROUP BY customer HAVING count(*) > 1;
=> ann | 2 | 15.25 | 5.25 | 2024-01-02
SELECT count(*), count(customer), count(DISTINCT customer), sum(amount) FILTER (WHERE id > 2), count_if(amount > 6) FROM orders;
=> 4 | 3 | 2 | 12.25 | 3
SELECT sum(amount), avg(id), max(id) FROM orders WHERE id > 100;
=> NULL | NULL | NULL
SELECT country, name, count(*) FROM customers GROUP BY GROUPING SETS ((country, name), (country), ()) ORDER BY country NULLS LAST, name NULLS LAST;
=> DE | ann | 1
=> DE | eve | 1
=> DE | NULL | 2
=> FR | bob | 1
=> FR | NULL | 1
=> NULL | NULL | 3
SELECT country, grouping(country), count(*) FROM customers GROUP BY ROLLUP (country) ORDER BY country NULLS LAST;
=> DE | 0 | 2
=> FR | 0 | 1
=> NULL | 1 | 3
SELECT a, b, sum(c) FROM VALUES (1, 1, 2), (1, 2, 3) AS t(a, b, c) GROUP BY CUBE (a, b) ORDER BY a NULLS LAST, b NULLS LAST;
=> 1 | 1 | 2
=> 1 | 2 | 3
=> 1 | NULL | 5
=> NULL | 1 | 2
=> NULL | 2 | 3
=> NULL | NULL | 5
SELECT country, count(*) FROM customers GROUP BY 1 ORDER BY 1;
=> DE | 2
=> FR | 1
SELECT country, count(*) FROM customers GROUP BY ALL ORDER BY country;
=> DE | 2
=> FR | 1
SELECT customer, sum(amount) + 1 AS more FROM orders WHERE customer IS NOT NULL GROUP BY ALL ORDER BY customer;
=> ann | 16.25
=> bob | 21.50
SELECT name FROM customers ORDER BY ALL;
!! UNSUPPORTED_FEATURE ORDER BY ALL
SELECT bool_and(x > 0), bool_or(x > 2), every(x > 1), median(x), max_by(x, -x), mode(y), collect_list(y), stddev_pop(x) FROM VALUES (1, 'a'), (2, 'a'), (3, 'a') AS t(x, y);
=> true | true | false | 2.0 | 1 | a | ["a","a","a"] | 0.816496580927726
SELECT sort_array(collect_set(country)), array_join(sort_array(collect_list(name)), ',') FROM customers;
=> ["DE","FR"] | ann,bob,eve

-- ## Windows
SELECT id, row_number() OVER (ORDER BY id DESC), rank() OVER (ORDER BY day NULLS LAST), dense_rank() OVER (ORDER BY day NULLS LAST) FROM orders ORDER BY id;
=> 1 | 4 | 1 | 1
=> 2 | 3 | 1 | 1
=> 3 | 2 | 3 | 2
=> 4 | 1 | 4 | 3
SELECT id, sum(amount) OVER (PARTITION BY customer ORDER BY id), lag(id) OVER (ORDER BY id), lead(id, 1, 0) OVER (ORDER BY id), first_value(id) OVER (ORDER BY id), ntile(2) OVER (ORDER BY id) FROM orders ORDER BY id;
=> 1 | 10.00 | NULL | 2 | 1 | 1
=> 2 | 20.50 | 1 | 3 | 1 | 1
=> 3 | 15.25 | 2 | 4 | 1 | 2
=> 4 | 7.00 | 3 | 0 | 1 | 2
SELECT a, sum(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), sum(a) OVER w FROM VALUES (1), (2), (4) AS t(a) WINDOW w AS (ORDER BY a) ORDER BY a;
=> 1 | 1 | 1
=> 2 | 3 | 3
=> 4 | 6 | 7
SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY id DESC) = 1 ORDER BY id;
=> 2
=> 3
=> 4
SELECT customer, amount, rank() OVER (ORDER BY amount) AS place FROM orders QUALIFY place <= 2 ORDER BY place;
=> ann | 5.25 | 1
=> NULL | 7.00 | 2

-- ## Subqueries and common table expressions
SELECT id FROM orders WHERE customer IN (SELECT name FROM customers WHERE country = 'DE') ORDER BY id;
=> 1
=> 3
SELECT name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer = c.name);
=> eve
SELECT name, (SELECT max(amount) FROM orders o WHERE o.customer = c.name) AS most FROM customers c ORDER BY name;
=> ann | 10.00
=> bob | 20.50
=> eve | NULL
SELECT id FROM orders WHERE amount > (SELECT avg(amount) FROM orders) ORDER BY id;
=> 2
SELECT 3 NOT IN (SELECT CAST(NULL AS INT));
!! UNSUPPORTED_FEATURE subquery
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b;
=> 1 | 2
WITH orders AS (SELECT 99 AS id) SELECT id FROM orders;
=> 99
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r;
!! UNSUPPORTED_FEATURE recursive

-- ## Set operations
SELECT 1 UNION SELECT 1 UNION ALL SELECT 1;
=> 1
=> 1
SELECT country FROM customers INTERSECT SELECT 'DE';
=> DE
SELECT * FROM VALUES (1), (1), (2) EXCEPT SELECT 2;
=> 1
SELECT * FROM VALUES (1), (1), (2) EXCEPT ALL SELECT 1;
=> 1
=> 2
SELECT * FROM VALUES (1), (2) MINUS SELECT 1;
=> 2
SELECT NULL UNION SELECT NULL;
=> NULL

-- ## Rows out of values
SELECT id, e FROM VALUES (1, array('a', 'b')), (2, array()) AS t(id, list) LATERAL VIEW explode(list) x AS e ORDER BY e;
=> 1 | a
=> 1 | b
SELECT id, p, e FROM VALUES (1, array('a')), (2, NULL) AS t(id, list) LATERAL VIEW OUTER posexplode(list) x AS p, e ORDER BY id;
=> 1 | 0 | a
=> 2 | NULL | NULL
SELECT explode(map('k', 1));
!! INTERNAL_ERROR engine
SELECT inline(array(struct(1, 'a'), struct(2, 'b')));
=> 1 | a
=> 2 | b
SELECT stack(2, 1, 'a', 2, 'b');
=> 1 | a
=> 2 | b
SELECT * FROM explode(array(5, 6));
=> 5
=> 6

-- ## What others call SELECT
SELECT * EXCEPT (amount, day) FROM orders WHERE id < 3 ORDER BY id;
=> 1 | ann
=> 2 | bob
SELECT * FROM orders PIVOT (sum(amount) FOR customer IN ('ann', 'bob'));
!! UNSUPPORTED_FEATURE PIVOT
SELECT * FROM VALUES (1, 10, 20) AS t(id, a, b) UNPIVOT (v FOR k IN (a, b));
!! UNSUPPORTED_FEATURE UNPIVOT
SELECT count(*) FROM orders TABLESAMPLE (100 PERCENT);
=> 4
SELECT count(*) FROM orders TABLESAMPLE (2 ROWS);
!! UNSUPPORTED_FEATURE TABLESAMPLE with ROWS
SELECT * FROM VALUES (1) AS t(a) TABLESAMPLE (100 PERCENT);
!! UNSUPPORTED_FEATURE TABLESAMPLE
FROM orders |> WHERE id = 1;
!! UNSUPPORTED_FEATURE |>
SELECT * FROM read_files('/Volumes/dev/default/v');
!! UNSUPPORTED_FEATURE read_files
SELECT input_file_name() FROM orders;
!! UNSUPPORTED_FEATURE input_file_name
SELECT 1; SELECT 2;
!! UNSUPPORTED_FEATURE several statements
SELEC 1;
!! UNSUPPORTED_FEATURE SELEC
SELECT FROM WHERE;
!! PARSE_SYNTAX_ERROR
SELECT nothing FROM orders;
!! UNRESOLVED_COLUMN nothing
SELECT * FROM nothing;
!! TABLE_OR_VIEW_NOT_FOUND nothing
SELECT no_such_function(1);
!! UNRESOLVED_ROUTINE no_such_function
SELECT customer, amount FROM orders GROUP BY customer;
!! MISSING_AGGREGATION

-- ## Time travel
DELETE FROM orders WHERE id = 1;
=> 1
SELECT count(*) FROM orders;
=> 3
SELECT count(*) FROM orders VERSION AS OF 1;
=> 4
SELECT count(*) FROM orders VERSION AS OF 0;
=> 0
SELECT count(*) FROM orders TIMESTAMP AS OF '2001-01-01';
!! DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION
SELECT count(*) FROM orders@v1;
!! UNSUPPORTED_FEATURE @
RESTORE TABLE orders TO VERSION AS OF 1;
ok
SELECT count(*) FROM orders;
=> 4
