//! Queries, changes and catalog statements, executed on real Delta tables.

use sluice_workspace::sql::Parameter;

use crate::support::{Lab, run};

#[test]
fn a_query_without_tables_returns_typed_values() {
    run(async {
        let lab = Lab::new("values_lab").await;
        let rows = lab
            .sql(
                "SELECT 1 AS i, 10000000000 AS l, 1.10 AS d, CAST(1.5 AS DOUBLE) AS f, CAST('NaN' AS DOUBLE) AS n, 1e10 AS e, true AS b, \
                 DATE '2013-01-01' AS dt, TIMESTAMP '2013-01-01 10:00:00' AS ts, NULL AS v, array(1, 2) AS a, \
                 named_struct('x', 1, 'y', 'z') AS s, map('k', 1) AS m, 'it''s' AS t, X'00ff' AS x",
            )
            .await
            .unwrap();
        let cells: Vec<_> = rows.rows[0].iter().map(|cell| cell.as_deref().unwrap_or("-")).collect();
        assert_eq!(
            cells,
            [
                "1",
                "10000000000",
                "1.10",
                "1.5",
                "NaN",
                "1.0E10",
                "true",
                "2013-01-01",
                "2013-01-01T10:00:00.000Z",
                "-",
                "[1,2]",
                "{\"x\":1,\"y\":\"z\"}",
                "{\"k\":1}",
                "it's",
                "AP8="
            ]
        );
        let types: Vec<_> = rows.columns.iter().map(|column| column.type_text.as_str()).collect();
        assert_eq!(types[..4], ["INT", "BIGINT", "DECIMAL(3,2)", "DOUBLE"]);
        assert_eq!(types[10], "ARRAY<INT>");
        assert_eq!(types[11], "STRUCT<x: INT,y: STRING>");
    });
}

#[test]
fn tables_are_made_filled_and_changed_with_true_counts() {
    run(async {
        let lab = Lab::new("changes").await;
        lab.all(&["CREATE TABLE t (id BIGINT NOT NULL COMMENT 'key', name STRING) COMMENT 'people'"])
            .await;
        assert_eq!(
            lab.rows("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')").await,
            ["3|3"]
        );
        assert_eq!(lab.rows("INSERT INTO t (id) VALUES (4)").await, ["1|1"]);
        assert_eq!(lab.rows("INSERT INTO t SELECT 5, NULL").await, ["1|1"]);
        assert_eq!(lab.rows("UPDATE t SET name = 'x' WHERE t.id > 3").await, ["2"]);
        assert_eq!(
            lab.rows("UPDATE dev.changes.t SET name = 'x' WHERE dev.changes.t.id > 30")
                .await,
            ["0"]
        );
        assert_eq!(lab.rows("DELETE FROM t WHERE id = 1").await, ["1"]);
        let merge = "MERGE INTO t USING (SELECT 2 AS id, 'm' AS name UNION ALL SELECT 9, 'n') s ON t.id = s.id \
                     WHEN MATCHED THEN UPDATE SET t.name = s.name WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)";
        assert_eq!(lab.rows(merge).await, ["2|1|0|1"]);
        assert_eq!(
            lab.rows("SELECT * FROM t ORDER BY id").await,
            ["2|m", "3|c", "4|x", "5|x", "9|n"]
        );
        assert_eq!(lab.independent("t").await, ["2|m", "3|c", "4|x", "5|x", "9|n"]);
        assert_eq!(lab.rows("INSERT OVERWRITE t SELECT 1, 'only'").await, ["1|1"]);
        assert_eq!(lab.independent("t").await, ["1|only"]);
        assert_eq!(
            lab.refused("engineer", "INSERT INTO t VALUES (NULL, 'x')").await,
            "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
        );
        assert_eq!(lab.rows("TRUNCATE TABLE t").await, Vec::<String>::new());
        assert_eq!(lab.rows("SELECT count(*) FROM t").await, ["0"]);
    });
}

