-- Definitions: schemas, tables, views, functions, constraints, comments, tags, masks.

-- ## Tables
CREATE TABLE t (id BIGINT NOT NULL COMMENT 'the key', name STRING, day DATE) PARTITIONED BY (day) COMMENT 'things' TBLPROPERTIES ('owner.team' = 'x');
ok
CREATE TABLE t (id INT);
!! TABLE_OR_VIEW_ALREADY_EXISTS
CREATE TABLE IF NOT EXISTS t (other INT);
ok
DESCRIBE t;
=> id | bigint | the key
=> name | string | NULL
=> day | date | NULL
=> # Partition Information | '' | ''
=> # col_name | data_type | comment
=> day | date | NULL
SHOW COLUMNS IN t;
=> id
=> name
=> day
SHOW TBLPROPERTIES t ('owner.team');
=> owner.team | x
INSERT INTO t VALUES (NULL, 'x', DATE '2024-01-01');
!! DELTA_NOT_NULL_CONSTRAINT_VIOLATED
CREATE OR REPLACE TABLE r AS SELECT 1 AS a, 'x' AS b;
=> 1 | 1
CREATE OR REPLACE TABLE r AS SELECT 2 AS c;
=> 1 | 1
SELECT * FROM r;
=> 2
SELECT count(*) FROM r VERSION AS OF 1;
=> 1
CREATE TABLE typed (ti TINYINT, si SMALLINT, f FLOAT, d DOUBLE, b BOOLEAN, bin BINARY, ts TIMESTAMP, ntz TIMESTAMP_NTZ, a ARRAY<INT>, m MAP<STRING, DOUBLE>, s STRUCT<x: INT, y: STRING>);
ok
DESCRIBE typed;
=> ti | tinyint | NULL
=> si | smallint | NULL
=> f | float | NULL
=> d | double | NULL
=> b | boolean | NULL
=> bin | binary | NULL
=> ts | timestamp | NULL
=> ntz | timestamp_ntz | NULL
=> a | array<int> | NULL
=> m | map<string,double> | NULL
=> s | struct<x:int,y:string> | NULL
ALTER TABLE t ADD COLUMNS (extra STRING COMMENT 'later');
ok
ALTER TABLE t ADD COLUMN first_one INT FIRST;
ok
ALTER TABLE t ALTER COLUMN name COMMENT 'what it is called';
ok
ALTER TABLE t ALTER COLUMN id DROP NOT NULL;
ok
ALTER TABLE t SET TBLPROPERTIES ('a' = 'b');
ok
ALTER TABLE t UNSET TBLPROPERTIES ('a');
ok
ALTER TABLE t RENAME TO t2;
ok
SHOW COLUMNS IN t2;
=> first_one
=> id
=> name
=> day
=> extra
ALTER TABLE t2 DROP COLUMN extra;
!! UNSUPPORTED_FEATURE ALTER TABLE
ALTER TABLE t2 RENAME COLUMN extra TO other;
!! UNSUPPORTED_FEATURE ALTER TABLE
ALTER TABLE t2 ALTER COLUMN name TYPE INT;
!! UNSUPPORTED_FEATURE changing the column `name`
ALTER TABLE t2 CLUSTER BY (id);
!! UNSUPPORTED_FEATURE ALTER TABLE
ALTER TABLE t2 SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name');
!! UNSUPPORTED_FEATURE delta.columnMapping.mode
CREATE TABLE c (id INT) USING parquet;
!! UNSUPPORTED_FEATURE parquet
CREATE TABLE c (id INT) LOCATION '/tmp/c';
!! UNSUPPORTED_FEATURE LOCATION
CREATE EXTERNAL TABLE c (id INT);
!! UNSUPPORTED_FEATURE external tables
CREATE TABLE c SHALLOW CLONE t2;
!! UNSUPPORTED_FEATURE CLONE
CREATE TABLE c LIKE t2;
!! UNSUPPORTED_FEATURE LIKE
CREATE TABLE c (id INT DEFAULT 1);
!! UNSUPPORTED_FEATURE DEFAULT
CREATE TABLE c (id BIGINT GENERATED ALWAYS AS IDENTITY);
!! UNSUPPORTED_FEATURE GENERATED
CREATE TABLE c (id INT) CLUSTER BY (id);
!! UNSUPPORTED_FEATURE CLUSTER BY
CREATE TABLE c (v VARIANT);
!! UNSUPPORTED_FEATURE variant
CREATE STREAMING TABLE c AS SELECT 1;
!! UNSUPPORTED_FEATURE STREAMING
CREATE MATERIALIZED VIEW c AS SELECT 1;
!! UNSUPPORTED_FEATURE MATERIALIZED
DROP TABLE c;
!! TABLE_OR_VIEW_NOT_FOUND
DROP TABLE IF EXISTS c;
ok

