-- Numbers beyond their types, digits of decimals, differences of times: what Databricks calculates in ANSI mode. Expected values by the Databricks SQL
-- language reference and by hand.
CREATE TABLE edges (id INT, t TINYINT, s SMALLINT, i INT, b BIGINT, d DECIMAL(10,2), w DECIMAL(38,2), n DATE, m TIMESTAMP);
ok
INSERT INTO edges VALUES
  (1, 127, 32767, 2147483647, 9223372036854775807, 10.00, 999999999999999999999999999999999999.99, DATE '2024-03-01', TIMESTAMP '2024-03-01 12:00:00'),
  (2, -128, -32768, -2147483648, -9223372036854775807, 0.02, 1.00, DATE '2024-02-28', TIMESTAMP '2024-02-28 00:00:00'),
  (3, 1, 1, 1, 1, 0.01, 0.01, NULL, NULL),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
ok

-- ## Whole numbers
SELECT 2147483647 + 1;
!! ARITHMETIC_OVERFLOW 2147483648
SELECT 9223372036854775807 + 1;
!! ARITHMETIC_OVERFLOW 9223372036854775808
SELECT CAST(127 AS TINYINT) + CAST(1 AS TINYINT);
!! ARITHMETIC_OVERFLOW
SELECT 127Y + 1Y;
!! ARITHMETIC_OVERFLOW TINYINT
SELECT 32767S * 2S;
!! ARITHMETIC_OVERFLOW SMALLINT
SELECT -2147483648 - 1;
!! ARITHMETIC_OVERFLOW
SELECT 4611686018427387904 * 2;
!! ARITHMETIC_OVERFLOW
SELECT 9223372036854775807 * 9223372036854775807;
!! ARITHMETIC_OVERFLOW
SELECT t + CAST(1 AS TINYINT) FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
SELECT s - CAST(1 AS SMALLINT) FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT i + 1 FROM edges;
!! ARITHMETIC_OVERFLOW
SELECT b - 2 FROM edges;
!! ARITHMETIC_OVERFLOW
SELECT b * b FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
SELECT -t FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT -i FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT abs(i) FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT abs(t) FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT (b - 1 - 1) DIV -1 FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT (b - 1) DIV -1 FROM edges WHERE id = 2;
!! ARITHMETIC_OVERFLOW
SELECT id, t + t, s + t, i - i, b - i, t * s, -s, i % 2, b DIV 2 FROM edges WHERE id = 3;
:: INT | TINYINT | SMALLINT | INT | BIGINT | SMALLINT | SMALLINT | INT | BIGINT
=> 3 | 2 | 2 | 0 | 0 | 1 | -1 | 1 | 0
SELECT t + 1, s + 1, i + 1L, t + s, b + t FROM edges WHERE id = 2;
:: INT | INT | BIGINT | SMALLINT | BIGINT
=> -127 | -32767 | -2147483647 | -32896 | -9223372036854775935
-- The last of them does not fit.
!! ARITHMETIC_OVERFLOW
SELECT t + 1, s - 1, i + 1L, i * 2L FROM edges WHERE id = 2;
:: INT | INT | BIGINT | BIGINT
=> -127 | -32769 | -2147483647 | -4294967296
SELECT i + 1, t * 2, b - 1 FROM edges WHERE id = 4;
=> NULL | NULL | NULL
SELECT 2147483646 + 1, -2147483647 - 1, 9223372036854775806 + 1, 126Y + 1Y, 3037000499L * 3037000499L;
=> 2147483647 | -2147483648 | 9223372036854775807 | 127 | 9223372030926249001
SELECT 1 + 2 * 3 - 4, (1 + 2) * (3 - 4), 10 - 2 - 3, 2 * 3 % 4, -2 * -3, - - 2, 7 - -7 FROM edges WHERE id = 1;
=> 3 | -3 | 5 | 2 | 6 | 2 | 14
SELECT id + 2 * id - 4, (id + 2) * (id - 4), 10 - id - 3, id * 3 % 4, -id * -3, id - -7, id DIV 2 * 2 FROM edges WHERE id = 3;
=> 5 | -5 | 4 | 1 | 9 | 10 | 2
SELECT i + 1 - 1 FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
SELECT try_add(i, 1), try_subtract(i, -1), try_multiply(i, 2) FROM edges WHERE id = 1;
=> NULL | NULL | NULL
SELECT count(*) FROM edges WHERE i + 1 > 0;
!! ARITHMETIC_OVERFLOW
SELECT count(*) FROM edges WHERE id > 2 AND t + 1 > 0;
=> 1
SELECT id FROM edges ORDER BY i + 1L, id;
=> 4
=> 2
=> 3
=> 1
SELECT id % 2 + 1, count(*) FROM edges GROUP BY id % 2 + 1 HAVING count(*) + 1 > 2 ORDER BY id % 2 + 1;
=> 1 | 2
=> 2 | 2
SELECT CASE WHEN id = 1 THEN 0 ELSE i + 1 END FROM edges WHERE id IN (1, 3) ORDER BY id;
=> 0
=> 2
SELECT CASE WHEN i + 1 > 5 THEN 'large' ELSE 'small' END FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
SELECT transform(array(id, id + 1), x -> x * 2), aggregate(array(1, 2, 3), 0, (a, x) -> a + x) FROM edges WHERE id = 1;
=> [2,4] | 6
SELECT transform(array(i), x -> x + 1) FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
SELECT a.id + b.id FROM edges a JOIN edges b ON a.id + 1 = b.id WHERE a.id - 1 = 1;
=> 5
WITH x AS (SELECT id + 1 AS y FROM edges), z AS (SELECT y * 2 AS y FROM x) SELECT sum(y), max(y) + 1 FROM z;
=> 28 | 11
SELECT (SELECT max(id) + 1 FROM edges) + 1;
=> 6
SELECT `(id + 1)` FROM (SELECT id + 1 FROM edges WHERE id = 1);
=> 2

