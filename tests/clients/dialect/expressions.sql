-- Operators and functions. Expected values by the Databricks SQL language reference and arithmetic.

-- ## Arithmetic
SELECT 1 + 2, 7 - 10, 6 * 7, -5, +3;
=> 3 | -3 | 42 | -5 | 3
SELECT 7 / 2, 7 DIV 2, 7 % 3, -7 % 3, mod(-7, 3), pmod(-7, 3);
=> 3.5 | 3 | 1 | -1 | -1 | 2
SELECT 5 & 3, 5 | 3, 5 ^ 3, ~5, shiftleft(1, 3), shiftright(8, 1);
=> 1 | 7 | 6 | -6 | 8 | 4
SELECT 2 + 3 * 4, (2 + 3) * 4, 10 - 4 - 3;
=> 14 | 20 | 3
SELECT 1 / 0;
!! DIVIDE_BY_ZERO
SELECT 1 DIV 0;
!! DIVIDE_BY_ZERO
SELECT 5 % 0;
!! REMAINDER_BY_ZERO
SELECT try_divide(1, 0), try_add(2147483647, 1), try_cast('x' AS INT);
=> NULL | NULL | NULL
SELECT NULL + 1, 1 * NULL, -x FROM VALUES (CAST(NULL AS INT)) AS t(x);
=> NULL | NULL | NULL
SELECT abs(-3), sign(-3.5), sqrt(16), power(2, 10), exp(0), ln(1), log10(1000), factorial(5);
=> 3 | -1.0 | 4.0 | 1024.0 | 1.0 | 0.0 | 3.0 | 120
SELECT greatest(1, 5, 3), least(4, 2, 8), greatest(1, NULL), least(NULL, 2);
=> 5 | 2 | 1 | 2

-- ## Decimals: exact, with Spark's precision and scale
SELECT 1.10 + 2.205, 1.5 * 1.5, 10.00 - 0.01;
=> 3.305 | 2.25 | 9.99
SELECT 0.1 + 0.2 = 0.3, CAST(0.1 AS DOUBLE) + CAST(0.2 AS DOUBLE) = CAST(0.3 AS DOUBLE);
=> true | false
SELECT CAST(10 AS DECIMAL(10,2)) / 3;
:: DECIMAL(14,6)
=> 3.333333
SELECT typeof(1.10), typeof(1.10 + 2.205), typeof(CAST(1 AS DECIMAL(5,2)) * CAST(1 AS DECIMAL(4,1)));
=> decimal(3,2) | decimal(5,3) | decimal(10,3)
SELECT CAST(2.345 AS DECIMAL(5,2)), CAST(-2.345 AS DECIMAL(5,2)), CAST('1.005' AS DECIMAL(3,2));
=> 2.35 | -2.35 | 1.01
SELECT CAST(12345.678 AS DECIMAL(5,2));
!! NUMERIC_VALUE_OUT_OF_RANGE
SELECT sum(x), avg(x) FROM VALUES (CAST(1.10 AS DECIMAL(10,2))), (CAST(2.25 AS DECIMAL(10,2))) AS t(x);
=> 3.35 | 1.675000
SELECT round(2.5), round(-2.5), round(2.675, 2), ceil(1.2), floor(-1.2), round(125, -1);
=> 3 | -3 | 2.68 | 2 | -2 | 130
SELECT bround(2.5, 0);
!! UNSUPPORTED_FEATURE bround

-- ## Overflow
SELECT CAST(300 AS TINYINT);
!! CAST_OVERFLOW
SELECT CAST(3000000000 AS INT);
!! CAST_OVERFLOW
SELECT CAST(1e20 AS BIGINT);
!! CAST_OVERFLOW
SELECT 2147483647L + 1, CAST(2147483647 AS BIGINT) + 1, 4611686018427387904 + 4611686018427387903;
=> 2147483648 | 2147483648 | 9223372036854775807

-- ## Casts
SELECT CAST('1' AS INT), CAST(1.9 AS INT), CAST(-1.9 AS INT), CAST(true AS INT), CAST('  7 ' AS INT), '12'::INT;
=> 1 | 1 | -1 | 1 | 7 | 12
SELECT CAST('true' AS BOOLEAN), CAST('f' AS BOOLEAN), CAST(0 AS BOOLEAN), CAST(1 AS STRING), CAST(1.50 AS STRING), CAST(true AS STRING);
=> true | false | false | 1 | 1.50 | true
SELECT CAST('abc' AS INT);
!! CAST_INVALID_INPUT
SELECT CAST('2024-13-01' AS DATE);
!! CAST_INVALID_INPUT
SELECT CAST('1.5' AS INT);
!! CAST_INVALID_INPUT
SELECT CAST('maybe' AS BOOLEAN);
!! CAST_INVALID_INPUT
SELECT CAST('2024-02-29' AS DATE), CAST(DATE '2024-02-29' AS TIMESTAMP), CAST(TIMESTAMP '2024-02-29 13:14:15' AS DATE), CAST(X'41' AS STRING);
=> 2024-02-29 | 2024-02-29T00:00:00.000Z | 2024-02-29 | A
SELECT typeof(1), typeof(1L), typeof('a'), typeof(1.0D), typeof(NULL), typeof(array(1)), typeof(map('a', 1)), typeof(DATE '2024-01-01'), typeof(X'00'), typeof(1S), typeof(1Y), typeof(1.5F);
=> int | bigint | string | double | void | array<int> | map<string,int> | date | binary | smallint | tinyint | float