-- ## Constraints
CREATE TABLE checked (id INT NOT NULL, n INT, CONSTRAINT pk PRIMARY KEY (id));
ok
ALTER TABLE checked ADD CONSTRAINT positive CHECK (n > 0);
ok
INSERT INTO checked VALUES (1, 5), (2, 6);
=> 2 | 2
INSERT INTO checked VALUES (3, NULL);
!! DELTA_VIOLATE_CONSTRAINT_WITH_VALUES positive
INSERT INTO checked VALUES (3, -1);
!! DELTA_VIOLATE_CONSTRAINT_WITH_VALUES positive
UPDATE checked SET n = 0 WHERE id = 1;
!! DELTA_VIOLATE_CONSTRAINT_WITH_VALUES positive
MERGE INTO checked USING (SELECT 9 AS id, -9 AS n) s ON checked.id = s.id WHEN NOT MATCHED THEN INSERT *;
!! DELTA_VIOLATE_CONSTRAINT_WITH_VALUES positive
SELECT * FROM checked ORDER BY id;
=> 1 | 5
=> 2 | 6
ALTER TABLE checked ADD CONSTRAINT large CHECK (n > 100);
!! DELTA_NEW_CHECK_CONSTRAINT_VIOLATION
ALTER TABLE checked DROP CONSTRAINT positive;
ok
INSERT INTO checked VALUES (3, -1);
=> 1 | 1
CREATE TABLE refers (ref INT, CONSTRAINT fk FOREIGN KEY (ref) REFERENCES checked (id));
ok

-- ## Views
CREATE VIEW v AS SELECT id, n * 2 AS twice FROM checked;
ok
SELECT * FROM v WHERE id = 1;
=> 1 | 10
CREATE VIEW v AS SELECT 1 AS a;
!! TABLE_OR_VIEW_ALREADY_EXISTS
CREATE OR REPLACE VIEW v (a COMMENT 'one', b) COMMENT 'two' AS SELECT 1, 2;
ok
SELECT a, b FROM v;
=> 1 | 2
ALTER VIEW v AS SELECT 3 AS c;
ok
SELECT * FROM v;
=> 3
INSERT INTO v VALUES (1);
!! EXPECT_TABLE_NOT_VIEW
SHOW VIEWS;
=> dialect_definitions | v | false
DROP VIEW v;
ok
CREATE TEMPORARY VIEW tv AS SELECT 1 AS a;
!! UNSUPPORTED_FEATURE temporary view