-- ## Sums
SELECT sum(x) FROM VALUES (9223372036854775807), (1) AS t(x);
!! ARITHMETIC_OVERFLOW
SELECT sum(b) FROM edges;
=> 1
SELECT sum(b) FROM edges WHERE id IN (1, 3);
!! ARITHMETIC_OVERFLOW
SELECT sum(t), sum(s), sum(i), sum(b) FROM edges WHERE id IN (2, 4);
:: BIGINT | BIGINT | BIGINT | BIGINT
=> -128 | -32768 | -2147483648 | -9223372036854775807
SELECT sum(i), sum(t) FROM edges WHERE id < 3;
=> -1 | -1
SELECT sum(b), sum(i), sum(d), avg(b), avg(d) FROM edges WHERE id > 9;
=> NULL | NULL | NULL | NULL | NULL
SELECT id % 2, sum(b) FROM edges GROUP BY id % 2 ORDER BY id % 2;
!! ARITHMETIC_OVERFLOW
SELECT id > 2, sum(b), sum(DISTINCT b), sum(b) FILTER (WHERE id = 3) FROM edges GROUP BY id > 2 ORDER BY id > 2;
=> false | 0 | 0 | NULL
=> true | 1 | 1 | 1
SELECT sum(DISTINCT x) FROM VALUES (9223372036854775807), (9223372036854775807) AS t(x);
=> 9223372036854775807
SELECT id, sum(b) OVER (ORDER BY id) FROM edges ORDER BY id;
=> 1 | 9223372036854775807
=> 2 | 0
=> 3 | 1
=> 4 | 1
SELECT id, sum(b) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM edges WHERE id <> 2 ORDER BY id;
!! ARITHMETIC_OVERFLOW
SELECT id, sum(sum(i)) OVER (ORDER BY id) FROM edges GROUP BY id ORDER BY id;
=> 1 | 2147483647
=> 2 | -1
=> 3 | 0
=> 4 | 0
SELECT sum(y) FROM (SELECT sum(b) AS y FROM edges GROUP BY id);
=> 1
SELECT id > 1, sum(b) FROM edges WHERE id <> 1 GROUP BY id > 1 HAVING sum(b) < 0 ORDER BY sum(b) DESC;
=> true | -9223372036854775806
SELECT id > 1 AS late, sum(b) AS total FROM edges WHERE id <> 1 GROUP BY id > 1 HAVING sum(b) < 0 ORDER BY sum(b);
=> true | -9223372036854775806
SELECT sum(i + 1) FROM edges WHERE id = 3;
=> 2
SELECT sum(i * 2) FROM edges;
!! ARITHMETIC_OVERFLOW
SELECT sum(w) FROM edges WHERE id IN (1, 2);
!! ARITHMETIC_OVERFLOW
SELECT sum(w), sum(DISTINCT w) FROM edges WHERE id > 1;
:: DECIMAL(38,2) | DECIMAL(38,2)
=> 1.01 | 1.01
SELECT avg(i), avg(b), avg(t) FROM edges WHERE id < 3;
=> -0.5 | 0.0 | -0.5