#[test]
fn a_table_comes_from_a_query_and_is_replaced_with_its_history_kept() {
    run(async {
        let lab = Lab::new("queries").await;
        assert_eq!(
            lab.rows("CREATE TABLE t COMMENT 'c' AS SELECT id, id * 2 AS twice FROM range(3)")
                .await,
            ["3|3"]
        );
        assert_eq!(lab.rows("SELECT * FROM t ORDER BY id").await, ["0|0", "1|2", "2|4"]);
        // The query reads the table that it replaces, and the columns change.
        assert_eq!(
            lab.rows("CREATE OR REPLACE TABLE t AS SELECT CAST(id AS STRING) AS name FROM t WHERE id > 0")
                .await,
            ["2|2"]
        );
        assert_eq!(lab.independent("t").await, ["1", "2"]);
        assert_eq!(
            lab.rows("SELECT id FROM t VERSION AS OF 1 ORDER BY id").await,
            ["0", "1", "2"]
        );
        assert_eq!(
            lab.refused("engineer", "CREATE TABLE t AS SELECT 1 AS a").await,
            "TABLE_OR_VIEW_ALREADY_EXISTS"
        );
        lab.all(&["CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a"]).await;
        assert_eq!(lab.rows("SHOW COLUMNS IN t").await, ["name"]);
        // A query that fails leaves nothing.
        assert!(
            lab.sql("CREATE TABLE broken AS SELECT CAST('x' AS INT) AS a")
                .await
                .is_err()
        );
        assert_eq!(
            lab.refused("engineer", "SELECT * FROM broken").await,
            "TABLE_OR_VIEW_NOT_FOUND"
        );
        assert_eq!(
            lab.refused("engineer", "CREATE TABLE n AS SELECT NULL AS a").await,
            "UNSUPPORTED_FEATURE"
        );
    });
}

#[test]
fn names_are_resolved_with_aliases_common_table_expressions_and_qualified_columns() {
    run(async {
        let lab = Lab::new("names").await;
        lab.all(&["CREATE TABLE t (id INT)", "INSERT INTO t VALUES (1), (2)"])
            .await;
        for query in [
            "SELECT t.id FROM t ORDER BY 1",
            "SELECT x.id FROM dev.names.t x ORDER BY 1",
            "SELECT dev.names.t.id FROM dev.names.t ORDER BY 1",
            "SELECT names.t.* FROM names.t ORDER BY 1",
            "SELECT `T`.`ID` FROM `T` ORDER BY 1",
            "WITH t AS (SELECT id FROM t) SELECT * FROM t ORDER BY 1",
            "SELECT id FROM (SELECT * FROM t) WHERE id IN (SELECT id FROM t) ORDER BY 1",
            "TABLE t",
            "SELECT a.id FROM t a JOIN t b ON a.id = b.id ORDER BY 1",
        ] {
            let mut rows = lab.rows(query).await;
            rows.sort();
            assert_eq!(rows, ["1", "2"], "{query}");
        }
        assert_eq!(
            lab.rows("SELECT current_user(), current_schema(), current_catalog()")
                .await,
            ["engineer@sluice.test|names|dev"]
        );
        assert_eq!(lab.rows("SELECT count(*) FROM t VERSION AS OF 0").await, ["0"]);
    });
}

#[test]
fn views_read_with_the_rights_of_their_owner() {
    run(async {
        let lab = Lab::new("views").await;
        lab.all(&[
            "CREATE TABLE t (id INT, secret STRING)",
            "INSERT INTO t VALUES (1, 's'), (2, 's')",
            "CREATE VIEW v (number) COMMENT 'numbers' AS SELECT id FROM t WHERE id > 1",
            "CREATE VIEW w AS SELECT number AS n FROM v",
            "GRANT USE SCHEMA ON SCHEMA views TO analysts",
            "GRANT SELECT ON VIEW w TO `analysts`",
        ])
        .await;
        assert_eq!(lab.rows("SELECT w.n FROM w").await, ["2"]);
        assert_eq!(
            crate::support::shown(lab.as_principal("analyst", "SELECT x.n FROM dev.views.w AS x").await),
            ["2"]
        );
        assert_eq!(
            lab.refused("analyst", "SELECT * FROM v").await,
            "INSUFFICIENT_PERMISSIONS"
        );
        assert_eq!(
            lab.refused("analyst", "SELECT * FROM t").await,
            "INSUFFICIENT_PERMISSIONS"
        );
        lab.all(&["CREATE OR REPLACE VIEW v (number) AS SELECT id + 10 FROM t"])
            .await;
        assert_eq!(lab.rows("SELECT n FROM w ORDER BY n").await, ["11", "12"]);
        assert_eq!(
            lab.refused("engineer", "INSERT INTO v VALUES (1)").await,
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE"
        );
        assert_eq!(
            lab.refused("engineer", "DROP TABLE v").await,
            "WRONG_COMMAND_FOR_OBJECT_TYPE"
        );
        lab.all(&["ALTER VIEW w AS SELECT 7 AS seven", "DROP VIEW v"]).await;
        assert_eq!(lab.rows("SELECT seven FROM w").await, ["7"]);
    });
}

