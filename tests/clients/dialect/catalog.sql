-- What the catalog tells: SHOW, DESCRIBE, information_schema, grants, USE.
CREATE TABLE alpha (id INT COMMENT 'key', name STRING) COMMENT 'first';
ok
CREATE TABLE beta AS SELECT 1 AS one;
=> 1 | 1
CREATE VIEW gamma AS SELECT * FROM alpha;
ok

SHOW CATALOGS LIKE 'dev';
=> dev
SHOW SCHEMAS LIKE 'dialect_catalog';
=> dialect_catalog
SHOW SCHEMAS IN dev LIKE 'dialect_cat*';
=> dialect_catalog
SHOW TABLES;
=> dialect_catalog | alpha | false
=> dialect_catalog | beta | false
=> dialect_catalog | gamma | false
SHOW TABLES IN dev.dialect_catalog LIKE 'a*|b*';
=> dialect_catalog | alpha | false
=> dialect_catalog | beta | false
SHOW TABLES IN CATALOG dev SCHEMA LIKE 'dialect_catalog' LIKE 'g*';
=> dialect_catalog | gamma | false | NULL | dev | VIEW | NULL
SHOW COLUMNS IN CATALOG dev SCHEMA LIKE 'dialect_catalog' TABLE LIKE 'alpha' LIKE 'id';
=> id | dev | dialect_catalog | alpha | INT | 10 | 0 | 10 | true | key | 1 | NO | NO
SHOW VIEWS IN dialect_catalog;
=> dialect_catalog | gamma | false
SHOW COLUMNS IN alpha IN dialect_catalog;
=> id
=> name
SHOW CREATE TABLE beta;
=> CREATE TABLE `dev`.`dialect_catalog`.`beta` (↵  `one` INT)↵USING delta
SHOW PARTITIONS alpha;
!! UNSUPPORTED_FEATURE PARTITIONS
SHOW USERS;
!! UNSUPPORTED_FEATURE USERS
SHOW TABLE EXTENDED LIKE 'alpha';
!! UNSUPPORTED_FEATURE
DESCRIBE TABLE alpha;
=> id | int | key
=> name | string | NULL
DESC SCHEMA dialect_catalog;
ok
DESCRIBE CATALOG dev;
ok
DESCRIBE QUERY SELECT name, id * 1.5 AS more FROM alpha;
=> name | string | NULL
=> more | decimal(13,1) | NULL
DESCRIBE nothing;
!! TABLE_OR_VIEW_NOT_FOUND
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'dialect_catalog' ORDER BY table_name;
=> alpha | MANAGED
=> beta | MANAGED
=> gamma | VIEW
SELECT column_name, data_type, ordinal_position FROM dev.information_schema.columns WHERE table_schema = 'dialect_catalog' AND table_name = 'alpha' ORDER BY ordinal_position;
=> id | INT | 1
=> name | STRING | 2
SELECT schema_name FROM dev.information_schema.schemata WHERE schema_name = 'dialect_catalog';
=> dialect_catalog
SELECT table_name FROM dev.information_schema.views WHERE table_schema = 'dialect_catalog';
=> gamma
SELECT * FROM information_schema.no_such_relation;
!! UNSUPPORTED_FEATURE no_such_relation
SELECT * FROM system.information_schema.tables;
!! CATALOG_NOT_FOUND

GRANT SELECT ON TABLE alpha TO `analyst@sluice.test`;
ok
SHOW GRANTS `analyst@sluice.test` ON TABLE alpha;
=> analyst@sluice.test | SELECT | TABLE | dev.dialect_catalog.alpha
REVOKE SELECT ON TABLE alpha FROM `analyst@sluice.test`;
ok
SHOW GRANTS `analyst@sluice.test` ON TABLE alpha;
=> (none)
GRANT FLY ON TABLE alpha TO `analyst@sluice.test`;
!! UNSUPPORTED_FEATURE FLY
GRANT SELECT ON TABLE alpha TO `nobody@nowhere.test`;
!! PRINCIPAL_NOT_FOUND nobody@nowhere.test
DENY SELECT ON TABLE alpha TO `analyst@sluice.test`;
!! UNSUPPORTED_FEATURE DENY
ALTER TABLE alpha OWNER TO `nobody@nowhere.test`;
!! PRINCIPAL_NOT_FOUND

USE SCHEMA dialect_catalog;
ok
USE nothing_there;
!! SCHEMA_NOT_FOUND
USE CATALOG nothing_there;
!! CATALOG_NOT_FOUND
SET ansi_mode = true;
=> ansi_mode | true
SET TIME ZONE 'Europe/Berlin';
!! UNSUPPORTED_FEATURE timezone
SET ansi_mode = false;
!! UNSUPPORTED_FEATURE ansi_mode
SET spark.sql.shuffle.partitions = 1;
!! UNSUPPORTED_FEATURE spark.sql.shuffle.partitions
EXPLAIN SELECT * FROM alpha;
ok
EXPLAIN DELETE FROM alpha;
!! UNSUPPORTED_FEATURE statement inside a statement