-- ## Decimals
SELECT 1 / 3.0;
:: DECIMAL(8,6)
=> 0.333333
SELECT 2 / 3.0, CAST(-2 AS DECIMAL(5,0)) / 3, 1.0 / 8;
=> 0.666667 | -0.666667 | 0.125000
SELECT d / 3, d / id, d / CAST(id AS BIGINT), d / d FROM edges WHERE id = 1;
:: DECIMAL(14,6) | DECIMAL(21,13) | DECIMAL(31,23) | DECIMAL(23,13)
=> 3.333333 | 10.0000000000000 | 10.00000000000000000000000 | 1.0000000000000
SELECT sum(d) / count(*), sum(d) / 3 FROM edges;
:: DECIMAL(38,20) | DECIMAL(24,6)
=> 2.50750000000000000000 | 3.343333
SELECT avg(d), avg(d) FILTER (WHERE id < 3), avg(x) FROM edges, VALUES (0.02), (0.00), (0.00) AS v(x);
:: DECIMAL(14,6) | DECIMAL(14,6) | DECIMAL(6,6)
=> 3.343333 | 5.010000 | 0.006667
SELECT typeof(1.10 + 2), 1.10 + 2, typeof(d + 2), typeof(d + id), typeof(d * 2), typeof(d * id), typeof(d - 0.001), typeof(d % 3) FROM edges WHERE id = 1;
=> decimal(4,2) | 3.10 | decimal(11,2) | decimal(13,2) | decimal(12,2) | decimal(21,2) | decimal(12,3) | decimal(3,2)
SELECT d + 2, d * 2, d - id, d * id, d % 3, -d FROM edges WHERE id = 1;
=> 12.00 | 20.00 | 9.00 | 10.00 | 1.00 | -10.00
SELECT d / 3 * 3, typeof(d / 3 * 3) FROM edges WHERE id = 1;
=> 9.999999 | decimal(16,6)
SELECT typeof(x * 2), x * 2 FROM (SELECT d / 3 AS x FROM edges WHERE id = 1);
=> decimal(16,6) | 6.666666
SELECT round(sum(d) * 100 / sum(id), 2) FROM edges;
=> 100.30
SELECT (sum(d) / count(*)) / (sum(d) / count(d)), CAST(1 AS DECIMAL(38,18)) / CAST(3 AS DECIMAL(38,18)), CAST(-2.5 AS DECIMAL(38,18)) / CAST(0.4 AS DECIMAL(38,18)) FROM edges;
=> 0.750000 | 0.333333 | -6.250000
SELECT CAST(1 AS DECIMAL(38,18)) / CAST(0 AS DECIMAL(38,18));
!! DIVIDE_BY_ZERO
SELECT 1.0 / 0;
!! DIVIDE_BY_ZERO
SELECT d % 0 FROM edges WHERE id = 1;
!! REMAINDER_BY_ZERO
SELECT d / NULL, NULL / d, d + NULL FROM edges WHERE id = 1;
=> NULL | NULL | NULL
SELECT w + 0.01 FROM edges WHERE id = 1;
!! NUMERIC_VALUE_OUT_OF_RANGE
SELECT w + 1, w * 2 FROM edges WHERE id = 2;
:: DECIMAL(38,2) | DECIMAL(38,2)
=> 2.00 | 2.00
SELECT CAST(2.5 AS DECIMAL(38,10)) + CAST(1.5 AS DECIMAL(38,10)), CAST(2.5 AS DECIMAL(38,10)) * CAST(1.5 AS DECIMAL(38,10));
:: DECIMAL(38,9) | DECIMAL(38,6)
=> 4.000000000 | 3.750000
SELECT CAST(1 AS DECIMAL(38,20)) * CAST(1 AS DECIMAL(38,20));
!! UNSUPPORTED_FEATURE max scale of 38
SELECT CAST(99999999999999999999 AS DECIMAL(20,0)) + 1, CAST('1000000000000000000000000000000' AS DECIMAL(38,0)) * 10;
=> 100000000000000000000 | 10000000000000000000000000000000
SELECT typeof(CAST(1 AS FLOAT) + 1), typeof(CAST(1 AS FLOAT) / CAST(3 AS FLOAT)), CAST(1 AS FLOAT) / CAST(3 AS FLOAT), typeof(CAST(1 AS FLOAT) + CAST(1 AS FLOAT)), 1.5 + CAST(1 AS DOUBLE);
=> double | double | 0.3333333333333333 | float | 2.5