#[test]
fn parameters_are_values_and_never_sql() {
    run(async {
        let lab = Lab::new("parameters").await;
        let parameter = |name: &str, type_text: &str, value: Option<&str>| Parameter {
            name: name.to_owned(),
            type_text: type_text.to_owned(),
            value: value.map(str::to_owned),
        };
        let parameters = vec![
            parameter("a", "INT", Some("41")),
            parameter("b", "STRING", Some("x' || 'y")),
            parameter("c", "DATE", None),
        ];
        let rows = lab
            .with_parameters("engineer", "SELECT :a + 1, :b, :c", parameters)
            .await;
        assert_eq!(crate::support::shown(rows), ["42|x' || 'y|-"]);
    });
}

#[test]
fn the_catalog_answers_its_own_statements() {
    run(async {
        let lab = Lab::new("catalog_lab").await;
        lab.all(&[
            "CREATE TABLE t (id INT NOT NULL COMMENT 'key', k STRING) PARTITIONED BY (k) COMMENT 'c' TBLPROPERTIES ('a' = 'b')",
            "CREATE VIEW v AS SELECT id FROM t",
            "CREATE VOLUME files COMMENT 'f'",
            "ALTER TABLE t ADD COLUMNS (extra DOUBLE COMMENT 'e')",
            "ALTER TABLE t ALTER COLUMN id DROP NOT NULL",
            "ALTER TABLE t SET TBLPROPERTIES ('x' = 'y')",
            "ALTER TABLE t UNSET TBLPROPERTIES ('a')",
            "COMMENT ON TABLE t IS 'new'",
            "COMMENT ON SCHEMA catalog_lab IS 's'",
            "INSERT INTO t VALUES (NULL, 'k', 1.5)",
        ])
        .await;
        assert_eq!(
            lab.rows("SHOW TABLES").await,
            ["catalog_lab|t|false", "catalog_lab|v|false"]
        );
        assert_eq!(lab.rows("SHOW TABLES LIKE 't*'").await, ["catalog_lab|t|false"]);
        assert_eq!(lab.rows("SHOW VIEWS").await, ["catalog_lab|v|false"]);
        assert_eq!(lab.rows("SHOW VOLUMES").await, ["catalog_lab|files"]);
        assert_eq!(lab.rows("SHOW TBLPROPERTIES t").await, ["x|y"]);
        assert!(lab.rows("SHOW SCHEMAS").await.contains(&"catalog_lab".to_owned()));
        assert_eq!(
            lab.rows("DESCRIBE t").await,
            [
                "id|int|key",
                "k|string|-",
                "extra|double|e",
                "# Partition Information||",
                "# col_name|data_type|comment",
                "k|string|-"
            ]
        );
        assert_eq!(
            lab.rows(
                "SELECT comment FROM information_schema.tables WHERE table_schema = 'catalog_lab' AND table_name = 't'"
            )
            .await,
            ["new"]
        );
        assert_eq!(lab.rows("SELECT * FROM t").await, ["-|k|1.5"]);
        assert_eq!(
            lab.refused("engineer", "ALTER TABLE t ALTER COLUMN id SET NOT NULL")
                .await,
            "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"
        );
        let history = lab.rows("DESCRIBE HISTORY t").await;
        assert_eq!(
            history.len(),
            4,
            "create, two changes of columns, properties are the catalog's alone, one write: {history:?}"
        );
        assert_eq!(
            lab.refused("engineer", "DROP SCHEMA catalog_lab").await,
            "SCHEMA_NOT_EMPTY"
        );
        lab.all(&["DROP SCHEMA catalog_lab CASCADE"]).await;
        assert_eq!(
            lab.refused("engineer", "SELECT * FROM dev.catalog_lab.t").await,
            "TABLE_OR_VIEW_NOT_FOUND"
        );
    });
}