-- ## Comparisons and logic
SELECT 1 <=> NULL, NULL <=> NULL, 1 = NULL, NULL IS NULL, 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL;
=> false | true | NULL | true | true | true
SELECT true AND NULL, false AND NULL, true OR NULL, NOT NULL, NULL OR false;
=> NULL | false | true | NULL | NULL
SELECT 2 BETWEEN 1 AND 3, 3 IN (1, 2), 3 NOT IN (1, NULL), 1 != 2, 1 <> 1, 'a' < 'b';
=> true | false | NULL | true | false | true
SELECT CASE WHEN NULL THEN 1 WHEN 2 > 1 THEN 2 ELSE 3 END, CASE 3 WHEN 3 THEN 'x' END, CASE 4 WHEN 3 THEN 'x' END;
=> 2 | x | NULL
SELECT if(1 > 2, 'a', 'b'), nullif(1, 1), coalesce(NULL, NULL, 3), nvl(NULL, 4), nvl2(NULL, 1, 2), ifnull(NULL, 5);
=> b | NULL | 3 | 4 | 2 | 5
SELECT decode(2, 1, 'a', 2, 'b', 'c');
!! UNSUPPORTED_FEATURE decode

-- ## Strings
SELECT 'a' || 'b', concat('a', NULL), concat_ws('-', 'a', NULL, 'b'), length('añb'), char_length('日本'), octet_length('ñ');
=> ab | NULL | a-b | 3 | 2 | 2
SELECT upper('abc'), lower('ABC'), initcap('hello world'), reverse('abc'), repeat('ab', 2), trim('  x '), ltrim('  x'), rtrim('x  ');
=> ABC | abc | Hello World | cba | abab | x | x | x
SELECT substring('hello', 2, 3), substring('hello', -3), substr('hello', 2), left('hello', 2), right('hello', 2), substring('hello' FROM 2 FOR 2);
=> ell | llo | ello | he | lo | el
SELECT lpad('7', 3, '0'), rpad('7', 3, '0'), replace('aab', 'a', 'b'), translate('abc', 'ac', 'xz'), instr('hello', 'l'), locate('l', 'hello', 4), position('l' IN 'hello');
=> 007 | 700 | bbb | xbz | 3 | 4 | 3
SELECT split('a,b,c', ','), regexp_replace('a1b2', '[0-9]', '#'), regexp_extract('x-12', '([0-9]+)', 1), 'abc' RLIKE '^a.c$', regexp_count('a1b22', '[0-9]');
=> ["a","b","c"] | a#b# | 12 | true | 3
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' ILIKE 'A%', 'abc' NOT LIKE 'b%', 'a%c' LIKE 'a\\%c', 'axc' LIKE 'a\\%c', startswith('abc', 'a'), endswith('abc', 'c'), contains('abc', 'b');
=> true | true | true | true | true | false | true | true | true
SELECT 'it\'s', "double", 'tab\tend', 'back\\slash', 'new
line';
=> it's | double | tab	end | back\slash | new↵line
SELECT md5('a'), sha2('a', 256), base64('a'), hex('A'), unhex('41') = X'41', crc32('a'), ascii('A'), chr(65);
=> 0cc175b9c0f1b6a831c399e269772661 | ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb | YQ== | 41 | true | 3904355907 | 65 | A
SELECT 'abc' LIKE ANY ('x%', 'a%');
!! UNSUPPORTED_FEATURE LIKE ANY
SELECT 'a' COLLATE UTF8_LCASE = 'A';
!! UNSUPPORTED_FEATURE COLLATE
SELECT r'a\b';
!! UNSUPPORTED_FEATURE raw string