-- ## Casts that cut off, compared
SELECT count(*) FROM VALUES (CAST(1.5 AS DECIMAL(3,1))) AS t(x) WHERE CAST(x AS INT) = 1;
=> 1
SELECT count(*) FROM VALUES (CAST(1.55 AS DECIMAL(3,2))) AS t(x) WHERE CAST(x AS DECIMAL(3,1)) = 1.6 AND x::DECIMAL(2,1) IN (1.6, 2.0) AND try_cast(x AS INT) = 1;
=> 1
SELECT d FROM edges WHERE CAST(d AS INT) = 0 ORDER BY d;
=> 0.01
=> 0.02
SELECT count(*) FROM edges WHERE CAST(b AS INT) > 0;
!! CAST_OVERFLOW
SELECT count(*) FROM edges WHERE d / 3 = 3.333333;
=> 1

-- ## Times
SELECT DATE '2024-03-01' - DATE '2024-02-28';
:: INTERVAL DAY
=> 2 00:00:00.000000
SELECT n - DATE '2024-02-27', DATE '2024-02-27' - n FROM edges WHERE id = 1;
=> 3 00:00:00.000000 | -3 00:00:00.000000
SELECT n - n, n - DATE '2024-01-01' FROM edges WHERE id = 4;
=> NULL | NULL
SELECT n + (n - DATE '2024-02-28') FROM edges WHERE id = 1;
=> 2024-03-03
SELECT m - TIMESTAMP '2024-03-01 00:00:00', m - n, n - m FROM edges WHERE id = 1;
=> 0 12:00:00.000000 | 0 12:00:00.000000 | -0 12:00:00.000000
SELECT n + 1, n - 1, 1 + n, n + INTERVAL '1' DAY, m + INTERVAL '1' HOUR, INTERVAL '1' DAY * 2 FROM edges WHERE id = 1;
=> 2024-03-02 | 2024-02-29 | 2024-03-02 | 2024-03-02 | 2024-03-01T13:00:00.000Z | 2 00:00:00.000000
SELECT datediff(n, DATE '2024-02-28') + 1 FROM edges WHERE id = 1;
=> 3
SELECT count(*) FROM edges WHERE n >= DATE '2024-03-01' - INTERVAL 2 DAYS;
=> 2

