-- Known differences: where the local workspace answers otherwise than Databricks, and does not refuse. `docs/local-workspace.md` names them. A
-- difference that goes makes this test fail, so that the page can be corrected.

-- Databricks: ARITHMETIC_OVERFLOW. The engine's whole numbers wrap, as do its sums.
SELECT 2147483647 + 1;
~~ -2147483648
SELECT 9223372036854775807 + 1;
~~ -9223372036854775808
SELECT CAST(127 AS TINYINT) + CAST(1 AS TINYINT);
~~ -128
SELECT sum(x) FROM VALUES (9223372036854775807), (1) AS t(x);
~~ -9223372036854775808
-- Databricks: 0.333333, a DECIMAL(8,6). The engine gives four digits more than the dividend has.
SELECT 1 / 3.0;
~~ 0.3333
-- Databricks: an interval, `2 00:00:00.000000`.
SELECT DATE '2024-03-01' - DATE '2024-02-28';
~~ 2