-- ## Dates, times, intervals
SELECT DATE '2024-01-31' + INTERVAL '1' MONTH, DATE '2024-02-29' - INTERVAL '1' YEAR, DATE '2024-02-28' + INTERVAL '2' DAY, INTERVAL '1' DAY + DATE '2024-12-31';
=> 2024-02-29 | 2023-02-28 | 2024-03-01 | 2025-01-01
SELECT TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1' HOUR, TIMESTAMP '2024-03-01 00:00:00' - INTERVAL '1' SECOND;
=> 2024-01-31T11:00:00.000Z | 2024-02-29T23:59:59.000Z
SELECT date_add(DATE '2024-02-28', 2), date_sub(DATE '2024-03-01', 1), datediff(DATE '2024-03-01', DATE '2024-02-28'), add_months(DATE '2024-01-31', 1), months_between(DATE '2024-03-31', DATE '2024-02-29');
=> 2024-03-01 | 2024-02-29 | 2 | 2024-02-29 | 1.0
SELECT year(d), quarter(d), month(d), day(d), dayofweek(d), weekday(d), dayofyear(d), weekofyear(d), last_day(d) FROM VALUES (DATE '2024-02-29') AS t(d);
=> 2024 | 1 | 2 | 29 | 5 | 3 | 60 | 9 | 2024-02-29
SELECT hour(t), minute(t), second(t), extract(YEAR FROM t), extract(MONTH FROM t), date_trunc('HOUR', t), date_trunc('MONTH', t) FROM VALUES (TIMESTAMP '2024-02-29 12:34:56') AS x(t);
=> 12 | 34 | 56 | 2024 | 2 | 2024-02-29T12:00:00.000Z | 2024-02-01T00:00:00.000Z
SELECT trunc(DATE '2024-02-29', 'YEAR'), to_date('29/02/2024', 'dd/MM/yyyy'), date_format(DATE '2024-02-29', 'yyyy/MM/dd'), make_date(2024, 2, 29), unix_timestamp(TIMESTAMP '1970-01-02 00:00:00'), timestampdiff(DAY, DATE '2024-01-01', DATE '2024-03-01');
=> 2024-01-01 | 2024-02-29 | 2024/02/29 | 2024-02-29 | 86400 | 60
SELECT DATE '2024-03-01' > DATE '2024-02-29', TIMESTAMP '2024-02-29 00:00:00' = DATE '2024-02-29', DATE '2024-02-29' = '2024-02-29';
=> true | true | true
SELECT INTERVAL '1 02:03:04' DAY TO SECOND, INTERVAL '2' DAY + INTERVAL '3' HOUR;
=> 1 02:03:04.000000 | 2 03:00:00.000000
SELECT INTERVAL '1-2' YEAR TO MONTH;
!! UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION YearMonthInterval

-- ## Arrays, maps, structs, lambdas
SELECT array(1, 2)[0], element_at(array(1, 2), 1), element_at(array(1, 2), -1), map('a', 1)['a'], map('a', 1)['b'], element_at(map('a', 1), 'b'), named_struct('x', 7).x, struct(1, 'y').col2;
=> 1 | 1 | 2 | 1 | NULL | NULL | 7 | y
SELECT array(1, 2)[5];
!! INVALID_ARRAY_INDEX
SELECT element_at(array(1, 2), 5);
!! INVALID_ARRAY_INDEX_IN_ELEMENT_AT
SELECT get(array(1, 2), 5), try_element_at(array(1, 2), 5);
=> NULL | NULL
SELECT size(array(1, 2)), array_contains(array(1, 2), 2), sort_array(array(3, 1, 2)), array_distinct(array(1, 1, 2)), flatten(array(array(1), array(2, 3))), slice(array(1, 2, 3), 2, 2), array_join(array('a', NULL, 'b'), '-'), sequence(1, 4);
=> 2 | true | [1,2,3] | [1,2] | [1,2,3] | [2,3] | a-b | [1,2,3,4]
SELECT array_union(array(1, 2), array(2, 3)), array_intersect(array(1, 2), array(2, 3)), array_except(array(1, 2), array(2)), array_max(array(1, 3)), array_min(array(1, 3)), array_position(array('a', 'b'), 'b'), array_remove(array(1, 2, 1), 1), concat(array(1), array(2));
=> [1,2,3] | [2] | [1] | 3 | 1 | 2 | [2] | [1,2]
SELECT map_keys(map('a', 1, 'b', 2)), map_values(map('a', 1, 'b', 2)), map_from_arrays(array('k'), array(9)), cardinality(map('a', 1)), map_contains_key(map('a', 1), 'a');
=> ["a","b"] | [1,2] | {"k":9} | 1 | true
SELECT transform(array(1, 2), x -> x * 10), filter(array(1, 2, 3), x -> x > 1), exists(array(1, 2), x -> x = 2), forall(array(1, 2), x -> x > 0), aggregate(array(1, 2, 3), 0, (a, x) -> a + x);
=> [10,20] | [2,3] | true | true | 6
SELECT zip_with(array(1, 2), array(3, 4), (x, y) -> x + y);
!! UNSUPPORTED_FEATURE zip_with

-- ## JSON and variants
SELECT get_json_object('{"a":{"b":2}}', '$.a.b'), to_json(named_struct('a', 1)), from_json('{"a":1,"b":["x"]}', 'a INT, b ARRAY<STRING>').b[0], from_json('{"a":1}', 'a INT').a;
=> 2 | {"a":1} | x | 1
SELECT '{"a":{"b":1}}':a.b;
!! UNSUPPORTED_FEATURE paths into JSON
SELECT parse_json('{"a":1}'):a;
!! UNSUPPORTED_FEATURE paths into JSON

-- ## The session
SELECT current_user(), session_user(), current_catalog(), current_schema(), current_database(), is_account_group_member('no such group');
=> engineer@sluice.test | engineer@sluice.test | dev | dialect_expressions | dialect_expressions | false
SELECT current_timezone(), current_date() > DATE '2024-01-01', current_timestamp() > TIMESTAMP '2024-01-01 00:00:00', now() IS NOT NULL;
=> Etc/UTC | true | true | true