-- ## Functions
CREATE FUNCTION plus_tax(amount DECIMAL(10,2), rate DOUBLE) RETURNS DOUBLE COMMENT 'gross' RETURN amount * (1 + rate);
ok
SELECT plus_tax(100.00, 0.5), dev.dialect_definitions.plus_tax(10.00, 0.25);
=> 150.0 | 12.5
SELECT plus_tax(rate => 0.25, amount => 10.00);
!! UNSUPPORTED_FEATURE named arguments
CREATE OR REPLACE FUNCTION yes() RETURNS BOOLEAN RETURN true;
ok
SELECT yes();
=> true
SHOW USER FUNCTIONS IN dialect_definitions;
=> dev.dialect_definitions.plus_tax
=> dev.dialect_definitions.yes
CREATE FUNCTION py(x INT) RETURNS INT LANGUAGE PYTHON AS $$ return x $$;
!! UNSUPPORTED_FEATURE Python
CREATE FUNCTION tf() RETURNS TABLE (a INT) RETURN SELECT 1;
!! UNSUPPORTED_FEATURE table
CREATE TEMPORARY FUNCTION f() RETURNS INT RETURN 1;
!! UNSUPPORTED_FEATURE temporary functions
DROP FUNCTION yes;
ok
DROP FUNCTION yes;
!! ROUTINE_NOT_FOUND
DROP FUNCTION IF EXISTS yes;
ok

-- ## Comments, tags, masks and filters
COMMENT ON TABLE checked IS 'watched';
ok
COMMENT ON COLUMN checked.n IS 'a number';
ok
DESCRIBE checked;
=> id | int | NULL
=> n | int | a number
ALTER TABLE checked SET TAGS ('level' = 'gold');
ok
ALTER TABLE checked ALTER COLUMN n SET TAGS ('pii' = 'no');
ok
SELECT tag_name, tag_value FROM dev.information_schema.table_tags WHERE schema_name = 'dialect_definitions';
=> level | gold
SELECT column_name, tag_name, tag_value FROM dev.information_schema.column_tags WHERE schema_name = 'dialect_definitions';
=> n | pii | no
ALTER TABLE checked UNSET TAGS ('level');
ok
CREATE FUNCTION hide(n INT) RETURNS INT RETURN CASE WHEN is_account_group_member('nobody') THEN n END;
ok
ALTER TABLE checked ALTER COLUMN n SET MASK hide;
ok
SELECT id, n FROM checked ORDER BY id;
=> 1 | NULL
=> 2 | NULL
=> 3 | NULL
ALTER TABLE checked ALTER COLUMN n DROP MASK;
ok
CREATE FUNCTION small(id INT) RETURNS BOOLEAN RETURN id < 2;
ok
ALTER TABLE checked SET ROW FILTER small ON (id);
ok
SELECT id, n FROM checked;
=> 1 | 5
ALTER TABLE checked DROP ROW FILTER;
ok
SELECT count(*) FROM checked;
=> 3

-- ## Schemas, volumes, and what is not there
CREATE SCHEMA dialect_other COMMENT 'another' WITH DBPROPERTIES ('a' = 'b');
ok
CREATE SCHEMA dialect_other;
!! SCHEMA_ALREADY_EXISTS
CREATE SCHEMA IF NOT EXISTS dialect_other;
ok
CREATE TABLE dialect_other.x (a INT);
ok
DROP SCHEMA dialect_other;
!! SCHEMA_NOT_EMPTY
DROP SCHEMA dialect_other CASCADE;
ok
DROP SCHEMA dialect_other;
!! SCHEMA_NOT_FOUND
CREATE VOLUME files COMMENT 'raw';
ok
SHOW VOLUMES;
=> dialect_definitions | files
DROP VOLUME files;
ok
CREATE CATALOG mine;
!! INSUFFICIENT_PERMISSIONS
CREATE CONNECTION c TYPE postgresql OPTIONS (host 'x');
!! UNSUPPORTED_FEATURE CONNECTION
CREATE SHARE s;
!! UNSUPPORTED_FEATURE SHARE
CREATE EXTERNAL LOCATION l URL 's3://x' WITH (STORAGE CREDENTIAL c);
!! UNSUPPORTED_FEATURE
CREATE INDEX i ON checked (id);
!! UNSUPPORTED_FEATURE INDEX
CREATE PROCEDURE p() LANGUAGE SQL AS BEGIN SELECT 1; END;
!! UNSUPPORTED_FEATURE
UNDROP TABLE c;
!! UNSUPPORTED_FEATURE UNDROP