-- ## Wherever it stands
CREATE VIEW calculated AS SELECT id + 1 AS next, d / 3 AS third, i + 1 AS beyond FROM edges;
ok
DESCRIBE calculated;
=> next | int | NULL
=> third | decimal(14,6) | NULL
=> beyond | int | NULL
SELECT next, third FROM calculated WHERE next = 2;
=> 2 | 3.333333
SELECT sum(beyond) FROM calculated;
!! ARITHMETIC_OVERFLOW
CREATE TABLE thirds AS SELECT id + 1 AS next, d / 3 AS third, id * 2 AS twice FROM edges;
ok
DESCRIBE thirds;
=> next | int | NULL
=> third | decimal(14,6) | NULL
=> twice | int | NULL
CREATE TABLE beyond AS SELECT i + 1 AS x FROM edges;
!! ARITHMETIC_OVERFLOW
CREATE TABLE counted (id INT, total BIGINT);
ok
INSERT INTO counted SELECT id, b + 1 FROM edges WHERE id = 1;
!! ARITHMETIC_OVERFLOW
INSERT INTO counted SELECT id + 1, i + 1L FROM edges WHERE id = 1;
=> 1 | 1
INSERT INTO counted VALUES (1 + 2, 9223372036854775806 + 1);
=> 1 | 1
SELECT id, total FROM counted ORDER BY id;
=> 2 | 2147483648
=> 3 | 9223372036854775807
UPDATE counted SET total = total + 1 WHERE id + 1 = 4;
!! ARITHMETIC_OVERFLOW
UPDATE counted SET total = total + 1, id = id * 2 WHERE id + 1 = 3;
=> 1
DELETE FROM counted WHERE total + 1 > 0;
!! ARITHMETIC_OVERFLOW
DELETE FROM counted WHERE total - 1 = 2147483648;
=> 1
MERGE INTO counted AS c USING (SELECT 3 AS id, 1 AS more) AS s ON c.id = s.id WHEN MATCHED THEN UPDATE SET total = c.total + s.more;
!! ARITHMETIC_OVERFLOW
MERGE INTO counted AS c USING (SELECT 3 AS id, 1 AS more) AS s ON c.id + 1 = s.id + 1 WHEN MATCHED THEN UPDATE SET total = c.total - s.more WHEN NOT MATCHED THEN INSERT (id, total) VALUES (s.id + 1, s.more);
=> 1 | 1 | 0 | 0
SELECT id, total FROM counted;
=> 3 | 9223372036854775806
CREATE FUNCTION added(x BIGINT, y BIGINT) RETURNS BIGINT RETURN x + y;
ok
SELECT added(1, 2), added(id, total) FROM counted WHERE id = 3;
!! ARITHMETIC_OVERFLOW
SELECT added(id, 2) FROM counted;
=> 5
CREATE TABLE limited (x INT, CONSTRAINT small CHECK (x + 1 > 0));
ok
INSERT INTO limited VALUES (1);
=> 1 | 1
INSERT INTO limited VALUES (2147483647);
!! ARITHMETIC_OVERFLOW
SELECT id FROM edges QUALIFY row_number() OVER (ORDER BY id + 1 DESC) + 1 = 2;
=> 4
SELECT * EXCEPT (t, s, i, b, d, w, n, m), id + 1 FROM edges WHERE id = 1;
=> 1 | 2
SELECT id + 1, count(*) FROM edges GROUP BY ALL ORDER BY ALL;
!! UNSUPPORTED_FEATURE ORDER BY ALL
SELECT id % 2 + 1 AS half, sum(i + 1L) AS total FROM edges GROUP BY ALL ORDER BY half;
=> 1 | -2147483647
=> 2 | 2147483650
SELECT id + 1 FROM edges UNION ALL SELECT id * 10 FROM edges ORDER BY 1 LIMIT 2;
=> 2
=> 3
EXPLAIN SELECT id + 1 FROM edges;
ok
